//! Whether a publisher's pictures come too seldom to be carried as they are: a camera with a picture a second, a shared
//! screen that does not move. Sans-IO.
//!
//! It is judged by the stamps alone: what a network holds up has the stamps it had. Once seldom, a publisher stays so,
//! because its next pause may begin at any time.
//!
//! Refuses to know: what is done about it.

use crate::domain::time::ShowTime;

/// From a picture to the next, in nanoseconds.
pub(in crate::media) const SELDOM: u64 = 800_000_000;
/// How far sound may be ahead of the picture, in nanoseconds.
const SOUND_AHEAD: u64 = 1_200_000_000;
/// How far behind now repetitions stay, in nanoseconds: a picture that is on its way comes first.
pub(in crate::media) const BEHIND: u64 = 500_000_000;

/// See the module's text.
#[derive(Debug, Default)]
pub(in crate::media) struct Seldom {
    newest: Option<ShowTime>,
    known: bool,
    seldom: bool,
}

impl Seldom {
    /// A picture that is decoded at `dts` came. Gives whether it is known how often they come.
    pub fn picture(&mut self, dts: ShowTime) -> bool {
        if let Some(before) = self.newest.replace(dts) {
            self.known = true;
            self.seldom |= dts.since(before) > SELDOM;
        }
        self.known
    }

    /// Sound that is heard at `pts` came.
    pub fn sound(&mut self, pts: ShowTime) {
        if self.newest.is_some_and(|newest| pts.since(newest) > SOUND_AHEAD) {
            (self.known, self.seldom) = (true, true);
        }
    }

    /// Whether two pictures have come, or the second one is late.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Whether they come too seldom.
    pub fn is_seldom(&self) -> bool {
        self.seldom
    }

    /// When the newest picture is decoded.
    pub fn newest(&self) -> Option<ShowTime> {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> ShowTime {
        ShowTime(n * 1_000_000)
    }

    #[test]
    fn two_pictures_a_second_are_enough_and_one_is_seldom() {
        let (mut enough, mut seldom) = (Seldom::default(), Seldom::default());
        assert!(!enough.picture(ms(0)) && enough.picture(ms(500)) && enough.picture(ms(1000)));
        assert!(!enough.is_seldom());
        assert!(!seldom.picture(ms(0)) && seldom.picture(ms(1000)) && seldom.is_seldom());
        seldom.picture(ms(1033));
        assert!(seldom.is_seldom(), "for good");
    }

    #[test]
    fn a_pause_shows_while_it_lasts_by_the_sound_that_goes_on() {
        let mut pause = Seldom::default();
        (0..30).for_each(|n| assert_eq!(pause.picture(ms(n * 33)), n > 0));
        (0..80).for_each(|n| pause.sound(ms(900 + n * 15)));
        assert!(!pause.is_seldom());
        pause.sound(ms(2200));
        assert!(pause.is_seldom() && pause.newest() == Some(ms(957)));
    }
}
