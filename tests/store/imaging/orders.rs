//! The owner's side: ordered and paid once, called off, ordered again.

use crate::test_store::{MONTH, NOW, TERMS, TestStore, done, new, on_both, order, uuid};
use lumencast::store::{Change, Created, JobQuery, Terms};

on_both! {
    of_200_orders_at_once_exactly_the_payable_ones_are_accepted
    of_100_orders_with_one_key_one_is_a_job_and_charged
    the_same_key_of_another_account_is_another_job
    an_account_orders_no_more_than_it_may_in_a_month
    a_job_is_kept_as_it_was_ordered
    pages_are_newest_first_and_know_their_total
    a_job_called_off_before_an_engine_has_it_is_refunded_once
    a_job_called_off_while_an_engine_has_it_is_not_refunded
    a_retry_is_charged_again_and_needs_credits
    ten_retries_at_once_are_charged_once
    another_accounts_job_is_unknown
}

async fn of_200_orders_at_once_exactly_the_payable_ones_are_accepted(test: TestStore) {
    let account = test.account("acme", 100).await;
    let other = test.again().await; // half of them by another process
    let orders = (0..200).map(|n| {
        let jobs = if n % 2 == 0 { test.store.image_jobs() } else { other.image_jobs() };
        let job = order(&account);
        tokio::spawn(async move { jobs.create(&job, &TERMS).await.expect("rows") })
    });
    let (mut accepted, mut short) = (0, 0);
    for order in orders.collect::<Vec<_>>() {
        match order.await.expect("no panic") {
            Created::New(row) => {
                assert_eq!((row.status.as_str(), row.credits_used, row.run), ("pending", 2, 1));
                accepted += 1;
            }
            Created::Short { remaining } => {
                assert!(remaining < 2);
                short += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((accepted, short), (50, 150));
    assert_eq!(test.balance(&account).await.remaining, 0);
    assert_eq!(test.ledger(&account).await.iter().map(|(_, amount)| amount).sum::<i64>(), 0);
    assert_eq!(test.store.image_jobs().depth().await.expect("rows"), 50);
}

async fn of_100_orders_with_one_key_one_is_a_job_and_charged(test: TestStore) {
    let account = test.account("acme", 100).await;
    let orders = (0..100).map(|_| {
        let (jobs, mut job) = (test.store.image_jobs(), order(&account));
        job.idempotency_key = Some("order-42".to_owned());
        tokio::spawn(async move { jobs.create(&job, &TERMS).await.expect("rows") })
    });
    let (mut ids, mut made) = (Vec::new(), 0);
    for order in orders.collect::<Vec<_>>() {
        ids.push(match order.await.expect("no panic") {
            Created::New(row) => {
                made += 1;
                row.id
            }
            Created::Same(row) => row.id,
            other => panic!("{other:?}"),
        });
    }
    ids.dedup();
    assert_eq!((ids.len(), made), (1, 1));
    assert_eq!(test.ledger(&account).await, [("grant".to_owned(), 100), ("charge".to_owned(), -2)]);
    // Also when the credits are gone.
    let mut again = order(&account);
    again.idempotency_key = Some("order-42".to_owned());
    let dear = Terms { cost: 1_000, ..TERMS };
    let same = test.store.image_jobs().create(&again, &dear).await.expect("rows");
    assert!(matches!(same, Created::Same(row) if row.id == ids[0]));
}

async fn the_same_key_of_another_account_is_another_job(test: TestStore) {
    for name in ["one", "two"] {
        let mut job = order(&test.account(name, 2).await);
        job.idempotency_key = Some("order-42".to_owned());
        new(test.store.image_jobs().create(&job, &TERMS).await.expect("rows"));
    }
}

async fn an_account_orders_no_more_than_it_may_in_a_month(test: TestStore) {
    let account = test.account("acme", 100).await;
    let jobs = test.store.image_jobs();
    let terms = Terms { cost: 3, monthly_limit: Some(7), month_began: MONTH };
    for _ in 0..2 {
        new(jobs.create(&order(&account), &terms).await.expect("rows"));
    }
    let over = jobs.create(&order(&account), &terms).await.expect("rows");
    assert_eq!(over, Created::OverMonth { used: 6, limit: 7 });
    assert_eq!(test.balance(&account).await.remaining, 94);
    let next = Terms { month_began: NOW + 1, ..terms };
    let mut later = order(&account);
    later.created_at = NOW + 1;
    new(jobs.create(&later, &next).await.expect("rows"));
}

async fn a_job_is_kept_as_it_was_ordered(test: TestStore) {
    let account = test.account("acme", 100).await;
    let mut job = order(&account);
    job.prompt = Some("Süße Möbel, 'quoted' \"twice\" ; -- 家具".to_owned());
    job.options = Some(r#"{"lighting":"warm","note":"\u0000"}"#.to_owned());
    job.location = Some(r#"{"latitude":53.3411}"#.to_owned());
    job.mask_path = Some("m.png".to_owned());
    job.reference_path = Some("r.png".to_owned());
    job.reference_id = Some("project-42-room-3".to_owned());
    let made = new(test.store.image_jobs().create(&job, &TERMS).await.expect("rows"));
    let row = test.get(&account, &job.id).await;
    assert_eq!(made, row);
    assert_eq!((&row.prompt, &row.options, &row.location), (&job.prompt, &job.options, &job.location));
    assert_eq!((&row.mask_path, &row.reference_path), (&job.mask_path, &job.reference_path));
    assert_eq!((&row.service, &row.config, &row.resolution), (&job.service, &job.config, &job.resolution));
    assert_eq!((&row.reference_id, &row.input_path), (&job.reference_id, &job.input_path));
    assert_eq!((row.created_at, row.queued_at, row.started_at, row.completed_at), (NOW, NOW, None, None));
}

async fn pages_are_newest_first_and_know_their_total(test: TestStore) {
    let account = test.account("acme", 100).await;
    let jobs = test.store.image_jobs();
    let mut ids = Vec::new();
    for n in 0..5 {
        let mut job = order(&account);
        if n == 2 {
            job.service = "3d-plans".to_owned();
        }
        ids.insert(0, new(jobs.create(&job, &TERMS).await.expect("rows")).id);
    }
    test.job(&test.account("other", 2).await).await;
    jobs.cancel(&account, &ids[0], NOW).await.expect("rows");

    let page = |status: Option<&str>, service: Option<&str>, limit, offset| {
        let (jobs, account) = (test.store.image_jobs(), account.clone());
        let query = JobQuery { status: status.map(str::to_owned), service: service.map(str::to_owned), limit, offset };
        async move {
            let (rows, total) = jobs.page(&account, &query).await.expect("rows");
            (rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), total)
        }
    };
    assert_eq!(page(None, None, 50, 0).await, (ids.clone(), 5));
    assert_eq!(page(None, None, 2, 1).await, (ids[1..3].to_vec(), 5));
    assert_eq!(page(None, Some("3d-plans"), 50, 0).await, (ids[2..3].to_vec(), 1));
    assert_eq!(page(Some("cancelled"), None, 50, 0).await, (ids[..1].to_vec(), 1));
    assert_eq!(page(Some("cancelled"), Some("3d-plans"), 50, 0).await, (Vec::new(), 0));
}

async fn a_job_called_off_before_an_engine_has_it_is_refunded_once(test: TestStore) {
    let account = test.account("acme", 10).await;
    let (waiting, jobs) = (test.job(&account).await, test.store.image_jobs());
    let calls = (0..10).map(|_| {
        let (jobs, account, id) = (test.store.image_jobs(), account.clone(), waiting.id.clone());
        tokio::spawn(async move { matches!(jobs.cancel(&account, &id, NOW).await.expect("rows"), Change::Done(_)) })
    });
    let mut changed = 0;
    for call in calls.collect::<Vec<_>>() {
        changed += usize::from(call.await.expect("no panic"));
    }
    assert_eq!((changed, test.balance(&account).await.remaining), (1, 10));

    let (taken, lease) = test.claimed(&account).await;
    let row = done(jobs.cancel(&account, &taken, NOW + 1).await.expect("rows"));
    assert_eq!((row.status.as_str(), row.credits_used, row.completed_at), ("cancelled", 0, Some(NOW + 1)));
    assert_eq!((row.lease, row.lease_until), (None, None));
    assert_eq!(test.balance(&account).await.remaining, 10);
    assert!(!jobs.beat(&taken, &lease, NOW, 1).await.expect("rows"), "its worker learns of it");
    assert!(!jobs.complete(&taken, &lease, "out.jpg", "local", NOW).await.expect("rows"));
    assert!(!jobs.fail(&taken, &lease, "no", NOW).await.expect("rows"));
    assert_eq!(test.balance(&account).await.remaining, 10);
}

async fn a_job_called_off_while_an_engine_has_it_is_not_refunded(test: TestStore) {
    let account = test.account("acme", 10).await;
    let jobs = test.store.image_jobs();
    let (id, lease) = test.claimed(&account).await;
    assert!(jobs.advance(&id, &lease, NOW).await.expect("rows"));
    let row = done(jobs.cancel(&account, &id, NOW).await.expect("rows"));
    assert_eq!((row.status.as_str(), row.credits_used), ("cancelled", 2));
    assert_eq!(test.balance(&account).await.remaining, 8);
    let row = done(jobs.retry(&account, &id, NOW, &TERMS).await.expect("rows"));
    assert_eq!((row.credits_used, row.run), (4, 2));
    assert_eq!(test.balance(&account).await.remaining, 6);
    assert!(!jobs.beat(&id, &lease, NOW, 1).await.expect("rows"), "the first run's worker has nothing to say");
}

async fn a_retry_is_charged_again_and_needs_credits(test: TestStore) {
    let account = test.account("acme", 2).await;
    let jobs = test.store.image_jobs();
    let (id, lease) = test.claimed(&account).await;
    let waiting = jobs.retry(&account, &id, NOW, &TERMS).await.expect("rows");
    assert!(matches!(waiting, Change::Not(row) if row.status == "compressing"));
    assert!(jobs.fail(&id, &lease, "The picture cannot be read.", NOW).await.expect("rows"));
    let late = jobs.cancel(&account, &id, NOW).await.expect("rows");
    assert!(matches!(late, Change::Not(row) if row.status == "failed"));

    let dear = Terms { cost: 3, ..TERMS };
    let short = jobs.retry(&account, &id, NOW, &dear).await.expect("rows");
    assert_eq!(short, Change::Short { remaining: 2 });
    let tight = Terms { monthly_limit: Some(1), ..TERMS };
    let over = jobs.retry(&account, &id, NOW, &tight).await.expect("rows");
    assert_eq!(over, Change::OverMonth { used: 0, limit: 1 });
    assert_eq!(test.get(&account, &id).await.status, "failed");

    let row = done(jobs.retry(&account, &id, NOW + 9, &TERMS).await.expect("rows"));
    assert_eq!((row.status.as_str(), row.run, row.attempts, row.queued_at), ("pending", 2, 0, NOW + 9));
    assert_eq!((row.error_message, row.started_at, row.completed_at), (None, None, None));
    let kinds: Vec<_> = test.ledger(&account).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["grant", "charge", "refund", "charge"]);
    assert_eq!(test.balance(&account).await.remaining, 0);
}

async fn ten_retries_at_once_are_charged_once(test: TestStore) {
    let account = test.account("acme", 100).await;
    let id = test.job(&account).await.id;
    done(test.store.image_jobs().cancel(&account, &id, NOW).await.expect("rows"));
    let calls = (0..10).map(|_| {
        let (jobs, account, id) = (test.store.image_jobs(), account.clone(), id.clone());
        tokio::spawn(async move { matches!(jobs.retry(&account, &id, NOW, &TERMS).await, Ok(Change::Done(_))) })
    });
    let mut changed = 0;
    for call in calls.collect::<Vec<_>>() {
        changed += usize::from(call.await.expect("no panic"));
    }
    assert_eq!((changed, test.balance(&account).await.remaining), (1, 98));
}

async fn another_accounts_job_is_unknown(test: TestStore) {
    let (owner, other) = (test.account("one", 10).await, test.account("two", 10).await);
    let (id, jobs) = (test.job(&owner).await.id, test.store.image_jobs());
    assert_eq!(jobs.get(&other, &id).await.expect("rows"), None);
    assert_eq!(jobs.cancel(&other, &id, NOW).await.expect("rows"), Change::Unknown);
    assert_eq!(jobs.retry(&other, &id, NOW, &TERMS).await.expect("rows"), Change::Unknown);
    assert_eq!(jobs.cancel(&owner, &uuid(), NOW).await.expect("rows"), Change::Unknown);
    assert!(jobs.create(&order(&uuid()), &TERMS).await.is_err(), "no such account");
}
