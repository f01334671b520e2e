//! A worker's queue: its jobs, how many of each kind may wait, and what happens beyond that.
//!
//! Refuses to know: the results of jobs.

use super::{
    peer::{PatchResult, Peer},
    peer_id::PeerId,
    sdp::Fragment,
};
use crate::{app::rooms::live::Unit, protocol::packet::Packet};
use bytes::Bytes;
use metrics::counter;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
};
use str0m::net::Protocol;
use tokio::sync::oneshot;

/// Datagrams that may wait; more are lost.
const DATAGRAMS: usize = 8192;
/// Units that may wait, of all streams; beyond that a stream's units are left out up to its next key frame.
const UNITS: usize = 4096;
/// Texts and requests for key frames that may wait; more are dropped, as for a viewer that does not keep up. The other
/// kinds of jobs have a bound elsewhere: sessions and HTTP requests.
const NOTES: usize = 4096;

/// A job for a worker.
pub enum Job {
    /// A datagram for a peer.
    Datagram { peer: PeerId, protocol: Protocol, source: SocketAddr, destination: SocketAddr, data: Bytes },
    /// A unit of a stream that is watched here.
    Unit { channel: u64, unit: Arc<Unit> },
    /// A new peer, after the answer to its offer.
    Join(Box<Peer>),
    /// A peer is to be removed, with the reason.
    Go { peer: PeerId, why: &'static str, done: Option<oneshot::Sender<()>> },
    /// A PATCH of a peer's session.
    Patch { peer: PeerId, if_match: Option<String>, fragment: Fragment, reply: oneshot::Sender<PatchResult> },
    /// A text for a viewer.
    SendMessage { peer: PeerId, text: Arc<str> },
    /// A consumer lacks a key frame of a publisher.
    Ask { peer: PeerId },
    /// The worker stops.
    Stop,
}

/// The sending end of the queue; never waits.
#[derive(Clone)]
pub struct Mailbox {
    jobs: mpsc::Sender<Job>,
    waiting: Arc<Waiting>,
}

/// The number of waiting jobs of each kind.
#[derive(Default)]
struct Waiting {
    datagrams: AtomicUsize,
    units: AtomicUsize,
    notes: AtomicUsize,
}

impl Waiting {
    /// The counter of a kind of job and its bound; `None` for kinds with a bound elsewhere.
    fn of(&self, job: &Job) -> Option<(&AtomicUsize, usize)> {
        match job {
            Job::Datagram { .. } => Some((&self.datagrams, DATAGRAMS)),
            // A configuration is always accepted: without it the units after it cannot be decoded, and it is rare.
            Job::Unit { unit, .. } if is_configuration(&unit.packet) => None,
            Job::Unit { .. } => Some((&self.units, UNITS)),
            Job::SendMessage { .. } | Job::Ask { .. } => Some((&self.notes, NOTES)),
            Job::Join(_) | Job::Go { .. } | Job::Patch { .. } | Job::Stop => None,
        }
    }
}

impl Mailbox {
    /// A worker's mailbox and its receiving end.
    pub fn new() -> (Self, Inbox) {
        let (jobs, inbox) = mpsc::channel();
        let waiting = Arc::new(Waiting::default());
        (Self { jobs, waiting: waiting.clone() }, Inbox { jobs: inbox, waiting })
    }

    /// Queues a job; gives whether it was accepted: not when too many of its kind wait, nor when the worker is gone.
    pub fn put(&self, job: Job) -> bool {
        if let Some((count, most)) = self.waiting.of(&job)
            && count.fetch_add(1, Ordering::Relaxed) >= most
        {
            count.fetch_sub(1, Ordering::Relaxed);
            let kind = match job {
                Job::Datagram { .. } => "datagram",
                Job::Unit { .. } => "unit",
                _ => "note",
            };
            counter!("webrtc_unread_jobs_total", "kind" => kind).increment(1);
            return false;
        }
        self.jobs.send(job).is_ok()
    }

