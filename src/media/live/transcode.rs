//! One picture or one sound of a live stream, made into another codec.
//!
//! ```text
//! appsrc ! parse ! decode ! convert ! encode ! parse ! appsink ─► Publishing (units with the show time they had)
//! ```
//!
//! Frames keep their own stamps, however uneven: the encoder gets no frame rate. What comes too seldom can be repeated. Key frames come every two seconds of
//! show time, and on request.
//!
//! Refuses to know: its consumers, and when to begin anew.

use super::{
    Publishing, Unit,
    chain::{Chain, here, missing, out, skip_before},
    repeater::Repeater,
};
use crate::{
    domain::time::ShowTime,
    media::{
        coding,
        encoder::{self, Codec, Quality},
        link::on_show_time,
        pipeline::Failure,
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use bytes::Bytes;
use gst::prelude::*;
use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// From key frame to key frame, in nanoseconds.
const GROUP: u64 = 2_000_000_000;

/// Key-frame requests within this time count as one.
const REQUEST_INTERVAL: Duration = Duration::from_millis(300);

/// Opus at a quality that is hard to distinguish from the original, AAC likewise; stereo, in kbit/s.
const SOUND_KBPS: u32 = 128;

/// What is made.
pub(super) struct Target {
    pub audio: AudioCodec,
    /// Whether low latency counts for more than compression.
    pub quick: bool,
}

/// A pipeline that makes a picture into H.264 without B-frames, and what repeats its pictures. `size` is the picture's in pixels, zeros if unknown;
/// what is shown before `from` is decoded only. `run` is the number its units get.
///
/// # Errors
/// When no encoder opens here.
pub(super) fn picture(
    codec: VideoCodec,
    record: &Bytes,
    size: (u32, u32),
    into: &Target,
    from: ShowTime,
    publishing: &Arc<Publishing>,
    run: u64,
) -> Result<(Chain, Repeater), Failure> {
    let quality = Quality { bitrate_kbps: kbps(size), gop_frames: 600, preset: "superfast".into() };
    let profile = if into.quick { "constrained-baseline" } else { "high" };
    let coded = format!("video/x-h264,stream-format=avc,alignment=au,profile={profile}");
    let slots =
        [("parse", coding::video_parser(codec)), ("decode", coding::video_decoder(codec)), ("coded", coded.as_str())];
    // An odd last column and row have no colour of their own in 4:2:0.
    let odd = [("right", (size.0 % 2).into()), ("bottom", (size.1 % 2).into())];
    let pipeline =
        encoder::build_with("live_transcode_video", Codec::H264, &quality, into.quick, &slots, &odd).map_err(here)?;
    let encoder = pipeline.by_name("encoder").ok_or_else(|| missing("encoder"))?;
    skip_before(&pipeline, from)?;
    groups(&encoder)?;
    let sink = out(&pipeline)?;
    publishing.on_want_keyframe(keyframe_requests(&sink));
    publish(&sink, publishing, run, 0, move |data, at, keyframe| {
        let at = Duration::from_nanos(at.0);
        Packet::Video { codec: VideoCodec::H264, pts: at, dts: at, keyframe, data }
    });
    let repeater = Repeater::of(&pipeline)?;
    Ok((start(pipeline, &coding::video_caps(codec, record.clone()), publishing)?, repeater))
}

/// A pipeline that makes a sound into another codec.
///
/// # Errors
/// When no encoder opens here.
pub(super) fn sound(
    codec: AudioCodec,
    record: &Bytes,
    into: &Target,
    publishing: &Arc<Publishing>,
    run: u64,
) -> Result<Chain, Failure> {
    let (encoder, write, coded) = match into.audio {
        AudioCodec::Opus => (Codec::Opus, "identity", "audio/x-opus"),
        _ => (Codec::Aac, "aacparse", "audio/mpeg,mpegversion=4,stream-format=raw"),
    };
    let slots = [
        ("parse", coding::audio_parser(codec)),
        ("decode", coding::audio_decoder(codec)),
        ("write", write),
        ("coded", coded),
    ];
    let quality = Quality { bitrate_kbps: SOUND_KBPS, gop_frames: 0, preset: String::new() };
    let pipeline =
        encoder::build_with("live_transcode_audio", encoder, &quality, into.quick, &slots, &[]).map_err(here)?;
    let priming = encoder::best(encoder).map_err(here)?.delay;
    let (sink, made) = (out(&pipeline)?, into.audio);
    publish(&sink, publishing, run, u64::from(priming) * 1_000_000_000 / 48_000, move |data, at, _| Packet::Audio {
        codec: made,
        pts: Duration::from_nanos(at.0),
        data,
    });
    start(pipeline, &coding::audio_caps(codec, record.clone()), publishing)
}

fn start(pipeline: gst::Pipeline, caps: &gst::Caps, publishing: &Publishing) -> Result<Chain, Failure> {
    let live = publishing.live();
    Chain::start(pipeline, caps, live.clock(), live.name())
}

/// A bitrate that suits a picture at up to 30 frames a second.
pub(in crate::media) fn kbps((width, height): (u32, u32)) -> u32 {
    let pixels = if width * height == 0 { 1280 * 720 } else { width.saturating_mul(height) };
    (pixels / 450).clamp(400, 8000)
}

/// Asks an encoder for a key frame with the first frame of every group.
fn groups(encoder: &gst::Element) -> Result<(), Failure> {
    let (sink, src) = (encoder.static_pad("sink"), encoder.static_pad("src"));
    let (Some(sink), Some(src)) = (sink, src) else { return Err(missing("pads of the encoder")) };
    let (src, last) = (src.downgrade(), AtomicU64::new(u64::MAX));
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(at) = info.buffer().and_then(|buffer| buffer.pts()).map(gst::ClockTime::nseconds) else {
            return gst::PadProbeReturn::Ok;
        };
        let group = at / GROUP;
        if last.swap(group, Ordering::Relaxed) != group
            && let Some(src) = src.upgrade()
        {
            src.send_event(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Passes key-frame requests on to the encoder.
fn keyframe_requests(sink: &gst_app::AppSink) -> impl Fn() + Send + Sync + 'static {
    let (sink, last) = (sink.downgrade(), Mutex::new(None::<Instant>));
    move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < REQUEST_INTERVAL) {
            return;
        }
        *last = Some(Instant::now());
        drop(last);
        if let Some(sink) = sink.upgrade() {
            sink.send_event(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
        }
    }
}

/// Hands the samples of an appsink to a stream, its configuration first and at each change. `late` is the delay of the
/// encoder's sound, in nanoseconds.
fn publish(
    sink: &gst_app::AppSink,
    publishing: &Arc<Publishing>,
    run: u64,
    late: u64,
    packet: impl Fn(Bytes, ShowTime, bool) -> Packet + Send + 'static,
) {
    let publishing: Weak<Publishing> = Arc::downgrade(publishing);
    let mut sent_caps: Option<gst::Caps> = None;
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let publishing = publishing.upgrade().ok_or(gst::FlowError::Eos)?;
                let (Some(buffer), Some(caps)) = (on_show_time(&sample), sample.caps()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                let Some(pts) = buffer.pts() else { return Ok(gst::FlowSuccess::Ok) };
                let at = ShowTime(pts.nseconds().saturating_sub(late));
                let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
                let data = coding::bytes(buffer).ok_or(gst::FlowError::Error)?;
                let packet = packet(data, at, keyframe);
                let relay = |packet| publishing.relay(&Arc::new(Unit { packet, pts: at, dts: at, run }));
                if sent_caps.as_ref().is_none_or(|sent_caps| sent_caps.as_ref() != caps) {
                    sent_caps = Some(caps.to_owned());
                    relay(config(&packet, coding::record(caps)));
                }
                relay(packet);
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
}

fn config(of: &Packet, record: Bytes) -> Packet {
    match of {
        Packet::Video { codec, .. } | Packet::VideoConfig { codec, .. } => {
            Packet::VideoConfig { codec: *codec, record }
        }
        Packet::Audio { codec: AudioCodec::Opus, .. } => {
            Packet::AudioConfig { codec: AudioCodec::Opus, record: Bytes::new() }
        }
        Packet::Audio { codec, .. } | Packet::AudioConfig { codec, .. } => {
            Packet::AudioConfig { codec: *codec, record }
        }
    }
}
