//! A media thread: owns its peers, takes jobs for them from its mailbox, and sends.
//!
//! ```text
//! socket ─ Datagram ─►┐
//! Live ───── Unit ───►├─► mailbox ─► worker ─► peers ─► datagram batch ─► socket
//! HTTP ─ Join, Patch ►┘               └► GOP caches, one for each stream watched here
//! ```
//!
//! Nothing is shared and nothing locked between a frame and its datagrams. Refuses to know: HTTP, rooms.

use super::{
    datagram_batch::DatagramBatch,
    demux::Demux,
    gop_cache::GopCache,
    mailbox::{Inbox, Job, Mailbox},
    peer::{PatchResult, Peer, Role, Turn},
    peer_id::PeerId,
    viewer::{Epoch, SendOutcome},
};
use crate::{
    app::rooms::live::{Listener, Live, Start},
    tasks,
};
use metrics::gauge;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::RecvTimeoutError,
    },
    time::{Duration, Instant},
};

/// How long it sleeps without peers, the precision of timers, and how often a viewer whose packets wait for their pace is
/// served.
const IDLE: Duration = Duration::from_secs(3600);
const TICK: Duration = Duration::from_millis(10);
const QUICK: Duration = Duration::from_millis(2);
/// How often peers are checked for silence.
const ROUND: Duration = Duration::from_millis(500);
/// Jobs taken before frames are sent.
const BATCH: usize = 512;
/// Shortest time between two requests for a key frame of one stream, and between two for a stream in another form.
const ASKING: Duration = Duration::from_millis(500);
const CODEC_MISMATCH: Duration = Duration::from_secs(1);

/// A stream that is watched.
struct Channel {
    live: Arc<Live>,
    _listener: Listener,
    gop_cache: GopCache,
    epoch: Epoch,
    viewers: Vec<PeerId>,
    asked: Option<Instant>,
}

/// See the module's text.
pub struct Worker {
    mailbox: Mailbox,
    demux: Arc<Demux>,
    out: DatagramBatch,
    peers: HashMap<PeerId, Peer>,
    channels: HashMap<u64, Channel>,
    last_channel: u64,
    /// Whether packets of a viewer wait for their pace.
    quick: bool,
    load: Arc<AtomicUsize>,
}

impl Worker {
    /// A worker; it takes each peer that it removes off `load`, the number of peers given to it.
    pub fn new(mailbox: Mailbox, demux: Arc<Demux>, out: DatagramBatch, load: Arc<AtomicUsize>) -> Self {
        let (peers, channels) = (HashMap::new(), HashMap::new());
        Self { mailbox, demux, out, peers, channels, last_channel: 0, quick: false, load }
    }

    /// Works until stopped.
    pub fn run(mut self, inbox: &Inbox) {
        let (mut tick_at, mut round_at) = (Instant::now(), Instant::now());
        let mut fresh = BTreeSet::new();
        loop {
            let wait = match self.peers.is_empty() {
                true => tasks::wait(IDLE),
                false => tick_at.saturating_duration_since(Instant::now()),
            };
            let first = match inbox.jobs.recv_timeout(wait) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            tasks::fault_point("webrtc-worker");
            let now = Instant::now();
            for job in first.into_iter().chain(inbox.jobs.try_iter()).take(BATCH) {
                inbox.taken(&job);
                match job {
                    Job::Stop => return self.stop(now),
                    Job::Unit { channel, unit } => {
                        if self.channels.get_mut(&channel).is_some_and(|channel| channel.gop_cache.put(&unit)) {
                            fresh.insert(channel);
                        }
                    }
                    job => self.work(job, now),
                }
            }
            while let Some(channel) = fresh.pop_first() {
                let viewers = self.channels.get(&channel).map(|channel| channel.viewers.clone()).unwrap_or_default();
                for viewer in viewers {
                    self.serve(viewer, now, false);
                }
            }
            let now = Instant::now();
            if now >= tick_at {
                self.tick(now);
                tick_at = now + if self.quick { QUICK } else { TICK };
            }
            if now >= round_at {
                self.round(now);
                round_at = now + ROUND;
            }
            if self.quick {
                tick_at = tick_at.min(now + QUICK);
            }
            self.out.flush();
        }
    }

