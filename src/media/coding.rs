//! How each codec of a [`Packet`](crate::protocol::packet::Packet) is called in GStreamer: caps, parser, decoder.

use crate::protocol::packet::{AudioCodec, VideoCodec};
use bytes::Bytes;

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
    }
}

/// The element that reads what a decoder or a muxer wants to know; `identity` where there is nothing to read.
pub fn video_parser(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "h264parse",
        VideoCodec::Hevc => "h265parse",
        VideoCodec::Vp8 | VideoCodec::Jpeg => "identity",
        VideoCodec::Vp9 => "vp9parse",
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
    }
}

/// The caps of packets as they are pushed into a pipeline.
pub fn audio_caps(codec: AudioCodec, record: Bytes) -> gst::Caps {
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
    }
}

/// See [`video_parser`].
pub fn audio_parser(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => "aacparse",
        AudioCodec::Opus => "opusparse",
    }
}

/// The element that decodes.
pub fn audio_decoder(codec: AudioCodec) -> &'static str {
    match codec {
        AudioCodec::Aac => "avdec_aac",
        AudioCodec::Opus => "opusdec",
    }
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
        "audio/x-ac3" => &["ac3parse", "avdec_ac3"],
        "audio/x-eac3" => &["ac3parse", "avdec_eac3"],
        "audio/x-dts" => &["dcaparse", "avdec_dca"],
        "audio/x-mulaw" => &["mulawdec"],
        "audio/x-alaw" => &["alawdec"],
        "audio/x-vorbis" => &["vorbisdec"],
        "audio/x-flac" => &["flacparse", "flacdec"],
        "audio/x-speex" => &["speexdec"],
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
