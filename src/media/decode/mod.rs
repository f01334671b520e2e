//! The decoder of a live stream: one, shared by all consumers of its pictures and its sound, running while there is
//! one.
//!
//! ```text
//! Live ─┬► Inbox ─► appsrc ! parse ! decode ! appsink ─► picture, fitted once per size ─┬─► Consumer (an input)
//!       │                                                                               ├─► Consumer (a composite)
//!       └► Inbox ─► appsrc ! parse ! decode ! resample ! appsink ─► block of sound ─────┴─► …
//! ```
//!
//! Picture and sound have a thread each, so that a picture that catches up does not hold up the sound. The publisher
//! waits for neither: what a decoder cannot process in time is left out up to a key frame, and counted.
//!
//! One that wakes up begins with the last key frame, however long ago that was. It decodes up to now as fast as it can
//! and marks the pictures on the way as [`Picture::behind`]: a consumer shows the first of them at once, so that there
//! is a picture of the stream within a moment, and no more of them than it must. When a key frame comes meanwhile, what
//! is older is left out; a publisher that can be asked for one is asked. The same holds after a stall, when everything
//! that was held up comes at once.
//!
//! Refuses to know: consumers, their grids, and publishers.

mod fit;
mod lag;
mod picture;
pub mod raw;
pub mod snapshot;
mod sound;

pub use fit::Fitted;
pub use picture::Picture;
pub use snapshot::{SnapFault, snapshot};

use super::live::{
    Live,
    inbox::{Inbox, Needs, QueueDepth, WorkerHandle},
};
use crate::{domain::time::ShowTime, protocol::packet::Packet};
use picture::{DecodedFrame, Pictures};
use raw::Block;
use sound::Sounds;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

/// Units that may wait for a decoder beyond what the stream kept: some seconds of picture and sound.
const WAITING: usize = 360;

/// Takes what a decoder puts out. Called on the decoder's threads; may take a moment, but must not wait for anything
/// and not use the decoder.
pub trait Consumer: Send + Sync {
    /// Pictures of another publisher or another stream begin: everything learned from the earlier ones is void.
    fn begins(&self);

    /// A decoded picture.
    fn picture(&self, picture: &Picture<'_>);

    /// Whether the publisher sends sound.
    fn has_sound(&self, has: bool);

    /// Decoded sound, in the mix's format.
    fn sound(&self, block: &Block<'_>);

    /// The publisher left; everything it sent has come.
    fn ends(&self);
}

/// See the module's text.
#[derive(Default)]
pub struct Decoder {
    active: Mutex<Option<ActiveDecoder>>,
}

/// What keeps a decoder running, and how far it is.
struct ActiveDecoder {
    output: Arc<Output>,
    depth: QueueDepth,
    _picture: WorkerHandle,
    _sound: WorkerHandle,
}

/// Where the decoder's threads put what they decoded, from waking up to falling asleep.
#[derive(Default)]
struct Output {
    /// Which publisher's sound there is. Locked before the others.
    sound: Mutex<Option<u64>>,
    consumers: RwLock<Consumers>,
    /// For a consumer that comes later.
    newest: Mutex<Option<Arc<DecodedFrame>>>,
}

#[derive(Default)]
struct Consumers {
    next_id: u64,
    list: Vec<(u64, Weak<dyn Consumer>)>,
}

impl Decoder {
    /// Has a live stream decoded for a consumer from now on. Blocks for a moment.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn watch(live: &Arc<Live>, consumer: Weak<dyn Consumer>) -> std::io::Result<Subscription> {
        let decoder = live.shared(Self::default);
        // Held throughout, so that two that come at once wake it once.
        let mut active = decoder.active();
        let (output, id) = match active.as_ref() {
            Some(running) => (running.output.clone(), running.output.add(consumer)),
            None => {
                let output = Arc::<Output>::default();
                let id = output.add(consumer);
                *active = Some(ActiveDecoder::start(live, output.clone())?);
                (output, id)
            }
        };
        drop(active);
        Ok(Subscription { decoder, output, live: live.clone(), id })
    }

    /// The newest picture of a stream, if its decoder runs and is not behind.
    fn newest(live: &Live) -> Option<Arc<DecodedFrame>> {
        let decoder = live.shared(Self::default);
        let newest = decoder.active().as_ref().and_then(|running| running.output.newest().clone());
        newest.filter(|newest| !newest.behind)
    }

    fn active(&self) -> MutexGuard<'_, Option<ActiveDecoder>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveDecoder {
    fn start(live: &Arc<Live>, output: Arc<Output>) -> std::io::Result<Self> {
        let (pictures, sounds) = (Inbox::new(Needs::Pictures, WAITING), Inbox::new(Needs::Sound, WAITING));
        let (depth, behind) = (pictures.depth(), sounds.depth());
        let from = newest_of(live);
        let _sound = sounds.put_to_work(live, Sounds::new(live, &output, behind))?;
        let _picture = pictures.put_to_work(live, Pictures::new(live, &output, depth.clone(), from))?;
        tracing::debug!(stream = live.name(), "the decoder wakes up");
        Ok(Self { output, depth, _picture, _sound })
    }
}

/// When the newest picture is shown that a stream keeps for newcomers.
fn newest_of(live: &Live) -> ShowTime {
    let units = live.backlog();
    let pictures = units.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. }));
    pictures.map(|unit| unit.pts).max().unwrap_or_default()
}

