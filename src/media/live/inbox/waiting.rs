//! The units that wait for a worker, and which of them go when there are too many. Sans-IO.

use super::{BYTES, Needs, OLD};
use crate::{domain::time::ShowTime, media::live::Unit, protocol::packet::Packet};
use std::{collections::VecDeque, sync::Arc};

#[derive(Default)]
pub(super) struct Waiting {
    units: VecDeque<(Arc<Unit>, Counts)>,
    bytes: usize,
    needs: Needs,
    /// How many units that came in their time may wait.
    limit: usize,
    /// How many of them wait.
    in_time: usize,
    pub awaits_keyframe: bool,
    pub lost: usize,
    pub newest: ShowTime,
    pub left_out: u64,
    pub closed: bool,
}

/// Whether a unit counts towards the limit. One that is old when it comes does not: it belongs to what the stream, or a
/// stream that this one follows, kept for newcomers, or to what a stall held up, and comes at once with many others.
type Counts = bool;

impl Waiting {
    /// Nothing waits yet.
    pub fn new(needs: Needs, limit: usize) -> Self {
        Self { needs, limit, ..Self::default() }
    }

    /// Takes a unit that comes now, and drops older ones that have to make room for it.
    pub fn put(&mut self, unit: &Arc<Unit>, now: ShowTime) {
        let counts = now.since(unit.dts) < OLD;
        let full = counts && self.in_time >= self.limit || self.bytes + size(unit) > BYTES;
        if full {
            self.lost += self.lose();
            self.awaits_keyframe = true;
        } else if self.needs == Needs::Pictures && unit.is_keyframe() && self.is_old(unit) {
            self.lose();
        }
        if let Packet::Video { keyframe, .. } = &unit.packet {
            self.newest = unit.pts;
            if self.awaits_keyframe && !keyframe {
                self.left_out += 1;
                return;
            }
            self.awaits_keyframe = false;
        }
        self.bytes += size(unit);
        self.in_time += usize::from(counts);
        self.units.push_back((unit.clone(), counts));
    }

    /// The next unit.
    pub fn pop(&mut self) -> Option<Arc<Unit>> {
        let (unit, counts) = self.units.pop_front()?;
        self.bytes -= size(&unit);
        self.in_time -= usize::from(counts);
        Some(unit)
    }

    /// How many units wait.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether pictures wait that are much older than this key frame.
    fn is_old(&self, keyframe: &Unit) -> bool {
        let oldest = self.units.iter().find(|(unit, _)| matches!(unit.packet, Packet::Video { .. }));
        oldest.is_some_and(|(oldest, _)| keyframe.dts.since(oldest.dts) > OLD)
    }

    /// Only the newest configurations stay. Gives how many units are gone.
    fn lose(&mut self) -> usize {
        let before = self.units.len();
        let last = |wanted: fn(&Packet) -> bool| self.units.iter().rfind(|(unit, _)| wanted(&unit.packet)).cloned();
        let picture = last(|packet| matches!(packet, Packet::VideoConfig { .. }));
        let sound = last(|packet| matches!(packet, Packet::AudioConfig { .. }));
        let pictures = self.units.iter().filter(|(unit, _)| matches!(unit.packet, Packet::Video { .. })).count();
        self.left_out += pictures as u64;
        self.units = picture.into_iter().chain(sound).collect();
        self.bytes = self.units.iter().map(|(unit, _)| size(unit)).sum();
        self.in_time = self.units.iter().filter(|(_, counts)| *counts).count();
        before - self.units.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty() && self.lost == 0 && !self.closed
    }
}

/// How much it counts, in bytes.
fn size(unit: &Arc<Unit>) -> usize {
    match &unit.packet {
        Packet::Video { data, .. } | Packet::Audio { data, .. } => data.len(),
        Packet::VideoConfig { record, .. } | Packet::AudioConfig { record, .. } => record.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::packet::VideoCodec;
    use bytes::Bytes;
    use std::time::Duration;

    fn unit(packet: Packet) -> Arc<Unit> {
        Arc::new(Unit { packet, pts: ShowTime(0), dts: ShowTime(0), run: 1 })
    }

    fn frame(keyframe: bool) -> Arc<Unit> {
        let (pts, dts) = (Duration::ZERO, Duration::ZERO);
        unit(Packet::Video { codec: VideoCodec::Vp8, pts, dts, keyframe, data: Bytes::from_static(b"frame") })
    }

    fn config() -> Arc<Unit> {
        unit(Packet::VideoConfig { codec: VideoCodec::Vp8, record: Bytes::new() })
    }

    fn at(ms: u64, keyframe: bool) -> Arc<Unit> {
        let Unit { packet, .. } = (*frame(keyframe)).clone();
        let time = ShowTime(ms * 1_000_000);
        Arc::new(Unit { packet, pts: time, dts: time, run: 1 })
    }

    fn now(ms: u64) -> ShowTime {
        ShowTime(ms * 1_000_000)
    }

    fn units(waiting: &Waiting) -> Vec<Arc<Unit>> {
        waiting.units.iter().map(|(unit, _)| unit.clone()).collect()
    }

    #[test]
    fn a_worker_that_falls_behind_loses_whole_groups_and_never_a_configuration() {
        let mut waiting = Waiting { limit: 4, ..Waiting::default() };
        waiting.put(&config(), now(0));
        waiting.put(&frame(true), now(0));
        (0..20).for_each(|_| waiting.put(&frame(false), now(0)));
        assert_eq!(units(&waiting), [config()]);
        assert_eq!((waiting.lost, waiting.bytes), (3, 0), "a part of a group that waited; what came later is not kept");
        waiting.put(&frame(true), now(0));
        waiting.put(&frame(false), now(0));
        assert_eq!(waiting.len(), 3);
        assert_eq!(std::iter::from_fn(|| waiting.pop()).count(), 3);
        assert_eq!((waiting.bytes, waiting.in_time), (0, 0));
    }

    #[test]
    fn what_was_kept_for_newcomers_always_fits_whenever_it_comes() {
        // A stream that follows others hands over what they kept a moment after its worker began: units of 12 s.
        let mut waiting = Waiting { limit: 60, ..Waiting::default() };
        (0..360).for_each(|n| waiting.put(&at(n * 33, n == 0), now(12_000)));
        assert_eq!((waiting.len(), waiting.lost, waiting.in_time), (360, 0, 11));
        // Then it is as with every worker: so many that come in their time may wait.
        (0..49).for_each(|n| waiting.put(&at(12_000 + n * 33, false), now(12_000 + n * 33)));
        assert_eq!((waiting.len(), waiting.lost), (409, 0));
        waiting.put(&at(13_700, false), now(13_700));
        assert_eq!(waiting.lost, 409);
    }

    #[test]
    fn a_key_frame_leaves_out_what_is_much_older_where_the_newest_alone_is_needed() {
        for (needs, length, left) in [(Needs::Pictures, 40, 2), (Needs::Pictures, 10, 12), (Needs::All, 40, 42)] {
            let mut waiting = Waiting { needs, limit: 400, ..Waiting::default() };
            waiting.put(&config(), now(0));
            (0..length).for_each(|n| waiting.put(&at(n * 33, n == 0), now(n * 33)));
            waiting.put(&at(length * 33, true), now(length * 33));
            assert_eq!(waiting.len() as u64, left, "{needs:?} {length}");
            assert_eq!(waiting.left_out, length + 2 - left);
            assert_eq!((waiting.newest, waiting.lost), (ShowTime(length * 33_000_000), 0));
        }
    }
}
