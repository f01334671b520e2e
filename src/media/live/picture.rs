//! What a live stream's picture is: codec, size, and whether its frames come in another order than they are shown.

use crate::protocol::{av1, h264, hevc, packet::VideoCodec, stills};

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub codec: VideoCodec,
    /// Pixels; 0 while it is not known.
    pub width: u32,
    pub height: u32,
    /// Whether there are frames that depend on later ones (B-frames), which WebRTC cannot carry.
    pub reordered: bool,
}

impl Picture {
    /// From a configuration record.
    pub fn of(codec: VideoCodec, record: &[u8]) -> Self {
        let size = match codec {
            VideoCodec::H264 => h264::size_of_record(record),
            VideoCodec::Hevc => hevc::size_of_record(record),
            VideoCodec::Av1 => av1::size_of_record(record),
            _ => None,
        };
        let (width, height) = size.unwrap_or_default();
        let reordered = codec == VideoCodec::H264 && h264::reorders(record);
        Self { codec, width, height, reordered }
    }

    /// From an access unit. `moved` is whether its presentation time differs from its decoding time.
    pub(super) fn learn(&mut self, data: &[u8], moved: bool, keyframe: bool) {
        self.reordered |= moved;
        let size = match self.codec {
            VideoCodec::Jpeg => stills::jpeg_size(data),
            VideoCodec::Vp8 => stills::vp8_size(data),
            VideoCodec::Vp9 => stills::vp9_size(data),
            VideoCodec::Av1 => av1::size(data),
            VideoCodec::Mpeg2 => stills::mpeg2_size(data),
            VideoCodec::Sorenson => stills::sorenson_size(data),
            VideoCodec::Screen => stills::screen_size(data),
            // Parameter sets in band, which may be others than those of the record.
            VideoCodec::H264 if keyframe => h264::size_of_unit(data),
            VideoCodec::Hevc if keyframe => hevc::size_of_unit(data),
            VideoCodec::H264 | VideoCodec::Hevc | VideoCodec::Mpeg4 => None,
        };
        if let Some((width, height)) = size {
            (self.width, self.height) = (width, height);
        }
    }
}
