//! The lights of the set: the engine that draws them, what clients set, what is kept, and what of the show they follow.
//!
//! ```text
//! planes, MQTT, prompts ─► Lights ─► engine ─► controllers
//!                            ├─► kept (rows)
//! bus, program picture, sound ─► follow (rules) ─► layers of the engine
//! ```
//!
//! Refuses to know: HTTP, JSON of the plane, packets.

pub mod prompt;
pub mod rules;
pub mod settings;

use crate::{
    domain::{
        fault::Fault,
        lights::{Controller, ControllerChange, NewSegment, Nightlight, Pixels, Rgb, Rule, Segment, SegmentChange},
    },
    lighting::{Engine, InputStatus, Snapshot},
};
use settings::{DeviceSettings, SettingsChange};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::sync::watch;

pub use crate::lighting::{Figures, Progress};

/// The lights, for planes and services. Clones share them.
#[derive(Clone)]
pub struct Lights(Arc<Inner>);

struct Inner {
    engine: Engine,
    settings: watch::Sender<Arc<DeviceSettings>>,
    mqtt_connected: AtomicBool,
    began: Instant,
}

/// What the world may see of the lights.
#[derive(Debug, Clone, PartialEq)]
pub struct LightsView {
    pub controller: Controller,
    /// By their ids.
    pub segments: Vec<Segment>,
    /// The fade that runs.
    pub nightlight: Option<Progress>,
}

impl Lights {
    /// The state as of now.
    pub fn view(&self) -> LightsView {
        let Snapshot { controller, segments, nightlight, untouched: _ } = self.0.engine.snapshot();
        LightsView { controller, segments, nightlight }
    }

    /// Changes of the state as they come, by a number that only grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.engine.changes()
    }

    /// The LEDs as they are sent, 60 times a second, while somebody holds a receiver; empty before the first frame.
    pub fn frames(&self) -> watch::Receiver<Arc<[Rgb]>> {
        self.0.engine.frames()
    }

    /// What is measured.
    pub fn figures(&self) -> Figures {
        self.0.engine.figures()
    }

    /// How a lighting desk's data is; none when it is not listened to.
    pub fn desk(&self) -> Option<InputStatus> {
        self.0.engine.input()
    }

    /// Whole seconds since the start.
    pub fn uptime(&self) -> u64 {
        self.0.began.elapsed().as_secs()
    }

    /// Changes the controller.
    pub fn set_controller(&self, change: ControllerChange) -> Controller {
        self.0.engine.set_controller(change)
    }

    /// Makes a segment.
    ///
    /// # Errors
    /// See [`Strip::create`](crate::domain::lights::Strip::create).
    pub fn create_segment(&self, new: NewSegment) -> Result<Segment, Fault> {
        self.0.engine.create_segment(new)
    }

    /// Changes a segment.
    ///
    /// # Errors
    /// See [`Strip::update`](crate::domain::lights::Strip::update).
    pub fn update_segment(&self, id: u8, change: SegmentChange) -> Result<Segment, Fault> {
        self.0.engine.update_segment(id, change)
    }

    /// Takes a segment away.
    ///
    /// # Errors
    /// See [`Strip::delete`](crate::domain::lights::Strip::delete).
    pub fn delete_segment(&self, id: u8) -> Result<(), Fault> {
        self.0.engine.delete_segment(id)
    }

    /// Lays colours on LEDs by hand, until a segment or the power changes. Answers how many were set.
    pub fn set_pixels(&self, pixels: &Pixels) -> usize {
        self.0.engine.set_pixels(pixels)
    }

    /// Begins a nightlight, in the place of one that runs. Answers the brightness it begins with.
    pub fn start_nightlight(&self, order: Nightlight) -> u8 {
        self.0.engine.start_nightlight(order)
    }

    /// Ends the nightlight where it is. False when there was none.
    pub fn stop_nightlight(&self) -> bool {
        self.0.engine.stop_nightlight()
    }

    /// The settings.
    pub fn settings(&self) -> Arc<DeviceSettings> {
        self.0.settings.borrow().clone()
    }

    /// The settings now and after each change.
    pub fn watch_settings(&self) -> watch::Receiver<Arc<DeviceSettings>> {
        self.0.settings.subscribe()
    }

    /// Changes settings, puts them to use and keeps them.
    ///
    /// # Errors
    /// `failed` when they cannot be kept or a socket cannot be had; then nothing changes.
    pub async fn change_settings(&self, _change: SettingsChange) -> Result<(), Fault> {
        todo!()
    }

    /// The rules, in their order.
    pub fn rules(&self) -> Vec<Rule> {
        todo!()
    }

    /// Adds a rule, or puts it in the place of the one with its id. True when it is new.
    ///
    /// # Errors
    /// `conflict` for one of the settings file; `invalid` (`when`) for a source or channel that the show does not have;
    /// `failed` when it cannot be kept.
    pub async fn put_rule(&self, _rule: Rule) -> Result<bool, Fault> {
        todo!()
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// `not_found`; `conflict` for one of the settings file; `failed` when that cannot be kept.
    pub async fn delete_rule(&self, _id: &str) -> Result<(), Fault> {
        todo!()
    }

    /// Whether home automation is connected; told by whoever connects.
    pub fn set_mqtt_connected(&self, connected: bool) {
        self.0.mqtt_connected.store(connected, Ordering::Relaxed);
    }

    /// Whether home automation is connected.
    pub fn mqtt_connected(&self) -> bool {
        self.0.mqtt_connected.load(Ordering::Relaxed)
    }
}
