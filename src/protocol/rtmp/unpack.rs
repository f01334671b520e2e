//! Audio and video messages of one publish to packets with times.
//!
//! Refuses to know: chunks, commands, and consumers of the packets.

use super::tag::{self, AudioTag, TagError, VideoTag};
use super::timeline::{Timeline, millis};
use crate::protocol::packet::{AudioCodec, Packet};
use bytes::Bytes;

/// Joins tag bodies with the timestamps of their messages. One per publish.
#[derive(Debug, Default)]
pub struct Unpacker {
    timeline: Timeline,
}

impl Unpacker {
    /// The packet in a video message, or `None` when it holds nothing for a decoder. Configurations take no part in
    /// the timeline, since some encoders stamp them zero in mid-stream.
    ///
    /// # Errors
    /// Those of [`tag::video`].
    pub fn video(&mut self, timestamp: u32, body: Bytes) -> Result<Option<Packet>, TagError> {
        Ok(match tag::video(body)? {
            VideoTag::Config { codec, record } => Some(Packet::VideoConfig { codec, record }),
            VideoTag::Frame { codec, keyframe, offset, data } => {
                let time = self.timeline.unwrap(timestamp);
                let dts = millis(time);
                let pts = millis(time.saturating_add(i64::from(offset)));
                Some(Packet::Video { codec, pts, dts, keyframe, data })
            }
            VideoTag::Nothing => None,
        })
    }

    /// The packet in an audio message, or `None` when it holds nothing for a decoder.
    ///
    /// # Errors
    /// Those of [`tag::audio`].
    pub fn audio(&mut self, timestamp: u32, body: Bytes) -> Result<Option<Packet>, TagError> {
        Ok(match tag::audio(body)? {
            AudioTag::Config(record) => Some(Packet::AudioConfig { codec: AudioCodec::Aac, record }),
            AudioTag::Frame(data) => {
                let pts = millis(self.timeline.unwrap(timestamp));
                Some(Packet::Audio { codec: AudioCodec::Aac, pts, data })
            }
            AudioTag::Nothing => None,
        })
    }
}
