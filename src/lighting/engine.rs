//! The running lights: the strip's state, the ticker that advances it, and where its frames go.
//!
//! ```text
//! callers ─ lock ─► StripState ◄─ lock, 60 times a second ─ ticker ─► outputs
//!    changes ◄─ notice ─┘                                   └─ frames, while there is a receiver
//! ```
//!
//! A caller holds the lock for microseconds, the ticker while it draws a frame. Refuses to know: callers.

use super::{
    artnet_node::ArtnetNode,
    input::{InputStatus, SacnInput, SacnInputSpec},
    layer::Layer,
    output::Outputs,
    patch::{OutputSpec, Protocol},
    shared::{Figures, Shared},
    strip_state::{SavedState, Snapshot, StripState},
    ticker::{self, Ticker},
};
use crate::domain::{
    fault::Fault,
    lights::{Controller, ControllerChange, NewSegment, Nightlight, Pixels, Rgb, Segment, SegmentChange, Strip},
};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// What an engine is built from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The strip as it was left, or a new one.
    pub strip: Strip,
    /// Gamma of brightness; 1.0 leaves it as it is.
    pub gamma: f32,
    /// The same seed gives the same frames.
    pub seed: u64,
    /// The activity that was going on at the last stop.
    pub saved_state: SavedState,
    /// The outputs, validated.
    pub outputs: Vec<OutputSpec>,
    /// The sender's id: the component identifier of E1.31.
    pub cid: [u8; 16],
    /// The sender's name, for people; at most 63 bytes are used.
    pub name: String,
    /// Where polls of Art-Net controllers are answered while something is sent by Art-Net; none: not at all.
    pub artnet_listen: Option<SocketAddr>,
}

/// See the module's text. Dropping it ends the frames and notifies controllers.
pub struct Engine {
    shared: Arc<Shared>,
    ticker: Mutex<Option<Ticker>>,
    cid: [u8; 16],
    name: String,
    artnet_listen: Option<SocketAddr>,
    /// There while something is sent by Art-Net.
    artnet_node: Mutex<Option<ArtnetNode>>,
}

