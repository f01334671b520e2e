//! One stream's branch behind a demuxer: which elements, by what it is.
//!
//! Refuses to know: what becomes of the packets.

use super::{Output, emit, here};
use crate::{
    media::{
        coding,
        encoder::{self, Codec},
        pipeline::Failure,
    },
    protocol::packet::MediaKind,
};
use gst::prelude::*;
use std::sync::Arc;

/// What is done with a stream.
enum BranchKind {
    /// Parsers, and the form that comes out.
    Picture(Vec<&'static str>, &'static str),
    Sound(Vec<&'static str>, &'static str),
    /// Sound that is decoded by these elements and coded anew.
    Recode(&'static [&'static str]),
    /// Nothing here knows it.
    Unknown(MediaKind),
    /// Subtitles and the like.
    Ignore,
}

const AAC: &str = "audio/mpeg,mpegversion={2,4},stream-format=raw";

/// How much of a stream may wait while the other one is let out at its time.
const QUEUE_TIME_NS: u64 = 5_000_000_000;
const QUEUE_BYTES: u32 = 32_000_000;

fn branch_kind(caps: &gst::CapsRef, needs_dts: bool) -> BranchKind {
    let Some(shape) = caps.structure(0) else { return BranchKind::Ignore };
    let timed = |parser: &'static str, stamper: &'static str| match needs_dts {
        true => vec![parser, stamper],
        false => vec![parser],
    };
    match shape.name().as_str() {
        "video/x-h264" => {
            BranchKind::Picture(timed("h264parse", "h264timestamper"), "video/x-h264,stream-format=avc,alignment=au")
        }
        "video/x-h265" => {
            BranchKind::Picture(timed("h265parse", "h265timestamper"), "video/x-h265,stream-format=hvc1,alignment=au")
        }
        "video/x-vp8" => BranchKind::Picture(vec![], "video/x-vp8"),
        "video/x-vp9" => BranchKind::Picture(vec!["vp9parse"], "video/x-vp9,alignment=super-frame"),
        "image/jpeg" => BranchKind::Picture(vec!["jpegparse"], "image/jpeg"),
        "video/x-av1" => BranchKind::Picture(vec!["av1parse"], "video/x-av1,stream-format=obu-stream,alignment=tu"),
        "video/mpeg" if is_video(shape, 1..=2) => BranchKind::Picture(vec!["mpegvideoparse"], "video/mpeg"),
        "video/mpeg" if is_video(shape, 4..=4) => BranchKind::Picture(vec!["mpeg4videoparse"], "video/mpeg"),
        "video/x-divx" => BranchKind::Picture(vec!["mpeg4videoparse"], "video/mpeg"),
        "video/x-flash-video" => BranchKind::Picture(vec![], "video/x-flash-video"),
        "video/x-flash-screen" => BranchKind::Picture(vec![], "video/x-flash-screen"),
        "audio/mpeg" if is_aac(shape) => BranchKind::Sound(vec!["aacparse"], AAC),
        "audio/x-opus" if shape.get::<i32>("channels").is_ok_and(|channels| channels <= 2) => {
            BranchKind::Sound(vec!["opusparse"], "audio/x-opus")
        }
        // The channels of RTP are those of the session description, and Opus in RTP has two at most.
        "audio/x-opus" if shape.get::<i32>("channels").is_err() => BranchKind::Sound(vec!["opusparse"], "audio/x-opus"),
        other if other.starts_with("audio/") => {
            coding::sound_decoders(caps).map_or(BranchKind::Unknown(MediaKind::Sound), BranchKind::Recode)
        }
        other if other.starts_with("video/") || other.starts_with("image/") => BranchKind::Unknown(MediaKind::Picture),
        _ => BranchKind::Ignore,
    }
}

/// Whether it is a bare picture of these MPEG versions.
fn is_video(shape: &gst::StructureRef, versions: std::ops::RangeInclusive<i32>) -> bool {
    shape.get::<i32>("mpegversion").is_ok_and(|version| versions.contains(&version))
        && shape.get::<bool>("systemstream") != Ok(true)
}

/// AAC that the parser can turn into raw access units: LATM (`loas`) it cannot.
fn is_aac(shape: &gst::StructureRef) -> bool {
    let version = shape.get::<i32>("mpegversion");
    matches!(version, Ok(2 | 4)) && shape.get::<&str>("stream-format") != Ok("loas")
}

