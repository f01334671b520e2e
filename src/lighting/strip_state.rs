//! The state of the lights and the computation of a frame. Sans-IO: time and the data of a desk are arguments.
//!
//! ```text
//! effects of the segments ─► pixels by hand ─► layers of rules ─► a lighting desk (sACN) ─► power, brightness
//!        (lowest)                                                      (highest)
//! ```
//!
//! Refuses to know: the clock, the network, the origin of a change.

use super::{
    dimmer::Dimmer,
    effects::Animation,
    fade::{Fade, Progress},
    layer::{self, ActiveLayer, Layer},
};
use crate::domain::{
    fault::Fault,
    lights::{Controller, ControllerChange, NewSegment, Nightlight, Pixels, Rgb, Segment, SegmentChange, Strip},
};
use std::{collections::BTreeMap, time::Duration};
use transition::{Crossing, LevelFade, Source, Span};

/// See the module's text.
pub struct StripState {
    strip: Strip,
    seed: u64,
    dimmer: Dimmer,
    /// Counts on while the power is on.
    frame: u64,
    playing: BTreeMap<u8, Option<Animation>>,
    layers: Vec<ActiveLayer>,
    fade: Option<Fade>,
    /// The brightness before it was 0.
    slept: Option<u8>,
    /// The colours of the segments' effects, or those set on LEDs directly.
    base: Vec<Rgb>,
    /// The base is kept as it is: effects stand still.
    held: bool,
    /// Old looks that give way to the present ones.
    crossing: Option<Crossing>,
    /// Brightness on its way to the present one.
    level: Option<LevelFade>,
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
    /// A nightlight that was running.
    pub nightlight: Option<SavedFade>,
    /// See [`Snapshot::wakes`].
    pub wakes: Option<u8>,
}

/// See [`SavedState::nightlight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedFade {
    pub order: Nightlight,
    /// The brightness it began with.
    pub from: u8,
    /// What had passed of it.
    pub passed: Duration,
}

impl StripState {
    /// The state of a strip that was just switched on. `gamma` is that of brightness, 1.0 leaves it as it is; the same
    /// seed gives the same frames.
    pub fn new(strip: Strip, gamma: f32, seed: u64) -> Self {
        let length = usize::from(strip.controller().led_count);
        Self {
            strip,
            seed,
            dimmer: Dimmer::new(gamma),
            frame: 0,
            playing: BTreeMap::new(),
            layers: Vec::new(),
            fade: None,
            slept: None,
            base: vec![[0; 3]; length],
            held: false,
            crossing: None,
            level: None,
            pixels: vec![[0; 3]; length],
        }
    }

