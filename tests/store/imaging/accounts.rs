//! Accounts, their ledger and their keys.

use crate::{
    support::postgres::{PASSWORD, Postgres},
    test_store::{MONTH, NOW, TestStore, account, on_both, order, uuid},
};
use lumencast::store::{AccountChange, Entry, EntryKind, Inserted, NewImageKey, Store, Terms, Updated};

on_both! {
    of_eight_first_starts_one_makes_the_account
    a_change_touches_what_it_names
    the_balance_is_the_sum_of_rows
    what_was_given_back_does_not_count_for_the_month
    signs_that_do_not_go_with_their_kind_are_refused
    keys_are_found_by_their_hash_with_their_account
    only_so_many_keys_are_active_at_once
}

async fn of_eight_first_starts_one_makes_the_account(test: TestStore) {
    let starts = (0..8).map(|_| {
        let (folder, url) = (test.folder.path().to_owned(), test.url.clone());
        tokio::spawn(async move {
            let store = Store::open_with(&folder, url.as_deref()).await.expect("a store");
            store.accounts().insert(&account("default"), 60).await.expect("rows").is_some()
        })
    });
    let mut made = 0;
    for start in starts.collect::<Vec<_>>() {
        made += usize::from(start.await.expect("no panic"));
    }
    assert_eq!(made, 1);
    let rows = test.accounts().list().await.expect("rows");
    assert_eq!(rows.len(), 1);
    let balance = test.balance(&rows[0].id).await;
    assert_eq!((balance.remaining, balance.total, balance.used_this_month), (60, 60, 0));
}

async fn a_change_touches_what_it_names(test: TestStore) {
    let id = test.account("acme", 0).await;
    let before = test.accounts().by_name("acme").await.expect("rows").expect("an account");
    let change = AccountChange {
        plan: Some("enterprise".to_owned()),
        monthly_credit_limit: Some(Some(1000)),
        allowed_services: Some(Some(r#"["3d-plans"]"#.to_owned())),
        auto_topup_enabled: Some(true),
        ..AccountChange::default()
    };
    let after = test.accounts().update(&id, &change).await.expect("rows").expect("an account");
    assert_eq!(test.accounts().get(&id).await.expect("rows").as_ref(), Some(&after));
    assert_eq!(
        (after.plan.as_str(), after.monthly_credit_limit, after.auto_topup_enabled),
        ("enterprise", Some(1000), true)
    );
    assert_eq!((&after.name, after.rate_limit_rpm, &after.currency), (&before.name, 30, &before.currency));

    let change = AccountChange { monthly_credit_limit: Some(None), ..AccountChange::default() };
    let after = test.accounts().update(&id, &change).await.expect("rows").expect("an account");
    assert_eq!((after.monthly_credit_limit, after.plan.as_str()), (None, "enterprise"));
    assert_eq!(test.accounts().update(&uuid(), &change).await.expect("rows"), None);
}

async fn the_balance_is_the_sum_of_rows(test: TestStore) {
    let id = test.account("acme", 60).await;
    let entries = [
        (EntryKind::Topup, 40, NOW),
        (EntryKind::Charge, -5, NOW),
        (EntryKind::Charge, -7, MONTH - 1),
        (EntryKind::Adjust, -10, NOW),
    ];
    for (kind, amount, at) in entries {
        let entry = Entry { kind, amount, note: Some("by hand"), job: None, at };
        assert!(test.accounts().post(&id, &entry).await.expect("rows").is_some());
    }
    let balance = test.balance(&id).await;
    assert_eq!((balance.remaining, balance.total, balance.used_this_month), (78, 90, 5));
    let page = test.accounts().ledger(&id, 2, 1).await.expect("rows");
    assert_eq!(page.iter().map(|row| row.amount).collect::<Vec<_>>(), [-7, -5]);
    let nobody = Entry { kind: EntryKind::Grant, amount: 1, note: None, job: None, at: NOW };
    assert_eq!(test.accounts().post(&uuid(), &nobody).await.expect("rows"), None);
}

async fn what_was_given_back_does_not_count_for_the_month(test: TestStore) {
    let (id, other) = (test.account("acme", 60).await, test.account("other", 60).await);
    let jobs = test.store.image_jobs();
    let mut early = order(&id);
    early.created_at = MONTH - 1;
    let terms = Terms { cost: 3, monthly_limit: None, month_began: MONTH };
    jobs.create(&early, &terms).await.expect("rows");
    let late = test.job(&id).await;
    test.job(&id).await;
    test.job(&other).await;
    // The charge of last month comes back in this one, for which it never counted.
    jobs.cancel(&id, &early.id, NOW).await.expect("rows");
    assert_eq!(test.balance(&id).await.used_this_month, 4);
    jobs.cancel(&id, &late.id, NOW).await.expect("rows");
    let balance = test.balance(&id).await;
    assert_eq!((balance.remaining, balance.total, balance.used_this_month), (58, 60, 2));
}

async fn signs_that_do_not_go_with_their_kind_are_refused(test: TestStore) {
    let id = test.account("acme", 60).await;
    for (kind, amount) in
        [(EntryKind::Charge, 5), (EntryKind::Refund, -5), (EntryKind::Grant, -1), (EntryKind::Topup, -1)]
    {
        let entry = Entry { kind, amount, note: None, job: None, at: NOW };
        assert!(test.accounts().post(&id, &entry).await.is_err(), "{kind:?}");
    }
    assert_eq!(test.balance(&id).await.remaining, 60);
}

fn key<'a>(id: &'a str, account: &'a str, hash: &'a [u8; 32]) -> NewImageKey<'a> {
    NewImageKey { id, account, name: "Default", hash, shown: "lum_live_abcd", created_at: NOW }
}

