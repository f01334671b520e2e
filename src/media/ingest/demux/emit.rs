//! From an appsink's samples to packets: configurations where they change, stamps, key frames.
//!
//! Refuses to know: demuxers.

use super::{Output, Pace};
use crate::media::coding;
use crate::protocol::packet::{AudioCodec, MediaKind, Packet, VideoCodec};
use bytes::Bytes;
use std::sync::{Arc, Weak};

/// The last caps and configuration of a stream.
#[derive(Default)]
struct Known {
    caps: Option<gst::Caps>,
    config: Option<Packet>,
    /// Whether a key frame was there; nothing before it can be decoded.
    begun: bool,
    /// The newest decoding time, for pictures that bring none.
    last: i64,
    /// How late its stamps are, in nanoseconds.
    late: i64,
}

/// Sends what comes into an appsink to the output. `late` is taken off its stamps, in nanoseconds.
pub(super) fn packets(sink: &gst_app::AppSink, output: &Arc<Output>, kind: MediaKind, late: i64) {
    let output: Weak<Output> = Arc::downgrade(output);
    let mut known = Known { late, ..Known::default() };
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let output = output.upgrade().ok_or(gst::FlowError::Eos)?;
                known.sample(&output, &sample, kind == MediaKind::Picture).map(|()| gst::FlowSuccess::Ok)
            })
            .build(),
    );
}

impl Known {
    fn sample(&mut self, output: &Output, sample: &gst::Sample, picture: bool) -> Result<(), gst::FlowError> {
        let (Some(buffer), Some(caps)) = (sample.buffer(), sample.caps()) else { return Ok(()) };
        if self.caps.as_deref() != Some(caps) {
            let config = config(caps, picture).ok_or(gst::FlowError::NotNegotiated)?;
            self.caps = Some(caps.to_owned());
            if self.config.as_ref() != Some(&config) {
                self.config = Some(config.clone());
                self.begun &= !picture;
                if !output.send(config) {
                    return Err(gst::FlowError::Eos);
                }
            }
        }
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        if picture && !self.begun && !keyframe {
            return Ok(());
        }
        let running = |time: Option<gst::ClockTime>| {
            let time = time?;
            let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
            // Before the segment's start is before zero: the first pictures of a stream with B-frames are decoded then.
            segment.to_running_time_full(time).map(|time| signed(time).saturating_sub(self.late))
        };
        let stamped = running(buffer.pts()).or_else(|| running(buffer.dts()));
        // Pictures of a multipart message have no times: those of a camera count from their coming, those of a file are
        // taken for 25 a second.
        let pts = match (stamped, output.timeline.pace()) {
            (Some(pts), _) => pts,
            (None, _) if !picture => return Ok(()),
            (None, Pace::Live) => i64::try_from(output.begun.elapsed().as_nanos()).unwrap_or(i64::MAX),
            (None, Pace::Clock) => self.last + 40_000_000,
        };
        let dts = running(buffer.dts()).unwrap_or_else(|| pts.max(self.last));
        self.begun = true;
        self.last = dts;
        let data = Bytes::copy_from_slice(&buffer.map_readable().map_err(|_| gst::FlowError::Error)?);
        if data.is_empty() {
            return Ok(());
        }
        let packet = match &self.config {
            Some(Packet::VideoConfig { codec, .. }) => {
                let (dts, pts) = output.timeline.place(dts, pts);
                Packet::Video { codec: *codec, pts, dts, keyframe, data }
            }
            Some(Packet::AudioConfig { codec, .. }) => {
                let (pts, _) = output.timeline.place(pts, pts);
                Packet::Audio { codec: *codec, pts, data }
            }
            _ => return Ok(()),
        };
        let due = match &packet {
            Packet::Video { dts, .. } => *dts,
            Packet::Audio { pts, .. } => *pts,
            _ => return Ok(()),
        };
        match output.timeline.wait(due) && output.send(packet) {
            true => Ok(()),
            false => Err(gst::FlowError::Eos),
        }
    }
}

fn signed(time: gst::Signed<gst::ClockTime>) -> i64 {
    match time {
        gst::Signed::Positive(time) => i64::try_from(time.nseconds()).unwrap_or(i64::MAX),
        gst::Signed::Negative(time) => i64::try_from(time.nseconds()).map_or(i64::MIN, |time| -time),
    }
}

/// What a stream of these caps is. `None` when the caps lack what a decoder must know.
fn config(caps: &gst::CapsRef, picture: bool) -> Option<Packet> {
    let shape = caps.structure(0)?;
    let record = || {
        let data = shape.get::<gst::Buffer>("codec_data").ok()?;
        Some(Bytes::copy_from_slice(&data.map_readable().ok()?))
    };
    let video = |codec, record| Packet::VideoConfig { codec, record };
    Some(match (shape.name().as_str(), picture) {
        // The lengths before NAL units must have 4 bytes, as everything else here expects.
        ("video/x-h264", true) => video(VideoCodec::H264, record().filter(|r| r.get(4).is_some_and(|b| b & 3 == 3))?),
        ("video/x-h265", true) => video(VideoCodec::Hevc, record().filter(|r| r.get(21).is_some_and(|b| b & 3 == 3))?),
        ("video/mpeg", true) if coding::video_codec(caps) == Some(VideoCodec::Mpeg4) => {
            video(VideoCodec::Mpeg4, record().unwrap_or_default())
        }
        // All that must be known of these is in their key frames.
        (_, true) => video(coding::video_codec(caps)?, Bytes::new()),
        ("audio/mpeg", false) => Packet::AudioConfig { codec: AudioCodec::Aac, record: record()? },
        ("audio/x-opus", false) => Packet::AudioConfig { codec: AudioCodec::Opus, record: Bytes::new() },
        _ => return None,
    })
}
