//! The lights of the set: the engine that draws them, clients' settings, the stored state, and the rules that follow
//! the show.
//!
//! ```text
//! planes, MQTT, prompts ─► Lights ─► engine ─► controllers
//!                            ├─► kept (rows)
//! bus, program picture, sound ─► follow (rules) ─► layers of the engine
//! ```
//!
//! Refuses to know: HTTP, JSON of the plane, packets.

mod follow;
pub mod forms;
mod memory;
pub mod mqtt;
pub mod output_form;
pub mod outputs;
pub mod prompt;
mod rules;
pub mod scene_form;
pub mod scenes;
pub mod settings;

use crate::{
    app::show::conductor::ShowHandle,
    domain::{
        fault::Fault,
        lights::{
            Controller, ControllerChange, Effect, NewSegment, Nightlight, Pixels, Rgb, Rule, Segment, SegmentChange,
            Strip,
        },
    },
    lighting::{self, Engine, InputStatus, Layout, Merge, SacnInputSpec, Snapshot},
    media,
    store::LightMemory,
    tasks,
};
use anyhow::Context;
use memory::SaveRequest;
use output_form::LightOutput;
use outputs::{Outputs, Resolver};
use rules::Rules;
use scene_form::Scene;
use settings::{DeviceSettings, SettingsChange};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot, watch,
};
use tokio_util::sync::CancellationToken;

pub use crate::lighting::{Figures, Progress, StripState};
pub use rules::{MAX_RULES, check};

/// Changes of settings and rules that may wait for the database.
const UNSAVED: usize = 16;

/// What the lights are made of.
pub struct Setup {
    /// LEDs of the strip until a client sets another number, 1 to [`MAX_LEDS`](crate::domain::lights::MAX_LEDS).
    pub led_count: u16,
    /// Gamma of brightness; 1.0 leaves it as it is.
    pub gamma: f32,
    /// The same seed gives the same frames.
    pub seed: u64,
    /// Outputs of the settings file, validated: no request changes them.
    pub outputs: Vec<LightOutput>,
    /// How names of outputs are looked up.
    pub resolver: Resolver,
    /// Between two look-ups of every name.
    pub look_up_every: Duration,
    /// The sender's name, for people.
    pub name: String,
    /// Address for a lighting desk's data, once a client switches it on.
    pub sacn_listen: SocketAddr,
    /// What counts among desks of one priority.
    pub sacn_merge: Merge,
    /// Where polls of Art-Net controllers are answered while something is sent by Art-Net; none: not at all.
    pub artnet_listen: Option<SocketAddr>,
    /// The service for prompts; clients set its key.
    pub ai_url: String,
    /// Rules of the settings file: no request changes them.
    pub rules: Vec<Rule>,
    /// The stored state.
    pub memory: LightMemory,
}

/// The lights, for planes and services. Clones share them.
#[derive(Clone)]
pub struct Lights(Arc<Inner>);

struct Inner {
    engine: Engine,
    settings: watch::Sender<Arc<DeviceSettings>>,
    /// Those of the settings file, then those that came by request.
    rules: watch::Sender<Arc<Rules>>,
    /// Held while settings or rules change, so that they are written down in the order in which they came.
    changing: Mutex<()>,
    /// Changes that wait to be written down; a further one is refused as `unavailable` before it takes effect.
    keep: mpsc::Sender<SaveRequest>,
    show: OnceLock<ShowHandle>,
    outputs: Outputs,
    scenes: Mutex<Vec<Scene>>,
    sacn_listen: SocketAddr,
    sacn_merge: Merge,
    /// The sender's permanent id: E1.31's component identifier.
    sender: [u8; 16],
    mqtt_connected: AtomicBool,
    began: Instant,
    closing: CancellationToken,
}

/// The public state of the lights.
#[derive(Debug, Clone, PartialEq)]
pub struct LightsView {
    pub controller: Controller,
    /// By their ids.
    pub segments: Vec<Segment>,
    /// The fade that runs.
    pub nightlight: Option<Progress>,
}

