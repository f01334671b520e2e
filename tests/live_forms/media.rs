//! Marked clips as packets, at the pace of a publisher; and units back into a file that the marks' reader takes.

use super::support::marks::{Clip, Reader, Reading};
use bytes::Bytes;
use gst::prelude::*;
use lumencast::{
    media::{
        coding,
        live::{Listener, Live, Publishing, Start, Unit},
    },
    protocol::packet::{AudioCodec, Packet, VideoCodec},
};
use std::{
    path::Path,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A packet and when it is sent.
pub type Timed = (Duration, Packet);

/// Picture and sound of a clip as they are in its file, configurations first.
pub fn packets(clip: &Clip) -> Vec<Timed> {
    coded(clip, "h264parse ! video/x-h264,stream-format=avc,alignment=au", VideoCodec::H264, true)
}

/// A clip's pictures in another codec. `chain` encodes them.
pub fn recoded(clip: &Clip, chain: &str, codec: VideoCodec) -> Vec<Timed> {
    coded(clip, &format!("h264parse ! avdec_h264 ! videoconvert ! {chain}"), codec, false)
}

fn coded(clip: &Clip, chain: &str, codec: VideoCodec, sound: bool) -> Vec<Timed> {
    gst::init().expect("GStreamer");
    let audio = if sound {
        "demux. ! queue ! aacparse ! audio/mpeg,stream-format=raw ! appsink name=audio sync=false"
    } else {
        ""
    };
    let graph = format!(
        "filesrc name=file ! qtdemux name=demux demux. ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=0 ! \
         {chain} ! appsink name=video sync=false {audio}"
    );
    let pipeline = gst::parse::launch(&graph).expect("a graph").downcast::<gst::Pipeline>().expect("a pipeline");
    pipeline.by_name("file").expect("file").set_property("location", clip.cached().to_str().expect("a path"));
    pipeline.set_state(gst::State::Playing).expect("playing");
    let pictures = all(&pipeline, "video", |caps, first, stamps, key, data| {
        let record = first.then(|| Packet::VideoConfig { codec, record: coding::record(caps) });
        (record, Packet::Video { codec, pts: stamps.0, dts: stamps.1, keyframe: key, data })
    });
    assert_eq!(pictures.iter().filter(|(_, p)| matches!(p, Packet::Video { .. })).count(), clip.frames() as usize);
    let sounds = if sound {
        let codec = AudioCodec::Aac;
        all(&pipeline, "audio", |caps, first, stamps, _, data| {
            let record = first.then(|| Packet::AudioConfig { codec, record: coding::record(caps) });
            (record, Packet::Audio { codec, pts: stamps.0, data })
        })
    } else {
        Vec::new()
    };
    pipeline.set_state(gst::State::Null).expect("stopped");
    let mut all: Vec<Timed> = pictures.into_iter().chain(sounds).collect();
    all.sort_by_key(|(at, _)| *at);
    all
}

fn all(
    pipeline: &gst::Pipeline,
    name: &str,
    packet: impl Fn(&gst::CapsRef, bool, (Duration, Duration), bool, Bytes) -> (Option<Packet>, Packet),
) -> Vec<Timed> {
    let sink = pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSink>().ok()).expect("an appsink");
    let mut all: Vec<Timed> = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let (buffer, caps) = (sample.buffer_owned().expect("a buffer"), sample.caps().expect("caps"));
        let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>()).expect("a segment");
        // A second later than in the file: with B-frames or priming the first stamps lie before zero.
        let stamp = |at: Option<gst::ClockTime>| {
            let at = segment.to_running_time_full(at.expect("a stamp")).expect("in the segment");
            let ns = 1_000_000_000 + at.positive().map_or(0, |t| t.nseconds() as i64)
                - at.negative().map_or(0, |t| t.nseconds() as i64);
            Duration::from_nanos(u64::try_from(ns).expect("within a second"))
        };
        let stamps = (stamp(buffer.pts()), stamp(buffer.dts_or_pts()));
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let (config, packet) = packet(caps, all.is_empty(), stamps, key, coding::bytes(buffer).expect("mapped"));
        all.extend(config.map(|config| (stamps.1, config)));
        all.push((stamps.1, packet));
    }
    all
}

