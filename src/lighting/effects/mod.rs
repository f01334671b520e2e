//! The effects: from a look and the number of a frame to the colours of a segment.
//!
//! ```text
//! Look ─┐
//! frame ┴─► Animation ─► one of   bands   solid gradient rainbow pride
//!           (its state)           fields  colorwaves noise pacifica
//!                                 fire    fire fireup
//!                                 dots    confetti theater sinelon
//!                                 breath  pulse breathe strobe        candle
//!                                 glitter sparkle twinkle
//!                                 runners comet scanner wave          meteor  rain
//! ```
//!
//! Their appearance, and their numbers, are those of the LUME document and its firmware. All arithmetic is on integers,
//! randomness comes from a seed: the same seed, looks and frame numbers give the same picture everywhere. Refuses to
//! know: brightness, gamma, reversed segments, time (frames are counted by the engine).

mod bands;
mod breath;
mod candle;
mod dots;
mod fields;
mod fire;
mod glitter;
mod meteor;
mod noise;
mod rain;
mod random;
mod runners;
mod wheel;

use crate::domain::lights::{Effect, Look, Rgb};

/// The maximum number of LEDs of the document's controller. Effects with a number of random events per frame have as
/// many again for each such length beyond the first, so that a long strip is no emptier than a short one.
const DOCUMENT_LEDS: usize = 300;

/// How often random events are drawn for this many LEDs.
fn shares(length: usize) -> usize {
    length.div_ceil(DOCUMENT_LEDS)
}

/// The frame that an effect draws.
struct Moment<'a> {
    look: &'a Look,
    frame: u64,
    /// Frames since the last picture; none if this is the first one.
    since: Option<u64>,
}

impl Moment<'_> {
    /// Whether this frame has not been drawn before, so that random events happen.
    fn is_new(&self) -> bool {
        self.since != Some(0)
    }

    fn speed(&self) -> u64 {
        u64::from(self.look.speed)
    }

    fn intensity(&self) -> usize {
        usize::from(self.look.intensity)
    }
}

/// An effect with its state.
trait Draw: Send {
    fn draw(&mut self, moment: &Moment, out: &mut [Rgb]);
}

/// One effect as it runs on one segment: its state between frames.
pub struct Animation {
    effect: Effect,
    length: usize,
    state: Box<dyn Draw>,
    last: Option<u64>,
}

impl Animation {
    /// Begins an effect from its first frame, on this many LEDs. The same seed, looks and frame numbers give the same
    /// pictures.
    pub fn new(effect: Effect, length: usize, seed: u64) -> Self {
        Self { effect, length, state: begin(effect, length, seed), last: None }
    }

    /// The effect.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The number of LEDs.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Draws the frame of this number (60 a second, counted by the engine, frozen while power is off) into `out`, which
    /// is as long as the segment. The look may differ each time without restarting the effect. The same frame twice
    /// gives the same picture twice; skipped frames are lost for random events, not for steady motion.
    pub fn draw(&mut self, look: &Look, frame: u64, out: &mut [Rgb]) {
        if out.is_empty() {
            return;
        }
        let since = self.last.map(|last| frame.saturating_sub(last));
        self.last = Some(frame);
        self.state.draw(&Moment { look, frame, since }, out);
    }
}

fn begin(effect: Effect, length: usize, seed: u64) -> Box<dyn Draw> {
    match effect {
        Effect::Solid => Box::new(bands::Solid),
        Effect::Rainbow => Box::new(bands::Rainbow::default()),
        Effect::Gradient => Box::new(bands::Gradient),
        Effect::Fire => Box::new(fire::Fire::new(length, seed)),
        Effect::FireUp => Box::new(fire::FireUp::new(length, seed)),
        Effect::Confetti => Box::new(dots::Confetti::new(length, seed)),
        Effect::ColorWaves => Box::new(fields::ColorWaves::default()),
        Effect::Noise => Box::new(fields::Noise::new(seed)),
        Effect::Pacifica => Box::new(fields::Pacifica::new(seed)),
        Effect::Pride => Box::new(bands::Pride::default()),
        Effect::Theater => Box::new(dots::Theater::default()),
        Effect::Sinelon => Box::new(dots::Sinelon::new(length)),
        Effect::Pulse => Box::new(breath::Pulse::default()),
        Effect::Breathe => Box::new(breath::Breathe::default()),
        Effect::Sparkle => Box::new(glitter::Sparkle::new(seed)),
        Effect::Twinkle => Box::new(glitter::Twinkle::new(length, seed)),
        Effect::Strobe => Box::new(breath::Strobe),
        Effect::Candle => Box::new(candle::Candle::new(length, seed)),
        Effect::Comet => Box::new(runners::Comet::default()),
        Effect::Meteor => Box::new(meteor::Meteor::new(length, seed)),
        Effect::Scanner => Box::new(runners::Scanner::default()),
        Effect::Rain => Box::new(rain::Rain::new(length, seed)),
        Effect::Wave => Box::new(runners::Wave::default()),
    }
}
