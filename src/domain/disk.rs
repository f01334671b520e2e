//! The disk of recordings: how much room it has, judged from what is free.
//!
//! Refuses to know: how that is measured. Nothing here has state; the judgement before is an argument.

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Room {
    #[default]
    Enough,
    /// Less than twice what must stay free.
    Low,
    /// Less than must stay free, or the disk takes no more: recorders stop.
    Full,
}

/// The disk of recordings as of one moment. Until the first look there is enough of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disk {
    pub room: Room,
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that must stay free (`record.min_free_mb`).
    pub needed: u64,
}

/// What a full disk must have free at least before recorders go on, in bytes: some seconds of a recording.
const LEAST: u64 = 8_000_000;
/// How far above a limit a disk has to come before it is no longer below it: a quarter of the limit, or this many bytes.
const MARGIN: u64 = 64_000_000;

impl Disk {
    /// Judges a look. What was full or low has to come a margin above the limit before it is no longer, so that a disk at
    /// a limit does not stop and start recorders by turns.
    pub fn judge(before: Room, free: u64, needed: u64) -> Self {
        let low = needed.saturating_mul(2);
        let room = if free < if before == Room::Full { go_on(needed) } else { needed } {
            Room::Full
        } else if free < if before == Room::Enough { low } else { above(low) } {
            Room::Low
        } else {
            Room::Enough
        };
        Self { room, free, needed }
    }

    /// What an operator should know of it; `None` while there is enough room.
    pub fn warning(&self) -> Option<String> {
        let [free, needed, go_on] = [self.free, self.needed, go_on(self.needed)].map(|bytes| bytes / 1_000_000);
        match self.room {
            Room::Enough => None,
            Room::Low => Some(format!(
                "The disk of recordings is running short: {free} MB are free, recorders stop at {needed} MB"
            )),
            Room::Full => {
                Some(format!("The disk of recordings is full: {free} MB are free, recorders go on at {go_on} MB"))
            }
        }
    }
}

fn above(limit: u64) -> u64 {
    limit.saturating_add(MARGIN.min(limit / 4))
}

/// What must be free for recorders to go on.
fn go_on(needed: u64) -> u64 {
    above(needed).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    #[test]
    fn the_limits_are_the_setting_and_twice_the_setting() {
        let judge = |before, free| Disk::judge(before, free * MB, 500 * MB).room;
        for (free, room) in [(2000, Room::Enough), (1000, Room::Enough), (999, Room::Low), (500, Room::Low)] {
            assert_eq!(judge(Room::Enough, free), room, "{free}");
        }
        assert_eq!(judge(Room::Enough, 499), Room::Full);
        assert_eq!(judge(Room::Low, 499), Room::Full);
    }

    #[test]
    fn a_disk_at_a_limit_does_not_change_its_mind_by_the_second() {
        let judge = |before, free| Disk::judge(before, free * MB, 500 * MB).room;
        assert_eq!(
            [judge(Room::Full, 501), judge(Room::Full, 563), judge(Room::Full, 564)],
            [Room::Full, Room::Full, Room::Low]
        );
        assert_eq!(
            [judge(Room::Low, 1001), judge(Room::Low, 1063), judge(Room::Low, 1064)],
            [Room::Low, Room::Low, Room::Enough]
        );
    }

    #[test]
    fn without_a_limit_only_a_disk_that_refuses_is_full_and_it_needs_room_to_go_on() {
        assert_eq!(Disk::judge(Room::Enough, 0, 0).room, Room::Enough);
        assert_eq!(Disk::judge(Room::Full, MB, 0).room, Room::Full);
        assert_eq!(Disk::judge(Room::Full, 20 * MB, 0).room, Room::Enough);
    }

    #[test]
    fn the_warning_names_the_disk_and_the_figures() {
        let warning = |free: u64| Disk::judge(Room::Enough, free * MB, 500 * MB).warning();
        assert_eq!(warning(1000), None);
        assert!(warning(700).is_some_and(|text| text.contains("disk of recordings") && text.contains("700 MB")));
        assert!(warning(3).is_some_and(|text| text.contains("full: 3 MB are free, recorders go on at 564 MB")));
    }
}
