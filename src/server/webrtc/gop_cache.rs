//! What can be sent of a stream at this moment: everything since the last key frame, cut into payloads once for all
//! viewers. A viewer is a position in the cache; nothing is queued for it.
//!
//! ```text
//! Live ─ Unit ─► GopCache: [ K . . . . . ]      K key frame, first
//!                          ▲       ▲
//!                     a viewer     end
//! ```
//!
//! Refuses to know: viewers, RTP headers, sockets.

use crate::{
    app::rooms::live::Unit,
    domain::time::ShowTime,
    protocol::{
        h264,
        packet::{AudioCodec, Packet, VideoCodec},
        rtp::{Cutter, Payload},
    },
};
use bytes::Bytes;
use std::collections::VecDeque;

/// A cache that grows longer is cut off at its beginning: frames, and bytes.
const FRAMES: usize = 4096;
const BYTES: usize = 16_000_000;
/// What is kept of a stream without picture, in packets.
const SOUNDS: usize = 64;

/// One access unit, ready to be sent.
#[derive(Debug)]
pub struct Frame {
    pub codec: Codec,
    pub keyframe: bool,
    pub pts: ShowTime,
    pub payloads: Vec<Payload>,
    /// Bytes of all payloads.
    pub bytes: usize,
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// With the profile's number for H.264, else 0.
    Picture(VideoCodec, u8),
    Sound(AudioCodec),
}

impl Codec {
    /// Whether it is seen.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Picture(..))
    }
}

/// See the module's text.
#[derive(Default)]
pub struct GopCache {
    frames: VecDeque<Frame>,
    /// The number of the first frame that is kept.
    first: u64,
    bytes: usize,
    cutter: Cutter,
    run: u64,
    /// The picture's configuration record and codec, and whether its key frame has come.
    record: Bytes,
    codec: Option<VideoCodec>,
    begun: bool,
}

impl GopCache {
    /// The number of the first frame kept.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next frame gets.
    pub fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    /// A frame by its number.
    pub fn frame(&self, number: u64) -> Option<&Frame> {
        self.frames.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// All frames from a number on.
    pub fn from(&self, number: u64) -> impl Iterator<Item = &Frame> {
        let skip = number.saturating_sub(self.first) as usize;
        self.frames.iter().skip(skip)
    }

    /// Where a new viewer begins: the key frame, or the end where there is none.
    pub fn beginning(&self) -> u64 {
        match self.frames.front() {
            Some(frame) if frame.keyframe => self.first,
            _ => self.end(),
        }
    }

    /// Takes what came. Gives whether there is something new to send.
    pub fn put(&mut self, unit: &Unit) -> bool {
        if unit.run != self.run {
            self.clear();
            (self.run, self.codec, self.begun) = (unit.run, None, false);
        }
        match &unit.packet {
            Packet::VideoConfig { codec, record } => {
                if (self.codec, &self.record) != (Some(*codec), record) {
                    // Pictures of before lean on other parameter sets.
                    self.begun = false;
                }
                (self.codec, self.record) = (Some(*codec), record.clone());
                false
            }
            Packet::AudioConfig { .. } => false,
            Packet::Video { codec, keyframe, data, .. } => {
                if *keyframe {
                    self.clear();
                    self.begun = true;
                }
                self.codec = Some(*codec);
                if !self.begun {
                    return false;
                }
                let profile = match codec {
                    VideoCodec::H264 => self.record.get(1).copied().unwrap_or_default(),
                    _ => 0,
                };
                let sets = if *keyframe { h264::parameter_sets(&self.record) } else { Vec::new() };
                let payloads = self.cutter.picture(*codec, data, *keyframe, &sets);
                self.add(Codec::Picture(*codec, profile), *keyframe, unit.pts, payloads)
            }
            Packet::Audio { codec, data, .. } => {
                let payloads = Cutter::sound(*codec, data).into_iter().collect();
                let added = self.add(Codec::Sound(*codec), false, unit.pts, payloads);
                if self.codec.is_none() {
                    self.keep(SOUNDS);
                }
                added
            }
        }
    }

    fn add(&mut self, codec: Codec, keyframe: bool, pts: ShowTime, payloads: Vec<Payload>) -> bool {
        if payloads.is_empty() {
            return false;
        }
        let bytes = payloads.iter().map(|payload| payload.len()).sum();
        self.bytes += bytes;
        self.frames.push_back(Frame { codec, keyframe, pts, payloads, bytes });
        self.keep(FRAMES);
        true
    }

    fn keep(&mut self, most: usize) {
        while self.frames.len() > most || self.bytes > BYTES {
            let Some(frame) = self.frames.pop_front() else { return };
            self.bytes -= frame.bytes;
            self.first += 1;
        }
    }

    fn clear(&mut self) {
        self.first = self.end();
        self.frames.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn unit(packet: Packet, run: u64) -> Unit {
        Unit { packet, pts: ShowTime(7), dts: ShowTime(7), run }
    }

    fn picture(keyframe: bool, run: u64) -> Unit {
        let (pts, data) = (Duration::ZERO, Bytes::from_static(&[0x10, 1, 2]));
        unit(Packet::Video { codec: VideoCodec::Vp8, pts, dts: pts, keyframe, data }, run)
    }

    fn sound(run: u64) -> Unit {
        unit(Packet::Audio { codec: AudioCodec::Opus, pts: Duration::ZERO, data: Bytes::from_static(&[1]) }, run)
    }

    #[test]
    fn a_gop_cache_begins_with_the_last_key_frame_and_its_numbers_go_on() {
        let mut gop_cache = GopCache::default();
        assert!(!gop_cache.put(&picture(false, 1)), "nothing before the first key frame");
        for keyframe in [true, false, false, true, false] {
            assert!(gop_cache.put(&picture(keyframe, 1)));
        }
        assert_eq!((gop_cache.beginning(), gop_cache.first(), gop_cache.end()), (3, 3, 5));
        assert!(gop_cache.frame(2).is_none() && gop_cache.frame(3).unwrap().keyframe && gop_cache.frame(5).is_none());
        assert_eq!(gop_cache.from(4).count(), 1);
    }

    #[test]
    fn another_publisher_begins_with_a_key_frame_of_its_own() {
        let mut gop_cache = GopCache::default();
        gop_cache.put(&picture(true, 1));
        gop_cache.put(&picture(false, 1));
        assert!(!gop_cache.put(&picture(false, 2)), "leans on what was never sent");
        assert_eq!((gop_cache.first(), gop_cache.end()), (2, 2));
        assert!(gop_cache.put(&picture(true, 2)));
        assert_eq!(gop_cache.beginning(), 2);
    }

    #[test]
    fn sound_alone_is_kept_for_a_moment_only() {
        let mut gop_cache = GopCache::default();
        for _ in 0..1000 {
            gop_cache.put(&sound(1));
        }
        assert_eq!((gop_cache.frames.len(), gop_cache.end(), gop_cache.beginning()), (SOUNDS, 1000, 1000));
    }

    #[test]
    fn a_publisher_without_key_frames_fills_no_memory() {
        let mut gop_cache = GopCache::default();
        gop_cache.put(&picture(true, 1));
        for _ in 0..2 * FRAMES {
            gop_cache.put(&picture(false, 1));
        }
        assert_eq!(gop_cache.frames.len(), FRAMES);
        assert_eq!(gop_cache.beginning(), gop_cache.end(), "a newcomer waits");
    }
}