/// Joins the stream of a pad to the output.
///
/// # Errors
/// An element that is missing, or does not take the stream.
pub(super) fn join(output: &Arc<Output>, bin: &gst::Bin, pad: &gst::Pad, caps: &gst::CapsRef) -> Result<(), Failure> {
    let (elements, kind, late) = match branch_kind(caps, output.needs_dts) {
        BranchKind::Picture(parsers, form) if output.claim(true) => (chain(&parsers, form)?, MediaKind::Picture, 0),
        BranchKind::Sound(parsers, form) if output.claim(false) => (chain(&parsers, form)?, MediaKind::Sound, 0),
        BranchKind::Recode(decoders) if output.claim(false) => {
            let (elements, late) = recoder(decoders)?;
            (elements, MediaKind::Sound, late)
        }
        BranchKind::Unknown(kind) => {
            output.note_unknown(kind, caps.structure(0).map_or("", |shape| shape.name()));
            return drop_stream(bin, pad);
        }
        _ => return drop_stream(bin, pad),
    };
    let sink = appsink()?;
    emit::packets(&sink, output, kind, late);
    finish(bin, pad, elements, sink)
}

fn chain(parsers: &[&str], form: &str) -> Result<Vec<gst::Element>, Failure> {
    let mut elements = vec![queue()?];
    for parser in parsers {
        elements.push(element(parser)?);
    }
    elements.push(filter(form)?);
    Ok(elements)
}

/// Sound of another codec, as AAC; and by how much the encoder's sound comes late, in nanoseconds.
fn recoder(decoders: &[&str]) -> Result<(Vec<gst::Element>, i64), Failure> {
    let mut elements = vec![queue()?];
    for decoder in decoders {
        elements.push(element(decoder)?);
    }
    // The encoder's own bit rate, about 128 kb/s for two channels, is more than what is coded anew here had.
    let encoder = encoder::best(Codec::Aac).map_err(|error| here(error.to_string()))?;
    elements.extend([
        element("audioconvert")?,
        element("audioresample")?,
        filter("audio/x-raw,rate=48000,channels=(int)[1,2]")?,
        element(&encoder.element)?,
        element("aacparse")?,
        filter(AAC)?,
    ]);
    Ok((elements, i64::from(encoder.delay) * 1_000_000_000 / 48_000))
}

pub(super) fn drop_stream(bin: &gst::Bin, pad: &gst::Pad) -> Result<(), Failure> {
    let nothing = element("fakesink")?;
    nothing.set_property("sync", false);
    nothing.set_property("async", false);
    add(bin, std::slice::from_ref(&nothing))?;
    link_pad(pad, &nothing)
}

fn finish(
    bin: &gst::Bin,
    pad: &gst::Pad,
    mut elements: Vec<gst::Element>,
    sink: gst_app::AppSink,
) -> Result<(), Failure> {
    elements.push(sink.upcast());
    add(bin, &elements)?;
    gst::Element::link_many(&elements).map_err(|_| here("a stream's elements cannot be linked"))?;
    elements.first().map_or(Ok(()), |first| link_pad(pad, first))
}

/// Adds elements to a running bin, the last one's state first, so that nothing meets an element that sleeps.
pub(super) fn add(bin: &gst::Bin, elements: &[gst::Element]) -> Result<(), Failure> {
    bin.add_many(elements).map_err(|_| here("an element cannot be added"))?;
    for element in elements.iter().rev() {
        element.sync_state_with_parent().map_err(|_| here(format!("{} does not start", element.name())))?;
    }
    Ok(())
}

pub(super) fn link_pad(pad: &gst::Pad, to: &gst::Element) -> Result<(), Failure> {
    let into = to.static_pad("sink").ok_or_else(|| here("an element has no sink pad"))?;
    pad.link(&into).map(|_| ()).map_err(|why| here(format!("{} cannot be linked: {why}", to.name())))
}

pub(super) fn element(name: &str) -> Result<gst::Element, Failure> {
    gst::ElementFactory::make(name).build().map_err(|_| here(format!("this machine lacks the element {name}")))
}

fn filter(caps: &str) -> Result<gst::Element, Failure> {
    let caps: gst::Caps = caps.parse().map_err(|_| here(format!("not caps: {caps}")))?;
    let filter = element("capsfilter")?;
    filter.set_property("caps", caps);
    Ok(filter)
}

fn queue() -> Result<gst::Element, Failure> {
    let queue = element("queue")?;
    queue.set_property("max-size-buffers", 0_u32);
    queue.set_property("max-size-bytes", QUEUE_BYTES);
    queue.set_property("max-size-time", QUEUE_TIME_NS);
    Ok(queue)
}

fn appsink() -> Result<gst_app::AppSink, Failure> {
    element("appsink")?;
    Ok(gst_app::AppSink::builder().sync(false).async_(false).max_buffers(4).build())
}
