//! Compares the signal that was reported of a source with the pictures that were seen of it, slot by slot.

use std::ops::RangeInclusive;

/// A signal is good while a new frame was shown within this many slots (half a second).
const STALL: u64 = 15;
/// While a new frame was shown within this many slots, a signal that is not good is wrong.
const MOVES: u64 = 8;

/// The picture in a slot: source and frame number of its mark, none where there is no picture or no mark.
pub type Seen = (u64, Option<(u8, u32)>);

/// A report of a source's signal.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The slots in one of which it was taken.
    pub slots: RangeInclusive<u64>,
    /// Whether it was good.
    pub is_ok: bool,
}

/// Asserts that a signal was reported as good just where new frames were seen: neither while they had been missing for
/// half a second, nor not while they came. `seen` is in the order of its slots; reports of slots that are not in it, or
/// of its first half second, are passed over.
pub fn assert_reported_as_seen(seen: &[Seen], reported: &[Reported]) {
    let mut shown = None;
    let is_new = |seen: &&Seen| seen.1.is_some_and(|mark| shown.replace(mark) != Some(mark));
    let new: Vec<u64> = seen.iter().filter(is_new).map(|seen| seen.0).collect();
    let (Some((first, _)), Some((last, _))) = (seen.first(), seen.last()) else { panic!("nothing was seen") };
    let recent = |slot: u64, slots: u64| new.iter().any(|at| at + slots > slot && *at <= slot);
    let mut judged = [0, 0];
    for report in reported {
        let (from, to) = (*report.slots.start(), *report.slots.end());
        if from < first + STALL || to > *last {
            continue;
        }
        judged[usize::from(report.is_ok)] += 1;
        let is_right = |slot: u64| if report.is_ok { recent(slot, STALL) } else { !recent(slot, MOVES) };
        assert!(
            report.slots.clone().any(is_right),
            "reported as {} in slot {from} to {to}; new frames were seen in {:?}",
            if report.is_ok { "good" } else { "not good" },
            new.iter().filter(|slot| (from.saturating_sub(2 * STALL)..=to + STALL).contains(*slot)).collect::<Vec<_>>()
        );
    }
    assert!(judged.iter().all(|count| *count > 0), "so many were reported as not good, and as good: {judged:?}");
}