    /// The input for one stream's units.
    pub fn stream(&self) -> StreamInput {
        StreamInput { mailbox: self.clone(), skips: AtomicBool::new(false) }
    }
}

/// See [`Mailbox::stream`].
pub struct StreamInput {
    mailbox: Mailbox,
    /// A picture was left out: all that depend on it are, up to the next key frame.
    skips: AtomicBool,
}

impl StreamInput {
    /// Passes a unit on. Only one thread at a time may do so.
    pub fn pass(&self, channel: u64, unit: &Arc<Unit>) {
        let is_picture = matches!(unit.packet, Packet::Video { .. });
        if is_picture && self.skips.load(Ordering::Relaxed) && !unit.is_keyframe() {
            return;
        }
        let taken = self.mailbox.put(Job::Unit { channel, unit: unit.clone() });
        if is_picture {
            self.skips.store(!taken, Ordering::Relaxed);
        }
    }
}

fn is_configuration(packet: &Packet) -> bool {
    matches!(packet, Packet::VideoConfig { .. } | Packet::AudioConfig { .. })
}

/// The receiving end of a [`Mailbox`].
pub struct Inbox {
    pub jobs: mpsc::Receiver<Job>,
    waiting: Arc<Waiting>,
}

impl Inbox {
    /// A job was taken out: its place is free again.
    pub fn taken(&self, job: &Job) {
        if let Some((count, _)) = self.waiting.of(job) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::ShowTime, protocol::packet::VideoCodec};
    use std::time::Duration;

    fn unit(packet: Packet) -> Arc<Unit> {
        Arc::new(Unit { packet, pts: ShowTime(0), dts: ShowTime(0), run: 1 })
    }

    fn picture(keyframe: bool) -> Arc<Unit> {
        let (pts, dts) = (Duration::ZERO, Duration::ZERO);
        unit(Packet::Video { codec: VideoCodec::H264, keyframe, pts, dts, data: Bytes::new() })
    }

    fn take(inbox: &Inbox) -> Job {
        let job = inbox.jobs.try_recv().expect("a job");
        inbox.taken(&job);
        job
    }

    #[test]
    fn a_full_queue_leaves_a_stream_out_up_to_its_next_key_frame_and_takes_its_configuration() {
        let (mailbox, inbox) = Mailbox::new();
        let stream = mailbox.stream();
        (0..UNITS).for_each(|n| stream.pass(1, &picture(n == 0)));
        stream.pass(1, &picture(false)); // too much
        let record = Bytes::from_static(b"new");
        stream.pass(1, &unit(Packet::VideoConfig { codec: VideoCodec::H264, record }));
        (0..10).for_each(|_| drop(take(&inbox)));
        stream.pass(1, &picture(false)); // there is room, but it depends on a picture that was left out
        stream.pass(1, &picture(true));
        stream.pass(1, &picture(false));
        let left: Vec<_> = inbox.jobs.try_iter().collect();
        assert_eq!(left.len(), UNITS - 10 + 3);
        let kinds: Vec<_> = left[UNITS - 10..]
            .iter()
            .map(|job| match job {
                Job::Unit { unit, .. } if is_configuration(&unit.packet) => "configuration",
                Job::Unit { unit, .. } if unit.is_keyframe() => "key frame",
                Job::Unit { .. } => "frame",
                _ => "other",
            })
            .collect();
        assert_eq!(kinds, ["configuration", "key frame", "frame"]);
    }

    #[test]
    fn texts_beyond_the_bound_are_left_out_and_what_ends_a_session_is_not() {
        let (mailbox, inbox) = Mailbox::new();
        let send = || mailbox.put(Job::SendMessage { peer: 1, text: Arc::from("hello") });
        assert!((0..NOTES).all(|_| send()));
        assert!(!send());
        assert!(mailbox.put(Job::Go { peer: 1, why: "deleted", done: None }));
        take(&inbox);
        assert!(send());
        drop(inbox);
        assert!(!mailbox.put(Job::Stop));
    }
}
