//! The journal of rooms: nothing that happens is lost, in order, also while the database is away.

use crate::place::{Place, on_both};
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

async fn open(place: &Place) -> (Rooms, Following) {
    gst::init().expect("GStreamer");
    let (journal, numbers) = Journal::open(&place.store).await.expect("rows");
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
async fn row(place: &Place, app: &str, identity: &str, status: &str) -> StreamRow {
    let (rows, id, deadline) = (place.store.streams(), format!("{app}-stage/{identity}"), Instant::now() + TIMEOUT);
    loop {
        match rows.get(app, &id).await {
            Ok(Some(row)) if row.status == status => return row,
            other => assert!(Instant::now() < deadline, "{id} is not {status}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn what_happens_while_the_database_is_away_is_written_when_it_is_back(place: Place) {
    let (rooms, journal) = open(&place).await;
    place.meddle("ALTER TABLE streams RENAME TO away").await;
    let began = Instant::now();
    let stays = enter(&rooms, "live", "stays").await;
    for n in 0..MANY {
        drop(enter(&rooms, "live", &format!("passing-{n}")).await);
    }
    let returned = enter(&rooms, "live", "passing-0").await;
    assert!(began.elapsed() < TIMEOUT, "publishers do not wait for the database");
    place.meddle("ALTER TABLE away RENAME TO streams").await;

    let first = row(&place, "live", "passing-0", "active").await;
    assert_eq!((first.id, first.kind.as_str(), first.ended_at), (2, "whip", None), "it returned last of all");
    let rows = place.store.streams().active_of("live").await.expect("rows");
    assert_eq!(rows.len(), 2, "all others ended");
    assert_eq!(place.store.streams().numbers().await.expect("rows").len(), MANY + 1, "and each had been there");
    let last = row(&place, "live", &format!("passing-{}", MANY - 1), "ended").await;
    let took = last.ended_at.expect("an end") - last.started_at;
    assert!((0..5_000).contains(&took), "rows tell when it happened, not when it was written: {took} ms");
    drop((stays, returned));
    journal.finish().await;
    assert_eq!(place.store.streams().active_of("live").await.expect("rows"), []);
}

async fn a_stream_whose_app_is_gone_does_not_hold_up_the_others(place: Place) {
    let (rooms, _journal) = open(&place).await;
    let _gone = enter(&rooms, "gone", "ann").await;
    let _there = enter(&rooms, "live", "bob").await;
    row(&place, "live", "bob", "active").await;
    assert_eq!(place.store.streams().get("gone", "gone-stage/ann").await.expect("rows"), None);
}

async fn what_happened_before_the_end_is_written(place: Place) {
    let (rooms, journal) = open(&place).await;
    let leases = [enter(&rooms, "live", "ann").await, enter(&rooms, "live", "bob").await];
    drop(leases);
    journal.finish().await;
    let mut names = Vec::new();
    for identity in ["ann", "bob"] {
        let row = place.store.streams().get("live", &format!("live-stage/{identity}")).await.expect("rows");
        names.push(row.map(|row| (row.participant, row.status)));
    }
    let ended = |name: &str| Some((name.to_owned(), "ended".to_owned()));
    assert_eq!(names, [ended("ann"), ended("bob")]);
    drop(enter(&rooms, "live", "late").await); // nothing waits for a journal that is gone
}

async fn numbers_go_on_after_a_restart(place: Place) {
    let (rooms, journal) = open(&place).await;
    drop([enter(&rooms, "live", "ann").await, enter(&rooms, "live", "bob").await]);
    journal.finish().await;
    let (rooms, _journal) = open(&place).await;
    let _leases = [enter(&rooms, "live", "cam").await, enter(&rooms, "live", "bob").await];
    let (cam, bob) = (row(&place, "live", "cam", "active").await, row(&place, "live", "bob", "active").await);
    assert_eq!((cam.id, bob.id), (3, 2));
}
