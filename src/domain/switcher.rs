//! The two buses and the transition between them, as LiveWing's section on switching defines them.
//!
//! Refuses to know: slots, pipelines, the origin of a command.

use super::{fault::Fault, source::SourceId};
use std::time::Duration;

/// A dissolve under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fade {
    pub from: SourceId,
    pub to: SourceId,
    /// Whole length in slots.
    pub slots: u64,
}

/// Program, preview and the transition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Switcher {
    pub program: Option<SourceId>,
    pub preview: Option<SourceId>,
    pub fade: Option<Fade>,
    /// How long the next fade takes unless its command sets a length.
    pub duration: Duration,
}

/// A change for the mixer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SceneChange {
    /// At one frame boundary.
    Cut { program: SourceId, preview: Option<SourceId> },
    /// Dissolve to `to` over `slots` slots; the old program becomes preview at its end.
    Fade { to: SourceId, slots: u64 },
    /// Another source waits on preview, or none.
    Preview { preview: Option<SourceId> },
}

impl Switcher {
    /// Preview goes to program. During a fade the fade is finished at once.
    pub fn cut(&mut self) -> Result<SceneChange, Fault> {
        if let Some(fade) = self.fade {
            return Ok(self.commit(fade.to, fade.from));
        }
        let (program, preview) = self.ready("cut")?;
        Ok(self.commit(preview, program))
    }

    /// A source goes to program past preview; `None` when it is there already.
    pub fn cut_to(&mut self, source: SourceId) -> Option<SceneChange> {
        let old = self.program;
        if self.fade.is_none() && old == Some(source) {
            return None;
        }
        match old {
            // Cutting back to the source that a fade came from ends the fade and leaves its target on preview.
            Some(old) if old == source => {
                let target = self.fade.map(|f| f.to);
                Some(self.put(source, target.or(self.preview)))
            }
            Some(old) => Some(self.commit(source, old)),
            None => Some(self.put(source, self.preview)),
        }
    }

    /// Starts a dissolve to preview; `None` when one is under way (it is then ignored).
    pub fn fade(&mut self, slots: u64) -> Result<Option<SceneChange>, Fault> {
        if self.fade.is_some() {
            return Ok(None);
        }
        let (from, to) = self.ready("fade")?;
        self.fade = Some(Fade { from, to, slots });
        Ok(Some(SceneChange::Fade { to, slots }))
    }

    /// The dissolve reached its end.
    pub fn finish(&mut self, fade: Fade) {
        if self.fade == Some(fade) {
            self.commit(fade.to, fade.from);
        }
    }

    /// Another source waits on preview.
    pub fn set_preview(&mut self, source: SourceId) -> Result<SceneChange, Fault> {
        if self.fade.is_some() {
            return Err(Fault::conflict("fade_active", "preview", "A fade is under way"));
        }
        self.preview = Some(source);
        Ok(SceneChange::Preview { preview: Some(source) })
    }

    /// Whether program shows a source, be it as part of a fade.
    pub fn shows(&self, source: SourceId) -> bool {
        self.program == Some(source) || self.fade.is_some_and(|fade| fade.from == source || fade.to == source)
    }

    /// A source leaves both buses. Where it was on program, the other side of the fade follows, or preview, or else
    /// `other`. `None` when it was on neither.
    pub fn leave(&mut self, source: SourceId, other: Option<SourceId>) -> Option<SceneChange> {
        if !self.shows(source) {
            self.preview.take_if(|preview| *preview == source)?;
            return Some(SceneChange::Preview { preview: None });
        }
        let stays = |id: Option<SourceId>| id.filter(|id| *id != source);
        let faded = self.fade.and_then(|fade| stays(Some(fade.from)).or(stays(Some(fade.to))));
        let program = faded.or(stays(self.preview)).or(stays(other))?;
        let preview = stays(self.preview).filter(|preview| *preview != program);
        Some(self.put(program, preview))
    }

    fn ready(&self, what: &str) -> Result<(SourceId, SourceId), Fault> {
        match (self.program, self.preview) {
            (Some(a), Some(b)) if a != b => Ok((a, b)),
            (_, None) => Err(Fault::conflict("no_preview", "preview", format!("Nothing is on preview to {what} to"))),
            _ => Err(Fault::conflict("preview_on_program", "preview", "Preview is on program already")),
        }
    }

    fn commit(&mut self, program: SourceId, preview: SourceId) -> SceneChange {
        self.put(program, Some(preview))
    }

    fn put(&mut self, program: SourceId, preview: Option<SourceId>) -> SceneChange {
        self.program = Some(program);
        self.preview = preview;
        self.fade = None;
        SceneChange::Cut { program, preview }
    }
}
