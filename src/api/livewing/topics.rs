//! The topics: their names, their snapshot of the state, and which of them an event concerns.

use super::{map, wire::value};
use crate::{
    app::telemetry::Telemetry,
    domain::{event::Event, output::OUTPUTS, time::ShowTime, view::View},
};
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// Topics that the contract documents and that nothing here feeds yet. Subscribing to one is fine and stays silent.
const SILENT: [&str; 9] = [
    "audio.levels",
    "audio.config",
    "replay.state",
    "replay.position",
    "presets",
    "transforms",
    "input.overlays",
    "program.overlays",
    "displays",
];

/// A topic of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Tally,
    SwitcherState,
    Inputs,
    SourceHealth,
    /// The disk of recordings.
    Disk,
    /// 1 to 4.
    OutputState(u8),
    /// 1 to 4.
    OutputStats(u8),
    /// Documented, not fed yet.
    Silent(&'static str),
}

impl Topic {
    /// The topic of a name; `None` when the contract has no such topic.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|topic| topic.to_string() == name).or_else(|| {
            let name = SILENT.into_iter().find(|silent| *silent == name)?;
            Some(Topic::Silent(name))
        })
    }

    /// Every topic that is fed.
    pub fn all() -> Vec<Self> {
        let outputs = (1..=OUTPUTS).flat_map(|n| [Topic::OutputState(n), Topic::OutputStats(n)]);
        [Topic::Tally, Topic::SwitcherState, Topic::Inputs, Topic::SourceHealth, Topic::Disk]
            .into_iter()
            .chain(outputs)
            .collect()
    }

    /// The present data; one value for each push event.
    pub fn data(self, state: &State<'_>) -> Vec<Value> {
        let State { view, telemetry, now } = *state;
        match self {
            Topic::Tally => vec![value(map::tally(view))],
            Topic::SwitcherState => vec![value(map::switcher(view, now))],
            Topic::Inputs => vec![map::inputs(view)],
            Topic::SourceHealth => view.sources.iter().map(|source| value(map::health(source))).collect(),
            Topic::Disk => vec![value(map::disk(&view.disk))],
            Topic::OutputState(n) => map::output(view, n).map(value).into_iter().collect(),
            Topic::OutputStats(n) => map::output_stats(&telemetry.read(), n).into_iter().map(value).collect(),
            Topic::Silent(_) => Vec::new(),
        }
    }

    /// Whether the topic has one message, or one for each of several subjects.
    fn is_plural(self) -> bool {
        matches!(self, Topic::SourceHealth | Topic::OutputStats(_))
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Tally => f.write_str("tally"),
            Topic::SwitcherState => f.write_str("switcher.state"),
            Topic::Inputs => f.write_str("inputs"),
            Topic::SourceHealth => f.write_str("source.health"),
            Topic::Disk => f.write_str("disk"),
            Topic::OutputState(n) => write!(f, "output.{n}.state"),
            Topic::OutputStats(n) => write!(f, "output.{n}.stats"),
            Topic::Silent(name) => f.write_str(name),
        }
    }
}

/// What topics are worded from.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub view: &'a View,
    pub telemetry: &'a Telemetry,
    pub now: ShowTime,
}

impl State<'_> {
    /// One object keyed by topic; topics with several subjects hold a list.
    pub fn whole(&self) -> Value {
        let of = |topic: Topic| {
            let mut data = topic.data(self);
            let data = if topic.is_plural() { Value::Array(data) } else { data.pop().unwrap_or(Value::Null) };
            (topic.to_string(), data)
        };
        Value::Object(Topic::all().into_iter().map(of).collect())
    }

    /// The topic that an event concerns and what to push on it; `None` when no topic has it.
    pub fn events(&self, event: &Event, wanted: &BTreeSet<Topic>) -> Option<(Topic, Vec<Value>)> {
        let topic = match event {
            Event::TallyChanged { slot: _, time: _ } => Topic::Tally,
            Event::SwitcherChanged => Topic::SwitcherState,
            Event::InputsChanged => Topic::Inputs,
            Event::SourceHealthChanged { source: _ } => Topic::SourceHealth,
            Event::DiskChanged => Topic::Disk,
            Event::OutputChanged { output: n } | Event::RecorderChanged { recorder: n } => Topic::OutputState(*n),
            Event::GraphicOn { .. } | Event::GraphicOff { .. } | Event::GraphicGone { .. } => return None,
        };
        if !wanted.contains(&topic) {
            return None;
        }
        let data = match event {
            // Of several sources only the one that changed is sent.
            Event::SourceHealthChanged { source } => {
                self.view.sources.iter().filter(|s| s.id == *source).map(|s| value(map::health(s))).collect()
            }
            _ => topic.data(self),
        };
        Some((topic, data))
    }
}
