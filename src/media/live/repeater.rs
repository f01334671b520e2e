//! Repeats the last decoded picture of a transcoding pipeline where none comes for long, so that a camera with a picture a
//! second, or a shared screen that does not move, becomes a stream that goes on evenly.
//!
//! ```text
//! decode ─► (probe: keeps the last picture, drops what is no newer) ─► wait ! … ! encode
//!                      Repeater ─ the last picture at another time ─────┘
//! ```
//!
//! Refuses to know: when pictures come too seldom. Time is an argument.

use super::chain::missing;
use crate::{domain::time::ShowTime, media::pipeline::Failure};
use gst::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// From a picture to its repetition, in nanoseconds: ten pictures a second.
const INTERVAL: u64 = 100_000_000;

/// See the module's text.
pub(in crate::media) struct Repeater {
    /// Where pictures go on to the encoder.
    pad: gst::Pad,
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    picture: Option<gst::Buffer>,
    /// Show time of the last picture or its last repetition, in nanoseconds.
    at: u64,
    /// Whether pictures are repeated at all.
    repeats: bool,
}

impl Last {
    /// Repeats the picture on the way to the encoder up to a time, in nanoseconds.
    fn repeat_until(&mut self, end: u64, way: &gst::Pad) {
        while let Some(picture) = self.picture.as_ref().filter(|_| self.at + INTERVAL <= end) {
            let (mut again, at) = (picture.copy(), self.at + INTERVAL);
            if let Some(buffer) = again.get_mut() {
                buffer.set_pts(gst::ClockTime::from_nseconds(at));
                buffer.set_dts(gst::ClockTime::NONE);
            }
            self.at = at;
            // Refused only by a pipeline that failed or ends.
            if way.chain(again).is_err() {
                return;
            }
        }
    }
}

impl Repeater {
    /// What repeats the pictures of a pipeline with a decoder `decode` and a queue `wait` behind it.
    ///
    /// # Errors
    /// When the pipeline has not these.
    pub fn of(pipeline: &gst::Pipeline) -> Result<Self, Failure> {
        let pad = |element: &str, pad: &str| pipeline.by_name(element).and_then(|element| element.static_pad(pad));
        let decoded = pad("decode", "src").ok_or_else(|| missing("decoder"))?;
        let waiting = pad("wait", "sink").ok_or_else(|| missing("queue wait"))?;
        let last: Arc<Mutex<Last>> = Arc::default();
        let (newest, way) = (last.clone(), waiting.clone());
        decoded.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let (Some(buffer), mut last) = (info.buffer(), lock(&newest)) else { return gst::PadProbeReturn::Ok };
            let Some(at) = buffer.pts().map(gst::ClockTime::nseconds) else { return gst::PadProbeReturn::Ok };
            if last.picture.is_some() && at <= last.at {
                // Its time was given to a repetition: it is shown with the next one.
                last.picture = Some(buffer.clone());
                return gst::PadProbeReturn::Drop;
            }
            if last.repeats {
                last.repeat_until(at.saturating_sub(INTERVAL / 2), &way);
            }
            (last.picture, last.at) = (Some(buffer.clone()), at);
            gst::PadProbeReturn::Ok
        });
        Ok(Self { pad: waiting, last })
    }

    /// Repeats the last picture up to a time. Blocks while the encoder is behind.
    pub fn fill_until(&self, end: ShowTime) {
        // Held throughout, so that no picture of the decoder comes in between.
        let mut last = lock(&self.last);
        last.repeats = true;
        last.repeat_until(end.0, &self.pad);
    }
}

fn lock(last: &Mutex<Last>) -> MutexGuard<'_, Last> {
    last.lock().unwrap_or_else(PoisonError::into_inner)
}
