//! RTP streams out of their payload formats: which element, by the encoding that the session description names.
//!
//! Sources: RFC 3551 (static payload types), RFC 6184 (H.264), RFC 7798 (H.265), RFC 7741 (VP8), RFC 9628 (VP9), RFC 2435
//! (JPEG), RFC 3640 and RFC 6416 (AAC), RFC 7587 (Opus), RFC 2250 (MPEG audio, transport streams), RFC 4184 (AC-3).
//!
//! Refuses to know: sessions, and what becomes of the packets.

use super::{
    Output,
    branch::{self, add, element, link_pad},
    here,
};
use crate::{media::pipeline::Failure, protocol::packet::MediaKind};
use gst::prelude::*;
use std::sync::Arc;

/// The depayloader of an encoding (in capitals, as GStreamer has it), and the caps of what comes out.
fn depayloader(encoding: &str) -> Option<(&'static str, &'static str)> {
    Some(match encoding {
        "H264" => ("rtph264depay", "video/x-h264"),
        "H265" => ("rtph265depay", "video/x-h265"),
        "VP8" => ("rtpvp8depay", "video/x-vp8"),
        "VP9" => ("rtpvp9depay", "video/x-vp9"),
        "JPEG" => ("rtpjpegdepay", "image/jpeg"),
        "MPEG4-GENERIC" => ("rtpmp4gdepay", "audio/mpeg,mpegversion=4,stream-format=raw"),
        "MP4A-LATM" => ("rtpmp4adepay", "audio/mpeg,mpegversion=4,stream-format=raw"),
        "OPUS" => ("rtpopusdepay", "audio/x-opus"),
        "PCMU" => ("rtppcmudepay", "audio/x-mulaw"),
        "PCMA" => ("rtppcmadepay", "audio/x-alaw"),
        "MPA" => ("rtpmpadepay", "audio/mpeg,mpegversion=1"),
        "L16" => ("rtpL16depay", "audio/x-raw"),
        "G722" => ("rtpg722depay", "audio/G722"),
        "AC3" => ("rtpac3depay", "audio/x-ac3"),
        "MP2T" | "MP2T-ES" => ("rtpmp2tdepay", "video/mpegts"),
        _ => return None,
    })
}

/// Joins the RTP stream of a pad to the output.
///
/// # Errors
/// An element that is missing, or does not take the stream.
pub(super) fn join(output: &Arc<Output>, bin: &gst::Bin, pad: &gst::Pad, caps: &gst::CapsRef) -> Result<(), Failure> {
    let shape = caps.structure(0);
    let field = |name: &str| shape.and_then(|shape| shape.get::<&str>(name).ok()).unwrap_or_default();
    let encoding = field("encoding-name").to_ascii_uppercase();
    let found = depayloader(&encoding);
    // MPEG-4 video has an encoding name in common with AAC.
    let found = found.filter(|(_, out)| out.starts_with("audio/") == (field("media") == "audio"));
    let Some((name, out)) = found else {
        match field("media") {
            "video" => output.note_unknown(MediaKind::Picture, &encoding),
            "audio" => output.note_unknown(MediaKind::Sound, &encoding),
            _ => {}
        }
        return branch::drop_stream(bin, pad);
    };
    let depay = element(name)?;
    add(bin, std::slice::from_ref(&depay))?;
    if out == "video/mpegts" {
        let demux = element("tsdemux")?;
        output.take_from(&demux);
        add(bin, std::slice::from_ref(&demux))?;
        depay.link(&demux).map_err(|_| here("the transport stream cannot be linked"))?;
    } else {
        let out: gst::Caps = out.parse().map_err(|_| here(format!("not caps: {out}")))?;
        output.take_single(&depay, &out)?;
    }
    link_pad(pad, &depay)
}
