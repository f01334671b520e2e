//! How a graphic comes and goes, as a pure function of slots. No clock: the slot is an argument.

/// The ways the built-in templates move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Comes up from below while fading in, in 400 ms, and sinks away in 300 ms.
    Rise,
    /// Fades in and out in 400 ms.
    Fade,
    /// Fades in and out in 200 ms.
    QuickFade,
    /// There at once, gone at once.
    Cut,
}

/// The animation of one graphic in slots of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion {
    /// Slots until it stands still; it is visible from the first one. 0: at once.
    pub in_slots: u32,
    /// Slots until it is gone after its release. 0: at once.
    pub out_slots: u32,
    /// Pixels below its place where it starts and ends.
    pub rise: i32,
}

/// Where and how strongly a graphic is keyed in one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pose {
    /// 0 invisible to 255 as drawn.
    pub opacity: u8,
    /// Pixels to the right of its place; even.
    pub dx: i32,
    /// Pixels below its place; even.
    pub dy: i32,
    /// The out animation is over: nothing is to be shown from this slot on.
    pub done: bool,
}

impl Motion {
    /// The motion of a style at `num / den` frames per second in a picture `height` pixels high.
    pub fn new(style: Style, num: u32, den: u32, height: usize) -> Self {
        let (in_ms, out_ms, rise) = match style {
            Style::Rise => (400, 300, height / 12),
            Style::Fade => (400, 400, 0),
            Style::QuickFade => (200, 200, 0),
            Style::Cut => (0, 0, 0),
        };
        Self {
            in_slots: slots(in_ms, num, den),
            out_slots: slots(out_ms, num, den),
            rise: i32::try_from(rise).unwrap_or(0),
        }
    }

    /// The pose in the slot `since_in` slots after the take took effect and, once released,
    /// `since_out` slots after that. Slot 0 is the first in which the order shows: a take is
    /// already visible there. A release during the in animation goes back from where it was.
    pub fn pose(&self, since_in: u64, since_out: Option<u64>) -> Pose {
        let Some(out) = since_out else {
            return self.at(self.level(since_in), false);
        };
        let left = u64::from(self.out_slots).saturating_sub(out.saturating_add(1));
        if left == 0 {
            return self.at(0.0, true);
        }
        let gone = 1.0 - left as f32 / self.out_slots as f32;
        let from = match since_in.checked_sub(out) {
            // Released before its first slot: there is nothing to take away.
            None | Some(0) => 0.0,
            Some(slots) => self.level(slots - 1),
        };
        self.at(from * (1.0 - gone * gone), false)
    }

    /// Slots of the in animation after which it is at least as visible as `opacity`: where to
    /// join it when a graphic is taken again while it goes out.
    pub fn joined_at(&self, opacity: u8) -> u64 {
        let reached = |since: &u64| self.at(self.level(*since), false).opacity >= opacity;
        let all = u64::from(self.in_slots);
        (0..all).find(reached).unwrap_or(all)
    }

    /// How far in, 0 to 1: quick at first, then easing out (cubic).
    fn level(&self, since_in: u64) -> f32 {
        let left = u64::from(self.in_slots).saturating_sub(since_in.saturating_add(1));
        if left == 0 {
            return 1.0;
        }
        let left = left as f32 / self.in_slots as f32;
        1.0 - left * left * left
    }

    fn at(&self, level: f32, done: bool) -> Pose {
        let below = ((1.0 - level) * self.rise as f32).round() as i32;
        Pose { opacity: (level * 255.0).round() as u8, dx: 0, dy: below & !1, done }
    }
}

/// Milliseconds as slots of the project, to the nearest, at least one unless it is zero.
fn slots(ms: u64, num: u32, den: u32) -> u32 {
    if ms == 0 {
        return 0;
    }
    let per = 1000 * u64::from(den.max(1));
    let slots = (ms * u64::from(num) + per / 2) / per;
    u32::try_from(slots.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_become_slots_of_the_project() {
        assert_eq!(slots(400, 30, 1), 12);
        assert_eq!(slots(400, 25, 1), 10);
        assert_eq!(slots(400, 60000, 1001), 24);
        assert_eq!(slots(1, 30, 1), 1);
        assert_eq!(slots(0, 30, 1), 0);
        assert_eq!(slots(400, 30, 0), 12);
    }

    #[test]
    fn a_take_shows_in_its_first_slot_and_clearly_within_five() {
        for style in [Style::Rise, Style::Fade, Style::QuickFade, Style::Cut] {
            for (num, den) in [(25, 1), (30000, 1001), (30, 1), (60, 1)] {
                let motion = Motion::new(style, num, den, 1080);
                assert!(motion.pose(0, None).opacity > 20, "{style:?} {num}/{den}");
                assert!(motion.pose(4, None).opacity > 110, "{style:?} {num}/{den}");
            }
        }
    }

    #[test]
    fn it_comes_steadily_and_ends_in_place() {
        let motion = Motion::new(Style::Rise, 30, 1, 1080);
        assert_eq!((motion.in_slots, motion.rise), (12, 90));
        let poses: Vec<Pose> = (0..12).map(|slot| motion.pose(slot, None)).collect();
        assert!(poses.windows(2).all(|pair| pair[0].opacity <= pair[1].opacity));
        assert!(poses.windows(2).all(|pair| pair[0].dy >= pair[1].dy));
        assert!(poses.iter().all(|pose| pose.dy % 2 == 0 && !pose.done));
        let still = Pose { opacity: 255, dx: 0, dy: 0, done: false };
        assert_eq!(poses[11], still);
        assert_eq!(motion.pose(u64::MAX, None), still);
    }

    #[test]
    fn it_goes_steadily_and_is_done_after_the_out_slots() {
        let motion = Motion::new(Style::Fade, 30, 1, 1080);
        let poses: Vec<Pose> = (0..12).map(|out| motion.pose(100 + out, Some(out))).collect();
        assert!(poses[0].opacity < 255);
        assert!(poses.windows(2).all(|pair| pair[0].opacity > pair[1].opacity));
        assert!(poses.iter().take(11).all(|pose| !pose.done));
        assert!(poses[11].done && poses[11].opacity == 0);
        assert!(motion.pose(u64::MAX, Some(u64::MAX)).done);
    }

    #[test]
    fn a_release_on_the_way_in_does_not_flash() {
        let motion = Motion::new(Style::Fade, 30, 1, 1080);
        let before = motion.pose(2, None).opacity;
        let after = motion.pose(3, Some(0)).opacity;
        assert!(after <= before, "{before} then {after}");
    }

    #[test]
    fn a_cut_is_there_at_once_and_gone_at_once() {
        let motion = Motion::new(Style::Cut, 30, 1, 1080);
        assert_eq!(motion.pose(0, None).opacity, 255);
        assert!(motion.pose(9, Some(0)).done);
    }
}