    fn work(&mut self, job: Job, now: Instant) {
        match job {
            Job::Datagram { peer, protocol, source, destination, data } => {
                let Some(known) = self.peers.get_mut(&peer) else { return };
                known.receive(protocol, source, destination, &data, now);
                self.serve(peer, now, true);
            }
            Job::Join(peer) => {
                let id = peer.id;
                self.peers.insert(id, *peer);
                gauge!("webrtc_sessions").increment(1);
                self.serve(id, now, true);
            }
            Job::Go { peer, why, done } => {
                self.remove_peer(peer, why, now);
                drop(done);
            }
            Job::Patch { peer, if_match, fragment, reply } => {
                let Some(known) = self.peers.get_mut(&peer) else { return };
                let result = known.patch(if_match.as_deref(), &fragment);
                if let PatchResult::Restarted { ufrag, .. } = &result {
                    self.demux.also(peer, ufrag.clone());
                }
                let _ = reply.send(result);
                self.serve(peer, now, true);
            }
            Job::SendMessage { peer, text } => {
                let Some(known) = self.peers.get_mut(&peer) else { return };
                known.send_message(&text);
                self.serve(peer, now, true);
            }
            Job::Ask { peer } => {
                let Some(known) = self.peers.get_mut(&peer) else { return };
                if let Role::Publisher(publisher) = &mut known.role {
                    publisher.ask(&mut known.rtc, now);
                }
                self.serve(peer, now, true);
            }
            Job::Unit { .. } | Job::Stop => {}
        }
    }

