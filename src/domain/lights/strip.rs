//! The strip and its segments: the one place that defines the permitted changes.

use super::{Controller, Effect, Look, LookChange, MAX_LEDS, SEGMENTS, Segment};
use crate::domain::fault::Fault;

/// Changes to the controller; `None` leaves a value as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ControllerChange {
    pub power: Option<bool>,
    /// 0 to 255.
    pub brightness: Option<u8>,
}

/// A segment to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSegment {
    /// Its first LED.
    pub start: u16,
    /// At least 1; cut to the strip.
    pub length: u16,
    pub reverse: bool,
    /// Missing fields are as in [`Look::default`].
    pub look: LookChange,
}

/// What of a segment is to be another; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SegmentChange {
    pub start: Option<u16>,
    /// At least 1; cut to the strip.
    pub length: Option<u16>,
    pub look: LookChange,
}

/// See the module's text. Segments never overlap and never leave the strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    controller: Controller,
    segments: Vec<Segment>,
    /// The one segment is the one that was there from the start, and it is unchanged.
    untouched: bool,
}

impl Strip {
    /// A strip that was just switched on: one segment over all of it, with this effect. `led_count` is held within 1 and
    /// [`MAX_LEDS`].
    pub fn new(led_count: u16, effect: Effect) -> Self {
        let led_count = led_count.clamp(1, MAX_LEDS);
        Self {
            controller: Controller { power: true, brightness: 128, led_count },
            segments: vec![whole(led_count, effect)],
            untouched: true,
        }
    }

    /// A strip as it was left: segments that do not fit are cut, those that cannot be are left out.
    pub fn restore(controller: Controller, segments: impl IntoIterator<Item = Segment>, untouched: bool) -> Self {
        let led_count = controller.led_count.clamp(1, MAX_LEDS);
        let mut strip =
            Self { controller: Controller { led_count, ..controller }, segments: Vec::new(), untouched: false };
        for segment in segments {
            let known = strip.segments.iter().any(|other| other.id == segment.id);
            let placed = strip.place(segment.start, segment.length, None);
            if let (false, true, Ok(length)) = (known, segment.id < SEGMENTS, placed) {
                strip.insert(Segment { length, ..segment });
            }
        }
        strip.untouched = untouched && strip.segments.len() == 1;
        strip
    }

    /// What holds for all of it.
    pub fn controller(&self) -> Controller {
        self.controller
    }

    /// The segments by their ids.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether its one segment is the first one, as it was made at the start.
    pub fn is_untouched(&self) -> bool {
        self.untouched
    }

    /// A segment.
    ///
    /// # Errors
    /// `not_found`, or `invalid` (subject `id`) for an id that no segment can have.
    pub fn segment(&self, id: u8) -> Result<&Segment, Fault> {
        self.position(id).map(|place| &self.segments[place])
    }

    /// Changes the controller.
    pub fn set_controller(&mut self, change: ControllerChange) -> Controller {
        let ControllerChange { power, brightness } = change;
        self.controller.power = power.unwrap_or(self.controller.power);
        self.controller.brightness = brightness.unwrap_or(self.controller.brightness);
        self.controller
    }

    /// Makes the strip longer or shorter. Segments are cut, and those beyond its end go; an untouched one stays whole.
    pub fn set_led_count(&mut self, led_count: u16) {
        let led_count = led_count.clamp(1, MAX_LEDS);
        self.controller.led_count = led_count;
        if self.untouched {
            self.segments[0].length = led_count;
            return;
        }
        self.segments.retain(|segment| segment.start < led_count);
        for segment in &mut self.segments {
            segment.length = segment.length.min(led_count - segment.start);
        }
    }

    /// Makes a segment with the lowest free id. The first one of all takes the place of the untouched one.
    ///
    /// # Errors
    /// `invalid` (`start`) where it overlaps another, `invalid` (`length`) without an LED, `failed` (`creation_failed`)
    /// beyond the strip's end or when there are eight.
    pub fn create(&mut self, new: NewSegment) -> Result<Segment, Fault> {
        let creation_failed = |subject: &str, text: &str| Fault::failed("creation_failed", subject, text);
        if new.start >= self.controller.led_count {
            return Err(creation_failed("start", "The segment begins beyond the end of the strip"));
        }
        let replaced = self.untouched.then_some(0);
        let length = self.place(new.start, new.length, replaced)?;
        let taken = |id: &u8| self.segments.iter().any(|segment| segment.id == *id);
        let id = if self.untouched { Some(0) } else { (0..SEGMENTS).find(|id| !taken(id)) };
        let id = id.ok_or_else(|| creation_failed("id", "There are eight segments already"))?;
        let look = Look::default().with(new.look);
        let segment = Segment { id, start: new.start, length, reverse: new.reverse, look };
        if self.untouched {
            self.segments.clear();
        }
        self.untouched = false;
        self.insert(segment);
        Ok(segment)
    }

    /// Changes a segment.
    ///
    /// # Errors
    /// As with [`Strip::segment`]; `invalid` (`start`, `length`) where it would overlap or leave the strip.
    pub fn update(&mut self, id: u8, change: SegmentChange) -> Result<Segment, Fault> {
        let place = self.position(id)?;
        let SegmentChange { start, length, look } = change;
        let mut segment = self.segments[place];
        if start.is_some() || length.is_some() {
            segment.start = start.unwrap_or(segment.start);
            if segment.start >= self.controller.led_count {
                return Err(Fault::invalid("start", "Must be within the strip"));
            }
            segment.length = self.place(segment.start, length.unwrap_or(segment.length), Some(id))?;
        }
        segment.look = segment.look.with(look);
        self.segments[place] = segment;
        self.untouched = false;
        Ok(segment)
    }

