//! Inputs as callers describe them, and their changes while the show runs.
//!
//! Refuses to know: the buses, whether a device or a stream exists.

use super::{
    capture::{CaptureSpec, PictureDevice, SoundDevice},
    fault::Fault,
    source::SourceKind,
};
use std::time::Duration;

/// How many inputs a show may have: each holds up to a second of raw pictures.
pub const MAX_INPUTS: usize = 64;
/// The longest latency of an input.
pub const MAX_LATENCY: Duration = Duration::from_secs(5);
/// The test patterns.
pub const PATTERNS: [&str; 6] = ["bars", "ball", "pinwheel", "checkers", "snow", "black"];

/// Characters of a label.
const LABEL: std::ops::RangeInclusive<usize> = 1..=100;
/// Bytes of a stream key.
const KEY: std::ops::RangeInclusive<usize> = 1..=64;
/// Frequencies of a pattern's tone in Hz; 0 is silence.
const TONE_HZ: std::ops::RangeInclusive<u32> = 20..=20_000;
/// Frames per second that a camera may be asked for.
const CAMERA_RATE: std::ops::RangeInclusive<u32> = 1..=240;

/// An input of the switcher, as a caller orders it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// One line of 1 to 100 characters; need not be unique.
    pub label: String,
    pub kind: SourceKind,
    /// How long after its arrival it is shown and played; at most 5 s.
    pub latency: Duration,
}

/// A change of the show's inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputChange {
    Add(Input),
    Remove,
    /// Another label.
    Rename(String),
    /// Another stream, device or pattern; label, latency and id stay.
    Assign(SourceKind),
    SetLatency(Duration),
}

impl Input {
    /// Whether all its values are within their limits.
    ///
    /// # Errors
    /// `invalid` with the name of the parameter.
    pub fn check(&self) -> Result<(), Fault> {
        check_label(&self.label)?;
        check_kind(&self.kind)?;
        check_latency(self.latency)
    }
}

/// Whether a text is valid as an input's label.
///
/// # Errors
/// `invalid` (`label`).
pub fn check_label(label: &str) -> Result<(), Fault> {
    let is_blank = label.trim().is_empty();
    if is_blank || !LABEL.contains(&label.chars().count()) || label.contains(char::is_control) {
        return Err(Fault::invalid("label", "A label is one line of 1 to 100 characters"));
    }
    Ok(())
}

/// Whether a duration is valid as an input's latency.
///
/// # Errors
/// `invalid` (`latency`).
pub fn check_latency(latency: Duration) -> Result<(), Fault> {
    if latency > MAX_LATENCY {
        return Err(Fault::invalid("latency", "The latency of an input is at most 5 seconds"));
    }
    Ok(())
}

/// Whether a source is valid for an input.
///
/// # Errors
/// `invalid` with the name of the parameter.
pub fn check_kind(kind: &SourceKind) -> Result<(), Fault> {
    match kind {
        SourceKind::Rtmp { key } => {
            let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if !KEY.contains(&key.len()) || !key.chars().all(fits) || key.starts_with('.') {
                let text = "A stream key is 1 to 64 of A-Z a-z 0-9 . _ - and does not begin with a dot";
                return Err(Fault::invalid("key", text));
            }
        }
        SourceKind::Stream { stream: Some(id) } => {
            if !id.split_once('/').is_some_and(|(room, identity)| !room.is_empty() && !identity.is_empty()) {
                return Err(Fault::invalid("stream", "A stream is named room/identity"));
            }
        }
        SourceKind::Capture(spec) => check_capture(spec)?,
        SourceKind::Pattern { pattern, tone_hz } => {
            if !PATTERNS.contains(&pattern.as_str()) {
                let text = format!("There is no pattern {pattern:?}; there is {}", PATTERNS.join(", "));
                return Err(Fault::invalid("pattern", text));
            }
            if *tone_hz != 0 && !TONE_HZ.contains(tone_hz) {
                return Err(Fault::invalid("tone_hz", "A tone has 20 to 20000 Hz; 0 is silence"));
            }
        }
        SourceKind::Stream { stream: None } | SourceKind::Lights => {}
    }
    Ok(())
}

fn check_capture(spec: &CaptureSpec) -> Result<(), Fault> {
    let unnamed = || Fault::invalid("device", "The device has no name");
    if spec.picture.is_none() && spec.sound.is_none() {
        return Err(Fault::invalid("device", "Neither a picture nor a sound is to be captured"));
    }
    match &spec.picture {
        Some(PictureDevice::V4l2 { device, size, rate, .. }) => {
            if device.trim().is_empty() {
                return Err(unnamed());
            }
            if size.is_some_and(|(width, height)| width == 0 || height == 0) {
                return Err(Fault::invalid("size", "A picture is at least 1 pixel wide and high"));
            }
            if rate.is_some_and(|rate| !CAMERA_RATE.contains(&rate)) {
                return Err(Fault::invalid("rate", "A camera is asked for 1 to 240 frames a second"));
            }
        }
        Some(PictureDevice::Decklink { connection, mode, .. }) => {
            for (name, value) in [("connection", connection), ("mode", mode)] {
                if value.trim().is_empty() {
                    return Err(Fault::invalid(name, "It is empty"));
                }
            }
        }
        Some(PictureDevice::Test { .. }) | None => {}
    }
    match &spec.sound {
        Some(SoundDevice::Alsa { device }) if device.trim().is_empty() => Err(unnamed()),
        Some(SoundDevice::Decklink { connection, .. }) if connection.trim().is_empty() => {
            Err(Fault::invalid("connection", "It is empty"))
        }
        Some(SoundDevice::Alsa { .. } | SoundDevice::Decklink { .. } | SoundDevice::Test) | None => Ok(()),
    }
}
