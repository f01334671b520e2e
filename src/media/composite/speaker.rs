//! The active speaker: the loudest member of late, with hysteresis, so that the picture does not flicker between two
//! members that talk at once. Sans-IO.

use crate::domain::time::ShowTime;
use std::collections::HashMap;

/// Shortest time between two changes of the speaker, in nanoseconds.
const FLOOR: u64 = 2_000_000_000;
/// Peaks below this (full scale 1.0) do not count as speech: -34 dB.
const QUIET: f32 = 0.02;
/// How many times louder than the present speaker another member must be to replace it.
const LOUDER: f32 = 1.5;
/// Share of a peak that is left a second later.
const LEFT: f32 = 0.1;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Speaker {
    who: Option<String>,
    since: ShowTime,
    heard: ShowTime,
    levels: HashMap<String, f32>,
}

impl Speaker {
    /// Takes the peaks since the last call and gives the speaker: an index into `members`, 0 when there are none.
    pub fn hear(&mut self, now: ShowTime, members: &[(&str, f32)]) -> usize {
        let fade = LEFT.powf(now.since(self.heard) as f32 / 1e9);
        self.heard = now;
        self.levels.retain(|who, _| members.iter().any(|(name, _)| name == who));
        for (who, peak) in members {
            let level = self.levels.entry((*who).to_owned()).or_default();
            *level = peak.max(*level * fade);
        }
        let level = |n: usize| members.get(n).and_then(|(who, _)| self.levels.get(*who)).copied().unwrap_or(0.0);
        // Of equally loud members the first.
        let loudest = (1..members.len()).fold(0, |best, n| if level(n) > level(best) { n } else { best });
        let present = self.who.as_ref().and_then(|who| members.iter().position(|(name, _)| name == who));
        let Some(present) = present else {
            self.give(loudest, now, members);
            return loudest;
        };
        let takes = loudest != present && level(loudest) > QUIET && level(loudest) > level(present) * LOUDER;
        if takes && now.since(self.since) >= FLOOR {
            self.give(loudest, now, members);
            return loudest;
        }
        present
    }

    fn give(&mut self, n: usize, now: ShowTime, members: &[(&str, f32)]) {
        (self.who, self.since) = (members.get(n).map(|(who, _)| (*who).to_owned()), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> ShowTime {
        ShowTime(n * 1_000_000)
    }

    #[test]
    fn the_floor_goes_to_who_is_clearly_louder_and_not_more_often_than_every_two_seconds() {
        let mut speaker = Speaker::default();
        assert_eq!(speaker.hear(ms(0), &[("a", 0.3), ("b", 0.0)]), 0);
        assert_eq!(speaker.hear(ms(1000), &[("a", 0.0), ("b", 0.5)]), 0, "a has had it for a second only");
        assert_eq!(speaker.hear(ms(2000), &[("a", 0.0), ("b", 0.5)]), 1);
        assert_eq!(speaker.hear(ms(6000), &[("a", 0.5), ("b", 0.5)]), 1, "as loud is not louder");
        assert_eq!(speaker.hear(ms(9000), &[("a", 0.01), ("b", 0.0)]), 1, "nobody speaks: who spoke last stays");
    }

    #[test]
    fn when_the_speaker_leaves_another_has_the_floor_at_once() {
        let mut speaker = Speaker::default();
        speaker.hear(ms(0), &[("a", 0.3), ("b", 0.0), ("c", 0.1)]);
        assert_eq!(speaker.hear(ms(100), &[("b", 0.0), ("c", 0.1)]), 1);
        assert_eq!(speaker.hear(ms(200), &[]), 0);
    }
}
