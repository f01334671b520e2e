//! How each codec of a [`Packet`](crate::protocol::packet::Packet) is called in GStreamer: caps, parser, decoder.

use crate::protocol::packet::{AudioCodec, SoundShape, VideoCodec};
use bytes::Bytes;
use gst::prelude::*;

/// The caps of packets as they are pushed into a pipeline.
pub fn video_caps(codec: VideoCodec, record: Bytes) -> gst::Caps {
    let avc = |media: &str, form: &str| {
        let caps = gst::Caps::builder(media).field("stream-format", form).field("alignment", "au");
        caps.field("codec_data", gst::Buffer::from_slice(record.clone())).build()
    };
    match codec {
        VideoCodec::H264 => avc("video/x-h264", "avc"),
        VideoCodec::Hevc => avc("video/x-h265", "hvc1"),
        VideoCodec::Vp8 => gst::Caps::new_empty_simple("video/x-vp8"),
        VideoCodec::Vp9 => {
            gst::Caps::builder("video/x-vp9").field("parsed", true).field("alignment", "super-frame").build()
        }
        VideoCodec::Jpeg => gst::Caps::builder("image/jpeg").field("parsed", true).build(),
        VideoCodec::Av1 => {
            let caps = gst::Caps::builder("video/x-av1").field("stream-format", "obu-stream");
            caps.field("alignment", "tu").build()
        }
        // The decoder reads MPEG-1 too.
        VideoCodec::Mpeg2 => mpeg(2, Bytes::new()),
        VideoCodec::Mpeg4 => mpeg(4, record),
        VideoCodec::Sorenson => gst::Caps::builder("video/x-flash-video").field("flvversion", 1_i32).build(),
        VideoCodec::Screen => gst::Caps::new_empty_simple("video/x-flash-screen"),
    }
}

fn mpeg(version: i32, record: Bytes) -> gst::Caps {
    let caps = gst::Caps::builder("video/mpeg").field("mpegversion", version).field("systemstream", false);
    let caps = caps.field("parsed", true);
    if record.is_empty() { caps.build() } else { caps.field("codec_data", gst::Buffer::from_slice(record)).build() }
}

/// The element that reads what a decoder or a muxer wants to know; `identity` where there is nothing to read.
pub fn video_parser(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "h264parse",
        VideoCodec::Hevc => "h265parse",
        VideoCodec::Vp9 => "vp9parse",
        VideoCodec::Av1 => "av1parse",
        _ => "identity",
    }
}

/// The element that decodes.
pub fn video_decoder(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "avdec_h264",
        VideoCodec::Hevc => "avdec_h265",
        VideoCodec::Vp8 => "vp8dec",
        VideoCodec::Vp9 => "vp9dec",
        VideoCodec::Jpeg => "jpegdec",
        VideoCodec::Av1 => "av1dec",
        VideoCodec::Mpeg2 => "avdec_mpeg2video",
        VideoCodec::Mpeg4 => "avdec_mpeg4",
        VideoCodec::Sorenson => "avdec_flv",
        VideoCodec::Screen => "avdec_flashsv",
    }
}

/// The caps of packets as they are pushed into a pipeline.
pub fn audio_caps(codec: AudioCodec, record: Bytes) -> gst::Caps {
    let shaped = |media: &str, shape: SoundShape| {
        let caps = gst::Caps::builder(media).field("rate", i32::try_from(shape.rate).unwrap_or(i32::MAX));
        caps.field("channels", i32::from(shape.channels))
    };
    let samples = |format: &str, shape: SoundShape| {
        shaped("audio/x-raw", shape).field("format", format).field("layout", "interleaved").build()
    };
    match codec {
        AudioCodec::Aac => gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("codec_data", gst::Buffer::from_slice(record))
            .build(),
        AudioCodec::Opus => gst::Caps::builder("audio/x-opus")
            .field("channel-mapping-family", 0_i32)
            .field("rate", 48_000_i32)
            .field("channels", 2_i32)
            .build(),
        AudioCodec::OpusSurround => opus_surround(&record),
        AudioCodec::Mpeg => gst::Caps::builder("audio/mpeg").field("mpegversion", 1_i32).build(),
        AudioCodec::Ac3 => gst::Caps::new_empty_simple("audio/x-ac3"),
        AudioCodec::Eac3 => gst::Caps::new_empty_simple("audio/x-eac3"),
        AudioCodec::Flac if record.is_empty() => gst::Caps::builder("audio/x-flac").field("framed", true).build(),
        AudioCodec::Flac => gst::Caps::builder("audio/x-flac")
            .field("framed", true)
            .field("codec_data", gst::Buffer::from_slice(record))
            .build(),
        AudioCodec::ALaw(shape) => shaped("audio/x-alaw", shape).build(),
        AudioCodec::MuLaw(shape) => shaped("audio/x-mulaw", shape).build(),
        AudioCodec::Pcm8(shape) => samples("U8", shape),
        AudioCodec::Pcm16(shape) => samples("S16LE", shape),
        AudioCodec::Adpcm(shape) => shaped("audio/x-adpcm", shape).field("layout", "swf").build(),
        AudioCodec::Speex => speex(),
        AudioCodec::Nellymoser(shape) => shaped("audio/x-nellymoser", shape).build(),
    }
}

