//! The rooms and live streams of inputs that come, change and go, on a whole engine with its conductor.

use super::{
    fixture::Fixture,
    marked::{self, Seen, Watch},
};
use crate::turn::turn;
use lumencast::{
    app::{
        rooms::{Duplicate, PublishRequest, RoomEvents, Rooms, StreamSelector, Via},
        show::{
            conductor::{self, ShowHandle},
            inputs,
        },
    },
    domain::{
        command::{Command, Reply},
        input::Input,
        show::{Setup, Show},
        source::{SourceId, SourceKind},
        time::{Format, Rate, Slot},
    },
    protocol::packet::Packet,
};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

const DEADLINE: Duration = Duration::from_secs(20);
/// Jitter of a machine with other work must not empty a slot: it is not what is tested here.
const LATENCY: Duration = Duration::from_millis(1000);

/// Runs a test while no other of this binary runs.
fn alone_in_a_runtime(test: impl AsyncFnOnce()) {
    let _turn = turn();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test());
}

struct Following {
    fixture: Fixture,
    show: ShowHandle,
    rooms: Rooms,
    /// Kept, so that events have a receiver.
    _events: RoomEvents,
}

fn stream(id: &str) -> SourceKind {
    SourceKind::Stream { stream: Some(id.into()) }
}

fn add(kind: SourceKind) -> Command {
    Command::AddInput { input: Input { label: "new".into(), kind, latency: LATENCY } }
}

impl Following {
    /// An empty show.
    fn open() -> Self {
        let fixture = Fixture::open(0);
        let show = Show::new(Setup {
            project: Format { width: 640, height: 360, rate: Rate { num: 30, den: 1 } },
            inputs: Vec::new(),
            channels: Vec::new(),
            graphics: Vec::new(),
            fade: Duration::from_secs(1),
        });
        let engine = fixture.engine();
        let orders = engine.clone();
        let show = conductor::spawn(show, move |order| orders.order(order), fixture.take_reports());
        let (rooms, events) = Rooms::new(engine.clock().clone(), HashMap::new());
        inputs::follow(&show, &rooms, engine);
        Self { fixture, show, rooms, _events: events }
    }

    /// Publishes in a room of the application `live` at the pace of the stamps.
    async fn publish(&self, identity: &str, packets: Vec<Packet>) {
        let lease = self.rooms.enter(PublishRequest {
            app: "live".into(),
            room: "live-studio".into(),
            identity: identity.into(),
            name: None,
            via: Via::Rtmp,
            ingress: None,
            duplicate: Duplicate::Challenge,
        });
        let lease = lease.await.expect("a lease");
        tokio::spawn(async move {
            let began = Instant::now();
            for packet in packets {
                if let Packet::Video { dts, .. } = &packet {
                    // The pace of a live encoder, not a wait for a result.
                    tokio::time::sleep(dts.saturating_sub(began.elapsed())).await;
                }
                lease.alive();
                if lease.push(packet).is_err() {
                    return;
                }
            }
        });
    }

