//! A live stream: the packets of one publisher after another, handed to every listener as they came in.
//!
//! ```text
//! endpoint ─ Packet ─► Publishing ─► Live ─┬─► Listener (WHEP, MJPEG: bytes as they came)
//!                                          ├─► bridge   (HLS, recordings, pushes: GStreamer buffers)
//!                                          └─► view     (another form of it: transcoded once, while it has a listener)
//! ```
//!
//! Nothing runs for a stream without listeners: a packet is stamped with show time, counted and put into the backlog,
//! which reaches back to the last key frame, so that a new listener shows a picture at once.
//!
//! Refuses to know: rooms, viewers, protocols, and decoders.

mod anchor;
mod backlog;
pub mod bridge;
pub(super) mod chain;
mod figures;
pub mod from_coded;
pub(super) mod inbox;
mod lazy;
mod picture;
pub(super) mod pipeline_slot;
mod repeater;
pub(super) mod seldom;
pub(super) mod transcode;
pub mod view;

pub use bridge::Bridge;
pub use figures::{LiveStats, Medium};
pub use from_coded::of_coded;
pub use picture::Picture;
pub use view::StreamForm;

use super::clock::ShowClock;
use crate::{
    domain::time::ShowTime,
    protocol::packet::{AudioCodec, MediaKind, Packet},
};
use anchor::{Anchor, Track};
use backlog::Backlog;
use figures::Figures;
use lazy::OnDemand;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

/// Numbers publishers, over all streams.
static RUNS: AtomicU64 = AtomicU64::new(1);

/// A packet on show time. Stamps of configurations are those of the moment they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What came.
    pub packet: Packet,
    /// When it is to be shown or heard.
    pub pts: ShowTime,
    /// When it is to be decoded.
    pub dts: ShowTime,
    /// Number of the publisher that sent it; a new number means that another publisher took over and nothing before it
    /// counts.
    pub run: u64,
}

impl Unit {
    /// Whether a decoder can begin with it: a key frame.
    pub fn is_keyframe(&self) -> bool {
        matches!(self.packet, Packet::Video { keyframe: true, .. })
    }
}

/// Where a listener begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the configurations and everything since the last key frame, at once; then as it comes.
    Backlog,
    /// With the configurations; then as it comes. A consumer that needs a key frame waits for one.
    Now,
}

type OnUnit = Box<dyn FnMut(&Arc<Unit>) + Send>;

/// Who makes key frames on request.
#[derive(Clone)]
enum KeyframeMaker {
    /// The publisher.
    Publisher(Arc<dyn Fn() + Send + Sync>),
    /// The publisher of the stream whose units are handed on, if it makes any.
    Of(WeakLive),
}

/// See the module's text.
pub struct Live {
    name: String,
    clock: ShowClock,
    state: Mutex<State>,
    on_demand: OnDemand,
    /// Other forms of it that are in use.
    views: Mutex<HashMap<StreamForm, WeakLive>>,
    /// What consumers derived from it to share, one of a type, as long as it is in use.
    shared: Mutex<HashMap<TypeId, Weak<dyn Any + Send + Sync>>>,
}

#[derive(Default)]
struct State {
    anchor: Anchor,
    run: Option<u64>,
    /// Run number of the publisher whose units are passed on, in a stream that follows others.
    passed: Option<u64>,
    backlog: Backlog,
    figures: Figures,
    picture: Option<Picture>,
    sound: Option<AudioCodec>,
    /// Codecs of the publisher's picture and sound that cannot be decoded, by their names.
    unsupported: [Option<String>; 2],
    next_id: u64,
    listeners: HashMap<u64, OnUnit>,
    keyframe_maker: Option<KeyframeMaker>,
}

impl Live {
    /// A stream without a publisher.
    pub fn new(name: impl Into<String>, clock: ShowClock) -> Arc<Self> {
        Self::made_by(name.into(), clock, OnDemand::none())
    }

    /// A stream that is made only while it has a listener: `make` is called on a thread of its own when the first
    /// listener comes, and its result is dropped (on such a thread too) a while after the last one left. A `make` that
    /// fails is called again with growing pauses as long as there is a listener.
    pub fn lazy(name: impl Into<String>, clock: ShowClock, make: impl lazy::Make) -> Arc<Self> {
        Self::made_by(name.into(), clock, OnDemand::new(make))
    }

    fn made_by(name: String, clock: ShowClock, on_demand: OnDemand) -> Arc<Self> {
        let (state, views, shared) = Default::default();
        Arc::new(Self { name, clock, state, on_demand, views, shared })
    }

