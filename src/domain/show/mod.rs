//! The show: all live state and its only writer. Sans-IO: inputs come in, outputs are drained.
//!
//! Two switchers are kept. `wanted` is the state after all accepted commands; `air` is the state that the mixer
//! confirmed. Commands are checked against `wanted`, so that two cuts sent at once have the effect of two cuts; tally
//! and views are made from `air`, so that no light turns red before its picture is out.

mod disk;
mod graphics;
mod inputs;
mod outputs;
mod recorders;
mod switching;

use super::{
    command::{Ack, Command, RecordingInfo, Reply, Ticket},
    disk::Disk,
    event::Event,
    fault::Fault,
    graphic::{Channel, Graphic, OnAir, Taken},
    input::Input,
    order::{Order, Report},
    output::{OUTPUTS, Output, OutputSource, Recorder, Recording},
    source::{Health, Source, SourceId},
    switcher::Switcher,
    time::{Format, ShowTime, Slot},
    view::View,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// The initial values of a show.
#[derive(Debug, Clone)]
pub struct Setup {
    pub project: Format,
    /// The inputs that it begins with; their ids are their places.
    pub inputs: Vec<Input>,
    pub channels: Vec<Channel>,
    pub graphics: Vec<Graphic>,
    /// The default fade duration.
    pub fade: Duration,
}

/// See the module's text.
#[derive(Debug)]
pub struct Show {
    project: Format,
    // The view's content is shared with the views that were given out; a change copies its own section.
    sources: Arc<Vec<Source>>,
    /// The id of the next input that is added; no id is reused.
    next_source: u32,
    /// Changes of inputs that are not confirmed yet.
    changing: BTreeMap<Ticket, inputs::Changing>,
    wanted: Switcher,
    air: Switcher,
    fade_began: Option<(Slot, ShowTime)>,
    /// Changes of the buses that the mixer has not confirmed yet, in the order sent.
    switching: VecDeque<Switching>,
    channels: Arc<Vec<Channel>>,
    graphics: BTreeMap<String, Graphic>,
    on_air: Arc<BTreeMap<String, OnAir>>,
    takes: HashMap<Ticket, Take>,
    outputs: Arc<Vec<Output>>,
    recorders: Arc<Vec<Recorder>>,
    recordings: recorders::Recordings,
    disk: Disk,
    orders: VecDeque<Order>,
    events: Vec<Event>,
    acks: VecDeque<Ack>,
}

/// A change of the buses that is on its way to the mixer.
#[derive(Debug)]
struct Switching {
    ticket: Ticket,
    /// The new value of `air`.
    after: Switcher,
    /// Whether its confirmation answers the ticket.
    answers: bool,
}

/// A take or a release with channels that have not confirmed yet.
#[derive(Debug)]
struct Take {
    graphic: String,
    release: bool,
    waiting: BTreeSet<String>,
    taken: Taken,
    failure: Option<Fault>,
}

impl Show {
    /// A show with its inputs on the first two buses: input 0 on program, input 1 on preview.
    pub fn new(setup: Setup) -> Self {
        let sources: Vec<_> = setup
            .inputs
            .into_iter()
            .zip(0..)
            .map(|(Input { label, kind, latency }, n)| {
                let (id, health) = (SourceId(n), Health::default());
                Source { id, label, kind, latency, health }
            })
            .collect();
        let air = Switcher {
            program: sources.first().map(|s| s.id),
            preview: sources.get(1).map(|s| s.id),
            fade: None,
            duration: setup.fade,
        };
        Self {
            project: setup.project,
            next_source: sources.len() as u32,
            sources: Arc::new(sources),
            changing: BTreeMap::new(),
            wanted: air.clone(),
            air,
            fade_began: None,
            switching: VecDeque::new(),
            channels: Arc::new(setup.channels),
            on_air: Arc::new(setup.graphics.iter().map(|g| (g.id.clone(), OnAir::default())).collect()),
            graphics: setup.graphics.into_iter().map(|g| (g.id.clone(), g)).collect(),
            takes: HashMap::new(),
            outputs: Arc::new(
                (1..=OUTPUTS).map(|number| Output { number, stream: OutputSource::Program, push: None }).collect(),
            ),
            recorders: Arc::new(
                (1..=OUTPUTS)
                    .map(|number| Recorder {
                        number,
                        stream: OutputSource::Program,
                        state: Recording::Idle,
                        error: None,
                    })
                    .collect(),
            ),
            recordings: recorders::Recordings::default(),
            disk: Disk::default(),
            orders: VecDeque::new(),
            events: Vec::new(),
            acks: VecDeque::new(),
        }
    }

    /// Accepts a command. Its answer comes out of [`Show::next_ack`], at once or after a report.
    pub fn command(&mut self, ticket: Ticket, command: Command) {
        let answer = match command {
            Command::Cut => self.cut(ticket),
            Command::CutTo { source } => self.cut_to(ticket, source),
            Command::Fade { duration } => self.fade(ticket, duration),
            Command::SetPreview { source } => self.set_preview(ticket, source),
            Command::SetFadeDuration { duration } => self.set_fade_duration(duration),
            Command::AddInput { input } => self.add_input(ticket, input),
            Command::RemoveInput { source, force } => self.remove_input(ticket, source, force),
            Command::RenameInput { source, label } => self.rename_input(ticket, source, label),
            Command::AssignInput { source, kind } => self.assign_input(ticket, source, kind),
            Command::SetInputLatency { source, latency } => self.set_input_latency(ticket, source, latency),
            Command::Take { graphic } => self.take(ticket, &graphic),
            Command::Release { graphic } => self.release(ticket, &graphic),
            Command::SetOutputStream { output, stream } => self.set_output_stream(output, stream),
            Command::ConfigurePush { output, url } => self.configure_push(output, url),
            Command::StartPush { output } => self.start_push(output),
            Command::StopPush { output } => self.stop_push(output),
            Command::StartRecording { recorder, stream } => self.start_recording(ticket, recorder, stream),
            Command::StopRecording { recorder } => self.stop_recording(ticket, recorder),
        };
        match answer {
            Ok(Some(reply)) => self.ack(ticket, Ok(reply)),
            Ok(None) => {} // a report will answer
            Err(fault) => self.ack(ticket, Err(fault)),
        }
    }

    /// Processes a report.
    pub fn report(&mut self, report: Report) {
        match report {
            Report::Switched { ticket, slot, time, superseded } => self.switched(ticket, slot, time, superseded),
            Report::FadeEnded { fade, slot, time } => self.fade_ended(fade, slot, time),
            Report::InputChanged { ticket, slot, time } => self.input_changed(ticket, slot, time),
            Report::InputFailed { ticket, reason } => self.input_failed(ticket, reason),
            Report::GraphicShown { ticket, channel, graphic, slot, time } => {
                self.graphic_shown(ticket, channel, graphic, slot, time);
            }
            Report::GraphicLeaving { ticket, channel, graphic, slot, time } => {
                self.graphic_leaving(ticket, channel, graphic, slot, time);
            }
            Report::GraphicGone { channel, graphic, .. } => self.graphic_gone(channel, graphic),
            Report::GraphicFailed { ticket, channel, reason, .. } => {
                self.graphic_failed(ticket, &channel, Fault::failed("graphic", "", reason));
            }
            Report::GraphicRefused { ticket, channel, .. } => {
                self.graphic_failed(ticket, &channel, Fault::unavailable("Too many graphics wait to be drawn"));
            }
            Report::Source { source, health } => self.source_health(source, health),
            Report::RecordingStarted { ticket, recorder, file, first } => {
                self.recording_started(ticket, recorder, file, first);
            }
            Report::RecordingStopped { ticket, recorder, file, parts, first, frames } => {
                self.recording_stopped(ticket, RecordingInfo { recorder, file, parts, first, frames });
            }
            Report::RecordingFailed { ticket, recorder, reason } => self.recording_failed(ticket, recorder, reason),
            Report::RecordingOutOfSpace { ticket, recorder, reason, kept } => {
                self.out_of_space(ticket, recorder, reason, kept);
            }
            Report::Disk(disk) => self.disk_changed(disk),
            Report::Push { output, state, error } => self.push_changed(output, state, error),
        }
    }

    /// The next order for the engine.
    pub fn next_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// Every event since the last drain.
    pub fn drain_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The next answer to a caller.
    pub fn next_ack(&mut self) -> Option<Ack> {
        self.acks.pop_front()
    }

    /// The confirmed state.
    pub fn view(&self) -> View {
        View {
            project: self.project,
            sources: self.sources.clone(),
            switcher: self.air.clone(),
            fade_began: self.fade_began,
            channels: self.channels.clone(),
            graphics: self.on_air.clone(),
            outputs: self.outputs.clone(),
            recorders: self.recorders.clone(),
            disk: self.disk,
        }
    }

    fn ack(&mut self, ticket: Ticket, result: Result<Reply, Fault>) {
        self.acks.push_back(Ack { ticket, result });
    }

    fn source_health(&mut self, id: SourceId, health: Health) {
        let Some(source) = Arc::make_mut(&mut self.sources).iter_mut().find(|s| s.id == id) else {
            return self.health_of_coming(id, health);
        };
        let listed = source.health.signal != health.signal || source.health.has_audio != health.has_audio;
        source.health = health;
        self.events.push(Event::SourceHealthChanged { source: id });
        if listed {
            self.events.push(Event::InputsChanged);
        }
    }

    fn known(&self, source: SourceId) -> Result<SourceId, Fault> {
        if !self.sources.iter().any(|s| s.id == source) {
            return Err(Fault::not_found("source", source.to_string(), format!("There is no source {source}")));
        }
        if self.is_leaving(source) {
            let text = format!("Input {source} is being removed");
            return Err(Fault::conflict("input_leaving", source.to_string(), text));
        }
        Ok(source)
    }

    fn known_stream(&self, stream: OutputSource) -> Result<OutputSource, Fault> {
        match stream {
            // Rooms come and go by themselves: the engine checks when the output begins.
            OutputSource::Program | OutputSource::Room(_) => Ok(stream),
            OutputSource::Input(id) => self.known(id).map(|_| stream),
            OutputSource::Clean
            | OutputSource::Preview
            | OutputSource::Multiview1
            | OutputSource::Multiview2
            | OutputSource::Replay => {
                let text = format!("This server sends out no {stream}; outputs carry program or an input");
                Err(Fault::invalid("source", text))
            }
        }
    }
}
