//! Follows the show: what rules watch becomes layers of the engine.
//!
//! ```text
//! bus ─────────────► tally: a look while it holds; graphics: a cue for each event ─┐
//! sound, picture ──► 60 times a second, only while a rule wants them ──────────────┴─► layers
//! ```
//!
//! Refuses to know: how a layer is drawn, and the authors of rules.

use super::Lights;
use crate::{
    app::show::{bus::Notice, conductor::ShowHandle},
    domain::{
        event::Event,
        lights::{AudioSource, Bus, Reaction, Rgb, Rule, Trigger},
        source::SourceId,
        view::View,
    },
    lighting::Layer,
    media::engine::{EdgeSampler, Engine, LevelMeter},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Sampling interval of sound and picture.
const LOOK: Duration = Duration::from_micros(16_667);
/// How fast brightness falls when the sound is over, in dB per sample: 60 dB a second.
const FALL_DB: f32 = 1.0;

/// A measured source; rules share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AnalysisSource {
    Program,
    Input(SourceId),
    Edges,
}

/// The meter or sampler, and its last value.
enum AnalysisProbe {
    LevelMeter { level_meter: LevelMeter, level_db: f32 },
    EdgeSampler { edge_sampler: EdgeSampler, edges: Arc<[Rgb]>, new: bool },
}

/// Runs until the show ends.
pub(super) async fn run(lights: Lights, show: ShowHandle, engine: Arc<Engine>) {
    let mut bus = show.subscribe();
    let mut changes = lights.0.rules.subscribe();
    let mut rules: Vec<Rule> = Vec::new();
    let mut held: Vec<String> = Vec::new();
    let mut analysis: BTreeMap<AnalysisSource, AnalysisProbe> = BTreeMap::new();
    let mut looks = looks();
    changes.mark_changed();
    loop {
        tokio::select! {
            biased;
            notice = bus.next() => match notice {
                Some(Notice::Snapshot(update)) => {
                    hold(&lights, &rules, &mut held, &update.view);
                    open_level_meters(&rules, &mut analysis, &engine);
                }
                Some(Notice::Change(update)) => {
                    hold(&lights, &rules, &mut held, &update.view);
                    update.events.iter().for_each(|event| cue(&lights, &rules, event));
                    if update.events.contains(&Event::InputsChanged) {
                        open_level_meters(&rules, &mut analysis, &engine);
                    }
                }
                None => return,
            },
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
                let new: Vec<Rule> = changes.borrow_and_update().all().cloned().collect();
                for old in &rules {
                    if !new.contains(old) {
                        lights.0.engine.lift(&old.id);
                        held.retain(|id| *id != old.id);
                    }
                }
                rules = new;
                hold(&lights, &rules, &mut held, &show.view());
                open_analysis(&rules, &mut analysis, &engine);
            }
            _ = looks.tick(), if !analysis.is_empty() => {
                analysis.values_mut().for_each(look);
                for rule in &rules {
                    if let Some(probe) = analysis_source(rule).and_then(|measured| analysis.get(&measured)) {
                        follow(&lights, rule, probe);
                    }
                }
            }
        }
    }
}

fn looks() -> Interval {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    looks
}

/// Applies the looks of the rules whose tally is on, and removes those of the others.
fn hold(lights: &Lights, rules: &[Rule], held: &mut Vec<String>, view: &View) {
    let tally = view.tally();
    for rule in rules {
        let Reaction::Look(look) = rule.then else { continue };
        let holds = match &rule.when {
            Trigger::SourceTally { bus: Bus::Program, source } => tally.program.contains(source),
            Trigger::SourceTally { bus: Bus::Preview, source } => tally.preview.contains(source),
            Trigger::ChannelTally { channel } => view.channel_on_program(channel),
            Trigger::Graphic { .. } | Trigger::Level { .. } | Trigger::Ambient => false,
        };
        let place = held.iter().position(|id| *id == rule.id);
        match (holds, place) {
            (true, None) => {
                held.push(rule.id.clone());
                lights.0.engine.lay(&rule.id, rule.segment, rule.priority, Layer::Look { look, until: None });
            }
            (false, Some(place)) => {
                held.remove(place);
                lights.0.engine.lift(&rule.id);
            }
            _ => {}
        }
    }
}