    /// Takes a segment away. Its LEDs are dark from then on.
    ///
    /// # Errors
    /// As with [`Strip::segment`].
    pub fn delete(&mut self, id: u8) -> Result<(), Fault> {
        let place = self.position(id)?;
        self.segments.remove(place);
        self.untouched = false;
        Ok(())
    }

    /// Puts other segments in the place of all: those that do not fit are cut, those that cannot be are left out.
    pub fn set_segments(&mut self, segments: &[Segment]) {
        *self = Self::restore(self.controller, segments.iter().copied(), false);
    }

    fn insert(&mut self, segment: Segment) {
        self.segments.push(segment);
        self.segments.sort_by_key(|segment| segment.id);
    }

    fn position(&self, id: u8) -> Result<usize, Fault> {
        if id >= SEGMENTS {
            return Err(Fault::invalid("id", "Must be between 0 and 7"));
        }
        let place = self.segments.iter().position(|segment| segment.id == id);
        place.ok_or_else(|| Fault::not_found("not_found", "id", format!("There is no segment {id}")))
    }

    /// The length that a segment has there, cut to the strip. `but` names one that it may overlap.
    fn place(&self, start: u16, length: u16, but: Option<u8>) -> Result<u16, Fault> {
        if length == 0 {
            return Err(Fault::invalid("length", "Must be at least 1"));
        }
        let room = self.controller.led_count.saturating_sub(start);
        let length = length.min(room);
        let last = start.saturating_add(length.saturating_sub(1));
        let overlapped = self
            .segments
            .iter()
            .filter(|other| Some(other.id) != but)
            .find(|other| other.start <= last && start <= other.stop());
        match overlapped {
            Some(other) => Err(Fault::invalid(
                "start",
                format!("Overlaps segment {} (LEDs {} to {})", other.id, other.start, other.stop()),
            )),
            None if length == 0 => Err(Fault::invalid("start", "Must be within the strip")),
            None => Ok(length),
        }
    }
}

fn whole(led_count: u16, effect: Effect) -> Segment {
    let look = Look { effect: Some(effect), ..Look::default() };
    Segment { id: 0, start: 0, length: led_count, reverse: false, look }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Kind;

    fn new(start: u16, length: u16) -> NewSegment {
        NewSegment { start, length, reverse: false, look: LookChange::default() }
    }

    #[test]
    fn the_first_segment_made_takes_the_place_of_the_untouched_one() {
        let mut strip = Strip::new(160, Effect::Rainbow);
        assert_eq!(strip.create(new(0, 80)).map(|s| (s.id, s.length)), Ok((0, 80)));
        assert_eq!(strip.create(new(80, 80)).map(|s| (s.id, s.stop())), Ok((1, 159)));
        let mut changed = Strip::new(160, Effect::Rainbow);
        changed.update(0, SegmentChange::default()).unwrap();
        let fault = changed.create(new(0, 80)).unwrap_err();
        assert_eq!((fault.kind, fault.subject.as_str()), (Kind::Invalid, "start"));
    }

    #[test]
    fn segments_never_overlap_and_ids_are_used_again() {
        let mut strip = Strip::new(160, Effect::Rainbow);
        for n in 0..8 {
            assert_eq!(strip.create(new(n * 10, 10)).map(|s| u16::from(s.id)), Ok(n));
        }
        assert_eq!(strip.create(new(80, 10)).unwrap_err().code, "creation_failed");
        strip.delete(3).unwrap();
        assert_eq!(strip.create(new(35, 10)).unwrap_err().subject, "start");
        assert_eq!(strip.create(new(30, 10)).map(|s| s.id), Ok(3));
        assert_eq!(
            strip.update(0, SegmentChange { length: Some(11), ..Default::default() }).unwrap_err().kind,
            Kind::Invalid
        );
        assert_eq!(strip.segment(0).map(|s| s.length), Ok(10), "a refused change changes nothing");
    }

    #[test]
    fn a_segment_is_cut_to_the_strip_and_refused_beyond_it() {
        let mut strip = Strip::new(160, Effect::Rainbow);
        assert_eq!(strip.create(new(100, 200)).map(|s| s.stop()), Ok(159));
        assert_eq!(strip.create(new(160, 1)).unwrap_err().code, "creation_failed");
        assert_eq!(strip.create(new(0, 0)).unwrap_err().subject, "length");
        assert_eq!(strip.segment(8).unwrap_err().kind, Kind::Invalid);
        assert_eq!(strip.segment(7).unwrap_err().kind, Kind::NotFound);
    }

    #[test]
    fn a_shorter_strip_cuts_its_segments() {
        let mut strip = Strip::new(160, Effect::Rainbow);
        strip.set_led_count(200);
        assert_eq!(strip.segments()[0].length, 200, "an untouched one stays whole");
        strip.create(new(0, 80)).unwrap();
        strip.create(new(80, 80)).unwrap();
        strip.set_led_count(100);
        assert_eq!(strip.segments()[1].length, 20);
        strip.set_led_count(80);
        assert_eq!(strip.segments().len(), 1);
    }
}
