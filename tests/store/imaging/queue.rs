//! The workers' side: each job to one worker, and the outcome of jobs of lost workers.

use crate::test_store::{LEASE, NOW, TERMS, TestStore, done, on_both};
use lumencast::store::{JobRow, MAX_ATTEMPTS};
use std::collections::HashSet;

on_both! {
    eight_workers_take_each_job_once
    the_oldest_job_is_taken_first
    a_job_goes_through_its_life
    a_lease_that_is_renewed_is_not_taken_over
    a_job_whose_worker_is_lost_is_taken_over
    a_job_that_loses_every_worker_fails_and_is_refunded_once
    a_job_that_is_released_waits_again_uncounted
}

async fn claim(test: &TestStore, now: i64) -> Option<JobRow> {
    test.store.image_jobs().claim("w", now, LEASE).await.expect("rows")
}

async fn eight_workers_take_each_job_once(test: TestStore) {
    let account = test.account("acme", 100).await;
    for _ in 0..40 {
        test.job(&account).await;
    }
    let second = test.again().await; // half of the workers are another process
    let workers = (0..8).map(|n| {
        let jobs = if n % 2 == 0 { test.store.image_jobs() } else { second.image_jobs() };
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(row) = jobs.claim(&format!("worker {n}"), NOW, LEASE).await.expect("rows") {
                taken.push((row.id, row.lease.expect("a lease")));
            }
            taken
        })
    });
    let mut taken = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        taken.extend(worker.await.expect("no panic"));
    }
    let (jobs, leases): (HashSet<_>, HashSet<_>) = taken.iter().cloned().unzip();
    assert_eq!((taken.len(), jobs.len(), leases.len()), (40, 40, 40));
    assert_eq!(test.store.image_jobs().depth().await.expect("rows"), 0);
}

async fn the_oldest_job_is_taken_first(test: TestStore) {
    let account = test.account("acme", 100).await;
    let ids = [test.job(&account).await.id, test.job(&account).await.id, test.job(&account).await.id];
    let jobs = test.store.image_jobs();
    // One that is ordered again waits behind the others.
    done(jobs.cancel(&account, &ids[0], NOW).await.expect("rows"));
    done(jobs.retry(&account, &ids[0], NOW + 1, &TERMS).await.expect("rows"));
    for expected in [&ids[1], &ids[2], &ids[0]] {
        assert_eq!(&claim(&test, NOW + 2).await.expect("a job").id, expected);
    }
    assert_eq!(claim(&test, NOW + 2).await, None);
}

async fn a_job_goes_through_its_life(test: TestStore) {
    let account = test.account("acme", 10).await;
    let jobs = test.store.image_jobs();
    test.job(&account).await;
    let row = jobs.claim("host 1", NOW + 1, LEASE).await.expect("rows").expect("a job");
    assert_eq!((row.status.as_str(), row.attempts, row.worker.as_deref()), ("compressing", 1, Some("host 1")));
    assert_eq!((row.started_at, row.lease_until), (Some(NOW + 1), Some(NOW + 1 + LEASE)));
    let (id, lease) = (row.id, row.lease.expect("a lease"));
    assert!(!jobs.advance(&id, "another", NOW + 2).await.expect("rows"));
    assert!(jobs.advance(&id, &lease, NOW + 2).await.expect("rows"));
    assert_eq!(test.get(&account, &id).await.status, "processing");
    assert!(!jobs.advance(&id, &lease, NOW + 2).await.expect("rows"), "once");
    assert!(!jobs.complete(&id, "another", "stolen.jpg", "x", NOW + 3).await.expect("rows"));
    assert!(jobs.complete(&id, &lease, "out/1.jpg", "local", NOW + 3).await.expect("rows"));
    let row = test.get(&account, &id).await;
    assert_eq!((row.status.as_str(), row.output_key.as_deref()), ("completed", Some("out/1.jpg")));
    assert_eq!((row.engine.as_deref(), row.completed_at, row.credits_used), (Some("local"), Some(NOW + 3), 2));
    assert!(!jobs.fail(&id, &lease, "late", NOW + 4).await.expect("rows"));
    assert!(!jobs.release(&id, &lease, NOW + 4).await.expect("rows"));
    assert_eq!(test.balance(&account).await.remaining, 8);
    assert_eq!(claim(&test, NOW + 10 * LEASE).await, None);
}

