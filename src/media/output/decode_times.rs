//! The decoding times in the fragments of `cmafmux` and `isofmp4mux`, corrected.
//!
//! ```text
//! mux ─ [init] head, samples ─► (probe) ─► head with the decoding times of the pictures, samples
//! ```
//!
//! Those muxers let a fragment begin at the time at which its earliest picture is shown. Where a fragment begins within
//! a group of pictures that are shown in another order than they are decoded (B-frames), that is earlier than where the
//! fragment before it ends, and players drop the picture that is decoded twice at one time. A fragment has to begin
//! where all those before it end (ISO/IEC 14496-12, section 8.8.12; ISO/IEC 23000-19, section 7.3.2.2).
//!
//! Refuses to know: where fragments are cut, and what becomes of them.

use crate::protocol::mp4::{FragmentHead, FragmentTrack, Mp4Error, picture_tracks};
use gst::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Corrects everything that a fragmenting muxer puts out from here on. What cannot be corrected is an error of the
/// muxer.
pub(super) fn correct(mux: &gst::Element) {
    let Some(pad) = mux.static_pad("src") else { return };
    let tracks = Mutex::new(Vec::new());
    let element = mux.downgrade();
    pad.add_probe(gst::PadProbeType::BUFFER_LIST, move |_, info| {
        let Some(gst::PadProbeData::BufferList(list)) = &mut info.data else { return gst::PadProbeReturn::Ok };
        let mut tracks = tracks.lock().unwrap_or_else(PoisonError::into_inner);
        match list_corrected(&mut tracks, list) {
            Ok(()) => gst::PadProbeReturn::Ok,
            Err(error) => {
                if let Some(mux) = element.upgrade() {
                    gst::element_error!(mux, gst::StreamError::Mux, ["the head of a fragment: {error}"]);
                }
                gst::PadProbeReturn::Drop
            }
        }
    });
}

fn list_corrected(tracks: &mut Vec<DecodeTimes>, list: &mut gst::BufferList) -> Result<(), Mp4Error> {
    let header = gst::BufferFlags::HEADER;
    let init = |buffer: &gst::BufferRef| buffer.flags().contains(header | gst::BufferFlags::DISCONT);
    let read = |buffer: &gst::BufferRef| buffer.map_readable().map(|map| map.to_vec()).map_err(|_| Mp4Error::Short);
    for buffer in list.iter().filter(|buffer| init(buffer)) {
        *tracks = picture_tracks(&read(buffer)?)?.into_iter().map(DecodeTimes::new).collect();
    }
    let place = list.iter().position(|buffer| buffer.flags().contains(header) && !init(buffer));
    let Some(place) = place.filter(|_| !tracks.is_empty()) else { return Ok(()) };
    let old = list.get_owned(place).ok_or(Mp4Error::Short)?;
    let mut head = FragmentHead::read(&read(&old)?)?;
    let stamp =
        |buffer: &gst::BufferRef| Some(Stamp { decoded: buffer.dts()?.nseconds(), shown: buffer.pts()?.nseconds() });
    let stamps: Vec<_> = list.iter().skip(place + 1).map(stamp).collect();
    if stamps.len() != head.samples() {
        return Err(Mp4Error::Tables);
    }
    for track in &mut head.tracks {
        let times = tracks.iter_mut().find(|times| times.id == track.id);
        let stamps: Option<Vec<_>> = track.places.iter().map(|place| *stamps.get(*place)?).collect();
        if let (Some(times), Some(stamps)) = (times, stamps) {
            times.set(track, &stamps);
        }
    }
    let mut new = gst::Buffer::from_mut_slice(head.write()?);
    if let Some(new) = new.get_mut() {
        let what = gst::BufferCopyFlags::FLAGS | gst::BufferCopyFlags::TIMESTAMPS | gst::BufferCopyFlags::META;
        old.copy_into(new, what, ..).map_err(|_| Mp4Error::Short)?;
    }
    let list = list.make_mut();
    list.remove(place..=place);
    list.insert(place, new);
    Ok(())
}

/// When a picture is decoded and shown, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Stamp {
    decoded: u64,
    shown: u64,
}

/// The decoding times of one track of pictures, from one fragment to the next.
#[derive(Debug)]
struct DecodeTimes {
    id: u32,
    /// Ticks per second.
    scale: u32,
    /// What the track's time is ahead of the stamps, in ticks; 0 unless the muxer moves it.
    ahead: Option<i64>,
    /// Where the fragment before ends, in ticks.
    end: u64,
}

impl DecodeTimes {
    fn new((id, scale): (u32, u32)) -> Self {
        Self { id, scale, ahead: None, end: 0 }
    }

