//! Ingresses: found by id and key, looked through by page.

use crate::test_store::{NOW, TestStore, on_both};
use lumencast::store::{IngressQuery, IngressRow, StoreErrorKind};

on_both! {
    a_row_comes_back_as_it_was_written
    an_app_sees_its_own_and_a_key_leads_to_any
    pages_are_newest_first_and_count_all
    a_text_is_looked_for_in_id_name_and_room_whatever_its_case
    what_is_pulled_is_given_oldest_first
    what_goes_together_is_kept_together
}

/// An ingress to push to; its key is `sk-` and its id.
pub fn push(id: &str, app: &str, room: &str) -> IngressRow {
    IngressRow {
        id: id.to_owned(),
        app: app.to_owned(),
        room: room.to_owned(),
        input_type: "rtmp".to_owned(),
        identity: format!("ingress-{id}"),
        name: None,
        url: None,
        stream_key: Some(format!("sk-{id}")),
        password_hash: None,
        validated_at: None,
        transcoding: false,
        created_at: NOW,
    }
}

fn pull(id: &str) -> IngressRow {
    let url = Some("rtsp://192.0.2.1/live".to_owned());
    IngressRow { input_type: "url".to_owned(), url, stream_key: None, ..push(id, "live", "live-stage") }
}

async fn a_row_comes_back_as_it_was_written(test: TestStore) {
    let rows = test.store.ingress();
    let whole = IngressRow {
        name: Some("Bühne".to_owned()),
        password_hash: Some("$argon2id$x".to_owned()),
        transcoding: true,
        ..push("IN_1", "live", "live-stage")
    };
    let pulled = pull("IN_2");
    for row in [&whole, &pulled] {
        rows.insert(row).await.expect("a row");
        assert_eq!(rows.get("live", &row.id).await.expect("rows").as_ref(), Some(row));
    }
    rows.validated("IN_1", NOW + 5).await.expect("rows");
    let validated = IngressRow { validated_at: Some(NOW + 5), ..whole };
    assert_eq!(test.again().await.ingress().get("live", "IN_1").await.expect("rows").as_ref(), Some(&validated));
    assert_eq!(rows.delete("live", "IN_1").await.expect("rows"), Some(validated));
    assert_eq!(rows.delete("live", "IN_1").await.expect("rows"), None);
    assert_eq!(test.again().await.ingress().get("live", "IN_1").await.expect("rows"), None);
}

async fn an_app_sees_its_own_and_a_key_leads_to_any(test: TestStore) {
    let rows = test.store.ingress();
    let row = push("IN_1", "live", "live-stage");
    rows.insert(&row).await.expect("a row");
    assert_eq!(rows.get("program", "IN_1").await.expect("rows"), None);
    assert_eq!(rows.delete("program", "IN_1").await.expect("rows"), None);
    assert_eq!(rows.by_key("sk-IN_1").await.expect("rows"), Some(row));
    for key in ["", "sk-in_1", "sk-IN_1 ", "sk-IN_1\0"] {
        assert_eq!(rows.by_key(key).await.expect("rows"), None, "{key:?}");
    }
    assert_eq!(rows.page("program", &IngressQuery::default()).await.expect("rows"), (vec![], 0));
}

async fn pages_are_newest_first_and_count_all(test: TestStore) {
    let rows = test.store.ingress();
    for n in 0..7 {
        let room = if n % 2 == 0 { "live-even" } else { "live-odd" };
        rows.insert(&push(&format!("IN_{n}"), "live", room)).await.expect("a row");
    }
    let page = async |room: Option<&str>, limit, offset| {
        let query = IngressQuery { room: room.map(str::to_owned), text: None, limit, offset };
        let (rows, total) = rows.page("live", &query).await.expect("rows");
        (rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join(" "), total)
    };
    assert_eq!(page(None, 3, 0).await, ("IN_6 IN_5 IN_4".to_owned(), 7));
    assert_eq!(page(None, 3, 6).await, ("IN_0".to_owned(), 7));
    assert_eq!(page(None, 3, u64::MAX).await, (String::new(), 7));
    assert_eq!(page(Some("live-odd"), 10, 1).await, ("IN_3 IN_1".to_owned(), 3));
    assert_eq!(page(Some("live-\0"), 10, 0).await, (String::new(), 0));
}

async fn a_text_is_looked_for_in_id_name_and_room_whatever_its_case(test: TestStore) {
    let rows = test.store.ingress();
    let named = IngressRow { name: Some("Zürich 100%_ÄÖÜ".to_owned()), ..push("IN_a", "live", "live-stage") };
    rows.insert(&named).await.expect("a row");
    rows.insert(&push("IN_b", "live", "live-Hall")).await.expect("a row");
    let found = async |text: &str| {
        let query = IngressQuery { text: Some(text.to_owned()), limit: 10, ..IngressQuery::default() };
        let (rows, total) = rows.page("live", &query).await.expect("rows");
        assert_eq!(u64::try_from(rows.len()).ok(), Some(total));
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join(" ")
    };
    for (text, ids) in [
        ("ZÜRICH", "IN_a"),
        ("%_ä", "IN_a"),
        ("hall", "IN_b"),
        ("IN_", "IN_b IN_a"),
        ("ingress-in_b", "IN_b"),
        ("", "IN_b IN_a"),
        ("1%", ""),
        ("x_y", ""),
        ("\0", ""),
    ] {
        assert_eq!(found(text).await, ids, "{text:?}");
    }
}

async fn what_is_pulled_is_given_oldest_first(test: TestStore) {
    let rows = test.store.ingress();
    for row in [pull("IN_z"), push("IN_y", "live", "live-stage"), pull("IN_x")] {
        rows.insert(&row).await.expect("a row");
    }
    let ids: Vec<_> = rows.pulled().await.expect("rows").into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["IN_z", "IN_x"]);
}

async fn what_goes_together_is_kept_together(test: TestStore) {
    let rows = test.store.ingress();
    rows.insert(&push("IN_1", "live", "live-stage")).await.expect("a row");
    for wrong in [
        push("IN_1", "live", "live-other"),
        IngressRow { stream_key: Some("sk-IN_1".to_owned()), ..push("IN_2", "live", "live-stage") },
        push("IN_3", "nobody", "nobody-stage"),
        IngressRow { stream_key: None, ..push("IN_4", "live", "live-stage") },
        IngressRow { input_type: "smoke".to_owned(), ..push("IN_5", "live", "live-stage") },
    ] {
        let error = rows.insert(&wrong).await.expect_err("it breaks a rule");
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    }
    assert_eq!(rows.page("live", &IngressQuery { limit: 9, ..IngressQuery::default() }).await.expect("rows").1, 1);
}
