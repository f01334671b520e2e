//! The journal of rooms: nothing that happens is lost, in order, also while the database is away.

use crate::test_store::{TestStore, on_both};
use lumencast::{
    app::{
        access::admission::PublishLease,
        rooms::{
            Duplicate, PublishRequest, Rooms, Via,
            journal::{Following, Journal},
        },
    },
    media::clock::ShowClock,
    store::StreamRow,
};
use std::time::{Duration, Instant};

on_both! {
    what_happens_while_the_database_is_away_is_written_when_it_is_back
    a_stream_whose_app_is_gone_does_not_hold_up_the_others
    what_happened_before_the_end_is_written
    numbers_go_on_after_a_restart
}

/// More than any queue between rooms and journal ever held.
const MANY: usize = 1_500;
const TIMEOUT: Duration = Duration::from_secs(60);

async fn open(test: &TestStore) -> (Rooms, Following) {
    gst::init().expect("GStreamer");
    let (journal, numbers) = Journal::open(&test.store).await.expect("rows");
    let (rooms, events) = Rooms::new(ShowClock::start(), numbers);
    (rooms, journal.follow(events))
}

async fn enter(rooms: &Rooms, app: &str, identity: &str) -> PublishLease {
    let (app, room, identity) = (app.to_owned(), format!("{app}-stage"), identity.to_owned());
    let duplicate = Duplicate::Replace;
    let entry = PublishRequest { app, room, identity, name: None, via: Via::Whip, ingress: None, duplicate };
    rooms.enter(entry).await.expect("a lease")
}

/// The row of a stream, as soon as it is as wanted.
async fn row(test: &TestStore, app: &str, identity: &str, status: &str) -> StreamRow {
    let (rows, id, deadline) = (test.store.streams(), format!("{app}-stage/{identity}"), Instant::now() + TIMEOUT);
    loop {
        match rows.get(app, &id).await {
            Ok(Some(row)) if row.status == status => return row,
            other => assert!(Instant::now() < deadline, "{id} is not {status}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn what_happens_while_the_database_is_away_is_written_when_it_is_back(test: TestStore) {
    let (rooms, journal) = open(&test).await;
    test.meddle("ALTER TABLE streams RENAME TO away").await;
    let began = Instant::now();
    let stays = enter(&rooms, "live", "stays").await;
    for n in 0..MANY {
        drop(enter(&rooms, "live", &format!("passing-{n}")).await);
    }
    let returned = enter(&rooms, "live", "passing-0").await;
    assert!(began.elapsed() < TIMEOUT, "publishers do not wait for the database");
    test.meddle("ALTER TABLE away RENAME TO streams").await;

    // The first one is active twice, and the second time last of all.
    let last = row(&test, "live", &format!("passing-{}", MANY - 1), "ended").await;
    let first = row(&test, "live", "passing-0", "active").await;
    assert_eq!((first.id, first.kind.as_str(), first.ended_at), (2, "whip", None), "it returned last of all");
    let rows = test.store.streams().active_of("live").await.expect("rows");
    assert_eq!(rows.len(), 2, "all others ended");
    assert_eq!(test.store.streams().numbers().await.expect("rows").len(), MANY + 1, "and each had been there");
    let took = last.ended_at.expect("an end") - last.started_at;
    assert!((0..5_000).contains(&took), "rows tell when it happened, not when it was written: {took} ms");
    drop((stays, returned));
    journal.finish().await;
    assert_eq!(test.store.streams().active_of("live").await.expect("rows"), []);
}

async fn a_stream_whose_app_is_gone_does_not_hold_up_the_others(test: TestStore) {
    let (rooms, _journal) = open(&test).await;
    let _gone = enter(&rooms, "gone", "ann").await;
    let _there = enter(&rooms, "live", "bob").await;
    row(&test, "live", "bob", "active").await;
    assert_eq!(test.store.streams().get("gone", "gone-stage/ann").await.expect("rows"), None);
}

async fn what_happened_before_the_end_is_written(test: TestStore) {
    let (rooms, journal) = open(&test).await;
    let leases = [enter(&rooms, "live", "ann").await, enter(&rooms, "live", "bob").await];
    drop(leases);
    journal.finish().await;
    let mut names = Vec::new();
    for identity in ["ann", "bob"] {
        let row = test.store.streams().get("live", &format!("live-stage/{identity}")).await.expect("rows");
        names.push(row.map(|row| (row.participant, row.status)));
    }
    let ended = |name: &str| Some((name.to_owned(), "ended".to_owned()));
    assert_eq!(names, [ended("ann"), ended("bob")]);
    drop(enter(&rooms, "live", "late").await); // nothing waits for a journal that is gone
}

async fn numbers_go_on_after_a_restart(test: TestStore) {
    let (rooms, journal) = open(&test).await;
    drop([enter(&rooms, "live", "ann").await, enter(&rooms, "live", "bob").await]);
    journal.finish().await;
    let (rooms, _journal) = open(&test).await;
    let _leases = [enter(&rooms, "live", "cam").await, enter(&rooms, "live", "bob").await];
    let (cam, bob) = (row(&test, "live", "cam", "active").await, row(&test, "live", "bob", "active").await);
    assert_eq!((cam.id, bob.id), (3, 2));
}