/// Applies the cues of an event.
fn cue(lights: &Lights, rules: &[Rule], event: &Event) {
    let (leaving, on, what) = match event {
        Event::GraphicOn { channel, graphic, .. } => (false, channel, graphic),
        Event::GraphicOff { channel, graphic, .. } => (true, channel, graphic),
        Event::TallyChanged { .. }
        | Event::SwitcherChanged
        | Event::InputsChanged
        | Event::SourceHealthChanged { .. }
        | Event::GraphicGone { .. }
        | Event::OutputChanged { .. }
        | Event::RecorderChanged { .. }
        | Event::DiskChanged => return,
    };
    for rule in rules {
        let (Trigger::Graphic { leaves, graphic, channel }, Reaction::Cue { look, lasts }) = (&rule.when, rule.then)
        else {
            continue;
        };
        let fits = |wanted: &Option<String>, is: &String| wanted.as_ref().is_none_or(|wanted| wanted == is);
        if *leaves == leaving && fits(graphic, what) && fits(channel, on) {
            lights.0.engine.cue(&rule.id, rule.segment, rule.priority, look, lasts);
        }
    }
}

/// The source that a rule measures.
fn analysis_source(rule: &Rule) -> Option<AnalysisSource> {
    match &rule.when {
        Trigger::Level { audio: AudioSource::Program } => Some(AnalysisSource::Program),
        Trigger::Level { audio: AudioSource::Input(source) } => Some(AnalysisSource::Input(*source)),
        Trigger::Ambient => Some(AnalysisSource::Edges),
        Trigger::SourceTally { .. } | Trigger::ChannelTally { .. } | Trigger::Graphic { .. } => None,
    }
}

/// Opens level meters and edge samplers that rules want, and closes those that none wants any more.
fn open_analysis(rules: &[Rule], analysis: &mut BTreeMap<AnalysisSource, AnalysisProbe>, engine: &Engine) {
    analysis.retain(|known, _| rules.iter().any(|rule| analysis_source(rule) == Some(*known)));
    if rules.iter().any(|rule| analysis_source(rule) == Some(AnalysisSource::Edges)) {
        // A new rule has not had the colours that older rules had already.
        let edge_sampler = engine.edge_sampler();
        analysis.insert(
            AnalysisSource::Edges,
            AnalysisProbe::EdgeSampler { edge_sampler, edges: Arc::from([]), new: false },
        );
    }
    open_level_meters(rules, analysis, engine);
}

/// Opens the level meters that rules want on the inputs as they are now. A removed input has no meter; one that was
/// assigned to another source has another sound.
fn open_level_meters(rules: &[Rule], analysis: &mut BTreeMap<AnalysisSource, AnalysisProbe>, engine: &Engine) {
    let source = |measured: &AnalysisSource| match measured {
        AnalysisSource::Program => Some(None),
        AnalysisSource::Input(source) => Some(Some(*source)),
        AnalysisSource::Edges => None,
    };
    analysis.retain(|measured, probe| match (source(measured), probe) {
        (Some(source), AnalysisProbe::LevelMeter { level_meter, .. }) => engine.hears(level_meter, source),
        _ => true,
    });
    for wanted in rules.iter().filter_map(analysis_source) {
        let Some(source) = source(&wanted) else { continue };
        if let (false, Some(level_meter)) = (analysis.contains_key(&wanted), engine.level_meter(source)) {
            analysis.insert(wanted, AnalysisProbe::LevelMeter { level_meter, level_db: f32::NEG_INFINITY });
        }
    }
}

/// Takes a measurement.
fn look(probe: &mut AnalysisProbe) {
    match probe {
        AnalysisProbe::LevelMeter { level_meter, level_db } => {
            *level_db = level_meter.level_db().max(*level_db - FALL_DB)
        }
        AnalysisProbe::EdgeSampler { edge_sampler, edges, new } => {
            let seen = edge_sampler.edges();
            *new = !seen.is_empty() && !Arc::ptr_eq(&seen, edges);
            *edges = seen;
        }
    }
}

/// Applies the present measurement.
fn follow(lights: &Lights, rule: &Rule, probe: &AnalysisProbe) {
    let layer = match (probe, rule.then) {
        (AnalysisProbe::LevelMeter { level_db, .. }, Reaction::Brightness { floor_db, ceiling_db }) => {
            let (floor, ceiling) = (f32::from(floor_db), f32::from(ceiling_db));
            Layer::Gain(((*level_db - floor) / (ceiling - floor)).clamp(0.0, 1.0))
        }
        (AnalysisProbe::EdgeSampler { edges, new: true, .. }, Reaction::Edges { tint }) => {
            let tinted =
                |colour: &Rgb| std::array::from_fn(|c| (u16::from(colour[c]) * u16::from(tint[c]) / 255) as u8);
            Layer::Colours(if tint == [255; 3] { edges.clone() } else { edges.iter().map(tinted).collect() })
        }
        _ => return,
    };
    lights.0.engine.lay(&rule.id, rule.segment, rule.priority, layer);
}
