//! The scene timeline: what program shows in which slot. Sans-IO, keyed by slot.

use crate::domain::{
    source::SourceId,
    switcher::{Fade, SceneChange},
    time::Slot,
};

/// What program is made of in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scene {
    /// One source fills the picture.
    One(SourceId),
    /// `share` of `to` over `from`, more than 0.0 and less than 1.0.
    Mix { from: SourceId, to: SourceId, share: f32 },
}

/// See the module's text.
#[derive(Debug, Default)]
pub struct Timeline {
    program: Option<SourceId>,
    preview: Option<SourceId>,
    fade: Option<(Fade, Slot)>,
}

impl Timeline {
    /// A timeline that begins with these buses.
    pub fn new(program: Option<SourceId>, preview: Option<SourceId>) -> Self {
        Self { program, preview, fade: None }
    }

    /// A change takes effect from this slot on. Slots must not go backwards.
    pub fn apply(&mut self, change: SceneChange, slot: Slot) {
        match change {
            SceneChange::Cut { program, preview } => {
                (self.program, self.preview, self.fade) = (Some(program), preview, None);
            }
            SceneChange::Fade { to, slots } => match self.program {
                Some(from) => self.fade = Some((Fade { from, to, slots }, slot)),
                None => self.program = Some(to),
            },
            SceneChange::Preview { preview } => self.preview = preview,
        }
    }

    /// Moves on to a slot; gives the fade that has ended with it.
    pub fn advance(&mut self, slot: Slot) -> Option<Fade> {
        let (fade, _) = self.fade.take_if(|(fade, began)| slot.0 >= began.0 + fade.slots)?;
        (self.program, self.preview) = (Some(fade.to), Some(fade.from));
        Some(fade)
    }

    /// The scene of a slot that was advanced to; `None` when there is no source at all.
    pub fn scene(&self, slot: Slot) -> Option<Scene> {
        match self.fade {
            Some((fade, began)) => {
                // The first slot of a fade already shows something of it, its last one still something of both.
                let step = slot.0.saturating_sub(began.0) + 1;
                let share = step as f32 / (fade.slots + 1) as f32;
                Some(Scene::Mix { from: fade.from, to: fade.to, share })
            }
            None => self.program.map(Scene::One),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: SourceId = SourceId(0);
    const B: SourceId = SourceId(1);

    #[test]
    fn a_fade_mixes_in_exactly_its_slots_and_leaves_the_old_program_on_preview() {
        let mut timeline = Timeline::new(Some(A), Some(B));
        timeline.apply(SceneChange::Fade { to: B, slots: 4 }, Slot(10));
        let mut shares = Vec::new();
        for n in 10..14 {
            assert_eq!(timeline.advance(Slot(n)), None);
            match timeline.scene(Slot(n)) {
                Some(Scene::Mix { from: A, to: B, share }) => shares.push(share),
                other => panic!("slot {n}: {other:?}"),
            }
        }
        assert_eq!(shares, [0.2, 0.4, 0.6, 0.8]);
        assert_eq!(timeline.advance(Slot(14)), Some(Fade { from: A, to: B, slots: 4 }));
        assert_eq!(timeline.scene(Slot(14)), Some(Scene::One(B)));
        assert_eq!(timeline.preview, Some(A));
        assert_eq!(timeline.advance(Slot(15)), None);
    }

    #[test]
    fn a_cut_during_a_fade_ends_it_and_nothing_is_told_of_its_end() {
        let mut timeline = Timeline::new(Some(A), Some(B));
        timeline.apply(SceneChange::Fade { to: B, slots: 30 }, Slot(10));
        timeline.apply(SceneChange::Cut { program: B, preview: Some(A) }, Slot(15));
        assert_eq!(timeline.scene(Slot(15)), Some(Scene::One(B)));
        assert_eq!(timeline.advance(Slot(60)), None);
    }

    #[test]
    fn slots_that_were_skipped_do_not_keep_a_fade_alive() {
        let mut timeline = Timeline::new(Some(A), Some(B));
        timeline.apply(SceneChange::Fade { to: B, slots: 2 }, Slot(10));
        assert!(timeline.advance(Slot(99)).is_some());
        assert_eq!(timeline.scene(Slot(99)), Some(Scene::One(B)));
    }
}
