//! A publisher that writes the tags of its RTMP messages itself, for the codecs that no encoder at hand sends: pictures
//! and sound of a marked clip, coded anew.

use super::{encoder::Encoder, marks::Clip};
use bytes::Bytes;
use gst::prelude::*;
use std::time::{Duration, Instant};

/// Which of the two kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Picture,
    Sound,
}

/// One message: when it is sent in milliseconds, and its whole body.
pub type Tag = (u32, Media, Bytes);

/// How a coded unit becomes the body of a message.
pub struct Form<'a> {
    pub media: Media,
    /// The GStreamer elements that code it, from raw media.
    pub chain: &'a str,
    /// The body of the first message; none where it is empty. The encoder's record, if it makes one, is put behind.
    pub start: &'a [u8],
    /// What stands before a key frame, or before any sound, and before other pictures.
    pub heads: [&'a [u8]; 2],
}

/// A clip's pictures or sound as messages.
pub fn tags(clip: &Clip, form: &Form<'_>) -> Vec<Tag> {
    gst::init().expect("GStreamer");
    let (decoder, kind) = match form.media {
        Media::Picture => ("h264parse ! avdec_h264 ! videoconvert", "video_0"),
        Media::Sound => ("aacparse ! avdec_aac ! audioconvert ! audioresample", "audio_0"),
    };
    let graph = format!(
        "filesrc name=file ! qtdemux name=demux demux.{kind} ! \
         queue max-size-buffers=0 max-size-time=0 max-size-bytes=0 ! {decoder} ! {} ! appsink name=out sync=false",
        form.chain
    );
    let pipeline = gst::parse::launch(&graph).expect(&graph).downcast::<gst::Pipeline>().expect("a pipeline");
    pipeline.by_name("file").expect("file").set_property("location", clip.cached().to_str().expect("a path"));
    let sink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok()).expect("an appsink");
    pipeline.set_state(gst::State::Playing).expect("playing");
    let mut tags = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        if tags.is_empty() && !form.start.is_empty() {
            let record = sample.caps().and_then(|caps| caps.structure(0)?.get::<gst::Buffer>("codec_data").ok());
            let record = record.map(|record| record.map_readable().expect("mapped").to_vec());
            tags.push((0, form.media, [form.start, &record.unwrap_or_default()].concat().into()));
        }
        let buffer = sample.buffer().expect("a buffer");
        if buffer.flags().contains(gst::BufferFlags::HEADER) && form.media == Media::Sound {
            continue;
        }
        let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>()).expect("a segment");
        // What lies before zero by the encoder's delay is sent at zero.
        let at = buffer.pts().and_then(|pts| segment.to_running_time(pts)).map_or(0, gst::ClockTime::mseconds);
        let is_delta = buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let data = buffer.map_readable().expect("mapped");
        let body = [form.heads[usize::from(is_delta)], &data].concat();
        tags.push((u32::try_from(at).expect("a short clip"), form.media, body.into()));
    }
    let bus = pipeline.bus().expect("a bus");
    if let Some(failed) = bus.pop_filtered(&[gst::MessageType::Error]) {
        panic!("{graph}: {failed:?}");
    }
    pipeline.set_state(gst::State::Null).expect("stopped");
    assert!(tags.len() > 20, "{graph} made {} tags", tags.len());
    tags
}

/// H.264 as the clip has it, in the old form.
pub fn h264(clip: &Clip) -> Vec<Tag> {
    let form = Form {
        media: Media::Picture,
        // Coded anew, to have it like the others.
        chain: "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=1500 ! \
                h264parse config-interval=-1 ! video/x-h264,stream-format=avc,alignment=au",
        start: b"\x17\0\0\0\0",
        heads: [b"\x17\x01\0\0\0", b"\x27\x01\0\0\0"],
    };
    tags(clip, &form)
}

/// Publishes messages at their pace to `rtmp://<address>/live/<key>`, then leaves.
pub async fn publish(address: &str, key: &str, mut tags: Vec<Tag>) {
    tags.sort_by_key(|(at, ..)| *at);
    let mut encoder = Encoder::asking(address.parse().expect("an address"), key).await;
    let begun = Instant::now();
    for (at, media, data) in tags {
        let due = Duration::from_millis(at.into());
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
        match media {
            Media::Picture => encoder.video(at, data).await,
            Media::Sound => encoder.audio(at, data).await,
        }
    }
}
