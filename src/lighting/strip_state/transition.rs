//! Transitions: from what was shown to what is wanted.
//!
//! ```text
//! looks   old segments go on ─┐
//!         (or a still of them) ├─ blended by the share of the time that has passed ─► base
//!         new segments ───────┘
//! level   brightness × power, from what it was to what it is to be
//! ```
//!
//! Refuses to know: what changes, rules, a lighting desk.

use super::seed;
use crate::{
    domain::lights::{Rgb, Segment},
    lighting::{colour::blend, effects::Animation, layer},
};
use std::{collections::BTreeMap, time::Duration};

/// The time of a transition.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub began: Duration,
    pub lasts: Duration,
}

impl Span {
    /// What has passed of it, 0 to 65536; none when it is over.
    pub fn share(&self, now: Duration) -> Option<u32> {
        let passed = now.saturating_sub(self.began);
        let share = passed.as_nanos() * 65536 / self.lasts.as_nanos().max(1);
        (passed < self.lasts).then(|| u32::try_from(share).unwrap_or(65536))
    }
}

/// Looks that give way to others.
pub struct Crossing {
    pub span: Span,
    /// Segments that go on meanwhile; none: a still.
    pub running: Option<Vec<(Segment, Source)>>,
    /// The strip as it was shown.
    pub old: Vec<Rgb>,
}

/// What draws an old segment.
pub enum Source {
    /// It is in the new strip as it was.
    Same,
    /// The animation of the new strip's segment: only values of its look differ.
    Shared,
    /// One of its own.
    Own(Option<Animation>),
}

impl Crossing {
    /// Blends the old looks over the new ones, which `playing` has just drawn. False when nothing is left of them.
    pub fn draw(
        &mut self,
        strip_seed: u64,
        frame: u64,
        now: Duration,
        playing: &mut BTreeMap<u8, Option<Animation>>,
        new: &mut [Rgb],
    ) -> bool {
        let Some(share) = self.span.share(now) else { return false };
        self.old.resize(new.len(), [0; 3]);
        if let Some(segments) = &mut self.running {
            self.old.fill([0; 3]);
            for (segment, source) in segments {
                let (first, last) = (usize::from(segment.start), usize::from(segment.stop()));
                let (Some(old), Some(same)) = (self.old.get_mut(first..=last), new.get(first..=last)) else { continue };
                let animation = match source {
                    Source::Same => {
                        old.copy_from_slice(same);
                        continue;
                    }
                    // The same frame twice does not move it.
                    Source::Shared => playing.entry(segment.id).or_default(),
                    Source::Own(animation) => animation,
                };
                layer::draw(animation, &segment.look, seed(strip_seed, segment.id), frame, old);
                if segment.reverse {
                    old.reverse();
                }
            }
        }
        let amount = (share >> 8) as u16;
        for (new, old) in new.iter_mut().zip(&self.old) {
            *new = blend(*old, *new, amount);
        }
        true
    }
}

/// Brightness that goes from one share to another.
#[derive(Debug, Clone, Copy)]
pub struct LevelFade {
    pub span: Span,
    pub from: u32,
}

impl LevelFade {
    /// The share as of now; none when it is over.
    pub fn level(&self, to: u32, now: Duration) -> Option<u32> {
        let share = i64::from(self.span.share(now)?);
        let (from, to) = (i64::from(self.from), i64::from(to));
        u32::try_from(from + ((to - from) * share) / 65536).ok()
    }
}
