//! Frames of an effect, one after another, as the tests look at them.

use lumencast::{
    domain::lights::{Effect, Look, Rgb},
    lighting::effects::Animation,
};

/// The frames from number 0 on.
pub fn film(effect: Effect, look: &Look, length: usize, seed: u64, frames: usize) -> Vec<Vec<Rgb>> {
    let mut animation = Animation::new(effect, length, seed);
    (0..frames)
        .map(|frame| {
            let mut out = vec![[0xaa; 3]; length];
            animation.draw(look, frame as u64, &mut out);
            out
        })
        .collect()
}

/// Distinguishable colours: white on green, middle speed and intensity.
pub fn look() -> Look {
    Look { primary: [255; 3], secondary: [0, 200, 0], ..Look::default() }
}

/// How many LEDs of a frame are not dark.
pub fn lit(frame: &[Rgb]) -> usize {
    frame.iter().filter(|led| **led != [0; 3]).count()
}
