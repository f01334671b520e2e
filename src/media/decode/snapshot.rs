//! The newest picture of a live stream as a JPEG.
//!
//! ```text
//! Live ─┬─ its decoder runs: its newest picture ────────────────────────────┬─► encode ─► bytes
//!       └─ it is off: everything since the last key frame ─► decode ─ last ─┘
//! ```
//!
//! A stream of JPEGs gives its last one as it came. Nothing is kept: what was made for a snapshot ends with it.
//!
//! Refuses to know: viewers, and how often one is requested.

use super::{Decoder, picture::DecodedFrame};
use crate::{
    media::{
        coding,
        live::{
            Live, Start, Unit,
            chain::{here, missing, out},
        },
        pipeline::{Failure, FailureKind, Run, Verdict},
        template::Template,
    },
    protocol::packet::{Packet, VideoCodec},
};
use bytes::Bytes;
use gst::prelude::*;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Poll interval for a stream without a picture.
const LOOK: Duration = Duration::from_millis(20);

/// More pictures than this are not decoded for one, if a new key frame comes in time.
const LONG: usize = 150;
const KEYFRAME_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapFault {
    /// No picture came before the deadline, or there is no publisher.
    #[error("there is no picture")]
    NoPicture,
    /// What came cannot be decoded, or not in time.
    #[error("the picture cannot be made: {}", .0.text)]
    Broken(Failure),
}

/// The newest picture. Blocks until it is made, at most until the deadline. A stream that is made only for listeners
/// is made for this, and its first key frame awaited.
///
/// # Errors
/// See [`SnapFault`].
pub fn snapshot(live: &Arc<Live>, deadline: Duration) -> Result<Bytes, SnapFault> {
    let end = Instant::now() + deadline;
    let is_jpeg = live.picture().is_some_and(|picture| picture.codec == VideoCodec::Jpeg);
    if let Some(newest) = Decoder::newest(live).filter(|_| !is_jpeg) {
        let DecodedFrame { buffer, caps, .. } = &*newest;
        return encode(live, buffer.clone(), caps, end).map_err(SnapFault::Broken);
    }
    let mut units = live.backlog();
    if !units.iter().any(is_picture) {
        if !live.is_live() && !live.is_lazy() {
            return Err(SnapFault::NoPicture);
        }
        // Only to count as a listener; the pictures come from the backlog.
        let _listener = live.listen(Start::Now, |_| {});
        live.want_keyframe();
        while !units.iter().any(is_picture) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(SnapFault::NoPicture);
            }
            std::thread::sleep(LOOK.min(left));
            units = live.backlog();
        }
    }
    if units.iter().filter(|unit| is_picture(unit)).count() > LONG && live.makes_keyframes() {
        // Decoding a browser's endless group takes longer than a new one takes to begin.
        let _listener = live.listen(Start::Now, |_| {});
        live.want_keyframe();
        let keyframe_end = end.min(Instant::now() + KEYFRAME_TIMEOUT);
        while units.iter().filter(|unit| is_picture(unit)).count() > LONG && Instant::now() < keyframe_end {
            std::thread::sleep(LOOK);
            let now = live.backlog();
            units = if now.iter().any(is_picture) { now } else { units };
        }
    }
    let newest = units.iter().rev().find(|unit| is_picture(unit)).map(|unit| &unit.packet);
    let Some(Packet::Video { codec, data, .. }) = newest else { return Err(SnapFault::NoPicture) };
    if *codec == VideoCodec::Jpeg {
        return Ok(data.clone());
    }
    let frame = decode(live, *codec, &units, end).map_err(SnapFault::Broken)?;
    let (Some(buffer), Some(caps)) = (frame.buffer_owned(), frame.caps_owned()) else {
        return Err(SnapFault::Broken(missing("picture in what was decoded")));
    };
    encode(live, buffer, &caps, end).map_err(SnapFault::Broken)
}

fn is_picture(unit: &Arc<Unit>) -> bool {
    matches!(unit.packet, Packet::Video { .. })
}

/// The last picture in the order in which they are shown.
fn decode(live: &Live, codec: VideoCodec, units: &[Arc<Unit>], end: Instant) -> Result<gst::Sample, Failure> {
    let record = units.iter().rev().find_map(|unit| match &unit.packet {
        Packet::VideoConfig { record, .. } => Some(record.clone()),
        _ => None,
    });
    let caps = coding::video_caps(codec, record.unwrap_or_default());
    let slots = [("parse", coding::video_parser(codec)), ("decode", coding::video_decoder(codec))];
    let pictures = units.iter().filter_map(|unit| match &unit.packet {
        Packet::Video { data, keyframe, .. } => {
            let mut buffer = gst::Buffer::from_slice(data.clone());
            let writable = buffer.get_mut()?;
            writable.set_pts(gst::ClockTime::from_nseconds(unit.pts.0));
            writable.set_dts(gst::ClockTime::from_nseconds(unit.dts.0));
            if !keyframe {
                writable.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            Some(buffer)
        }
        _ => None,
    });
    through(live, "snapshot_decode", &slots, &caps, pictures, end)
}

fn encode(live: &Live, frame: gst::Buffer, caps: &gst::Caps, end: Instant) -> Result<Bytes, Failure> {
    let jpeg = through(live, "snapshot_jpeg", &[], caps, [frame], end)?;
    jpeg.buffer_owned().and_then(coding::bytes).ok_or_else(|| missing("JPEG"))
}

/// Sends buffers through a pipeline to its end, and gives the last one that came out.
fn through(
    live: &Live,
    file: &str,
    slots: &[(&str, &str)],
    caps: &gst::Caps,
    buffers: impl IntoIterator<Item = gst::Buffer>,
    end: Instant,
) -> Result<gst::Sample, Failure> {
    let pipeline = Template::load(file).and_then(|template| template.build(slots, &[])).map_err(here)?;
    let appsrc = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok());
    let appsrc = appsrc.ok_or_else(|| missing("appsrc in"))?;
    let sink = out(&pipeline)?;
    appsrc.set_caps(Some(caps));
    let run = Run::start(pipeline, live.clock(), |_| {})?;
    for buffer in buffers {
        let _ = appsrc.push_buffer(buffer); // refused by a pipeline that failed; that is seen below
    }
    let _ = appsrc.end_of_stream();
    let broken = |text: &str| Failure { fault: FailureKind::Media, text: text.to_owned() };
    match run.settle(end.saturating_duration_since(Instant::now())) {
        Some(Verdict::Failed(failure)) => return Err(failure),
        None => return Err(broken("it took too long")),
        Some(Verdict::Ended) => {}
    }
    sink.try_pull_sample(gst::ClockTime::ZERO).ok_or_else(|| broken("nothing of it could be decoded"))
}
