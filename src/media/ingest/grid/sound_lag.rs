//! How much later than its picture the sound of a source comes, where its sender bundles it. Sans-IO.
//!
//! Senders of transport streams pack up to a third of a second of sound together, so that the first of it comes that
//! much later than the picture it belongs to. What comes too late once or twice is jitter; what comes too late again and
//! again is waited for.

/// Times that sound comes too late before it is waited for.
const OFTEN: u32 = 5;
/// Sound that comes within so long belongs together, in nanoseconds.
const TOGETHER: i64 = 80_000_000;
/// Times that are further apart than this are jitter, in nanoseconds.
const SELDOM: i64 = 1_000_000_000;
/// How long sound must have come early enough before less is waited for it, in nanoseconds.
const EARLY: i64 = 20_000_000_000;

/// See the module's text.
#[derive(Debug, Default)]
pub struct SoundLag {
    times: u32,
    last: Option<i64>,
    /// How late it came at most, in nanoseconds.
    worst: i64,
    /// Since when it has come in time, and the least time that was left.
    in_time: Option<(i64, i64)>,
}

impl SoundLag {
    /// Sound comes so long before it is to be heard (after, where negative), in nanoseconds; by how much its source is to
    /// be put later (earlier, where negative).
    pub fn judge(&mut self, margin: i64, now: i64) -> Option<i64> {
        if margin >= 0 {
            let (since, least) = self.in_time.get_or_insert((now, margin));
            *least = margin.min(*least);
            let spare = (now - *since > EARLY).then_some(-*least);
            self.in_time = self.in_time.filter(|_| spare.is_none());
            return spare;
        }
        self.in_time = None;
        let apart = self.last.map_or(i64::MAX, |last| now - last);
        if apart > SELDOM {
            (self.times, self.worst) = (0, 0);
        }
        self.worst = self.worst.max(-margin);
        if apart > TOGETHER {
            (self.times, self.last) = (self.times + 1, Some(now));
        }
        if self.times < OFTEN {
            return None;
        }
        let late = self.worst;
        *self = Self::default();
        Some(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn sound_that_is_late_in_every_bundle_is_waited_for_and_jitter_is_not() {
        let mut lag = SoundLag::default();
        // Bundles of 9 frames, of which the first two are late.
        let bundles = (0..5).flat_map(|n| (0..9).map(move |frame| (n * 192 * MS, (frame * 21 - 33) * MS)));
        let judged: Vec<_> = bundles.filter_map(|(now, margin)| lag.judge(margin, now)).collect();
        assert_eq!(judged, [33 * MS]);
        let mut lag = SoundLag::default();
        assert!((0..20).all(|n| lag.judge(-50 * MS, n * 3_000 * MS).is_none()));
        assert!((0..20).all(|n| lag.judge(-50 * MS, 90_000 * MS + n * MS).is_none()), "one stall");
    }

    #[test]
    fn what_is_left_over_for_long_is_given_back() {
        let mut lag = SoundLag::default();
        let judged: Vec<_> = (0..50).filter_map(|n| lag.judge((200 - n % 3) * MS, n * 500 * MS)).collect();
        assert_eq!(judged, [-198 * MS]);
    }
}
