//! Notifications: webhooks, and the outbox between a job's end and its delivery.

use crate::test_store::{LEASE, NOW, TestStore, done, on_both, uuid};
use lumencast::store::{Inserted, JobRow, MAX_ATTEMPTS, NewWebhook, OutboxRow, PLANE, Updated, WebhookChange};
use std::collections::HashSet;

on_both! {
    each_end_is_told_once_to_whoever_wants_to_hear_of_it
    a_message_shows_the_job_as_it_was_then
    what_does_not_happen_is_not_told
    eight_senders_take_each_message_once
    a_message_whose_sender_is_lost_is_taken_again
    a_message_ends_once_and_is_purged_later
    a_deleted_webhook_is_told_nothing_more
    only_so_many_webhooks_are_active_at_once
    a_webhook_that_fails_in_a_row_is_switched_off
}

const ALL: &str = r#"["job.completed","job.failed","job.cancelled"]"#;

async fn hook(test: &TestStore, account: &str, events: &str) -> String {
    let id = uuid();
    let hook =
        NewWebhook { id: &id, account, url: "https://example.com/hook", events, secret: "whsec", created_at: NOW };
    let inserted = test.store.image_webhooks().insert(&hook, 5).await.expect("rows");
    assert!(matches!(inserted, Inserted::New(row) if row.is_active && row.failure_count == 0 && row.secret == "whsec"));
    id
}

async fn take(test: &TestStore, now: i64) -> Vec<OutboxRow> {
    test.store.outbox().take(now, 100, LEASE).await.expect("rows")
}

async fn complete(test: &TestStore, account: &str) -> String {
    let (id, lease) = test.claimed(account).await;
    assert!(test.store.image_jobs().complete(&id, &lease, "out.jpg", "local", NOW).await.expect("rows"));
    id
}

