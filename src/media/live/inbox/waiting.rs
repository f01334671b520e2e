//! The units that wait for a worker, and which of them go when there are too many. Sans-IO.

use super::{BYTES, Needs, OLD};
use crate::{domain::time::ShowTime, media::live::Unit, protocol::packet::Packet};
use std::{collections::VecDeque, sync::Arc};

#[derive(Default)]
pub(super) struct Waiting {
    pub units: VecDeque<Arc<Unit>>,
    pub bytes: usize,
    pub needs: Needs,
    /// None while the stream still hands over what it kept.
    pub limit: Option<usize>,
    pub awaits_keyframe: bool,
    pub lost: usize,
    pub newest: ShowTime,
    pub left_out: u64,
    pub closed: bool,
}

impl Waiting {
    /// Takes a unit, and drops older ones that have to make room for it.
    pub fn put(&mut self, unit: &Arc<Unit>) {
        let full = self.limit.is_some_and(|limit| self.units.len() >= limit) || self.bytes + size(unit) > BYTES;
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
        self.units.push_back(unit.clone());
    }

    /// Whether pictures wait that are much older than this key frame.
    fn is_old(&self, keyframe: &Unit) -> bool {
        let oldest = self.units.iter().find(|unit| matches!(unit.packet, Packet::Video { .. }));
        oldest.is_some_and(|oldest| keyframe.dts.since(oldest.dts) > OLD)
    }

    /// Only the newest configurations stay. Gives how many units are gone.
    fn lose(&mut self) -> usize {
        let before = self.units.len();
        let last = |wanted: fn(&Packet) -> bool| self.units.iter().rfind(|unit| wanted(&unit.packet)).cloned();
        let picture = last(|packet| matches!(packet, Packet::VideoConfig { .. }));
        let sound = last(|packet| matches!(packet, Packet::AudioConfig { .. }));
        let pictures = self.units.iter().filter(|unit| matches!(unit.packet, Packet::Video { .. })).count();
        self.left_out += pictures as u64;
        self.units = picture.into_iter().chain(sound).collect();
        self.bytes = self.units.iter().map(size).sum();
        before - self.units.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty() && self.lost == 0 && !self.closed
    }
}

/// How much it counts, in bytes.
pub(super) fn size(unit: &Arc<Unit>) -> usize {
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

    #[test]
    fn who_falls_behind_loses_whole_groups_and_never_a_configuration() {
        let mut waiting = Waiting { limit: Some(4), ..Waiting::default() };
        waiting.put(&config());
        waiting.put(&frame(true));
        (0..20).for_each(|_| waiting.put(&frame(false)));
        assert_eq!(waiting.units.iter().cloned().collect::<Vec<_>>(), [config()]);
        assert_eq!((waiting.lost, waiting.bytes), (3, 0), "a part of a group that waited; what came later is not kept");
        waiting.put(&frame(true));
        waiting.put(&frame(false));
        assert_eq!(waiting.units.len(), 3);
    }

    #[test]
    fn what_a_stream_kept_for_a_newcomer_always_fits() {
        let mut waiting = Waiting::default();
        waiting.put(&frame(true));
        (0..500).for_each(|_| waiting.put(&frame(false)));
        assert_eq!((waiting.units.len(), waiting.lost), (501, 0));
    }

    #[test]
    fn a_key_frame_leaves_out_what_is_much_older_for_who_needs_the_newest_alone() {
        let at = |ms: u64, keyframe: bool| {
            let Unit { packet, .. } = (*frame(keyframe)).clone();
            let time = ShowTime(ms * 1_000_000);
            Arc::new(Unit { packet, pts: time, dts: time, run: 1 })
        };
        for (needs, length, left) in [(Needs::Pictures, 40, 2), (Needs::Pictures, 10, 12), (Needs::All, 40, 42)] {
            let mut waiting = Waiting { needs, limit: Some(400), ..Waiting::default() };
            waiting.put(&config());
            (0..length).for_each(|n| waiting.put(&at(n * 33, n == 0)));
            waiting.put(&at(length * 33, true));
            assert_eq!(waiting.units.len() as u64, left, "{needs:?} {length}");
            assert_eq!(waiting.left_out, length + 2 - left);
            assert_eq!((waiting.newest, waiting.lost), (ShowTime(length * 33_000_000), 0));
        }
    }
}
