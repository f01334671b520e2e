//! Tenants, people and their sessions.

use crate::test_store::{NOW, TestStore, on_both};
use lumencast::store::{NewUser, SessionRow, StoreErrorKind};

on_both! {
    a_person_is_found_by_address_whatever_its_case_and_by_id
    an_address_is_taken_whatever_its_case
    of_eight_that_take_an_address_at_once_one_gets_it
    a_half_written_person_is_nobody
    sessions_begin_end_and_run_out
}

fn user<'a>(id: &'a str, email: &'a str) -> NewUser<'a> {
    NewUser { id, email, password_hash: "$argon2id$x", tenant: "acme", role: "owner", created_at: NOW }
}

fn session(id: &str, user_id: Option<&str>, created_at: i64, expires_at: i64) -> SessionRow {
    SessionRow { id: id.to_owned(), user_id: user_id.map(str::to_owned), created_at, expires_at }
}

async fn a_person_is_found_by_address_whatever_its_case_and_by_id(test: TestStore) {
    let users = test.store.users();
    assert!(users.insert(user("1", "Ann@Example.org")).await.expect("rows"));
    let ann = users.by_id("1").await.expect("rows").expect("a person");
    assert_eq!((ann.email.as_str(), ann.tenant.as_str(), ann.role.as_str()), ("Ann@Example.org", "acme", "owner"));
    for email in ["ann@example.org", "ANN@EXAMPLE.ORG", "Ann@Example.org"] {
        assert_eq!(users.by_email(email).await.expect("rows").as_ref(), Some(&ann), "{email}");
    }
    for email in ["ann@example.or", "ann@example_org", "%", "", "ann@example.org\0"] {
        assert_eq!(users.by_email(email).await.expect("rows"), None, "{email}");
    }
    assert_eq!(users.by_id("2").await.expect("rows"), None);
}

async fn an_address_is_taken_whatever_its_case(test: TestStore) {
    let users = test.store.users();
    assert!(users.insert(user("1", "ann@example.org")).await.expect("rows"));
    assert!(!users.insert(user("2", "ANN@example.org")).await.expect("rows"));
    assert!(!users.insert(user("1", "bob@example.org")).await.expect("rows"));
    assert!(users.insert(user("3", "bob@example.org")).await.expect("rows"), "a second person of the same tenant");
}

async fn of_eight_that_take_an_address_at_once_one_gets_it(test: TestStore) {
    let second = test.again().await;
    let writers = (0..8).map(|n| {
        let users = if n % 2 == 0 { test.store.users() } else { second.users() };
        let id = n.to_string();
        tokio::spawn(async move { users.insert(user(&id, "ann@example.org")).await.expect("rows") })
    });
    let mut made = 0;
    for writer in writers.collect::<Vec<_>>() {
        made += usize::from(writer.await.expect("no panic"));
    }
    assert_eq!(made, 1);
}

async fn a_half_written_person_is_nobody(test: TestStore) {
    let users = test.store.users();
    let error = users.insert(NewUser { role: "king", ..user("1", "ann@example.org") }).await.expect_err("no such role");
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(users.insert(user("1", "ann@example.org")).await.expect("rows"), "id and address are free");
}

async fn sessions_begin_end_and_run_out(test: TestStore) {
    let users = test.store.users();
    assert!(users.insert(user("1", "ann@example.org")).await.expect("rows"));
    let (operators, anns) = (session("s-op", None, NOW, NOW + 10), session("s-1", Some("1"), NOW, NOW + 100));
    users.begin_session(&operators).await.expect("a session");
    users.begin_session(&anns).await.expect("a session");
    assert_eq!(users.session("s-op").await.expect("rows").as_ref(), Some(&operators));
    let unknown = users.begin_session(&session("s-2", Some("nobody"), NOW, NOW + 100)).await;
    assert_eq!(unknown.expect_err("nobody's").kind(), StoreErrorKind::Refused);

    users.begin_session(&session("s-3", None, NOW + 10, NOW + 100)).await.expect("a session");
    assert_eq!(users.session("s-op").await.expect("rows"), None, "it ran out");
    assert_eq!(test.again().await.users().session("s-1").await.expect("rows").as_ref(), Some(&anns));
    users.end_session("s-1").await.expect("rows");
    users.end_session("s-1").await.expect("an ended one is ended");
    assert_eq!(users.session("s-1").await.expect("rows"), None);
}