async fn keys_are_found_by_their_hash_with_their_account(test: TestStore) {
    let keys = test.store.image_keys();
    let (one, two) = (test.account("one", 0).await, test.account("two", 0).await);
    let (first, second) = (uuid(), uuid());
    keys.insert(&key(&first, &one, &[1; 32]), 10).await.expect("rows");
    keys.insert(&key(&second, &two, &[0xff; 32]), 10).await.expect("rows");
    assert!(keys.insert(&key(&uuid(), &two, &[1; 32]), 10).await.is_err(), "the hash is there already");

    let (row, account) = keys.find_by_hash(&[0xff; 32]).await.expect("rows").expect("a key");
    assert_eq!((&row.id, &account.name, row.is_active, row.last_used_at), (&second, &"two".to_owned(), true, None));
    assert_eq!(keys.find_by_hash(&[2; 32]).await.expect("rows"), None);
    keys.used(&second, NOW + 5).await.expect("rows");
    assert_eq!(keys.list(&two).await.expect("rows")[0].last_used_at, Some(NOW + 5));

    // Another account's key can be neither changed nor taken away.
    assert_eq!(keys.update(&two, &first, Some("mine"), None, 10).await.expect("rows"), Updated::Unknown);
    assert!(!keys.delete(&two, &first).await.expect("rows"));
    assert!(keys.delete(&one, &first).await.expect("rows"));
    assert_eq!(keys.find_by_hash(&[1; 32]).await.expect("rows"), None);
}

async fn only_so_many_keys_are_active_at_once(test: TestStore) {
    let account = test.account("acme", 0).await;
    let inserts = (0..20_u8).map(|n| {
        let (keys, account) = (test.store.image_keys(), account.clone());
        tokio::spawn(async move { keys.insert(&key(&uuid(), &account, &[n; 32]), 3).await.expect("rows") })
    });
    let mut kept = Vec::new();
    for insert in inserts.collect::<Vec<_>>() {
        if let Inserted::New(row) = insert.await.expect("no panic") {
            kept.push(row.id);
        }
    }
    assert_eq!(kept.len(), 3);

    let keys = test.store.image_keys();
    let off = keys.update(&account, &kept[0], Some("old"), Some(false), 3).await.expect("rows");
    assert!(matches!(off, Updated::Done(row) if !row.is_active && row.name == "old"));
    assert!(matches!(keys.insert(&key(&uuid(), &account, &[99; 32]), 3).await.expect("rows"), Inserted::New(_)));
    let on = keys.update(&account, &kept[0], Some("new"), Some(true), 3).await.expect("rows");
    assert_eq!(on, Updated::TooMany);
    let rows = keys.list(&account).await.expect("rows");
    let row = rows.iter().find(|row| row.id == kept[0]).expect("the key");
    assert_eq!((row.is_active, row.name.as_str()), (false, "old"), "nothing of a refused change is kept");
    // One that is active already may be switched on again.
    assert!(matches!(keys.update(&account, &kept[1], None, Some(true), 3).await.expect("rows"), Updated::Done(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_starts_at_the_same_time_share_one_postgres() {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database()).await.expect("a server");
    let starts = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            let folder = tempfile::tempdir().expect("a folder"); // each on its own machine
            let store = Store::open_with(folder.path(), Some(&url)).await.expect("a store");
            store.accounts().insert(&account("default"), 60).await.expect("rows").is_some()
        })
    });
    let mut made = 0;
    for start in starts.collect::<Vec<_>>() {
        made += usize::from(start.await.expect("no panic"));
    }
    assert_eq!(made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_about_a_database_shows_its_password() {
    let test = TestStore::postgres().await;
    let url = test.url.clone().expect("an address");
    let (address, database) = (url.rsplit('@').next().expect("an address"), url.rsplit('/').next().expect("a name"));
    let wrong = [
        url.replace(PASSWORD, "an0ther"),
        url.replace(database, "no_such_database"),
        format!("postgres://lumencast:{PASSWORD}@127.0.0.1:1/x"),
        format!("postgres://lumencast:{PASSWORD}@{address}?sslmode={PASSWORD}x"),
        format!("mysql://lumencast:{PASSWORD}@{address}"),
        format!("postgres://lumencast:{PASSWORD}@:no-address"),
    ];
    for (n, url) in wrong.iter().enumerate() {
        let error = Store::open_with(test.folder.path(), Some(url)).await.expect_err("no database");
        let shown = format!("{error} {error:?}").replace(&format!("{PASSWORD}x"), "");
        assert!(error.to_string().contains("database") || error.to_string().contains("127.0.0.1"), "{n}: {error}");
        assert!(!shown.contains(PASSWORD) && !shown.contains("an0ther"), "{n}: {shown}");
    }
}
