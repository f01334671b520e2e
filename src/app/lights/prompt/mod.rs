//! Lights by words: a sentence becomes a few settings of segment 0.
//!
//! ```text
//!            ┌─ with a key ─► anthropic ─► reading ─┐
//! sentence ──┤                                      ├─► Spec ─► segment 0, brightness
//!            └─ without ────► local (vocabulary) ───┘
//! ```
//!
//! A sentence that is not understood changes nothing, nor does an answer with invalid values. Refuses to know: callers,
//! JSON of planes, the origin of the key.

pub mod anthropic;
mod color;
mod error;
pub mod local;
mod moods;
mod reading;
mod sentence;
mod spec;
mod vocabulary;

pub use error::PromptError;
pub use spec::{Answer, Now, Spec};
pub use vocabulary::words as vocabulary;

use super::Lights;
use crate::domain::lights::{ControllerChange, SegmentChange};
use anthropic::Anthropic;
use std::time::Duration;

/// The answer to every prompt that was understood.
const DONE: &str = "Lights updated successfully!";
/// Longest prompt in bytes.
pub const LONGEST: usize = 2000;

/// Interprets prompts. Clones share their connections.
#[derive(Clone)]
pub struct Prompt {
    anthropic: Anthropic,
}

impl Prompt {
    /// Nothing is connected before the first prompt. `base_url` is the Anthropic API's, e.g.
    /// `https://api.anthropic.com`; `timeout` is for one answer, from the first byte sent to the last byte received.
    ///
    /// # Errors
    /// [`PromptError::Setup`] for an invalid address, or when TLS cannot be set up.
    pub fn new(base_url: &str, timeout: Duration) -> Result<Self, PromptError> {
        Ok(Self { anthropic: Anthropic::new(base_url, timeout)? })
    }

    /// Applies the settings that a sentence asks for to segment 0, the brightness and the power, which a look switches on.
    ///
    /// # Errors
    /// See [`PromptError`]; then nothing has changed.
    pub async fn ask(&self, lights: &Lights, text: &str) -> Result<Answer, PromptError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PromptError::Empty);
        }
        if text.len() > LONGEST {
            return Err(PromptError::TooLong);
        }
        let now = now(lights)?;
        let settings = lights.settings();
        let mut spec = match &settings.ai_api_key {
            Some(key) => self.anthropic.ask(key, &settings.ai_model, &now, text).await?,
            None => local::interpret(text, &now)?,
        };
        // What is asked for is to be seen.
        if spec.power.is_none() && spec.brightness != Some(0) && !lights.view().controller.power {
            spec.power = Some(true);
        }
        apply(lights, &spec)?;
        Ok(Answer { message: DONE.to_owned(), spec })
    }
}

/// The present state of segment 0.
fn now(lights: &Lights) -> Result<Now, PromptError> {
    let view = lights.view();
    let segment = view.segments.iter().find(|segment| segment.id == 0).ok_or(PromptError::NoSegment)?;
    Ok(Now { look: segment.look, brightness: view.controller.brightness })
}

fn apply(lights: &Lights, spec: &Spec) -> Result<(), PromptError> {
    let change = SegmentChange { look: spec.change(), ..SegmentChange::default() };
    if change != SegmentChange::default() {
        // It may have been deleted while the answer was awaited.
        lights.update_segment(0, change).map_err(|_| PromptError::NoSegment)?;
    }
    if spec.brightness.is_some() || spec.power.is_some() {
        lights.set_controller(ControllerChange { brightness: spec.brightness, power: spec.power });
    }
    if let Some(fade) = spec.fade {
        lights.start_nightlight(fade);
    }
    Ok(())
}
