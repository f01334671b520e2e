//! Audio and video messages of one publish to packets with times.
//!
//! Refuses to know: chunks, commands, and consumers of the packets.

use super::enhanced::TrackChoice;
use super::sound;
use super::tag::{self, AudioTag, TagError, VideoTag};
use super::timeline::{Timeline, millis};
use crate::protocol::packet::{AudioCodec, Packet, VideoCodec};
use bytes::Bytes;

/// Joins tag bodies with the timestamps of their messages. One per publish.
#[derive(Debug, Default)]
pub struct Unpacker {
    timeline: Timeline,
    picture: Kind<VideoCodec>,
    sound: Kind<AudioCodec>,
}

/// One of the two kinds of media.
#[derive(Debug)]
struct Kind<Codec> {
    tracks: TrackChoice,
    /// The codec of the last configuration.
    announced: Option<Codec>,
}

impl<Codec> Default for Kind<Codec> {
    fn default() -> Self {
        Self { tracks: TrackChoice::default(), announced: None }
    }
}

impl<Codec: Copy + PartialEq> Kind<Codec> {
    /// Whether the codec is another one than before.
    fn changes(&mut self, codec: Codec) -> bool {
        self.announced.replace(codec) != Some(codec)
    }
}

impl Unpacker {
    /// The packets in a video message; none when it holds nothing for a decoder. Codecs that need no configuration are
    /// announced with an empty one. Configurations take no part in the timeline, since some encoders stamp them zero in
    /// mid-stream.
    ///
    /// # Errors
    /// Those of [`tag::video`].
    pub fn video(&mut self, timestamp: u32, body: Bytes) -> Result<Vec<Packet>, TagError> {
        Ok(match tag::video(body, &mut self.picture.tracks)? {
            VideoTag::Config { codec, record } => {
                self.picture.changes(codec);
                vec![Packet::VideoConfig { codec, record }]
            }
            VideoTag::Frame { codec, keyframe, offset, data } => {
                let time = self.timeline.unwrap(timestamp);
                let dts = millis(time);
                let pts = millis(time.saturating_add(i64::from(offset)));
                let frame = Packet::Video { codec, pts, dts, keyframe, data };
                if self.picture.changes(codec) && codec.describes_itself() {
                    vec![Packet::VideoConfig { codec, record: Bytes::new() }, frame]
                } else {
                    vec![frame]
                }
            }
            VideoTag::Nothing => Vec::new(),
        })
    }

    /// The packets in an audio message; see [`Unpacker::video`].
    ///
    /// # Errors
    /// Those of [`sound::audio`].
    pub fn audio(&mut self, timestamp: u32, body: Bytes) -> Result<Vec<Packet>, TagError> {
        Ok(match sound::audio(body, &mut self.sound.tracks)? {
            AudioTag::Config { codec, record } => {
                self.sound.changes(codec);
                vec![Packet::AudioConfig { codec, record }]
            }
            AudioTag::Frame { codec, data } => {
                // Only the configuration tells how many channels there are.
                let codec = match self.sound.announced {
                    Some(AudioCodec::OpusSurround) if codec == AudioCodec::Opus => AudioCodec::OpusSurround,
                    _ => codec,
                };
                let pts = millis(self.timeline.unwrap(timestamp));
                let frame = Packet::Audio { codec, pts, data };
                if self.sound.changes(codec) && codec.describes_itself() {
                    vec![Packet::AudioConfig { codec, record: Bytes::new() }, frame]
                } else {
                    vec![frame]
                }
            }
            AudioTag::Nothing => Vec::new(),
        })
    }
}