    /// Gives a peer its turn: writes the packets that are due for a viewer, and drives the session when that, or
    /// `always`, requires it.
    fn serve(&mut self, id: PeerId, now: Instant, always: bool) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let mut drive = always;
        if peer.connected
            && let Some(channel) = peer.channel.and_then(|number| self.channels.get(&number))
        {
            let full = peer.is_full(&self.out);
            if let Role::Viewer(viewer) = &mut peer.role {
                drive |= viewer.pump(&mut peer.rtc, &channel.gop_cache, channel.epoch, now, full) == SendOutcome::Sent;
                self.quick |= viewer.runs();
            }
        }
        if !drive {
            return;
        }
        let turn = peer.drive(now, &mut self.out);
        if turn != Turn::default() {
            self.follow_up(id, turn, now);
        }
    }

    fn follow_up(&mut self, id: PeerId, turn: Turn, now: Instant) {
        if let Some(why) = turn.over {
            return self.remove_peer(id, why, now);
        }
        if turn.connected {
            self.watch(id, now);
            self.serve(id, now, false);
        }
        let channel = self.peers.get(&id).and_then(|peer| peer.channel);
        if turn.wants_keyframe
            && let Some(channel) = channel.and_then(|number| self.channels.get_mut(&number))
            && channel.asked.is_none_or(|asked| now - asked > ASKING)
        {
            channel.asked = Some(now);
            channel.live.want_keyframe();
        }
    }

    /// Puts a viewer on its stream, or on another form of it.
    fn watch(&mut self, id: PeerId, now: Instant) {
        let Some(Peer { role: Role::Viewer(viewer), channel: at, .. }) = self.peers.get_mut(&id) else { return };
        let live = (viewer.source)(viewer.codecs);
        viewer.codec_mismatch_since = at.is_some().then_some(now);
        let watched = self.channels.iter().find(|(_, channel)| Arc::ptr_eq(&channel.live, &live)).map(|(n, _)| *n);
        if at.is_some() && *at == watched {
            return;
        }
        let before = *at;
        let number = watched.unwrap_or_else(|| {
            self.last_channel += 1;
            let (number, stream) = (self.last_channel, self.mailbox.stream());
            let epoch = Epoch(now, live.clock().now());
            // Units that exist go into the GOP cache at once, later ones through the mailbox.
            let past = Arc::new(Mutex::new(Some(Vec::new())));
            let received = past.clone();
            let listener = live.listen(Start::Backlog, move |unit| {
                match received.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                    Some(past) => past.push(unit.clone()),
                    None => stream.pass(number, unit),
                }
            });
            let past = past.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
            let mut gop_cache = GopCache::default();
            for unit in past {
                gop_cache.put(&unit);
            }
            let (viewers, asked) = (Vec::new(), None);
            self.channels.insert(number, Channel { live, _listener: listener, gop_cache, epoch, viewers, asked });
            number
        });
        *at = Some(number);
        if let Some(channel) = self.channels.get_mut(&number) {
            viewer.begin(&channel.gop_cache, now);
            channel.viewers.push(id);
        }
        self.leave(id, before);
    }

    fn leave(&mut self, id: PeerId, channel: Option<u64>) {
        let Some(number) = channel else { return };
        let Some(channel) = self.channels.get_mut(&number) else { return };
        channel.viewers.retain(|viewer| *viewer != id);
        if channel.viewers.is_empty() {
            self.channels.remove(&number);
        }
    }

    /// Timers of sessions, and viewers that are catching up.
    fn tick(&mut self, now: Instant) {
        self.quick = false;
        let due = |peer: &Peer| peer.deadline <= now || matches!(&peer.role, Role::Viewer(viewer) if viewer.runs());
        let due: Vec<(PeerId, bool)> =
            self.peers.values().filter(|peer| due(peer)).map(|peer| (peer.id, peer.deadline <= now)).collect();
        for (id, timer) in due {
            self.serve(id, now, timer);
        }
    }

    /// Handles peers that are silent, evicted or lost, or have a codec that does not fit.
    fn round(&mut self, now: Instant) {
        let over: Vec<(PeerId, &'static str)> =
            self.peers.values().filter_map(|peer| Some((peer.id, peer.overdue(now)?))).collect();
        for (id, why) in over {
            self.remove_peer(id, why, now);
        }
        let mut mismatched = Vec::new();
        for peer in self.peers.values_mut() {
            let channel = peer.channel.and_then(|number| self.channels.get(&number));
            match (&mut peer.role, channel) {
                (Role::Publisher(publisher), _) if peer.connected => publisher.allow(&mut peer.rtc),
                (Role::Viewer(viewer), Some(channel)) => {
                    if viewer.begins_again(now) {
                        viewer.begin(&channel.gop_cache, now);
                        self.quick = true;
                    }
                    if viewer.codec_mismatch_since.is_some_and(|since| now - since > CODEC_MISMATCH) {
                        mismatched.push(peer.id);
                    }
                }
                _ => {}
            }
        }
        for id in mismatched {
            self.watch(id, now);
            // Without H.264 there is no other form to wait for: its end is seen, silence is not.
            let viewer = self.peers.get(&id).map(|peer| &peer.role);
            if matches!(viewer, Some(Role::Viewer(viewer)) if !viewer.codecs.h264) {
                self.remove_peer(id, "another codec", now);
            }
        }
    }

    fn remove_peer(&mut self, id: PeerId, why: &'static str, now: Instant) {
        let Some(mut peer) = self.peers.remove(&id) else { return };
        tracing::info!(peer = id, why, "WebRTC session ends");
        self.demux.remove(id);
        if peer.rtc.is_alive() && peer.rtc.close().is_ok() {
            peer.drive(now, &mut self.out); // sends the closing messages
        }
        self.leave(id, peer.channel);
        self.load.fetch_sub(1, Ordering::Relaxed);
        gauge!("webrtc_sessions").decrement(1);
    }

    fn stop(mut self, now: Instant) {
        for id in self.peers.keys().copied().collect::<Vec<_>>() {
            self.remove_peer(id, "shutdown", now);
        }
        self.out.flush();
    }
}
