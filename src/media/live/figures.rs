//! What is measured of a live stream. Rates are those of the last whole second.

use super::{Picture, Unit};
use crate::{
    domain::time::ShowTime,
    protocol::packet::{AudioCodec, Packet},
};

const SECOND: u64 = 1_000_000_000;

/// What a stream carries, and how it goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveStats {
    /// Whether a publisher is there.
    pub live: bool,
    pub picture: Option<Medium>,
    pub sound: Option<AudioCodec>,
    /// Which codecs of the publisher's cannot be decoded, in words.
    pub unsupported: Option<String>,
    /// Bits per second of the last second; 0 when idle.
    pub bitrate_bps: u64,
    /// Pictures per second of the last second.
    pub fps: f64,
    /// Pictures and bytes since the publisher began.
    pub frames: u64,
    pub bytes: u64,
}

/// A picture's codec and its size in pixels; 0 while that is not known.
pub type Medium = Picture;

/// See the module's text.
#[derive(Default)]
pub(super) struct Figures {
    frames: u64,
    bytes: u64,
    /// Begin of the second that is being counted, and what was counted before it.
    since: ShowTime,
    before: (u64, u64),
    rates: (f64, f64),
}

impl Figures {
    pub fn begin(&mut self, now: ShowTime) {
        *self = Self { since: now, ..Self::default() };
    }

    pub fn count(&mut self, unit: &Unit) {
        match &unit.packet {
            Packet::Video { data, .. } => {
                self.frames += 1;
                self.bytes += data.len() as u64;
            }
            Packet::Audio { data, .. } => self.bytes += data.len() as u64,
            Packet::VideoConfig { .. } | Packet::AudioConfig { .. } => {}
        }
    }

    /// As of now; calls within the same second give the same rates.
    pub fn read(&mut self, now: ShowTime, live: bool) -> LiveStats {
        let passed = now.since(self.since);
        if passed >= SECOND || self.rates == (0.0, 0.0) {
            let seconds = (passed as f64 / 1e9).max(1e-3);
            let (frames, bytes) = self.before;
            self.rates = ((self.frames - frames) as f64 / seconds, (self.bytes - bytes) as f64 * 8.0 / seconds);
            if passed >= SECOND {
                (self.since, self.before) = (now, (self.frames, self.bytes));
            }
        }
        let (fps, bps) = if live { self.rates } else { (0.0, 0.0) };
        let (frames, bytes) = (self.frames, self.bytes);
        LiveStats { live, bitrate_bps: bps as u64, fps, frames, bytes, ..LiveStats::default() }
    }
}