impl Lights {
    /// Lights as they were left, or new ones: one segment over the whole strip.
    ///
    /// # Errors
    /// When rows or sockets cannot be had.
    pub async fn open(setup: Setup) -> anyhow::Result<Self> {
        let Setup { led_count, gamma, seed, outputs, resolver, look_up_every, name, .. } = setup;
        let Setup { sacn_listen, sacn_merge, artnet_listen, ai_url, rules, memory, .. } = setup;
        let kept = memory::read(&memory).await.context("lights")?;
        let settings = kept
            .settings
            .map(serde_json::from_value::<DeviceSettings>)
            .transpose()
            .unwrap_or_else(|error| {
                tracing::warn!("settings of the lights cannot be read any more: {error}");
                None
            })
            .unwrap_or_default()
            .served_by(&ai_url);
        let mut strip = kept.strip.unwrap_or_else(|| Strip::new(led_count, Effect::Rainbow));
        strip.set_led_count(settings.led_count.unwrap_or(led_count));
        if settings.default_brightness.is_some() {
            strip.set_controller(ControllerChange { power: None, brightness: settings.default_brightness });
        }
        let outputs = Outputs::new(outputs, kept.outputs);
        let engine = Engine::start(lighting::Settings {
            strip,
            gamma,
            seed,
            saved_state: kept.saved_state,
            outputs: outputs.at_once(),
            cid: kept.sender,
            name,
            artnet_listen,
        })
        .context("lights")?;
        let taken = |rule: &Rule| rules.iter().any(|fixed| fixed.id == rule.id);
        let asked = kept.rules.into_iter().filter(|rule| !taken(rule)).collect();
        let (keep, orders) = mpsc::channel(UNSAVED);
        let lights = Self(Arc::new(Inner {
            engine,
            settings: watch::Sender::new(Arc::new(settings)),
            rules: watch::Sender::new(Arc::new(Rules { fixed: rules, asked })),
            changing: Mutex::new(()),
            keep,
            show: OnceLock::new(),
            outputs,
            scenes: Mutex::new(kept.scenes),
            sacn_listen,
            sacn_merge,
            sender: kept.sender,
            mqtt_connected: AtomicBool::new(false),
            began: Instant::now(),
            closing: CancellationToken::new(),
        }));
        let led_count = lights.view().controller.led_count;
        if let Err(fault) = lights.0.listen(&lights.settings(), led_count) {
            // A port that another program uses must not keep the show from starting; it is tried again.
            tracing::error!("{fault}");
        }
        lights.refresh_outputs(resolver, look_up_every);
        let looks = lights.clone();
        tokio::spawn(memory::keep(memory, lights.changes(), move || looks.0.engine.snapshot(), orders));
        Ok(lights)
    }

    /// Follows the show from now on, according to the rules. Ends with the show.
    pub fn follow(&self, show: ShowHandle, engine: Arc<media::engine::Engine>) {
        for rule in self.rules() {
            if let Err(fault) = check(&rule, &show.view()) {
                tracing::warn!(rule = rule.id, "a rule follows nothing: {fault}");
            }
        }
        let _ = self.0.show.set(show.clone()); // it is the same show all along
        let lights = self.clone();
        tasks::restarting("light-rules", move || follow::run(lights.clone(), show.clone(), engine.clone()));
    }

    /// Stores all pending changes and ends the frames, with a last packet to controllers. Nothing is stored after it.
    pub async fn close(&self) {
        self.0.closing.cancel();
        memory::end(&self.0.keep).await;
        let ending = self.0.clone();
        let _ = tokio::task::spawn_blocking(move || ending.engine.end()).await; // its panic was logged already
    }

    /// The state as of now.
    pub fn view(&self) -> LightsView {
        let Snapshot { controller, segments, nightlight, .. } = self.0.engine.snapshot();
        LightsView { controller, segments, nightlight }
    }

