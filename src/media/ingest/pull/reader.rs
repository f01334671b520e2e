//! What reads each container: one element, chosen by the first bytes.
//!
//! ```text
//! appsrc ─► demuxer (MPEG-TS, MP4, …) ─► its streams ─► Output
//! appsrc ─► parser  (JPEG, AAC, MP3)  ─► the stream  ─► Output
//! ```
//!
//! Refuses to know: where the bytes come from.

use super::elements::here;
use crate::{
    media::{ingest::demux::Output, pipeline::Failure},
    protocol::container::Container,
};
use gst::prelude::*;
use std::sync::Arc;

/// What a container needs.
struct Reader {
    element: &'static str,
    /// What its bytes are called.
    caps: &'static str,
    /// What its one stream is, where it is a parser.
    single: Option<&'static str>,
}

fn reader(container: Container) -> Option<Reader> {
    let demuxer = |element, caps| Some(Reader { element, caps, single: None });
    let parser = |element, caps| Some(Reader { element, caps, single: Some(caps) });
    match container {
        Container::TransportStream => demuxer("tsdemux", "video/mpegts,systemstream=true"),
        Container::ProgramStream => demuxer("mpegpsdemux", "video/mpeg,systemstream=true,mpegversion=2"),
        Container::Mp4 => demuxer("qtdemux", "video/quicktime"),
        Container::Matroska => demuxer("matroskademux", "video/x-matroska"),
        Container::Flv => demuxer("flvdemux", "video/x-flv"),
        Container::Ogg => demuxer("oggdemux", "application/ogg"),
        Container::Avi => demuxer("avidemux", "video/x-msvideo"),
        Container::Multipart => demuxer("multipartdemux", "multipart/x-mixed-replace"),
        Container::Jpeg => parser("jpegparse", "image/jpeg"),
        Container::Adts => parser("aacparse", "audio/mpeg,mpegversion=4,stream-format=adts"),
        Container::MpegAudio => parser("mpegaudioparse", "audio/mpeg,mpegversion=1"),
        Container::Playlist | Container::Other(_) | Container::Unknown => None,
    }
}

/// Why bytes are not read.
pub(super) enum Unread {
    /// Nothing reads this; the other end's fault.
    Container(Container),
    Here(Failure),
}

/// Puts the reader of a container behind a running source and joins its streams to the output.
pub(super) fn attach(appsrc: &gst_app::AppSrc, container: Container, output: &Arc<Output>) -> Result<(), Unread> {
    let reader = reader(container).ok_or(Unread::Container(container))?;
    join(appsrc, &reader, output).map_err(Unread::Here)
}

fn join(appsrc: &gst_app::AppSrc, reader: &Reader, output: &Arc<Output>) -> Result<(), Failure> {
    let bin = appsrc.parent().and_then(|parent| parent.downcast::<gst::Bin>().ok());
    let bin = bin.ok_or_else(|| here("the pipeline is gone"))?;
    let caps = |text: &str| text.parse::<gst::Caps>().map_err(|_| here(format!("not caps: {text}")));
    appsrc.set_caps(Some(&caps(reader.caps)?));
    let element = gst::ElementFactory::make(reader.element).build();
    let element = element.map_err(|_| here(format!("this machine lacks the element {}", reader.element)))?;
    bin.add(&element).map_err(|_| here("an element cannot be added"))?;
    match reader.single {
        Some(single) => output.take_single(&element, &caps(single)?)?,
        None => output.take_from(&element),
    }
    element.sync_state_with_parent().map_err(|_| here(format!("{} does not start", reader.element)))?;
    appsrc.link(&element).map_err(|_| here(format!("{} cannot be linked", reader.element)))
}
