//! Commands and reports of the inputs.
//!
//! An input is in the show from the machine's confirmation of its addition to that of its removal. While its removal is
//! under way nothing new may take it.

use super::Show;
use crate::domain::{
    command::{Reply, Ticket},
    event::Event,
    fault::Fault,
    input::{Input, InputChange, MAX_INPUTS, check_kind, check_label, check_latency},
    order::Order,
    output::{OutputSource, Push, Recording},
    source::{Health, Source, SourceId, SourceKind},
    switcher::SceneChange,
    time::{ShowTime, Slot},
};
use std::{sync::Arc, time::Duration};

type Answer = Result<Option<Reply>, Fault>;

/// Changes that may be under way at once; opening a device takes a second.
const MAX_CHANGING: usize = 64;

/// A change that the machine has not confirmed yet.
#[derive(Debug)]
pub(super) struct Changing {
    source: SourceId,
    change: InputChange,
    /// What was measured of an input that is being added.
    health: Health,
}

impl Show {
    pub(super) fn add_input(&mut self, ticket: Ticket, input: Input) -> Answer {
        self.check_busy()?;
        input.check()?;
        self.check_key(&input.kind, None)?;
        let coming = self.changing.values().filter(|c| matches!(c.change, InputChange::Add(_))).count();
        if self.sources.len() + coming >= MAX_INPUTS {
            return Err(Fault::conflict("too_many_inputs", "", format!("There are {MAX_INPUTS} inputs already")));
        }
        let source = SourceId(self.next_source);
        let used_up = || Fault::failed("too_many_inputs", "", "Every number of an input was given out");
        self.next_source = self.next_source.checked_add(1).ok_or_else(used_up)?;
        self.change_input(ticket, source, InputChange::Add(input))
    }

    pub(super) fn remove_input(&mut self, ticket: Ticket, source: SourceId, force: bool) -> Answer {
        self.check_busy()?;
        let source = self.known(source)?;
        self.check_carried(source)?;
        if !force && (self.wanted.shows(source) || self.air.shows(source)) {
            let text = format!("Input {source} is on program");
            return Err(Fault::conflict("input_on_program", source.to_string(), text));
        }
        let other = self.sources.iter().map(|s| s.id).find(|id| *id != source && !self.is_leaving(*id));
        if self.wanted.shows(source) && other.is_none() {
            let text = format!("Input {source} is the only one: program would have no picture");
            return Err(Fault::conflict("last_input", source.to_string(), text));
        }
        if let Some(change) = self.wanted.leave(source, other) {
            // The mixer carries it out before it takes the input away.
            self.order_switch(ticket, change, false);
        }
        self.change_input(ticket, source, InputChange::Remove)
    }

    pub(super) fn rename_input(&mut self, ticket: Ticket, source: SourceId, label: String) -> Answer {
        self.check_busy()?;
        let source = self.known(source)?;
        check_label(&label)?;
        self.change_input(ticket, source, InputChange::Rename(label))
    }

    pub(super) fn assign_input(&mut self, ticket: Ticket, source: SourceId, kind: SourceKind) -> Answer {
        self.check_busy()?;
        let source = self.known(source)?;
        check_kind(&kind)?;
        self.check_key(&kind, Some(source))?;
        let is_so = self.sources.iter().any(|s| s.id == source && s.kind == kind);
        let is_assigned = |c: &Changing| c.source == source && matches!(c.change, InputChange::Assign(_));
        if is_so && !self.changing.values().any(is_assigned) {
            return Ok(Some(Reply::Done));
        }
        self.check_carried(source)?;
        self.change_input(ticket, source, InputChange::Assign(kind))
    }

    pub(super) fn set_input_latency(&mut self, ticket: Ticket, source: SourceId, latency: Duration) -> Answer {
        self.check_busy()?;
        let source = self.known(source)?;
        check_latency(latency)?;
        self.change_input(ticket, source, InputChange::SetLatency(latency))
    }

    fn check_busy(&self) -> Result<(), Fault> {
        if self.changing.len() >= MAX_CHANGING {
            let text = format!("{MAX_CHANGING} changes of inputs are under way already");
            return Err(Fault::conflict("inputs_busy", "", text));
        }
        Ok(())
    }

    fn change_input(&mut self, ticket: Ticket, source: SourceId, change: InputChange) -> Answer {
        self.changing.insert(ticket, Changing { source, change: change.clone(), health: Health::default() });
        self.orders.push_back(Order::ChangeInput { ticket, source, change });
        Ok(None)
    }

