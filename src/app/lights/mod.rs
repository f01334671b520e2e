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
pub mod prompt;
pub mod settings;

use crate::{
    app::show::conductor::ShowHandle,
    domain::{
        fault::Fault,
        lights::{
            AudioSource, Controller, ControllerChange, Effect, NewSegment, Nightlight, Pixels, Rgb, Rule, Segment,
            SegmentChange, Strip, Trigger,
        },
        view::View,
    },
    lighting::{self, Engine, InputStatus, Layout, OutputSpec, SacnInputSpec, Snapshot},
    media,
    store::LightMemory,
    tasks,
};
use anyhow::Context;
use memory::SaveRequest;
use settings::{DeviceSettings, SettingsChange};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot, watch,
};

pub use crate::lighting::{Figures, Progress};

/// The maximum number of rules, including those of the settings file.
pub const MAX_RULES: usize = 64;

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
    /// The outputs, validated.
    pub outputs: Vec<OutputSpec>,
    /// The sender's name, for people.
    pub name: String,
    /// Address for a lighting desk's data, once a client switches it on.
    pub sacn_listen: SocketAddr,
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
    sacn_listen: SocketAddr,
    /// The sender's permanent id: E1.31's component identifier.
    sender: [u8; 16],
    mqtt_connected: AtomicBool,
    began: Instant,
}

/// See [`Inner::rules`].
#[derive(Default)]
struct Rules {
    fixed: Vec<Rule>,
    asked: Vec<Rule>,
}

impl Rules {
    fn all(&self) -> impl Iterator<Item = &Rule> {
        self.fixed.iter().chain(&self.asked)
    }
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
        let Setup { led_count, gamma, seed, outputs, name, sacn_listen, ai_url, rules, memory } = setup;
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
        let engine = Engine::start(lighting::Settings {
            strip,
            gamma,
            seed,
            saved_state: kept.saved_state,
            outputs,
            cid: kept.sender,
            name,
        })
        .context("lighting.output")?;
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
            sacn_listen,
            sender: kept.sender,
            mqtt_connected: AtomicBool::new(false),
            began: Instant::now(),
        }));
        let led_count = lights.view().controller.led_count;
        if let Err(fault) = lights.0.listen(&lights.settings(), led_count) {
            tracing::error!("{fault}"); // a port that another program uses must not keep the show from starting
        }
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

    /// The rules, in their order, those of the settings file first.
    pub fn rules(&self) -> Vec<Rule> {
        self.0.rules.borrow().all().cloned().collect()
    }

    /// Makes or changes the rule of an id: `by` makes the new one from the present one. True when it is new.
    ///
    /// # Errors
    /// Those of `by`; `conflict` for one of the settings file (`fixed_rule`) and beyond [`MAX_RULES`]
    /// (`too_many_rules`); `invalid` (`when`) for an input, graphic or channel that the show does not have; `failed`
    /// when it cannot be stored.
    pub async fn put_rule(
        &self,
        id: &str,
        by: impl FnOnce(Option<&Rule>) -> Result<Rule, Fault>,
    ) -> Result<(Rule, bool), Fault> {
        let mut made = None;
        self.change_rules(id, |asked| {
            let place = asked.iter().position(|known| known.id == id);
            let rule = by(place.map(|place| &asked[place]))?;
            if let Some(show) = self.0.show.get() {
                check(&rule, &show.view())?;
            }
            made = Some((rule.clone(), place.is_none()));
            match place {
                Some(place) => asked[place] = rule,
                None => asked.push(rule),
            }
            Ok(())
        })
        .await?;
        made.ok_or_else(|| Fault::failed("not_made", "id", "The rule was not made"))
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// `not_found`; `conflict` for one of the settings file; `failed` when that cannot be stored.
    pub async fn delete_rule(&self, id: &str) -> Result<(), Fault> {
        self.change_rules(id, |asked| {
            let place = asked.iter().position(|rule| rule.id == id);
            let unknown = || Fault::not_found("not_found", "id", format!("There is no rule {id}"));
            asked.remove(place.ok_or_else(unknown)?);
            Ok(())
        })
        .await
    }

    async fn change_rules(&self, id: &str, by: impl FnOnce(&mut Vec<Rule>) -> Result<(), Fault>) -> Result<(), Fault> {
        let kept = {
            let _order = self.0.changing();
            let permit = self.0.permit()?;
            let known = self.0.rules.borrow().clone();
            if known.fixed.iter().any(|rule| rule.id == id) {
                let text = format!("Rule {id} is of the settings file; change it there");
                return Err(Fault::conflict("fixed_rule", "id", text));
            }
            let mut asked = known.asked.clone();
            by(&mut asked)?;
            if known.fixed.len() + asked.len() > MAX_RULES.max(known.all().count()) {
                let text = format!("There are {MAX_RULES} rules already");
                return Err(Fault::conflict("too_many_rules", "id", text));
            }
            let (reply, kept) = oneshot::channel();
            permit.send(SaveRequest::Rules(asked.clone(), reply));
            self.0.rules.send_replace(Arc::new(Rules { fixed: known.fixed.clone(), asked }));
            kept
        };
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

    /// Receives a lighting desk's data according to the settings.
    fn listen(&self, settings: &DeviceSettings, led_count: u16) -> Result<(), Fault> {
        let sacn = &settings.sacn;
        let spec = sacn.enabled.then_some(SacnInputSpec {
            address: self.sacn_listen,
            layout: Layout { universe: sacn.universe, universes: sacn.universe_count, channel: sacn.start_channel },
            unicast: sacn.unicast,
            own: Some(self.sender),
        });
        self.engine.listen(spec, led_count).map_err(|error| {
            let text = format!("sACN cannot be received on {}: {error}", self.sacn_listen);
            Fault::failed("sacn_input", "sacnEnabled", text)
        })
    }
}

/// Whether the show has the objects that a rule follows.
///
/// # Errors
/// `invalid` (`when`) that names what is missing.
pub fn check(rule: &Rule, view: &View) -> Result<(), Fault> {
    let missing = |what: &str, name: String| Err(Fault::invalid("when", format!("This show has no {what} {name}")));
    let no_channel = |id: &str| view.channel(id).is_none();
    match &rule.when {
        Trigger::SourceTally { source, .. } | Trigger::Level { audio: AudioSource::Input(source) }
            if view.sources.iter().all(|known| known.id != *source) =>
        {
            missing("input", source.to_string())
        }
        Trigger::ChannelTally { channel } if no_channel(channel) => missing("channel", channel.clone()),
        Trigger::Graphic { channel: Some(channel), .. } if no_channel(channel) => missing("channel", channel.clone()),
        Trigger::Graphic { graphic: Some(graphic), .. } if !view.graphics.contains_key(graphic) => {
            missing("graphic", graphic.clone())
        }
        _ => Ok(()),
    }
}
