//! Tally: the sources on air, as a function of state. Never stored, only diffed.

use super::{source::SourceId, switcher::Switcher};
use std::collections::BTreeSet;

/// Sources on program (red) and on preview (green).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    pub program: BTreeSet<SourceId>,
    pub preview: BTreeSet<SourceId>,
}

/// The tally of a switcher. During a fade both of its sources are on program.
pub fn tally(switcher: &Switcher) -> Tally {
    let mut program: BTreeSet<_> = switcher.program.into_iter().collect();
    program.extend(switcher.fade.map(|fade| fade.to));
    Tally { program, preview: switcher.preview.into_iter().collect() }
}
