//! From a container to packets: streams that a demuxer finds become [`Packet`]s, without decoding.
//!
//! ```text
//! bytes ─► demuxer ─────┬► picture: queue ! parse ! caps ─► appsink ─► Packet
//! RTP ─► depayloaders ──┼► sound:   queue ! parse ! caps ─► appsink ─► Packet
//!                       └► other sound: queue ! decode ! AAC ─► appsink ─► Packet
//! ```
//!
//! One picture and one sound are taken, the first of each; all others run into nothing. Sound that is neither AAC nor
//! Opus (G.711 of cameras, MP2, MP3, AC-3) is coded anew once, as AAC. Streams of a codec that is not supported are
//! reported; the other kind goes on without them. Every element is chosen here by what the stream is; nothing plugs itself.
//!
//! Refuses to know: where the bytes come from, and consumers of the packets.

mod branch;
mod emit;
mod rtp;
mod timeline;
pub mod ts;

pub use timeline::{Pace, Timeline};

use crate::{
    media::pipeline::Failure,
    protocol::packet::{MediaKind, Packet},
};
use gst::prelude::*;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Where packets go. Returns whether it wants more; must not block.
pub type Sink = Arc<dyn Fn(Packet) -> bool + Send + Sync>;

/// What one run of a demuxer puts out, and what is known of it.
pub struct Output {
    sink: Sink,
    timeline: Timeline,
    /// RTP brings no decoding times; they are made from the pictures' order.
    needs_dts: bool,
    taken: Mutex<Taken>,
    closed: AtomicBool,
    begun: Instant,
    /// Milliseconds after `begun` of the newest packet, plus one; 0 before the first.
    last: AtomicU64,
    packets: AtomicU64,
}

#[derive(Default)]
struct Taken {
    picture: bool,
    sound: bool,
    /// The first picture and the first sound that cannot be taken, by GStreamer's names.
    unknown: [Option<String>; 2],
}

impl Output {
    /// An output whose first packet gets the time at which `timeline` begins.
    pub fn new(sink: Sink, timeline: Timeline, needs_dts: bool) -> Arc<Self> {
        Arc::new(Self {
            sink,
            timeline,
            needs_dts,
            taken: Mutex::default(),
            closed: AtomicBool::new(false),
            begun: Instant::now(),
            last: AtomicU64::new(0),
            packets: AtomicU64::new(0),
        })
    }

    /// Takes every stream that a demuxer has or will have.
    pub fn take_from(self: &Arc<Self>, element: &gst::Element) {
        let output = Arc::downgrade(self);
        let take = move |element: &gst::Element, pad: &gst::Pad| {
            let (Some(output), Some(bin)) = (output.upgrade(), home(element)) else { return };
            let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
            if let Err(failure) = branch::join(&output, &bin, pad, &caps) {
                gst::element_error!(element, gst::CoreError::Failed, ["{}", failure.text]);
            }
        };
        element.connect_pad_added(take);
    }

    /// Takes the one stream of an element with a single output, a parser, which is of these caps.
    ///
    /// # Errors
    /// The failure, when this machine lacks an element.
    pub fn take_single(self: &Arc<Self>, element: &gst::Element, caps: &gst::Caps) -> Result<(), Failure> {
        let (bin, pad) = (home(element), element.static_pad("src"));
        let (bin, pad) = bin.zip(pad).ok_or_else(|| here("a parser without an output"))?;
        branch::join(self, &bin, &pad, caps)
    }

    /// Takes every RTP stream that an element (an `rtspsrc`) has or will have.
    pub fn take_rtp_from(self: &Arc<Self>, element: &gst::Element) {
        let output = Arc::downgrade(self);
        element.connect_pad_added(move |element, pad| {
            let (Some(output), Some(bin)) = (output.upgrade(), home(element)) else { return };
            let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
            if let Err(failure) = rtp::join(&output, &bin, pad, &caps) {
                gst::element_error!(element, gst::CoreError::Failed, ["{}", failure.text]);
            }
        });
    }

    /// Stops all packets, and wakes the threads that wait for a packet's time. Call before the pipeline is stopped.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.timeline.close();
    }

    /// Whether the sink wants no more.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// How long ago the newest packet left; `None` before the first.
    pub fn idle(&self) -> Option<Duration> {
        let last = self.last.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.begun.elapsed().saturating_sub(Duration::from_millis(last)))
    }

    /// Packets of media that left.
    pub fn packets(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }

    /// The time of the newest packet; `None` before the first.
    pub fn newest(&self) -> Option<Duration> {
        self.timeline.newest()
    }

    /// The codecs of picture and sound that were found and cannot be taken, where there is no other of the kind.
    pub fn unsupported(&self) -> Vec<(MediaKind, String)> {
        let taken = self.taken();
        let kinds = [(MediaKind::Picture, taken.picture), (MediaKind::Sound, taken.sound)];
        let names = kinds.into_iter().zip(&taken.unknown).filter(|((_, has_other), _)| !has_other);
        names.filter_map(|((kind, _), name)| Some((kind, name.clone()?))).collect()
    }

    /// What was found although it cannot be taken, in words, when nothing else was found.
    pub fn unknown(&self) -> Option<String> {
        let taken = self.taken();
        if taken.picture || taken.sound {
            return None;
        }
        drop(taken);
        let (kind, name) = self.unsupported().into_iter().next()?;
        Some(format!("its {kind} ({name}) is not supported"))
    }

    fn note_unknown(&self, kind: MediaKind, name: &str) {
        let mut taken = self.taken();
        if let Some(known) = taken.unknown.get_mut(kind as usize)
            && known.is_none()
        {
            tracing::warn!(%kind, codec = name, "the codec is not supported");
            *known = Some(name.to_owned());
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the stream is the first of its kind.
    fn claim(&self, picture: bool) -> bool {
        let mut taken = self.taken();
        let place = if picture { &mut taken.picture } else { &mut taken.sound };
        !std::mem::replace(place, true)
    }

    fn send(&self, packet: Packet) -> bool {
        if self.is_closed() {
            return false;
        }
        let media = matches!(packet, Packet::Video { .. } | Packet::Audio { .. });
        if !(self.sink)(packet) {
            self.close();
            return false;
        }
        if media {
            self.packets.fetch_add(1, Ordering::Relaxed);
            self.last.store(self.begun.elapsed().as_millis() as u64 + 1, Ordering::Relaxed);
        }
        true
    }
}

/// The bin that an element is in.
fn home(element: &gst::Element) -> Option<gst::Bin> {
    element.parent().and_then(|parent| parent.downcast::<gst::Bin>().ok())
}

fn here(text: impl Into<String>) -> Failure {
    Failure { fault: crate::media::pipeline::FailureKind::Here, text: text.into() }
}