impl Engine {
    /// Starts the frames.
    ///
    /// # Errors
    /// When no socket or thread is to be had.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let Settings { strip, gamma, seed, saved_state, outputs, cid, name, artnet_listen } = settings;
        let artnet_node = artnet_node(artnet_listen, &outputs, &name);
        let outputs = Outputs::open(outputs, cid, &name)?;
        let shared = Arc::new(Shared::new(StripState::new(strip, gamma, seed).resume(saved_state)));
        let ticker = ticker::start(shared.clone(), outputs)?;
        let ticker = Mutex::new(Some(ticker));
        Ok(Self { shared, ticker, cid, name, artnet_listen, artnet_node: Mutex::new(artnet_node) })
    }

    /// Sends to these outputs from the next frame on, instead of the earlier ones: universes of both go on, those of the
    /// earlier ones alone are ended. Blocks while a thread ends.
    ///
    /// # Errors
    /// As with [`Outputs::open`]; then the earlier ones stay.
    pub fn set_outputs(&self, outputs: Vec<OutputSpec>) -> io::Result<()> {
        let opened = Outputs::open(outputs.clone(), self.cid, &self.name)?;
        self.shared.set_outputs(opened);
        let mut node = self.artnet_node.lock().unwrap_or_else(PoisonError::into_inner);
        // The old socket is closed before the new one asks for its port.
        *node = None;
        *node = artnet_node(self.artnet_listen, &outputs, &self.name);
        Ok(())
    }

    /// Ends the frames and notifies controllers. Blocks for a frame at most.
    pub fn end(&self) {
        let ticker = self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(ticker);
    }

    /// The state as of now.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.strip_state().snapshot(self.shared.now())
    }

    /// Changes as they come, by a number that only grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes()
    }

    /// Frames as they are sent. They are published only while there is a receiver.
    pub fn frames(&self) -> watch::Receiver<Arc<[Rgb]>> {
        self.shared.frames.subscribe()
    }

    /// The measurements.
    pub fn figures(&self) -> Figures {
        self.shared.figures()
    }

    /// See [`StripState::set_controller`].
    pub fn set_controller(&self, change: ControllerChange) -> Controller {
        self.change(|strip_state, _| strip_state.set_controller(change))
    }

    /// Makes a change over a time. See [`StripState::over`].
    pub fn over<T>(&self, lasts: Duration, change: impl FnOnce(&mut StripState) -> T) -> T {
        self.change(|strip_state, now| strip_state.over(lasts, now, change))
    }

    /// See [`StripState::set_led_count`].
    pub fn set_led_count(&self, led_count: u16) {
        self.change(|strip_state, _| strip_state.set_led_count(led_count));
    }

    /// See [`StripState::create_segment`].
    pub fn create_segment(&self, new: NewSegment) -> Result<Segment, Fault> {
        self.change(|strip_state, _| strip_state.create_segment(new))
    }

    /// See [`StripState::update_segment`].
    pub fn update_segment(&self, id: u8, change: SegmentChange) -> Result<Segment, Fault> {
        self.change(|strip_state, _| strip_state.update_segment(id, change))
    }

    /// See [`StripState::delete_segment`].
    pub fn delete_segment(&self, id: u8) -> Result<(), Fault> {
        self.change(|strip_state, _| strip_state.delete_segment(id))
    }

    /// See [`StripState::set_pixels`].
    pub fn set_pixels(&self, pixels: &Pixels) -> usize {
        self.shared.strip_state().set_pixels(pixels)
    }

    /// See [`StripState::start_nightlight`].
    pub fn start_nightlight(&self, order: Nightlight) -> u8 {
        self.change(|strip_state, now| strip_state.start_nightlight(order, now))
    }

    /// See [`StripState::stop_nightlight`].
    pub fn stop_nightlight(&self) -> bool {
        self.change(|strip_state, _| strip_state.stop_nightlight())
    }

    /// See [`StripState::lay`].
    pub fn lay(&self, owner: &str, segment: u8, priority: u8, layer: Layer) {
        self.shared.strip_state().lay(owner, segment, priority, layer);
    }

    /// Applies a look that ends after a duration. See [`StripState::lay`].
    pub fn cue(&self, owner: &str, segment: u8, priority: u8, look: crate::domain::lights::Look, lasts: Duration) {
        let until = Some(self.shared.now() + lasts);
        self.lay(owner, segment, priority, Layer::Look { look, until });
    }

    /// See [`StripState::lift`].
    pub fn lift(&self, owner: &str) {
        self.shared.strip_state().lift(owner);
    }

    /// Receives a lighting desk's data for this many LEDs from now on, instead of the earlier input; `None`: none.
    /// Blocks while a thread ends.
    ///
    /// # Errors
    /// When the socket cannot be opened; then there is no input.
    pub fn listen(&self, spec: Option<SacnInputSpec>, led_count: u16) -> io::Result<()> {
        // The old socket is closed before the new one asks for its port; not under the lock, which the frames need.
        let old = self.shared.desk().take();
        drop(old);
        let input = spec.map(|spec| SacnInput::open(spec, led_count, self.shared.began)).transpose()?;
        *self.shared.desk() = input;
        Ok(())
    }

    /// The state of the lighting desk's input; none while it is off.
    pub fn input(&self) -> Option<InputStatus> {
        self.shared.desk().as_ref().map(|input| input.status(self.shared.now()))
    }

    fn change<T>(&self, by: impl FnOnce(&mut StripState, Duration) -> T) -> T {
        let now = self.shared.now();
        let done = by(&mut self.shared.strip_state(), now);
        self.shared.changed();
        done
    }
}

/// What answers Art-Net's polls, if anything is sent by Art-Net. A port that another program has is logged.
fn artnet_node(listen: Option<SocketAddr>, outputs: &[OutputSpec], name: &str) -> Option<ArtnetNode> {
    let sent = outputs.iter().filter(|output| output.protocol == Protocol::Artnet);
    let mut universes: Vec<u16> = sent.flat_map(OutputSpec::pieces).map(|piece| piece.universe as u16).collect();
    universes.sort_unstable();
    universes.dedup();
    let listen = listen.filter(|_| !universes.is_empty())?;
    let opened = ArtnetNode::open(listen, universes, name);
    opened.inspect_err(|error| tracing::warn!(%listen, %error, "Art-Net controllers will not find the lights")).ok()
}