    /// The stream in a form that a consumer can take. There is one of each form, made while it has a listener; it stays
    /// while publishers come and go.
    pub fn view(self: &Arc<Self>, form: StreamForm) -> Arc<Self> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.retain(|_, view| view.strong_count() > 0);
        if let Some(view) = views.get(&form).and_then(Weak::upgrade) {
            return view;
        }
        let (parent, wanted) = (self.clone(), form.clone());
        let make = move |made: &Arc<Self>| view::make(&parent, &wanted, made);
        let view = Self::lazy(format!("{} ({form})", self.name), self.clock.clone(), make);
        views.insert(form, Arc::downgrade(&view));
        view
    }

    /// The one object of a type that all consumers of the stream share, e.g. its decoder; made when there is none.
    pub fn shared<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shared.get(&TypeId::of::<T>()).and_then(Weak::upgrade);
        if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()) {
            return known;
        }
        let made = Arc::new(make());
        let weak: Weak<T> = Arc::downgrade(&made);
        shared.insert(TypeId::of::<T>(), weak);
        made
    }

    /// Its name in logs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The clock of its stamps.
    pub fn clock(&self) -> &ShowClock {
        &self.clock
    }

    /// A publisher begins; units of the one before, if there is one, are ignored from now on.
    pub fn begin(self: &Arc<Self>) -> Publishing {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        state.anchor.restart();
        state.run = Some(run);
        state.passed = None;
        state.backlog.clear();
        (state.picture, state.sound, state.unsupported) = (None, None, [None, None]);
        state.keyframe_maker = None;
        state.figures.begin(self.clock.now());
        Publishing { live: self.clone(), run }
    }

    /// Whether a publisher is there.
    pub fn is_live(&self) -> bool {
        self.lock().run.is_some()
    }

    /// Whether it is made only while it has a listener.
    pub fn is_lazy(&self) -> bool {
        self.on_demand.is_lazy()
    }

    /// Whether there is a listener.
    pub fn is_wanted(&self) -> bool {
        !self.lock().listeners.is_empty()
    }

    /// What the present publisher's picture is; `None` before its first configuration.
    pub fn picture(&self) -> Option<Picture> {
        self.lock().picture.clone()
    }

    /// What the present publisher's sound is; `None` before its first configuration.
    pub fn sound(&self) -> Option<AudioCodec> {
        self.lock().sound
    }

    /// Everything since the last key frame, configurations first; empty when nothing can be decoded yet.
    pub fn backlog(&self) -> Vec<Arc<Unit>> {
        self.lock().backlog.units()
    }

    /// The figures as of now.
    pub fn stats(&self) -> LiveStats {
        let now = self.clock.now();
        let mut state = self.lock();
        let live = state.run.is_some();
        let (picture, sound, unsupported) = (state.picture.clone(), state.sound, state.unsupported());
        LiveStats { picture, sound, unsupported, ..state.figures.read(now, live) }
    }

    /// Asks the publisher for a key frame; nothing happens where it cannot be asked.
    pub fn want_keyframe(&self) {
        let maker = self.lock().keyframe_maker.clone(); // it may use the stream; so not under the lock
        match maker {
            Some(KeyframeMaker::Publisher(ask)) => ask(),
            Some(KeyframeMaker::Of(other)) => {
                if let Some(other) = other.upgrade() {
                    other.want_keyframe();
                }
            }
            None => {}
        }
    }

    /// Whether the publisher can be asked for a key frame.
    pub fn makes_keyframes(&self) -> bool {
        let maker = self.lock().keyframe_maker.clone();
        match maker {
            Some(KeyframeMaker::Publisher(_)) => true,
            Some(KeyframeMaker::Of(other)) => other.upgrade().is_some_and(|other| other.makes_keyframes()),
            None => false,
        }
    }

    /// Calls `on_unit` with every unit. `on_unit` runs on the publisher's thread with the stream locked: it must
    /// neither block nor call the stream, and should only pass the unit on.
    pub fn listen(self: &Arc<Self>, start: Start, mut on_unit: impl FnMut(&Arc<Unit>) + Send + 'static) -> Listener {
        let mut state = self.lock();
        let first = match start {
            Start::Backlog => state.backlog.units(),
            Start::Now => state.backlog.configurations(),
        };
        first.iter().for_each(&mut on_unit);
        let id = state.next_id;
        state.next_id += 1;
        state.listeners.insert(id, Box::new(on_unit));
        drop(state);
        self.on_demand.wanted(self);
        Listener { live: self.clone(), id }
    }

    fn deliver(&self, state: &mut State, unit: &Arc<Unit>) {
        state.figures.count(unit);
        match &unit.packet {
            Packet::VideoConfig { codec, record } => {
                state.picture = Some(Picture::of(*codec, record));
                state.unsupported[MediaKind::Picture as usize] = None;
            }
            Packet::AudioConfig { codec, .. } => {
                state.sound = Some(*codec);
                state.unsupported[MediaKind::Sound as usize] = None;
            }
            Packet::Video { codec, pts, dts, data, keyframe } => {
                let picture = state.picture.get_or_insert_with(|| Picture::of(*codec, &[]));
                picture.learn(data, pts != dts, *keyframe);
            }
            Packet::Audio { codec, .. } => state.sound = Some(*codec),
        }
        state.backlog.put(unit);
        for on_unit in state.listeners.values_mut() {
            on_unit(unit);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What cannot be decoded, in words.
    fn unsupported(&self) -> Option<String> {
        let said = [MediaKind::Picture, MediaKind::Sound].into_iter().zip(&self.unsupported);
        let said =
            said.filter_map(|(kind, codec)| Some(format!("the {kind}'s codec {} is not supported", codec.as_ref()?)));
        Some(said.collect::<Vec<_>>().join("; ")).filter(|said| !said.is_empty())
    }
}

/// A publisher's place on a stream. Dropping it leaves; listeners stay.
pub struct Publishing {
    live: Arc<Live>,
    run: u64,
}

impl Publishing {
    /// The stream it is on.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// The number its units have.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// Hands over a packet. Gives whether the publisher is still the present one.
    pub fn push(&self, packet: Packet) -> bool {
        let now = self.live.clock.now();
        let mut state = self.live.lock();
        if state.run != Some(self.run) {
            return false;
        }
        let (pts, dts) = match &packet {
            Packet::Video { pts, dts, .. } => {
                let at = state.anchor.place(Track::Picture, *dts, now);
                let shown = (at.0 + pts.as_nanos() as u64).saturating_sub(dts.as_nanos() as u64);
                (ShowTime(shown), at)
            }
            Packet::Audio { pts, .. } => {
                let at = state.anchor.place(Track::Sound, *pts, now);
                (at, at)
            }
            Packet::VideoConfig { .. } | Packet::AudioConfig { .. } => (now, now),
        };
        self.live.deliver(&mut state, &Arc::new(Unit { packet, pts, dts, run: self.run }));
        true
    }

    /// Hands over a packet that has its show time already: one that was made here from another stream's.
    pub fn push_at(&self, packet: Packet, pts: ShowTime, dts: ShowTime) -> bool {
        let mut state = self.live.lock();
        if state.run != Some(self.run) {
            return false;
        }
        self.live.deliver(&mut state, &Arc::new(Unit { packet, pts, dts, run: self.run }));
        true
    }

    /// Passes another stream's unit on as it is. When its publisher is another one than that of the unit before,
    /// listeners see that by [`Unit::run`].
    pub fn pass(&self, unit: &Arc<Unit>) -> bool {
        let mut state = self.live.lock();
        if state.run != Some(self.run) {
            return false;
        }
        if state.passed != Some(unit.run) {
            state.passed = Some(unit.run);
            state.backlog.clear();
            (state.picture, state.sound) = (None, None);
        }
        self.live.deliver(&mut state, unit);
        true
    }

    /// Hands on another stream's unit as it is, with its times and its run's number.
    pub fn relay(&self, unit: &Arc<Unit>) -> bool {
        let mut state = self.live.lock();
        if state.run != Some(self.run) {
            return false;
        }
        self.live.deliver(&mut state, unit);
        true
    }

    /// Notes that picture or sound is of a codec that cannot be decoded, by its name, until one comes that can.
    pub fn unsupported(&self, kind: MediaKind, codec: &str) {
        let mut state = self.live.lock();
        if state.run == Some(self.run) {
            state.unsupported[kind as usize] = Some(codec.to_owned());
        }
    }

    /// Sets how the publisher is asked for a key frame; of one that hands on another stream's units see
    /// [`ask_keyframes_of`](Self::ask_keyframes_of).
    pub fn on_want_keyframe(&self, ask: impl Fn() + Send + Sync + 'static) {
        let mut state = self.live.lock();
        if state.run == Some(self.run) {
            state.keyframe_maker = Some(KeyframeMaker::Publisher(Arc::new(ask)));
        }
    }

    /// Has key frames asked of the stream whose units are handed on.
    pub fn ask_keyframes_of(&self, other: &Arc<Live>) {
        let mut state = self.live.lock();
        if state.run == Some(self.run) {
            state.keyframe_maker = Some(KeyframeMaker::Of(Arc::downgrade(other)));
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        let mut state = self.live.lock();
        if state.run == Some(self.run) {
            state.run = None;
            state.keyframe_maker = None;
            // A new listener should not begin with pictures of a publisher that left.
            state.backlog.clear();
        }
    }
}

/// A listener's place; once it is dropped, `on_unit` is not called again.
pub struct Listener {
    live: Arc<Live>,
    id: u64,
}

impl Listener {
    /// The stream that it listens to.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let on_unit = self.live.lock().listeners.remove(&self.id);
        drop(on_unit); // its captures may use the stream; so not under the lock
        self.live.on_demand.unwanted(&self.live);
    }
}

/// A reference to a stream that does not keep it alive.
pub type WeakLive = Weak<Live>;