    /// The same, continuing the activity of the last stop. Time begins now.
    pub fn resume(mut self, saved_state: SavedState) -> Self {
        let SavedState { nightlight, wakes } = saved_state;
        let brightness = self.strip.controller().brightness;
        let wakes = wakes.filter(|wakes| *wakes > 0);
        match nightlight {
            Some(SavedFade { order, from, passed }) => {
                let fade = Fade::new(order, from, Duration::ZERO).after(passed);
                self.fade = Some(fade.waking(wakes.unwrap_or(brightness)));
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
    /// nightlight. Power on brings a light back that a nightlight, or a brightness of 0, turned dark: as bright as it was.
    pub fn set_controller(&mut self, mut change: ControllerChange) -> Controller {
        let before = self.strip.controller();
        if change.power == Some(true) && change.brightness.is_none() && before.brightness == 0 {
            change.brightness = self.slept;
        }
        if let Some(brightness) = change.brightness {
            let lit = self.fade.map(|fade| fade.wakes()).or((before.brightness > 0).then_some(before.brightness));
            self.slept = (brightness == 0).then(|| lit.or(self.slept)).flatten();
        }
        let after = self.strip.set_controller(change);
        self.level = None;
        self.held &= before.power == after.power;
        if change.brightness.is_some() || !after.power {
            self.fade = None;
        }
        after
    }

    /// Makes a change over a time: looks are crossfaded, brightness and power move evenly. What is reported is the change
    /// itself, at once.
    pub fn over<T>(&mut self, lasts: Duration, now: Duration, change: impl FnOnce(&mut Self) -> T) -> T {
        if lasts.is_zero() {
            return change(self);
        }
        let (segments, held, level) = (self.strip.segments().to_vec(), self.held, self.present_level(now));
        let still = held || self.crossing.is_some();
        let old = self.base.clone();
        let mut playing = std::mem::take(&mut self.playing);
        let done = change(self);
        let span = Span { began: now, lasts };
        let mut running = Vec::new();
        for segment in segments {
            let new = self.strip.segments().iter().find(|new| new.id == segment.id);
            let shape = |segment: &Segment| (segment.start, segment.length, segment.reverse, segment.look.effect);
            let animation = playing.remove(&segment.id).flatten();
            let source = match new {
                Some(new) if shape(new) == shape(&segment) => {
                    self.playing.insert(segment.id, animation);
                    if *new == segment { Source::Same } else { Source::Shared }
                }
                _ => Source::Own(animation),
            };
            running.push((segment, source));
        }
        let changed = running.iter().any(|(_, source)| !matches!(source, Source::Same));
        let looks = changed || running.len() != self.strip.segments().len() || (held && !self.held);
        if looks && self.strip.controller().power {
            self.crossing = Some(Crossing { span, running: (!still).then_some(running), old });
        }
        if level != self.wanted_level() {
            self.level = Some(LevelFade { span, from: level });
        }
        done
    }

    /// The share of brightness that is wanted.
    fn wanted_level(&self) -> u32 {
        let Controller { power, brightness, .. } = self.strip.controller();
        if power { self.dimmer.share(brightness) } else { 0 }
    }

    /// The share of brightness that is shown.
    fn present_level(&self, now: Duration) -> u32 {
        let wanted = self.wanted_level();
        self.level.and_then(|fade| fade.level(wanted, now)).unwrap_or(wanted)
    }

    /// Puts other segments in the place of all.
    pub fn set_segments(&mut self, segments: &[Segment]) {
        self.strip.set_segments(segments);
        self.playing.clear();
        self.show_anew();
    }

    /// Pixels set directly are dropped, and what was on its way is there.
    fn show_anew(&mut self) {
        self.held = false;
        self.crossing = None;
    }

    /// See [`Strip::set_led_count`].
    pub fn set_led_count(&mut self, led_count: u16) {
        self.strip.set_led_count(led_count);
        let length = usize::from(self.strip.controller().led_count);
        self.base.resize(length, [0; 3]);
        self.pixels.resize(length.max(self.pixels.len()), [0; 3]);
        self.pixels[length..].fill([0; 3]);
        self.show_anew();
    }

    /// See [`Strip::create`]; pixels set directly are dropped.
    pub fn create_segment(&mut self, new: NewSegment) -> Result<Segment, Fault> {
        let segment = self.strip.create(new)?;
        self.playing.remove(&segment.id);
        self.show_anew();
        Ok(segment)
    }

    /// See [`Strip::update`]; pixels set directly are dropped.
    pub fn update_segment(&mut self, id: u8, change: SegmentChange) -> Result<Segment, Fault> {
        let segment = self.strip.update(id, change)?;
        self.show_anew();
        Ok(segment)
    }

    /// See [`Strip::delete`]; pixels set directly are dropped.
    pub fn delete_segment(&mut self, id: u8) -> Result<(), Fault> {
        self.strip.delete(id)?;
        self.playing.remove(&id);
        self.show_anew();
        Ok(())
    }

    /// Sets colours of LEDs directly and returns how many were set. All others stay as they are.
    pub fn set_pixels(&mut self, pixels: &Pixels) -> usize {
        self.show_anew();
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

    /// Begins a fade, in place of one that runs. Returns the brightness it begins with. With the power off, one that
    /// goes up switches it on and begins in the dark.
    pub fn start_nightlight(&mut self, order: Nightlight, now: Duration) -> u8 {
        let before = self.strip.controller();
        if !before.power && order.target > 0 {
            self.strip.set_controller(ControllerChange { power: Some(true), brightness: Some(0) });
            self.held = false;
            let wakes = if before.brightness > 0 { Some(before.brightness) } else { self.slept };
            self.slept = None;
            self.fade = Some(Fade::new(order, 0, now).waking(wakes.unwrap_or(order.target)));
            return 0;
        }
        let from = before.brightness;
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
        let level = self.present_level(now);
        self.level.take_if(|fade| fade.span.share(now).is_none());
        if !self.strip.controller().power && self.level.is_none() {
            self.pixels.fill([0; 3]);
            return moved;
        }
        if !self.held {
            self.play(now);
        }
        let length = self.base.len();
        self.pixels[..length].copy_from_slice(&self.base);
        self.overlay();
        self.frame += 1;
        desk(&mut self.pixels[..length]);
        self.dimmer.dim(level, self.frame, &mut self.pixels[..length]);
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
    fn play(&mut self, now: Duration) {
        self.base.fill([0; 3]);
        for segment in self.strip.segments() {
            let part = &mut self.base[usize::from(segment.start)..=usize::from(segment.stop())];
            let running = self.playing.entry(segment.id).or_default();
            layer::draw(running, &segment.look, seed(self.seed, segment.id), self.frame, part);
            if segment.reverse {
                part.reverse();
            }
        }
        let (seed, frame, playing, base) = (self.seed, self.frame, &mut self.playing, &mut self.base);
        self.crossing.take_if(|crossing| !crossing.draw(seed, frame, now, playing, base));
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
mod transition;
