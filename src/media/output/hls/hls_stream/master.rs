//! The multivariant playlist of an HLS stream (RFC 8216bis, section 4.4.6).
//!
//! Refuses to know: how long it is waited for.

use super::{Carried, State};
use crate::{media::output::hls::track_window::TrackWindow, protocol::m3u8};

/// The playlist; `None` while a rendition that belongs in it has no finished segment. All of them are waited for: a
/// player never looks again.
pub(super) fn of(state: &State) -> Option<String> {
    let sounds: Vec<_> = state.sounds().filter(|sound| !sound.is_empty()).collect();
    if state.carried == Carried::Sound {
        return of_sound(sounds.first()?);
    }
    // Sound that was promised is waited for, but a publisher may also send none.
    if state.carried == Carried::Both && sounds.is_empty() && !state.is_without_sound() {
        return None;
    }
    let loudest = |bps: fn(&TrackWindow) -> u64| sounds.iter().map(|sound| bps(sound)).max().unwrap_or(0);
    let (peak, average) = (loudest(|sound| sound.peak_bps), loudest(TrackWindow::average_bps));
    let mut spoken: Vec<_> = sounds.iter().filter_map(|sound| Some(sound.format()?.codec.clone())).collect();
    spoken.dedup();
    let variant = |picture: &TrackWindow| {
        let format = picture.format().filter(|_| !picture.is_empty())?;
        Some(m3u8::Variant {
            uri: picture.track.playlist(),
            bandwidth: (picture.peak_bps + peak).max(1),
            average_bandwidth: (picture.average_bps() + average).max(1),
            codecs: [format.codec.clone()].into_iter().chain(spoken.clone()).collect(),
            resolution: Some(format.size),
            frame_rate: picture.frame_rate(),
        })
    };
    let audio = |(n, sound): (usize, &&TrackWindow)| {
        let name = if n == 0 { "Main".to_owned() } else { format!("Sound {}", n + 1) };
        Some(m3u8::Audio { uri: sound.track.playlist(), name, channels: sound.format()?.channels })
    };
    let master = m3u8::Master {
        independent: state.independent,
        variants: state.pictures().map(variant).collect::<Option<_>>()?,
        audio: sounds.iter().enumerate().filter_map(audio).collect(),
    };
    Some(master.write())
}

/// That of sound alone.
fn of_sound(sound: &TrackWindow) -> Option<String> {
    let variant = m3u8::Variant {
        uri: sound.track.playlist(),
        bandwidth: sound.peak_bps.max(1),
        average_bandwidth: sound.average_bps().max(1),
        codecs: vec![sound.format()?.codec.clone()],
        resolution: None,
        frame_rate: 0.0,
    };
    Some(m3u8::Master { independent: true, variants: vec![variant], audio: Vec::new() }.write())
}