/// A consumer's place on a decoder. After it was dropped nothing comes any more; with the last one the decoder sleeps.
pub struct Subscription {
    decoder: Arc<Decoder>,
    output: Arc<Output>,
    live: Arc<Live>,
    id: u64,
}

impl Subscription {
    /// The stream that is decoded.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// How many pictures were never decoded since it woke up, because it was behind.
    pub fn left_out(&self) -> u64 {
        self.decoder.active().as_ref().map_or(0, |running| running.depth.left_out())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut active = self.decoder.active();
        if self.output.remove(self.id) {
            *active = None;
            tracing::debug!(stream = self.live.name(), "the decoder sleeps");
        }
    }
}

impl Output {
    /// Lets a consumer in. One that comes to a decoder at work gets the newest picture at once: the next one may be
    /// long in coming.
    fn add(&self, consumer: Weak<dyn Consumer>) -> u64 {
        let sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        let mut consumers = self.consumers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = consumer.upgrade() {
            consumer.begins();
            consumer.has_sound(sound.is_some());
            if let Some(newest) = self.newest().as_ref() {
                consumer.picture(&Picture::again(newest));
            }
        }
        let id = consumers.next_id;
        consumers.next_id += 1;
        consumers.list.push((id, consumer));
        id
    }

    /// Lets a consumer out. Gives whether it was the last one.
    fn remove(&self, id: u64) -> bool {
        let mut consumers = self.consumers.write().unwrap_or_else(PoisonError::into_inner);
        consumers.list.retain(|(known, _)| *known != id);
        consumers.list.is_empty()
    }

    /// Calls every consumer; none leaves meanwhile.
    fn each(&self, call: impl Fn(&dyn Consumer)) {
        // Dropped after the list is unlocked: this may be the last reference to a consumer, and leaving locks the list.
        let mut held = Vec::new();
        let consumers = self.consumers.read().unwrap_or_else(PoisonError::into_inner);
        held.extend(consumers.list.iter().filter_map(|(_, consumer)| consumer.upgrade()));
        held.iter().for_each(|consumer| call(&**consumer));
        drop(consumers);
    }

    /// Another publisher's pictures begin. Its sound may have come before them; that of the one before does not count.
    fn begins(&self, run: u64) {
        let mut sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        let has_sound = *sound == Some(run);
        if !has_sound {
            *sound = None;
        }
        *self.newest() = None;
        self.each(|consumer| {
            consumer.begins();
            consumer.has_sound(has_sound);
        });
    }

    /// A publisher's sound is there, or none.
    fn has_sound(&self, run: Option<u64>) {
        let mut sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        if *sound != run {
            *sound = run;
            self.each(|consumer| consumer.has_sound(run.is_some()));
        }
    }

    fn newest(&self) -> MutexGuard<'_, Option<Arc<DecodedFrame>>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
