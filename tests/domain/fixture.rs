//! A show with three inputs, two keyed channels and a mixer that confirms on command.

use lumencast::domain::{
    command::{Ack, Command, Reply, Ticket},
    event::Event,
    fault::Fault,
    graphic::{Channel, Graphic, Requirement},
    input::Input,
    order::{Order, Report},
    show::{Setup, Show},
    source::{SourceId, SourceKind},
    switcher::{Fade, SceneChange},
    time::{Format, Rate, Slot},
};
use std::{collections::BTreeMap, time::Duration};

pub const A: SourceId = SourceId(0);
pub const B: SourceId = SourceId(1);
pub const C: SourceId = SourceId(2);
pub const RATE: Rate = Rate { num: 30, den: 1 };

pub struct Fixture {
    pub show: Show,
    pub orders: Vec<Order>,
    pub events: Vec<Event>,
    pub acks: Vec<Ack>,
    pub slot: u64,
    next: u64,
    /// The fade that the mixer runs, and its last slot.
    fading: Option<(Fade, u64)>,
}

pub fn graphic(id: &str, channels: &[&str], requirement: Requirement) -> Graphic {
    Graphic {
        id: id.into(),
        template: "lower-third".into(),
        fields: BTreeMap::new(),
        channels: channels.iter().map(|c| (*c).to_owned()).collect(),
        z: 0,
        requirement,
    }
}

/// An input that waits for a publisher under a key.
pub fn input(key: &str) -> Input {
    let kind = SourceKind::Rtmp { key: key.into() };
    Input { label: format!("in {key}"), kind, latency: Duration::from_millis(150) }
}

impl Fixture {
    pub fn new() -> Self {
        let format = Format { width: 1280, height: 720, rate: RATE };
        let channel = |id: &str, dsk| Channel { id: id.into(), format, dsk };
        let picky = Requirement { resolution: Some((3840, 2160)), rate: None };
        let any = Requirement::default();
        let show = Show::new(Setup {
            project: format,
            inputs: (0..3).map(|n| input(&format!("k{n}"))).collect(),
            channels: vec![channel("cg1", true), channel("cg2", true), channel("page", false)],
            graphics: vec![
                graphic("name", &["cg1"], any),
                graphic("both", &["cg1", "cg2", "page"], any),
                graphic("page", &["page"], any),
                graphic("nowhere", &[], any),
                graphic("lost", &["gone", "away"], any),
                graphic("half", &["gone", "cg1"], any),
                graphic("huge", &["cg1"], picky),
            ],
            fade: Duration::from_secs(1),
        });
        let mut fixture = Self { show, orders: vec![], events: vec![], acks: vec![], slot: 100, next: 0, fading: None };
        fixture.drain();
        fixture
    }

    /// Sends a command and leaves its orders unanswered.
    pub fn send(&mut self, command: Command) -> Ticket {
        self.next += 1;
        self.show.command(Ticket(self.next), command);
        self.drain();
        Ticket(self.next)
    }

    /// Answers every order as the engine does, at the next slot.
    pub fn confirm(&mut self) {
        self.slot += 1;
        let (slot, time) = (Slot(self.slot), RATE.time_of(Slot(self.slot)));
        for order in std::mem::take(&mut self.orders) {
            let report = match order {
                Order::Switch { ticket, change } => {
                    match change {
                        SceneChange::Cut { .. } => self.fading = None,
                        SceneChange::Fade { to, slots } => {
                            let from = self.show.view().switcher.program.unwrap_or(to);
                            self.fading = Some((Fade { from, to, slots }, self.slot + slots));
                        }
                        SceneChange::Preview { .. } => {}
                    }
                    Report::Switched { ticket, slot, time, superseded: false }
                }
                Order::ChangeInput { ticket, .. } => Report::InputChanged { ticket, slot, time },
                Order::ShowGraphic { ticket, channel, graphic } => {
                    Report::GraphicShown { ticket, channel, graphic: graphic.id, slot, time }
                }
                Order::HideGraphic { ticket, channel, graphic } => {
                    Report::GraphicLeaving { ticket, channel, graphic, slot, time }
                }
                other => {
                    self.orders.push(other);
                    continue;
                }
            };
            self.show.report(report);
        }
        self.drain();
    }

    /// Lets slots pass; a fade that reaches its end is reported.
    pub fn pass(&mut self, slots: u64) {
        self.slot += slots;
        if let Some((fade, _)) = self.fading.take_if(|(_, end)| *end <= self.slot) {
            let slot = Slot(self.slot);
            self.show.report(Report::FadeEnded { fade, slot, time: RATE.time_of(slot) });
            self.drain();
        }
    }

    /// Sends a command, confirms it and gives its answer.
    pub fn run(&mut self, command: Command) -> Result<Reply, Fault> {
        let ticket = self.send(command);
        self.confirm();
        self.answer(ticket).expect("every command is answered once its orders are confirmed")
    }

    /// Sends a command that is answered by the show alone; orders of others stay unanswered.
    pub fn run_alone(&mut self, command: Command) -> Result<Reply, Fault> {
        let ticket = self.send(command);
        self.answer(ticket).expect("it is answered at once")
    }

    /// The ticket of the last command.
    pub fn last(&self) -> Ticket {
        Ticket(self.next)
    }

    pub fn answer(&mut self, ticket: Ticket) -> Option<Result<Reply, Fault>> {
        let at = self.acks.iter().position(|ack| ack.ticket == ticket)?;
        Some(self.acks.remove(at).result)
    }

    pub fn buses(&self) -> (Option<SourceId>, Option<SourceId>) {
        let view = self.show.view();
        (view.switcher.program, view.switcher.preview)
    }

    fn drain(&mut self) {
        while let Some(order) = self.show.next_order() {
            self.orders.push(order);
        }
        self.events.extend(self.show.drain_events());
        while let Some(ack) = self.show.next_ack() {
            self.acks.push(ack);
        }
    }
}

/// The code of the fault that a command met.
pub fn code(result: Result<Reply, Fault>) -> &'static str {
    result.expect_err("a fault").code
}
