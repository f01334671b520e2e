//! Stand-in until the effects come in.
use crate::domain::lights::{Effect, Look, Rgb};
/// One effect as it runs on one segment: its state between frames.
pub struct Animation {
    effect: Effect,
    length: usize,
}
impl Animation {
    pub fn new(effect: Effect, length: usize, _seed: u64) -> Self {
        Self { effect, length }
    }
    pub fn effect(&self) -> Effect {
        self.effect
    }
    pub fn length(&self) -> usize {
        self.length
    }
    pub fn draw(&mut self, look: &Look, _frame: u64, out: &mut [Rgb]) {
        out.fill(look.primary);
    }
}