    /// Gives each sample its time.
    fn set(&mut self, track: &mut FragmentTrack, stamps: &[Stamp]) {
        let ticks = |ns: u64| (u128::from(ns) * u128::from(self.scale) + 500_000_000) / 1_000_000_000;
        let ticks = |ns: u64| i64::try_from(ticks(ns)).unwrap_or(i64::MAX);
        let earliest = stamps.iter().map(|stamp| stamp.shown).min();
        let (Some(first), Some(earliest)) = (track.times.first(), earliest) else { return };
        let begun = self.ahead.is_some();
        // The muxer lets a fragment begin at its earliest picture.
        let begins = i64::try_from(first.decoded).unwrap_or(i64::MAX);
        let ahead = *self.ahead.get_or_insert(begins.saturating_sub(ticks(earliest)));
        let mut at = 0;
        for (n, (time, stamp)) in track.times.iter_mut().zip(stamps).enumerate() {
            let exact = ticks(stamp.decoded).saturating_add(ahead).max(0).unsigned_abs();
            // One tick is rounding.
            let decoded = if n == 0 && begun && exact.abs_diff(self.end) <= 1 { self.end } else { exact.max(at) };
            (at, time.decoded) = (decoded, decoded);
        }
        let mut next = None;
        for time in track.times.iter_mut().rev() {
            if let Some(next) = next.replace(time.decoded) {
                time.duration = u32::try_from(next - time.decoded).unwrap_or(u32::MAX);
            }
        }
        self.end = track.times.last().map_or(at, |last| last.decoded + u64::from(last.duration));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::mp4::SampleTime;

    /// Pictures in the order in which they are decoded, by the order in which they are shown: I P B B P B B …
    fn shown(count: usize) -> Vec<u64> {
        let three = (0..).flat_map(|n| [3 * n + 3, 3 * n + 1, 3 * n + 2]);
        std::iter::once(0).chain(three).take(count).collect()
    }

    /// Fragments of so many pictures as the muxers make them: each begins when its earliest picture is shown, and each
    /// duration is rounded by itself.
    fn cut(frame: f64, scale: f64, length: usize) -> Vec<(FragmentTrack, Vec<Stamp>)> {
        let ticks = |frames: f64| (frames * frame * scale).round() as u64;
        let order: Vec<(u64, u64)> = (0..).zip(shown(600)).collect();
        let fragment = |chunk: &[(u64, u64)]| {
            let earliest = chunk.iter().map(|(_, shown)| shown + 1).min().unwrap();
            let mut decoded = ticks(earliest as f64);
            let times = chunk.iter().map(|(_, shown)| {
                let at = decoded;
                decoded += ticks(1.0);
                SampleTime { decoded: at, shown: ticks((shown + 1) as f64), duration: ticks(1.0) as u32 }
            });
            let times = times.collect();
            let ns = |frames: u64| (frames as f64 * frame * 1e9).round() as u64;
            let stamps = chunk.iter().map(|(n, shown)| Stamp { decoded: ns(*n), shown: ns(shown + 1) });
            (FragmentTrack::of(1, times), stamps.collect())
        };
        order.chunks(length).map(fragment).collect()
    }

    #[test]
    fn each_fragment_begins_where_the_one_before_ends_wherever_it_is_cut_and_no_picture_is_shown_at_another_time() {
        // Even ticks, and stamps of 29.97 frames a second in a stream that declares 30.
        for (frame, scale) in [(1.0 / 30.0, 3000.0), (1001.0 / 30_000.0, 3000.0), (1.0 / 25.0, 90_000.0)] {
            for length in [2, 4, 5, 6, 15, 16, 17] {
                let mut times = DecodeTimes::new((1, scale as u32));
                let mut end = None;
                for (n, (mut track, stamps)) in cut(frame, scale, length).into_iter().enumerate() {
                    let before = track.clone();
                    times.set(&mut track, &stamps);
                    let begins = track.times[0].decoded;
                    assert_eq!(begins, end.unwrap_or(begins), "fragment {n} of {length}");
                    for (old, new) in before.times.iter().zip(&track.times) {
                        assert_eq!(old.shown, new.shown);
                        assert!(new.duration > 0 && new.shown + 2 >= new.decoded, "never shown before it is decoded");
                    }
                    let exact = stamps[0].decoded as f64 / 1e9 * scale;
                    assert!((begins as f64 - exact).abs() <= 1.5, "fragment {n} of {length}: {begins}, not {exact}");
                    let last = track.times.last().unwrap();
                    end = Some(last.decoded + u64::from(last.duration));
                }
            }
        }
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let mut times = DecodeTimes::new((1, 1000));
        let one = |decoded| FragmentTrack::of(1, vec![SampleTime { decoded, shown: decoded, duration: 40 }]);
        let (mut first, mut second) = (one(1000), one(1500));
        let stamp = |ms: u64| Stamp { decoded: ms * 1_000_000, shown: ms * 1_000_000 };
        times.set(&mut first, &[stamp(900)]);
        times.set(&mut second, &[stamp(1400)]);
        assert_eq!((first, second), (one(1000), one(1500)));
    }
}