    /// Changes of the state as they come, by a number that only grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.engine.changes()
    }

    /// The LEDs as they are sent, 60 times a second, while there is a receiver; empty before the first frame.
    pub fn frames(&self) -> watch::Receiver<Arc<[Rgb]>> {
        self.0.engine.frames()
    }

    /// The measurements.
    pub fn figures(&self) -> Figures {
        self.0.engine.figures()
    }

    /// The state of a lighting desk's data; none while it is switched off.
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

    /// Makes changes over a time, which may be none: looks are crossfaded, brightness and power move evenly.
    pub fn over<T>(&self, lasts: Duration, change: impl FnOnce(&mut StripState) -> T) -> T {
        self.0.engine.over(lasts, change)
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

    /// Sets colours of LEDs directly, until a segment or the power changes. Returns how many were set.
    pub fn set_pixels(&self, pixels: &Pixels) -> usize {
        self.0.engine.set_pixels(pixels)
    }

    /// Begins a nightlight, in place of one that runs. Returns the brightness it begins with.
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

    /// Changes settings, applies them and stores them.
    ///
    /// # Errors
    /// `failed` when a socket cannot be had, and then nothing changes, or when they cannot be stored (they hold until
    /// the end); `invalid` (`sacnUniverseCount`); `unavailable` at the end.
    pub async fn change_settings(&self, change: SettingsChange) -> Result<(), Fault> {
        let inner = self.0.clone();
        let settled = tokio::task::spawn_blocking(move || inner.settle(change)).await; // it opens sockets
        let kept = settled.map_err(|_| Fault::failed("broken", "", "The settings could not be changed"))??;
        kept.await.map_err(|_| Fault::unavailable("The server is shutting down"))?
    }

    /// The name of this installation for brokers: `lume-` and 12 hex digits, where a lamp has those of its MAC address.
    pub fn client_id(&self) -> String {
        let digits = self.0.sender.iter().take(6).map(|byte| format!("{byte:02x}"));
        digits.fold("lume-".to_owned(), |name, digits| name + &digits)
    }

    /// Whether home automation is connected; set by the MQTT link.
    pub fn set_mqtt_connected(&self, connected: bool) {
        self.0.mqtt_connected.store(connected, Ordering::Relaxed);
    }

    /// Whether home automation is connected.
    pub fn mqtt_connected(&self) -> bool {
        self.0.mqtt_connected.load(Ordering::Relaxed)
    }
}

impl Inner {
    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a change that is to be stored.
    fn permit(&self) -> Result<mpsc::Permit<'_, SaveRequest>, Fault> {
        self.keep.try_reserve().map_err(|error| match error {
            TrySendError::Full(()) => Fault::unavailable("Too many changes wait to be saved"),
            TrySendError::Closed(()) => Fault::unavailable("The server is shutting down"),
        })
    }

    /// Applies changed settings; the receiver gets the result of storing them.
    fn settle(&self, mut change: SettingsChange) -> Result<oneshot::Receiver<Result<(), Fault>>, Fault> {
        let _order = self.changing();
        let permit = self.permit()?;
        let old = self.settings.borrow().clone();
        let before = self.engine.snapshot().controller.led_count;
        // A client that posts back the shown LED count does not override the settings file.
        change.led_count = change.led_count.filter(|asked| old.led_count.is_some() || *asked != before);
        let again = change.sacn_enabled == Some(true) && self.engine.input().is_none();
        let new = Arc::new(old.with(change));
        new.sacn.check()?;
        let led_count = new.led_count.unwrap_or(before);
        if (again || new.sacn != old.sacn || led_count != before)
            && let Err(fault) = self.listen(&new, led_count)
        {
            if let Err(fault) = self.listen(&old, before) {
                tracing::error!("{fault}");
            }
            return Err(fault);
        }
        if led_count != before {
            self.engine.set_led_count(led_count);
        }
        let (reply, kept) = oneshot::channel();
        let text = serde_json::to_string(&*new).unwrap_or_default();
        permit.send(SaveRequest::Settings(text, reply));
        self.settings.send_replace(new);
        Ok(kept)
    }

    /// Tries to receive where that is wanted and was not possible. True when it still is not.
    fn listen_again(&self) -> bool {
        let _order = self.changing();
        let settings = self.settings.borrow().clone();
        if !settings.sacn.enabled || self.engine.input().is_some() {
            return false;
        }
        let listening = self.listen(&settings, self.engine.snapshot().controller.led_count);
        if listening.is_ok() {
            tracing::info!(address = %self.sacn_listen, "sACN is received");
        }
        listening.is_err()
    }

    /// Receives a lighting desk's data according to the settings.
    fn listen(&self, settings: &DeviceSettings, led_count: u16) -> Result<(), Fault> {
        let sacn = &settings.sacn;
        let spec = sacn.enabled.then_some(SacnInputSpec {
            address: self.sacn_listen,
            layout: Layout { universe: sacn.universe, universes: sacn.universe_count, channel: sacn.start_channel },
            unicast: sacn.unicast,
            merge: self.sacn_merge,
            own: Some(self.sender),
        });
        self.engine.listen(spec, led_count).map_err(|error| {
            let text = format!("sACN cannot be received on {}: {error}", self.sacn_listen);
            Fault::failed("sacn_input", "sacnEnabled", text)
        })
    }
}
