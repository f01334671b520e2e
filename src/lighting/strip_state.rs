//! The state of the lights and the computation of a frame. Sans-IO: time and the data of a desk are arguments.
//!
//! ```text
//! effects of the segments ─► pixels by hand ─► layers of rules ─► a lighting desk (sACN) ─► power, brightness
//!        (lowest)                                                      (highest)
//! ```
//!
//! Refuses to know: the clock, the network, the origin of a change.

use super::{
    effects::Animation,
    fade::{Fade, Progress},
    layer::{self, ActiveLayer, Layer},
};
use crate::domain::{
    fault::Fault,
    lights::{Controller, ControllerChange, NewSegment, Nightlight, Pixels, Rgb, Segment, SegmentChange, Strip},
};
use std::{collections::BTreeMap, time::Duration};

/// See the module's text.
pub struct StripState {
    strip: Strip,
    seed: u64,
    /// Brightness after gamma, for each brightness.
    dimming: [u16; 256],
    /// Counts on while the power is on.
    frame: u64,
    playing: BTreeMap<u8, Option<Animation>>,
    layers: Vec<ActiveLayer>,
    fade: Option<Fade>,
    /// The brightness before a nightlight put the light out.
    slept: Option<u8>,
    /// The colours of the segments' effects, or those set on LEDs directly.
    base: Vec<Rgb>,
    /// The base is kept as it is: effects stand still.
    held: bool,
    /// The pixels that are sent. Never shorter than the strip was once: LEDs beyond its end are sent as black.
    pixels: Vec<Rgb>,
}

/// The public state of the lights.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub controller: Controller,
    /// By their ids.
    pub segments: Vec<Segment>,
    /// Whether the only segment is the one that was there from the start, unchanged.
    pub untouched: bool,
    /// The fade that runs.
    pub nightlight: Option<Progress>,
    /// The brightness before a nightlight, while it runs and after it put the light out.
    pub wakes: Option<u8>,
}

/// The activity at the last stop, beside the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SavedState {
    /// The rest of a nightlight.
    pub nightlight: Option<Nightlight>,
    /// See [`Snapshot::wakes`].
    pub wakes: Option<u8>,
}

impl StripState {
    /// The state of a strip that was just switched on. `gamma` is that of brightness, 1.0 leaves it as it is; the same
    /// seed gives the same frames.
    pub fn new(strip: Strip, gamma: f32, seed: u64) -> Self {
        let length = usize::from(strip.controller().led_count);
        let share = |n: usize| {
            let share = (n as f32 / 255.0).powf(gamma);
            // A brightness above 0 never becomes 0.
            ((share * 256.0).round() as u16).max(u16::from(n > 0))
        };
        Self {
            strip,
            seed,
            dimming: std::array::from_fn(share),
            frame: 0,
            playing: BTreeMap::new(),
            layers: Vec::new(),
            fade: None,
            slept: None,
            base: vec![[0; 3]; length],
            held: false,
            pixels: vec![[0; 3]; length],
        }
    }

    /// The same, continuing the activity of the last stop. Time begins now.
    pub fn resume(mut self, saved_state: SavedState) -> Self {
        let SavedState { nightlight, wakes } = saved_state;
        let brightness = self.strip.controller().brightness;
        let wakes = wakes.filter(|wakes| *wakes > 0);
        match nightlight {
            Some(order) => {
                self.fade = Some(Fade::new(order, brightness, Duration::ZERO).waking(wakes.unwrap_or(brightness)));
            }
            None => self.slept = wakes,
        }
        self
    }

