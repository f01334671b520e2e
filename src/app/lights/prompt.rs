//! Stand-in until prompts come in.
use super::Lights;
use crate::domain::lights::{Effect, LookChange, Palette, Rgb, SegmentChange};
use std::time::Duration;
pub struct Prompt {}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub message: String,
    pub spec: Spec,
}
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spec {
    pub effect: Option<Effect>,
    pub speed: Option<u8>,
    pub intensity: Option<u8>,
    pub primary: Option<Rgb>,
    pub secondary: Option<Rgb>,
    pub palette: Option<Palette>,
    pub colors: Vec<Rgb>,
    pub brightness: Option<u8>,
}
#[derive(Debug)]
pub struct PromptError(String);
impl PromptError {
    pub fn message(&self) -> String {
        self.0.clone()
    }
}
impl Prompt {
    pub fn new(_base_url: &str, _timeout: Duration) -> Result<Self, PromptError> {
        Ok(Self {})
    }
    pub async fn ask(&self, lights: &Lights, text: &str) -> Result<Answer, PromptError> {
        if !text.contains("fire") {
            return Err(PromptError("Nothing in the prompt was understood".to_owned()));
        }
        let (effect, primary) = (Some(Effect::Fire), Some([255, 80, 0]));
        let look = LookChange { effect: Some(effect), primary, ..LookChange::default() };
        let change = SegmentChange { look, ..SegmentChange::default() };
        lights.update_segment(0, change).map_err(|fault| PromptError(fault.detail))?;
        let spec = Spec { effect, primary, ..Spec::default() };
        Ok(Answer { message: "Lights updated successfully!".to_owned(), spec })
    }
}