    pub(super) fn input_changed(&mut self, ticket: Ticket, slot: Slot, time: ShowTime) {
        let Some(Changing { source: id, change, health }) = self.changing.remove(&ticket) else { return };
        let sources = Arc::make_mut(&mut self.sources);
        let known = sources.iter_mut().find(|source| source.id == id);
        let is_new = matches!(change, InputChange::Add(_));
        match (change, known) {
            (InputChange::Add(Input { label, kind, latency }), None) => {
                sources.push(Source { id, label, kind, latency, health });
                sources.sort_by_key(|source| source.id);
            }
            (InputChange::Remove, Some(_)) => sources.retain(|source| source.id != id),
            (InputChange::Rename(label), Some(source)) => source.label = label,
            (InputChange::Assign(kind), Some(source)) => source.kind = kind,
            (InputChange::SetLatency(latency), Some(source)) => source.latency = latency,
            // An input that went meanwhile has nothing that could be changed.
            (InputChange::Add(_), Some(_)) | (_, None) => {}
        }
        self.events.push(Event::InputsChanged);
        if is_new {
            self.fill_buses(ticket, id);
        }
        self.ack(ticket, Ok(if is_new { Reply::InputAdded { source: id, slot, time } } else { Reply::Done }));
    }

    pub(super) fn input_failed(&mut self, ticket: Ticket, reason: String) {
        let Some(Changing { source, .. }) = self.changing.remove(&ticket) else { return };
        self.ack(ticket, Err(Fault::failed("input", source.to_string(), reason)));
    }

    /// Health of an input that is not confirmed yet, so that it is not lost.
    pub(super) fn health_of_coming(&mut self, id: SourceId, health: Health) {
        let is_coming = |c: &&mut Changing| c.source == id && matches!(c.change, InputChange::Add(_));
        if let Some(changing) = self.changing.values_mut().find(is_coming) {
            changing.health = health;
        }
    }

    /// As at the start of a show: an input that finds program empty goes on program, else one that finds preview empty
    /// on preview.
    fn fill_buses(&mut self, ticket: Ticket, source: SourceId) {
        let change = match (self.wanted.program, self.wanted.preview) {
            (None, _) => self.wanted.cut_to(source),
            (Some(_), None) => self.wanted.set_preview(source).ok(),
            (Some(_), Some(_)) => None,
        };
        if let Some(change) = change {
            self.order_switch(ticket, change, false);
        }
    }

    /// Whether the removal of an input is under way.
    pub(super) fn is_leaving(&self, source: SourceId) -> bool {
        self.changing.values().any(|c| c.source == source && c.change == InputChange::Remove)
    }

    /// Orders a change of the buses that `wanted` has made already; `answers` is whether its confirmation answers the
    /// ticket.
    pub(super) fn order_switch(&mut self, ticket: Ticket, change: SceneChange, answers: bool) {
        self.switching.push_back(super::Switching { ticket, after: self.wanted.clone(), answers });
        self.orders.push_back(Order::Switch { ticket, change });
    }

    /// No two inputs may wait for publishers under the same stream key.
    fn check_key(&self, kind: &SourceKind, own: Option<SourceId>) -> Result<(), Fault> {
        let SourceKind::Rtmp { .. } = kind else { return Ok(()) };
        let present = self.sources.iter().map(|source| (source.id, &source.kind));
        let coming = self.changing.values().filter_map(|c| match &c.change {
            InputChange::Add(input) => Some((c.source, &input.kind)),
            InputChange::Assign(kind) => Some((c.source, kind)),
            InputChange::Remove | InputChange::Rename(_) | InputChange::SetLatency(_) => None,
        });
        match present.chain(coming).find(|(id, other)| Some(*id) != own && *other == kind) {
            None => Ok(()),
            Some((id, _)) => Err(Fault::conflict("key_taken", "key", format!("Input {id} has this stream key"))),
        }
    }

    /// What a recorder or a running push carries is not taken from under it.
    fn check_carried(&self, source: SourceId) -> Result<(), Fault> {
        let own = OutputSource::Input(source);
        let pushes = |push: &Option<Push>| push.as_ref().is_some_and(Push::is_running);
        let recorder = self.recorders.iter().find(|r| r.stream == own && r.state != Recording::Idle);
        let output = self.outputs.iter().find(|o| o.stream == own && pushes(&o.push));
        let by = match (recorder, output) {
            (Some(recorder), _) => format!("Recorder {}", recorder.number),
            (None, Some(output)) => format!("Output {}", output.number),
            (None, None) => return Ok(()),
        };
        let text = format!("{by} carries input {source}; stop it first");
        Err(Fault::conflict("input_in_use", source.to_string(), text))
    }
}