async fn each_end_is_told_once_to_whoever_wants_to_hear_of_it(test: TestStore) {
    let (account, other) = (test.account("one", 100).await, test.account("two", 100).await);
    let all = hook(&test, &account, ALL).await;
    let failures = hook(&test, &account, r#"["job.failed"]"#).await;
    let off = hook(&test, &account, ALL).await;
    let change = WebhookChange { is_active: Some(false), ..WebhookChange::default() };
    test.store.image_webhooks().update(&account, &off, change, 5).await.expect("rows");
    hook(&test, &other, ALL).await;

    let jobs = test.store.image_jobs();
    let completed = complete(&test, &account).await;
    let (failed, lease) = test.claimed(&account).await;
    assert!(jobs.fail(&failed, &lease, "no", NOW).await.expect("rows"));
    let cancelled = test.job(&account).await.id;
    done(jobs.cancel(&account, &cancelled, NOW).await.expect("rows"));
    let mut now = NOW;
    let lost = test.job(&account).await.id;
    for _ in 0..MAX_ATTEMPTS {
        jobs.claim("w", now, LEASE).await.expect("rows").expect("the job");
        now += LEASE + 1;
    }
    assert_eq!(jobs.sweep(now).await.expect("rows").len(), 1);

    let told = |hook: &str, event: &str, job: &str| (hook.to_owned(), event.to_owned(), job.to_owned());
    let expected = HashSet::from([
        told(&all, "job.completed", &completed),
        told(&all, "job.failed", &failed),
        told(&failures, "job.failed", &failed),
        told(&all, "job.cancelled", &cancelled),
        told(&all, "job.failed", &lost),
        told(&failures, "job.failed", &lost),
    ]);
    let rows = take(&test, now).await;
    assert!(rows.iter().all(|row| row.plane == PLANE && row.attempts == 1));
    assert_eq!(rows.len(), expected.len());
    let found = rows.into_iter().map(|row| {
        let job: JobRow = serde_json::from_str(&row.body_json).expect("a job");
        (row.endpoint, row.event, job.id)
    });
    assert_eq!(found.collect::<HashSet<_>>(), expected);
}

async fn a_message_shows_the_job_as_it_was_then(test: TestStore) {
    let account = test.account("one", 100).await;
    hook(&test, &account, ALL).await;
    let (id, lease) = test.claimed(&account).await;
    assert!(test.store.image_jobs().fail(&id, &lease, "unreadable", NOW + 7).await.expect("rows"));
    let then = test.get(&account, &id).await;
    let terms = crate::test_store::TERMS;
    done(test.store.image_jobs().retry(&account, &id, NOW + 8, &terms).await.expect("rows"));
    let rows = take(&test, NOW + 9).await;
    assert!(!rows[0].body_json.contains(&lease), "{}", rows[0].body_json);
    let mut told: JobRow = serde_json::from_str(&rows[0].body_json).expect("a job");
    told.worker.clone_from(&then.worker);
    assert_eq!((told.status.as_str(), told.credits_used), ("failed", 0));
    assert_eq!(told, then);
}

async fn what_does_not_happen_is_not_told(test: TestStore) {
    let account = test.account("one", 100).await;
    hook(&test, &account, ALL).await;
    let jobs = test.store.image_jobs();
    let (id, lease) = test.claimed(&account).await;
    assert!(!jobs.complete(&id, "another", "out.jpg", "local", NOW).await.expect("rows"));
    assert!(jobs.release(&id, &lease, NOW).await.expect("rows"));
    jobs.claim("w", NOW, LEASE).await.expect("rows").expect("the job");
    assert!(take(&test, NOW + LEASE).await.is_empty());
}

async fn eight_senders_take_each_message_once(test: TestStore) {
    let account = test.account("one", 100).await;
    hook(&test, &account, ALL).await;
    for _ in 0..30 {
        let id = test.job(&account).await.id;
        done(test.store.image_jobs().cancel(&account, &id, NOW).await.expect("rows"));
    }
    let second = test.again().await;
    let senders = (0..8).map(|n| {
        let outbox = if n % 2 == 0 { test.store.outbox() } else { second.outbox() };
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let rows = outbox.take(NOW, 4, LEASE).await.expect("rows");
                assert!(rows.len() <= 4);
                if rows.is_empty() {
                    return taken;
                }
                taken.extend(rows.into_iter().map(|row| row.id));
            }
        })
    });
    let mut taken = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        taken.extend(sender.await.expect("no panic"));
    }
    assert_eq!((taken.len(), taken.iter().collect::<HashSet<_>>().len()), (30, 30));
}

async fn a_message_whose_sender_is_lost_is_taken_again(test: TestStore) {
    let account = test.account("one", 100).await;
    hook(&test, &account, ALL).await;
    complete(&test, &account).await;
    assert!(take(&test, NOW - 1).await.is_empty(), "not yet due");
    let first = take(&test, NOW).await;
    assert!(take(&test, NOW + LEASE).await.is_empty());
    let second = take(&test, NOW + LEASE + 1).await;
    assert_eq!((second.len(), &second[0].id, second[0].attempts), (1, &first[0].id, 2));
}

async fn a_message_ends_once_and_is_purged_later(test: TestStore) {
    let account = test.account("one", 100).await;
    hook(&test, &account, ALL).await;
    for _ in 0..2 {
        complete(&test, &account).await;
    }
    let outbox = test.store.outbox();
    let rows = take(&test, NOW).await;
    let (one, two) = (&rows[0].id, &rows[1].id);
    assert!(outbox.again(one, NOW + 50).await.expect("rows"));
    assert!(take(&test, NOW + 49).await.is_empty());
    assert_eq!(take(&test, NOW + 50).await[0].attempts, 2);
    assert!(outbox.delivered(one, NOW + 51).await.expect("rows"));
    assert!(!outbox.again(one, NOW + 52).await.expect("rows"), "it is delivered");
    assert!(!outbox.dead(one, NOW + 52).await.expect("rows"));
    assert!(outbox.dead(two, NOW + 60).await.expect("rows"));
    assert_eq!(outbox.depth().await.expect("rows"), 0);
    assert!(take(&test, NOW + 10 * LEASE).await.is_empty());
    assert_eq!(outbox.purge(NOW + 60).await.expect("rows"), 1);
    assert_eq!(outbox.purge(NOW + 61).await.expect("rows"), 1);
}