    async fn until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + DEADLINE;
        while !done() {
            assert!(Instant::now() < end, "not within {DEADLINE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn is_live(&self, room: &str) -> bool {
        self.rooms.is_live(room, &StreamSelector::Auto)
    }
}

#[test]
fn an_input_shows_the_stream_that_it_is_assigned() {
    alone_in_a_runtime(async || {
        let clips = [marked::packets(1, 600), marked::packets(2, 600)];
        let following = Following::open();
        let [first, second] = clips;
        following.publish("anna", first).await;
        following.publish("ben", second).await;
        let reply = following.show.command(add(stream("live-studio/anna"))).await.unwrap();
        assert!(matches!(reply, Reply::InputAdded { source: SourceId(0), .. }), "{reply:?}");
        let watch = Arc::new(Watch::begin(&following.fixture));
        let shows = |wanted: u8| matches!(watch.last(), Some((_, Seen::Mark { source, .. })) if source == wanted);
        following.until("the first stream on program", || shows(1)).await;
        let source = SourceId(0);
        following.show.command(Command::AssignInput { source, kind: stream("live-studio/ben") }).await.unwrap();
        following.until("the other stream on program", || shows(2)).await;
        // Another input takes a stream that no other one waits for.
        following.show.command(add(SourceKind::Stream { stream: None })).await.unwrap();
        following.show.command(Command::CutTo { source: SourceId(1) }).await.unwrap();
        following.until("the free stream on the other input", || shows(1)).await;
        following.show.command(Command::RemoveInput { source, force: false }).await.unwrap();
        assert!(!following.fixture.has(source));
    });
}

/// The slots that program showed before a frame of a source in its time: not the key frame that is shown meanwhile.
fn in_time(seen: &[(u64, Seen)], asked: u64, wanted: u8) -> Option<u64> {
    let lead = |(slot, seen): &(u64, Seen)| match seen {
        Seen::Mark { source, n } if *source == wanted && *slot > asked => Some(i64::from(*n) - *slot as i64),
        _ => None,
    };
    let steady = seen.windows(10).find(|ten| lead(&ten[0]).is_some() && ten.iter().all(|s| lead(s) == lead(&ten[0])));
    steady.map(|ten| ten[0].0)
}

#[test]
fn a_stream_with_a_ten_second_gop_is_on_program_at_once_whenever_it_is_assigned() {
    alone_in_a_runtime(async || {
        const TRIES: usize = 20;
        let clip = marked::with_gop(3, 2400, 300);
        let following = Following::open();
        following.publish("anna", clip).await;
        let bars = || SourceKind::Pattern { pattern: "bars".into(), tone_hz: 0 };
        following.show.command(add(bars())).await.unwrap();
        let watch = Arc::new(Watch::begin(&following.fixture));
        let rate = Rate { num: 30, den: 1 };
        let clock = following.fixture.engine().clock().clone();
        let (mut firsts, mut lives) = (Vec::new(), Vec::new());
        let mut random = 17_u64;
        for _ in 0..TRIES {
            following.until("the bars", || matches!(watch.last(), Some((_, Seen::Other { .. })))).await;
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // A random moment of the group, not a wait for a result.
            tokio::time::sleep(Duration::from_millis((random >> 33) % 600)).await;
            let asked = clock.now();
            let kind = stream("live-studio/anna");
            let assign = Command::AssignInput { source: SourceId(0), kind };
            following.show.command(assign).await.unwrap();
            let from = rate.slot_at(asked).0;
            following.until("the stream, frame by frame", || in_time(&watch.seen(), from, 3).is_some()).await;
            let seen = watch.seen();
            let first = seen.iter().find(|(slot, seen)| *slot > from && matches!(seen, Seen::Mark { source: 3, .. }));
            let after = |slot: u64| rate.time_of(Slot(slot)).since(asked) / 1_000_000;
            firsts.push(after(first.expect("it is there").0));
            lives.push(after(in_time(&seen, from, 3).expect("it is there")));
            following.show.command(Command::AssignInput { source: SourceId(0), kind: bars() }).await.unwrap();
        }
        println!("ms from the command to the first picture on program: {firsts:?}; frame by frame: {lives:?}");
        assert!(firsts.iter().all(|ms| *ms < 1000), "{firsts:?}");
    });
}

#[test]
fn rooms_of_inputs_come_and_go_with_them() {
    alone_in_a_runtime(async || {
        let following = Following::open();
        let pattern = |name: &str| SourceKind::Pattern { pattern: name.into(), tone_hz: 0 };
        following.show.command(add(pattern("bars"))).await.unwrap();
        following.until("the pattern in its room", || following.is_live("live-input-0")).await;
        following.show.command(add(SourceKind::Rtmp { key: "cam".into() })).await.unwrap();
        let entry = || PublishRequest {
            app: "live".into(),
            room: "live-input-1".into(),
            identity: "input-1".into(),
            name: None,
            via: Via::Rtmp,
            ingress: None,
            duplicate: Duplicate::Challenge,
        };
        let lease = following.rooms.enter(entry()).await.expect("a lease");
        following.until("the publisher in its room", || following.is_live("live-input-1")).await;
        // It has another source now: its publisher has to leave, and the pattern is in the room.
        let assigned = Command::AssignInput { source: SourceId(1), kind: pattern("ball") };
        following.show.command(assigned).await.unwrap();
        tokio::time::timeout(DEADLINE, lease.evicted.cancelled()).await.expect("the publisher is made to leave");
        drop(lease);
        following.until("the pattern in the room", || following.is_live("live-input-1")).await;
        following.show.command(Command::RemoveInput { source: SourceId(1), force: true }).await.unwrap();
        following.until("an empty room", || !following.is_live("live-input-1")).await;
        assert!(following.is_live("live-input-0"));
    });
}