/// Opus of many channels, as its identification header describes it (RFC 7845, 5.1). A record that is cut short gives
/// caps that no decoder takes.
fn opus_surround(record: &[u8]) -> gst::Caps {
    let byte = |at: usize| record.get(at).copied().map_or(0, i32::from);
    let channels = byte(9);
    let mapping = (0..channels).map(|channel| byte(21 + usize::try_from(channel).unwrap_or(0)));
    gst::Caps::builder("audio/x-opus")
        .field("rate", 48_000_i32)
        .field("channels", channels)
        .field("channel-mapping-family", byte(18))
        .field("stream-count", byte(19))
        .field("coupled-count", byte(20))
        .field("channel-mapping", gst::Array::new(mapping))
        .build()
}

/// Speex as FLV has it: wideband, one channel, without the header that the decoder wants to see first ("The Speex Codec
/// Manual", 7.3); so it gets one.
fn speex() -> gst::Caps {
    const RATE: u32 = 16_000;
    let mut header = [b"Speex   1.2".as_slice(), &[0; 17]].concat();
    // Version, length of this, rate, wideband, version of the bit stream, channels, unknown bit rate, samples of a
    // frame, constant rate, frames of a packet, and nothing else.
    let fields = [1, 80, RATE, 1, 4, 1, u32::MAX, RATE / 50, 0, 1, 0, 0, 0];
    header.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    // A comment without a vendor and without fields.
    let headers = [header, vec![0; 8]].map(|bytes| gst::Buffer::from_slice(bytes).to_send_value());
    gst::Caps::builder("audio/x-speex")
        .field("rate", 16_000_i32)
        .field("channels", 1_i32)
        .field("streamheader", gst::Array::new(headers))
        .build()
}

/// The elements that read and decode a sound; `identity` where there is nothing to do.
fn sound_elements(codec: AudioCodec) -> [&'static str; 2] {
    match sound_decoders(&audio_caps(codec, Bytes::new())) {
        Some([parser, decoder]) => [parser, decoder],
        Some([decoder]) => ["identity", decoder],
        _ => ["identity"; 2],
    }
}

/// See [`video_parser`].
pub fn audio_parser(codec: AudioCodec) -> &'static str {
    sound_elements(codec)[0]
}

/// The element that decodes.
pub fn audio_decoder(codec: AudioCodec) -> &'static str {
    sound_elements(codec)[1]
}

/// The elements that decode sound of these caps, first to last; `None` where this server has none for it.
pub fn sound_decoders(caps: &gst::CapsRef) -> Option<&'static [&'static str]> {
    let shape = caps.structure(0)?;
    Some(match shape.name().as_str() {
        "audio/x-raw" => &[],
        // Layers 1 to 3, as the parser finds them.
        "audio/mpeg" if shape.get::<i32>("mpegversion") == Ok(1) => &["mpegaudioparse", "mpg123audiodec"],
        "audio/mpeg" if shape.get::<&str>("stream-format") == Ok("loas") => &["aacparse", "avdec_aac_latm"],
        "audio/mpeg" => &["aacparse", "avdec_aac"],
        "audio/x-opus" => &["opusparse", "opusdec"],
        "audio/x-ac3" | "audio/x-private1-ac3" => &["ac3parse", "avdec_ac3"],
        "audio/x-eac3" => &["ac3parse", "avdec_eac3"],
        "audio/x-dts" | "audio/x-private1-dts" => &["dcaparse", "avdec_dca"],
        "audio/x-mulaw" => &["mulawdec"],
        "audio/x-alaw" => &["alawdec"],
        "audio/x-vorbis" => &["vorbisdec"],
        "audio/x-flac" => &["flacparse", "flacdec"],
        "audio/x-speex" => &["speexdec"],
        "audio/x-nellymoser" => &["avdec_nellymoser"],
        "audio/x-adpcm" if shape.get::<&str>("layout") == Ok("swf") => &["avdec_adpcm_swf"],
        "audio/x-alac" => &["avdec_alac"],
        "audio/G722" => &["avdec_g722"],
        _ => return None,
    })
}

/// The configuration record in caps; empty where there is none.
pub fn record(caps: &gst::CapsRef) -> Bytes {
    let data = caps.structure(0).and_then(|s| s.get::<gst::Buffer>("codec_data").ok());
    data.and_then(bytes).unwrap_or_default()
}

/// A buffer's bytes, not copied. `None` when its memory cannot be read.
pub fn bytes(buffer: gst::Buffer) -> Option<Bytes> {
    buffer.into_mapped_buffer_readable().ok().map(Bytes::from_owner)
}

/// The codec that caps name.
pub fn video_codec(caps: &gst::CapsRef) -> Option<VideoCodec> {
    match caps.structure(0)?.name().as_str() {
        "video/x-h264" => Some(VideoCodec::H264),
        "video/x-h265" => Some(VideoCodec::Hevc),
        "video/x-vp8" => Some(VideoCodec::Vp8),
        "video/x-vp9" => Some(VideoCodec::Vp9),
        "image/jpeg" => Some(VideoCodec::Jpeg),
        "video/x-av1" => Some(VideoCodec::Av1),
        "video/mpeg" => match caps.structure(0)?.get::<i32>("mpegversion") {
            Ok(1 | 2) => Some(VideoCodec::Mpeg2),
            Ok(4) => Some(VideoCodec::Mpeg4),
            _ => None,
        },
        "video/x-flash-video" => Some(VideoCodec::Sorenson),
        "video/x-flash-screen" => Some(VideoCodec::Screen),
        _ => None,
    }
}

/// See [`video_codec`].
pub fn audio_codec(caps: &gst::CapsRef) -> Option<AudioCodec> {
    match caps.structure(0)?.name().as_str() {
        "audio/mpeg" => Some(AudioCodec::Aac),
        "audio/x-opus" => Some(AudioCodec::Opus),
        _ => None,
    }
}
