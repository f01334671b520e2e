//! The sound of a clip as a WAV file: a beep at every flash, and the hum if the clip has one.

use super::clip::{BEEP_HZ, BEEP_SECONDS, Clip};
use std::f64::consts::TAU;
use std::io::{self, Write};
use std::path::Path;

/// Samples per second.
pub const RATE: u32 = 48_000;
/// Peak of the beep, full scale is 1.
pub const BEEP_LEVEL: f64 = 0.6;
/// Peak of the hum, full scale is 1.
pub const HUM_LEVEL: f64 = 0.05;

/// Writes the clip's sound, 48 kHz stereo, both sides alike, 16 bit.
pub fn write(clip: &Clip, path: &Path) -> io::Result<()> {
    let rate = f64::from(RATE);
    let mut mono = vec![0.0_f64; (clip.seconds * rate).round() as usize];
    if clip.hum_hz > 0 {
        let step = TAU * f64::from(clip.hum_hz) / rate;
        for (i, sample) in mono.iter_mut().enumerate() {
            *sample = HUM_LEVEL * (step * i as f64).sin();
        }
    }
    let step = TAU * BEEP_HZ / rate;
    for n in (0..clip.frames()).filter(|n| clip.flash_phase(*n) == Some(0)) {
        let start = (clip.time_of(n) * rate).round() as usize;
        let beep = mono.iter_mut().skip(start);
        for (i, sample) in beep.take((BEEP_SECONDS * rate) as usize).enumerate() {
            *sample += BEEP_LEVEL * (step * i as f64).sin();
        }
    }
    let mut body = Vec::with_capacity(mono.len() * 4);
    for sample in mono {
        let value = ((sample * 32_767.0) as i16).to_le_bytes();
        body.extend_from_slice(&value);
        body.extend_from_slice(&value);
    }
    let mut file = std::fs::File::create(path)?;
    let size = body.len() as u32;
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + size).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x02\0")?;
    file.write_all(&RATE.to_le_bytes())?;
    file.write_all(&(RATE * 4).to_le_bytes())?;
    file.write_all(b"\x04\0\x10\0data")?;
    file.write_all(&size.to_le_bytes())?;
    file.write_all(&body)
}
