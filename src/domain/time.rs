//! The time model, written once.
//!
//! *Show time* counts nanoseconds from the moment the engine's clock was started; every pipeline runs on it.
//! It is cut into *slots*, one per project frame: slot `n` begins at `n / rate` and its picture is on air until
//! slot `n + 1` begins. A command takes effect at a slot, never between two.

/// Nanoseconds of show time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ShowTime(pub u64);

impl ShowTime {
    /// Show time in seconds, for people and JSON.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Nanoseconds from `earlier` to `self`, zero when `earlier` is later.
    pub fn since(self, earlier: ShowTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The number of a slot on the frame grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Slot(pub u64);

/// A frame rate as a fraction, e.g. 30000/1001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Frames per `den` seconds; at least 1.
    pub num: u32,
    /// At least 1.
    pub den: u32,
}

impl Rate {
    /// Frames per second as a number.
    pub fn fps(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// When a slot begins, rounded down to the nanosecond.
    pub fn time_of(self, slot: Slot) -> ShowTime {
        let ns = u128::from(slot.0) * 1_000_000_000 * u128::from(self.den) / u128::from(self.num);
        ShowTime(ns as u64)
    }

    /// The slot that is on air at a time.
    pub fn slot_at(self, time: ShowTime) -> Slot {
        // `time_of` rounds down, so a slot's own time must be counted into it: hence the ceiling of the inverse.
        let scaled = (u128::from(time.0) + 1) * u128::from(self.num);
        let whole = 1_000_000_000 * u128::from(self.den);
        Slot((scaled.div_ceil(whole) - 1) as u64)
    }

    /// The slot that begins nearest to a time.
    pub fn nearest(self, time: ShowTime) -> Slot {
        self.slot_at(ShowTime(time.0 + self.slot_ns() / 2))
    }

    /// How long a slot lasts, in nanoseconds, rounded down.
    pub fn slot_ns(self) -> u64 {
        1_000_000_000 * u64::from(self.den) / u64::from(self.num)
    }

    /// How many slots a duration covers, at least 1.
    pub fn slots_in(self, duration: std::time::Duration) -> u64 {
        let ns = duration.as_nanos() * u128::from(self.num);
        let whole = 1_000_000_000 * u128::from(self.den);
        ((ns + whole / 2) / whole).max(1) as u64
    }
}

/// The picture format of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// Frames per second.
    pub rate: Rate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_contains_its_own_beginning() {
        for rate in [
            Rate { num: 30, den: 1 },
            Rate { num: 30000, den: 1001 },
            Rate { num: 60000, den: 1001 },
            Rate { num: 24000, den: 1001 },
            Rate { num: 25, den: 1 },
        ] {
            for n in (0..5_000).chain(10_000_000..10_005_000) {
                let begin = rate.time_of(Slot(n));
                assert_eq!(rate.slot_at(begin), Slot(n), "{rate:?} slot {n}");
                if n > 0 {
                    assert_eq!(rate.slot_at(ShowTime(begin.0 - 1)), Slot(n - 1), "{rate:?} before slot {n}");
                }
            }
        }
    }

    #[test]
    fn a_duration_covers_its_slots() {
        let rate = Rate { num: 30000, den: 1001 };
        assert_eq!(rate.slots_in(std::time::Duration::from_secs(1)), 30);
        assert_eq!(rate.slots_in(std::time::Duration::from_millis(1)), 1);
    }
}