/// Publishes packets at their pace, then leaves. The thread gives what was sent.
pub fn play(live: &Arc<Live>, packets: Vec<Timed>) -> JoinHandle<Vec<Packet>> {
    let publishing = live.begin();
    std::thread::spawn(move || {
        let begin = Instant::now();
        let zero = packets.first().map_or(Duration::ZERO, |(at, _)| *at);
        for (at, packet) in &packets {
            std::thread::sleep((*at - zero).saturating_sub(begin.elapsed()));
            publishing.push(packet.clone());
        }
        packets.into_iter().map(|(_, packet)| packet).collect()
    })
}

/// Publishes packets at once, and stays.
pub fn publish(live: &Arc<Live>, packets: &[Timed]) -> Publishing {
    let publishing = live.begin();
    packets.iter().for_each(|(_, packet)| assert!(publishing.push(packet.clone())));
    publishing
}

/// Everything that is heard of a stream.
pub struct Received {
    units: Arc<Mutex<Vec<Arc<Unit>>>>,
    _listener: Listener,
}

impl Received {
    pub fn of(live: &Arc<Live>, start: Start) -> Self {
        let units = Arc::<Mutex<Vec<Arc<Unit>>>>::default();
        let hear = units.clone();
        let listener = live.listen(start, move |unit| hear.lock().expect("units").push(unit.clone()));
        Self { units, _listener: listener }
    }

    pub fn units(&self) -> Vec<Arc<Unit>> {
        self.units.lock().expect("units").clone()
    }

    pub fn frames(&self) -> Vec<Arc<Unit>> {
        self.units().into_iter().filter(|unit| matches!(unit.packet, Packet::Video { .. })).collect()
    }
}

/// Looks until something is so; fails after half a minute.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Lays units into a file, with the times they have, and reads its marks.
pub fn read(units: &[Arc<Unit>], folder: &Path, name: &str) -> Reading {
    let path = folder.join(name);
    write(units, &path);
    Reader::of(path).read()
}

fn write(units: &[Arc<Unit>], path: &Path) {
    let (mut parts, mut graph) = (Vec::new(), "matroskamux name=mux ! filesink name=file".to_owned());
    for unit in units {
        let (name, parser, caps) = match &unit.packet {
            Packet::VideoConfig { codec, record } => {
                ("video", coding::video_parser(*codec), coding::video_caps(*codec, record.clone()))
            }
            Packet::AudioConfig { codec, record } => {
                ("audio", coding::audio_parser(*codec), coding::audio_caps(*codec, record.clone()))
            }
            _ => continue,
        };
        if parts.iter().all(|(known, _)| *known != name) {
            parts.push((name, caps));
            graph += &format!(
                " appsrc name={name} format=time max-bytes=0 ! {parser} ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=0 ! mux."
            );
        }
    }
    let pipeline = gst::parse::launch(&graph).expect("a graph").downcast::<gst::Pipeline>().expect("a pipeline");
    pipeline.by_name("file").expect("file").set_property("location", path.to_str().expect("a path"));
    let zero = units.iter().map(|unit| unit.dts).min().unwrap_or_default();
    pipeline.set_state(gst::State::Playing).expect("playing");
    for (name, caps) in parts {
        let src = pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSrc>().ok()).expect("an appsrc");
        src.set_caps(Some(&caps));
        for unit in units {
            let (data, key, picture) = match &unit.packet {
                Packet::Video { data, keyframe, .. } => (data, *keyframe, true),
                Packet::Audio { data, .. } => (data, true, false),
                _ => continue,
            };
            if picture != (name == "video") {
                continue;
            }
            let mut buffer = gst::Buffer::from_slice(data.clone());
            let writable = buffer.get_mut().expect("fresh");
            writable.set_pts(gst::ClockTime::from_nseconds(unit.pts.since(zero)));
            if picture {
                writable.set_dts(gst::ClockTime::from_nseconds(unit.dts.since(zero)));
            }
            if !key {
                writable.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            src.push_buffer(buffer).expect("taken");
        }
        src.end_of_stream().expect("taken");
    }
    let bus = pipeline.bus().expect("a bus");
    let end =
        bus.timed_pop_filtered(gst::ClockTime::from_seconds(30), &[gst::MessageType::Eos, gst::MessageType::Error]);
    let told = end.expect("the file is written in time");
    assert_eq!(told.type_(), gst::MessageType::Eos, "{told:?}");
    pipeline.set_state(gst::State::Null).expect("stopped");
}
