//! Whether a decoder is behind: newer pictures than the one it puts out wait to be decoded. Sans-IO.
//!
//! A decoder is behind when it begins with a key frame of long ago, and when a stall ends and everything that was held
//! up comes at once. Ordinary jitter does not put it behind, and neither does a stream that always comes in bursts:
//! that one is shown later, which is for the grid to find out.

use crate::domain::time::ShowTime;

/// So much newer is the newest picture that has come, in nanoseconds.
const BEHIND: u64 = 500_000_000;
/// The same while a publisher begins: a decoder that was long in starting loses nothing for that. And how long it
/// begins.
const BEHIND_AT_FIRST: u64 = 1_500_000_000;
const FIRST: u64 = 1_000_000_000;
/// So many access units wait at least.
const WAITING: usize = 3;
/// When it was behind less than this ago, in nanoseconds, the stream comes in bursts.
const AGAIN: u64 = 3_000_000_000;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Lag {
    /// Pictures before it are only on the way to it.
    from: ShowTime,
    behind: bool,
    /// When the first picture was put out.
    first: Option<ShowTime>,
    /// When it was no longer behind.
    since: Option<ShowTime>,
}

impl Lag {
    /// A decoder that begins with old pictures and is to arrive at one that is shown at `from`.
    pub fn until(from: ShowTime) -> Self {
        Self { from, ..Self::default() }
    }

    /// Whether the decoder is behind with this picture. `newest` is when the newest one is shown that has come, and
    /// `waiting` is how many access units wait to be decoded.
    pub fn judge(&mut self, now: ShowTime, shown: ShowTime, newest: ShowTime, waiting: usize) -> bool {
        let begins = now.since(*self.first.get_or_insert(now)) < FIRST;
        let most = if begins { BEHIND_AT_FIRST } else { BEHIND };
        if shown < self.from {
            self.behind = true;
        } else if self.behind && waiting <= 1 {
            (self.behind, self.since) = (false, Some(now));
        } else if !self.behind && newest.since(shown) > most && waiting >= WAITING {
            self.behind = self.since.is_none_or(|since| now.since(since) > AGAIN);
        }
        self.behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> ShowTime {
        ShowTime(n * 1_000_000)
    }

    #[test]
    fn it_is_behind_with_a_backlog_until_nothing_waits_any_more() {
        let mut lag = Lag::until(ms(10_000));
        assert!(lag.judge(ms(10_050), ms(0), ms(10_000), 300));
        assert!(lag.judge(ms(10_300), ms(9_900), ms(10_250), 11));
        assert!(lag.judge(ms(10_300), ms(10_100), ms(10_250), 5), "it has come so far, but not up to now");
        assert!(!lag.judge(ms(10_310), ms(10_266), ms(10_300), 1));
        assert!(!lag.judge(ms(10_340), ms(10_300), ms(10_333), 1));
    }

    #[test]
    fn a_new_publisher_is_never_behind_and_neither_is_a_picture_a_second() {
        let mut lag = Lag::until(ms(0));
        // The first picture was long in the decoder.
        assert!(!lag.judge(ms(1200), ms(0), ms(1166), 35));
        for n in 1..60 {
            let now = 2000 + n * 1000;
            assert!(!lag.judge(ms(now), ms(now - 1000), ms(now), 1), "{n}");
        }
    }

    #[test]
    fn a_burst_after_a_stall_is_passed_over_but_not_one_burst_after_the_other() {
        let mut lag = Lag::until(ms(0));
        lag.judge(ms(1000), ms(1000), ms(1000), 0);
        let burst = |lag: &mut Lag, at: u64| {
            let waits = |n: u64| usize::try_from(30 - n).unwrap();
            (0..=30).filter(|n| lag.judge(ms(at), ms(at - 1000 + n * 33), ms(at), waits(*n))).count()
        };
        assert_eq!(burst(&mut lag, 4000), 29);
        assert_eq!(burst(&mut lag, 5000), 0);
        assert_eq!(burst(&mut lag, 6000), 0);
        assert_eq!(burst(&mut lag, 12_000), 29);
    }
}