async fn a_lease_that_is_renewed_is_not_taken_over(test: TestStore) {
    let account = test.account("acme", 10).await;
    let (id, lease) = test.claimed(&account).await;
    let jobs = test.store.image_jobs();
    for turn in 1..5 {
        assert!(jobs.beat(&id, &lease, NOW + turn * LEASE, LEASE).await.expect("rows"));
        assert_eq!(claim(&test, NOW + turn * LEASE + LEASE / 2).await, None);
    }
    assert!(jobs.sweep(NOW + 5 * LEASE).await.expect("rows").is_empty());
}

async fn a_job_whose_worker_is_lost_is_taken_over(test: TestStore) {
    let account = test.account("acme", 10).await;
    let (id, lost) = test.claimed(&account).await;
    let jobs = test.store.image_jobs();
    assert!(jobs.advance(&id, &lost, NOW).await.expect("rows"));
    assert_eq!(claim(&test, NOW + LEASE).await, None, "it has until then");
    let row = claim(&test, NOW + LEASE + 1).await.expect("the job");
    assert_eq!((&row.id, row.status.as_str(), row.attempts, row.started_at), (&id, "compressing", 2, Some(NOW)));
    let lease = row.lease.expect("a lease");
    // The lost one was only slow; its report is ignored.
    assert!(!jobs.beat(&id, &lost, NOW, LEASE).await.expect("rows"));
    assert!(!jobs.complete(&id, &lost, "slow.jpg", "local", NOW).await.expect("rows"));
    assert!(!jobs.fail(&id, &lost, "slow", NOW).await.expect("rows"));
    assert!(!jobs.release(&id, &lost, NOW).await.expect("rows"));
    assert!(jobs.complete(&id, &lease, "out.jpg", "local", NOW).await.expect("rows"));
    assert_eq!(test.balance(&account).await.remaining, 8, "charged once");
}

async fn a_job_that_loses_every_worker_fails_and_is_refunded_once(test: TestStore) {
    let account = test.account("acme", 10).await;
    let id = test.job(&account).await.id;
    let mut now = NOW;
    for attempt in 1..=MAX_ATTEMPTS {
        assert!(test.store.image_jobs().sweep(now).await.expect("rows").is_empty());
        assert_eq!(claim(&test, now).await.expect("the job").attempts, attempt);
        now += LEASE + 1;
    }
    assert_eq!(claim(&test, now).await, None, "it is tried no more");
    let sweeps = (0..8).map(|_| {
        let jobs = test.store.image_jobs();
        tokio::spawn(async move { jobs.sweep(now).await.expect("rows").len() })
    });
    let mut failed = 0;
    for sweep in sweeps.collect::<Vec<_>>() {
        failed += sweep.await.expect("no panic");
    }
    assert_eq!(failed, 1);
    let row = test.get(&account, &id).await;
    assert_eq!((row.status.as_str(), row.credits_used), ("failed", 0));
    assert!(row.error_message.expect("a message").contains("several times"));
    assert_eq!(test.ledger(&account).await.iter().filter(|(kind, _)| kind == "refund").count(), 1);
    assert_eq!(test.balance(&account).await.remaining, 10);
}

async fn a_job_that_is_released_waits_again_uncounted(test: TestStore) {
    let account = test.account("acme", 10).await;
    let jobs = test.store.image_jobs();
    let (id, lease) = test.claimed(&account).await;
    test.job(&account).await;
    assert!(jobs.advance(&id, &lease, NOW).await.expect("rows"));
    assert!(jobs.release(&id, &lease, NOW).await.expect("rows"));
    let row = test.get(&account, &id).await;
    assert_eq!((row.status.as_str(), row.attempts, row.lease, row.started_at), ("pending", 0, None, None));
    assert_eq!(claim(&test, NOW).await.expect("a job").id, id, "before the one that came later");
    assert_eq!(test.balance(&account).await.remaining, 6, "no charge but the first");
}
