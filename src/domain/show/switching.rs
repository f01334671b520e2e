//! Commands and reports of the switcher.

use super::{Show, Switching};
use crate::domain::{
    command::{Reply, Ticket},
    event::Event,
    fault::Fault,
    source::SourceId,
    switcher::{Fade, SceneChange},
    tally::tally,
    time::{ShowTime, Slot},
};
use std::time::Duration;

/// The longest fade.
const LONGEST_FADE: Duration = Duration::from_secs(60);

type Answer = Result<Option<Reply>, Fault>;

impl Show {
    pub(super) fn cut(&mut self, ticket: Ticket) -> Answer {
        let change = self.wanted.cut()?;
        self.switch(ticket, change)
    }

    pub(super) fn cut_to(&mut self, ticket: Ticket, source: SourceId) -> Answer {
        let source = self.known(source)?;
        match self.wanted.cut_to(source) {
            Some(change) => self.switch(ticket, change),
            None => Ok(Some(Reply::Done)),
        }
    }

    pub(super) fn fade(&mut self, ticket: Ticket, duration: Option<Duration>) -> Answer {
        let duration = fade_duration(duration.unwrap_or(self.wanted.duration))?;
        let slots = self.project.rate.slots_in(duration);
        match self.wanted.fade(slots)? {
            Some(change) => self.switch(ticket, change),
            None => Ok(Some(Reply::Done)),
        }
    }

    pub(super) fn set_preview(&mut self, ticket: Ticket, source: SourceId) -> Answer {
        let source = self.known(source)?;
        let change = self.wanted.set_preview(source)?;
        self.switch(ticket, change)
    }

    pub(super) fn set_fade_duration(&mut self, duration: Duration) -> Answer {
        self.wanted.duration = fade_duration(duration)?;
        self.air.duration = duration;
        // What is on its way to the mixer was copied with the old duration.
        self.switching.iter_mut().for_each(|change| change.after.duration = duration);
        self.events.push(Event::SwitcherChanged);
        Ok(Some(Reply::Done))
    }

    fn switch(&mut self, ticket: Ticket, change: SceneChange) -> Answer {
        self.order_switch(ticket, change, true);
        Ok(None)
    }

    pub(super) fn switched(&mut self, ticket: Ticket, slot: Slot, time: ShowTime, superseded: bool) {
        let Some(at) = self.switching.iter().position(|change| change.ticket == ticket) else { return };
        let Some(Switching { after, answers, .. }) = self.switching.drain(..=at).next_back() else { return };
        let slots = after.fade.map_or(0, |fade| fade.slots);
        self.fade_began = after.fade.map(|_| (slot, time));
        self.put_on_air(after, slot, time);
        if answers {
            self.ack(ticket, Ok(Reply::Switched { slot, time, slots, superseded }));
        }
    }

    pub(super) fn fade_ended(&mut self, fade: Fade, slot: Slot, time: ShowTime) {
        // A cut that was ordered meanwhile has ended this fade in `wanted` already; then both calls do nothing.
        self.wanted.finish(fade);
        self.switching.iter_mut().for_each(|change| change.after.finish(fade));
        let mut after = self.air.clone();
        after.finish(fade);
        if after.fade.is_none() {
            self.fade_began = None;
        }
        self.put_on_air(after, slot, time);
    }

    fn put_on_air(&mut self, after: crate::domain::switcher::Switcher, slot: Slot, time: ShowTime) {
        let changed = tally(&after) != tally(&self.air);
        self.air = after;
        self.events.push(Event::SwitcherChanged);
        if changed {
            self.events.push(Event::TallyChanged { slot, time });
        }
    }
}

fn fade_duration(duration: Duration) -> Result<Duration, Fault> {
    if duration.is_zero() || duration > LONGEST_FADE {
        return Err(Fault::invalid("duration", "A fade lasts more than 0 and at most 60 seconds"));
    }
    Ok(duration)
}