    /// The state as of now.
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        Snapshot {
            controller: self.strip.controller(),
            segments: self.strip.segments().to_vec(),
            untouched: self.strip.is_untouched(),
            nightlight: self.fade.map(|fade| fade.progress(now)),
            wakes: self.fade.map(|fade| fade.wakes()).or(self.slept),
        }
    }

    /// Changes the controller. Pixels set directly are dropped when the power changes; setting a brightness ends the
    /// nightlight. A light that a nightlight turned off comes back as bright as it was before.
    pub fn set_controller(&mut self, mut change: ControllerChange) -> Controller {
        let before = self.strip.controller();
        let slept = self.slept.take_if(|_| change.power == Some(true) || change.brightness.is_some());
        if before.brightness == 0 && change.brightness.is_none() {
            change.brightness = slept;
        }
        let after = self.strip.set_controller(change);
        self.held &= before.power == after.power;
        if change.brightness.is_some() || !after.power {
            self.fade = None;
        }
        after
    }

    /// See [`Strip::set_led_count`].
    pub fn set_led_count(&mut self, led_count: u16) {
        self.strip.set_led_count(led_count);
        let length = usize::from(self.strip.controller().led_count);
        self.base.resize(length, [0; 3]);
        self.pixels.resize(length.max(self.pixels.len()), [0; 3]);
        self.pixels[length..].fill([0; 3]);
        self.held = false;
    }

    /// See [`Strip::create`]; pixels set directly are dropped.
    pub fn create_segment(&mut self, new: NewSegment) -> Result<Segment, Fault> {
        let segment = self.strip.create(new)?;
        self.playing.remove(&segment.id);
        self.held = false;
        Ok(segment)
    }

    /// See [`Strip::update`]; pixels set directly are dropped.
    pub fn update_segment(&mut self, id: u8, change: SegmentChange) -> Result<Segment, Fault> {
        let segment = self.strip.update(id, change)?;
        self.held = false;
        Ok(segment)
    }

    /// See [`Strip::delete`]; pixels set directly are dropped.
    pub fn delete_segment(&mut self, id: u8) -> Result<(), Fault> {
        self.strip.delete(id)?;
        self.playing.remove(&id);
        self.held = false;
        Ok(())
    }

    /// Sets colours of LEDs directly and returns how many were set. All others stay as they are.
    pub fn set_pixels(&mut self, pixels: &Pixels) -> usize {
        self.held = true;
        let base = &mut self.base;
        match pixels {
            Pixels::Each(colours) => {
                let set = colours.len().min(base.len());
                base[..set].copy_from_slice(&colours[..set]);
                return set;
            }
            Pixels::Fill(colour) => base.fill(*colour),
            Pixels::Gradient { from, to } => {
                let last = base.len().saturating_sub(1).max(1) as i32;
                for (n, pixel) in (0..).zip(base.iter_mut()) {
                    *pixel = std::array::from_fn(|c| {
                        let (a, b) = (i32::from(from[c]), i32::from(to[c]));
                        (a + (b - a) * n / last) as u8
                    });
                }
            }
        }
        base.len()
    }

    /// Begins a fade, in place of one that runs. Returns the brightness it begins with.
    pub fn start_nightlight(&mut self, order: Nightlight, now: Duration) -> u8 {
        let from = self.strip.controller().brightness;
        // A light that is dimmed already, or off, comes back as bright as it was before all fades.
        let before = self.fade.map(|fade| fade.wakes()).or(self.slept.filter(|_| from == 0));
        self.fade = Some(Fade::new(order, from, now).waking(before.unwrap_or(from)));
        from
    }

    /// Ends the fade where it is. False when there was none.
    pub fn stop_nightlight(&mut self) -> bool {
        self.fade.take().is_some()
    }

    /// Puts a layer over a segment, in place of this owner's earlier one.
    pub fn lay(&mut self, owner: &str, segment: u8, priority: u8, layer: Layer) {
        let at = self.layers.iter().position(|active| active.owner == owner);
        let running = at.map(|at| self.layers.remove(at)).filter(|active| active.segment == segment);
        // A layer with only new colours goes on, and keeps its place; a cue begins anew.
        let running = running.filter(|active| !matches!(active.layer, Layer::Look { until: Some(_), .. }));
        let stays = at.filter(|_| running.as_ref().is_some_and(|active| active.priority == priority));
        let place = stays.unwrap_or_else(|| self.layers.partition_point(|active| active.priority <= priority));
        let animation = running.and_then(|active| active.animation);
        self.layers.insert(place, ActiveLayer { owner: owner.to_owned(), segment, priority, layer, animation });
    }

    /// Removes the layer of an owner.
    pub fn lift(&mut self, owner: &str) {
        self.layers.retain(|active| active.owner != owner);
    }

    /// Computes the present frame. `desk` fills in the data of a lighting desk, if there is any. True when the state
    /// changed by itself: the nightlight moved.
    pub fn turn(&mut self, now: Duration, desk: impl FnOnce(&mut [Rgb])) -> bool {
        let moved = self.fade_on(now);
        self.layers.retain(|active| !active.is_over(now));
        let Controller { power, brightness, .. } = self.strip.controller();
        if !power {
            self.pixels.fill([0; 3]);
            return moved;
        }
        if !self.held {
            self.play();
        }
        let length = self.base.len();
        self.pixels[..length].copy_from_slice(&self.base);
        self.overlay();
        self.frame += 1;
        desk(&mut self.pixels[..length]);
        let share = self.dimming[usize::from(brightness)];
        if share < 256 {
            for pixel in &mut self.pixels[..length] {
                // Rounded up, so that no colour that is on becomes 0 before the brightness is 0.
                *pixel = pixel.map(|value| (u16::from(value) * share).div_ceil(256) as u8);
            }
        }
        moved
    }

    /// The LEDs of the last turn, as they are sent.
    pub fn pixels(&self) -> &[Rgb] {
        &self.pixels[..self.base.len()]
    }

    /// The same, and the dark LEDs that the strip had before it was made shorter.
    pub fn sent(&self) -> &[Rgb] {
        &self.pixels
    }

    fn fade_on(&mut self, now: Duration) -> bool {
        let Some(fade) = self.fade else { return false };
        let before = self.strip.controller();
        let over = fade.is_over(now);
        let power = (over && fade.ends_dark()).then_some(false);
        let brightness = Some(fade.brightness(now));
        let after = self.strip.set_controller(ControllerChange { power, brightness });
        if over {
            self.fade = None;
        }
        if power.is_some() {
            self.slept = Some(fade.wakes());
            self.held = false;
        }
        over || before != after
    }

    /// The effects of the segments, one step further.
    fn play(&mut self) {
        self.base.fill([0; 3]);
        for segment in self.strip.segments() {
            let part = &mut self.base[usize::from(segment.start)..=usize::from(segment.stop())];
            let running = self.playing.entry(segment.id).or_default();
            layer::draw(running, &segment.look, seed(self.seed, segment.id), self.frame, part);
            if segment.reverse {
                part.reverse();
            }
        }
    }

    /// The layers of the rules, over the present colours.
    fn overlay(&mut self) {
        for active in &mut self.layers {
            let Ok(segment) = self.strip.segment(active.segment) else { continue };
            let part = &mut self.pixels[usize::from(segment.start)..=usize::from(segment.stop())];
            if segment.reverse {
                part.reverse();
            }
            active.draw(seed(self.seed, segment.id), self.frame, part);
            if segment.reverse {
                part.reverse();
            }
        }
    }
}

/// Every segment has a random sequence of its own.
fn seed(strip_state: u64, segment: u8) -> u64 {
    strip_state ^ (u64::from(segment) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests;