async fn a_deleted_webhook_is_told_nothing_more(test: TestStore) {
    let (account, other) = (test.account("one", 100).await, test.account("two", 0).await);
    let (gone, kept) = (hook(&test, &account, ALL).await, hook(&test, &account, ALL).await);
    complete(&test, &account).await;
    let hooks = test.store.image_webhooks();
    assert!(!hooks.delete(&other, &gone).await.expect("rows"));
    assert!(hooks.delete(&account, &gone).await.expect("rows"));
    assert!(!hooks.delete(&account, &gone).await.expect("rows"));
    assert_eq!(hooks.get(&gone).await.expect("rows"), None);
    let rows = take(&test, NOW).await;
    assert_eq!(rows.iter().map(|row| &row.endpoint).collect::<Vec<_>>(), [&kept]);
}

async fn only_so_many_webhooks_are_active_at_once(test: TestStore) {
    let account = test.account("one", 100).await;
    let inserts = (0..12).map(|_| {
        let (hooks, account) = (test.store.image_webhooks(), account.clone());
        tokio::spawn(async move {
            let (id, url) = (uuid(), "http://localhost:1/");
            let hook = NewWebhook { id: &id, account: &account, url, events: ALL, secret: "s", created_at: NOW };
            matches!(hooks.insert(&hook, 5).await.expect("rows"), Inserted::New(_))
        })
    });
    let mut kept = 0;
    for insert in inserts.collect::<Vec<_>>() {
        kept += usize::from(insert.await.expect("no panic"));
    }
    assert_eq!(kept, 5);
    let hooks = test.store.image_webhooks();
    let first = hooks.list(&account).await.expect("rows").remove(0).id;
    let switch = |on| WebhookChange { is_active: Some(on), ..WebhookChange::default() };
    hooks.update(&account, &first, switch(false), 5).await.expect("rows");
    hook(&test, &account, ALL).await;
    assert_eq!(hooks.update(&account, &first, switch(true), 5).await.expect("rows"), Updated::TooMany);
    assert!(!hooks.get(&first).await.expect("rows").expect("the webhook").is_active);
    assert_eq!(hooks.update(&account, &uuid(), switch(true), 5).await.expect("rows"), Updated::Unknown);
}

async fn a_webhook_that_fails_in_a_row_is_switched_off(test: TestStore) {
    let account = test.account("one", 100).await;
    let (id, hooks) = (hook(&test, &account, ALL).await, test.store.image_webhooks());
    let mut seen = Vec::new();
    for ok in [false, false, true, false, false, false, false] {
        let row = hooks.note_delivery(&id, ok, 3).await.expect("rows").expect("the webhook");
        seen.push((row.failure_count, row.is_active));
    }
    assert_eq!(seen, [(1, true), (2, true), (0, true), (1, true), (2, true), (3, false), (4, false)]);
    complete(&test, &account).await;
    assert!(take(&test, NOW).await.is_empty());

    let change = WebhookChange { url: Some("https://example.com/new"), ..WebhookChange::default() };
    let Updated::Done(row) = hooks.update(&account, &id, change, 5).await.expect("rows") else { panic!("not done") };
    assert_eq!((row.url.as_str(), row.failure_count, row.is_active), ("https://example.com/new", 4, false));
    let change = WebhookChange { is_active: Some(true), events: Some(r#"["job.failed"]"#), ..WebhookChange::default() };
    let Updated::Done(row) = hooks.update(&account, &id, change, 5).await.expect("rows") else { panic!("not done") };
    assert_eq!((row.failure_count, row.is_active, row.events.as_str()), (0, true, r#"["job.failed"]"#));
    assert_eq!(hooks.note_delivery(&uuid(), true, 3).await.expect("rows"), None);
}
