//! Where the strip goes: outputs of the settings file, which no request changes, and those that came by request.
//!
//! ```text
//! settings file, requests ─► Outputs ─► refresh: look names up, try interfaces ─► engine
//!                               ▲            │ every minute, and after each change
//!                               └─ problems ─┘ shown in the status and the metrics, logged when they begin and end
//! ```
//!
//! An output that cannot be used now is left out and tried again; it keeps nothing from starting. Refuses to know:
//! packets, planes.

use super::{
    Inner, Lights,
    memory::SaveRequest,
    output_form::{HOST, Host, LightOutput},
};
use crate::{
    domain::fault::Fault,
    lighting::{Destination, OutputSpec, output::Outputs as Sockets, patch},
    tasks,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv6Addr, SocketAddr, ToSocketAddrs},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

/// How names are looked up: blocking, all addresses of a name.
pub type Resolver = Arc<dyn Fn(&str, u16) -> std::io::Result<Vec<SocketAddr>> + Send + Sync>;

/// The look-up of this system.
pub fn system_resolver() -> Resolver {
    Arc::new(|name, port| Ok((name, port).to_socket_addrs()?.collect()))
}

/// Between two look-ups of every name.
pub const LOOK_UP_EVERY: Duration = Duration::from_secs(60);
/// At most, while an output waits for its name or interface.
const WAITING: Duration = Duration::from_secs(20);
/// How long the look-up of a name may take.
const LOOK_UP: Duration = Duration::from_secs(10);
/// What an output that has not been tried yet waits for.
const UNTRIED: &str = "its name is being looked up";

/// Addresses of names with their ports, or why there are none.
type Found = BTreeMap<(String, u16), Result<Vec<SocketAddr>, String>>;

/// An output with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputView {
    pub output: LightOutput,
    /// Of the settings file.
    pub fixed: bool,
    /// Where it is sent to by unicast.
    pub address: Option<SocketAddr>,
    /// Why it is not sent.
    pub problem: Option<String>,
}

/// See the module's text.
pub(super) struct Outputs {
    entries: Mutex<Vec<Entry>>,
    changed: Arc<Notify>,
}

#[derive(Clone)]
struct Entry {
    output: LightOutput,
    fixed: bool,
    address: Option<SocketAddr>,
    problem: Option<String>,
}

impl Outputs {
    /// Outputs of the settings file, validated, and those that were stored. A stored one that does not fit is left out.
    pub fn new(fixed: Vec<LightOutput>, stored: Vec<LightOutput>) -> Self {
        let mut entries: Vec<Entry> = fixed.into_iter().map(|output| Entry::new(output, true)).collect();
        for output in stored {
            let id = output.id.clone();
            let mut tried = entries.clone();
            tried.push(Entry::new(output, false));
            match check_all(&tried, u16::MAX) {
                Ok(()) if entries.iter().all(|entry| entry.output.id != id) => entries = tried,
                Ok(()) => tracing::warn!(output = id, "an output is left out: the settings file has one of its id"),
                Err(fault) => tracing::warn!(output = id, "an output is left out: {fault}"),
            }
        }
        Self { entries: Mutex::new(entries), changed: Arc::new(Notify::new()) }
    }

    /// What can be sent without a look-up, for the start.
    pub fn at_once(&self) -> Vec<OutputSpec> {
        usable(&mut self.entries())
    }

    /// All, with their state.
    pub fn views(&self) -> Vec<OutputView> {
        let view = |entry: &Entry| {
            let Entry { output, fixed, address, problem } = entry.clone();
            OutputView { output, fixed, address, problem }
        };
        self.entries().iter().map(view).collect()
    }

    /// Those that came by request.
    pub fn asked(&self) -> Vec<LightOutput> {
        self.entries().iter().filter(|entry| !entry.fixed).map(|entry| entry.output.clone()).collect()
    }

    /// Makes or changes the output of an id: `by` makes the new one from the present one. True when it is new.
    ///
    /// # Errors
    /// Those of `by`; `conflict` for one of the settings file; `invalid` for one that does not fit beside the others.
    pub fn put(
        &self,
        id: &str,
        led_count: u16,
        by: impl FnOnce(Option<&LightOutput>) -> Result<LightOutput, Fault>,
    ) -> Result<(LightOutput, bool), Fault> {
        let mut entries = self.entries();
        let place = changeable(&entries, id)?;
        let output = by(place.map(|place| &entries[place].output))?;
        let mut tried = entries.clone();
        match place {
            Some(place) => tried[place] = Entry::new(output.clone(), false),
            None => tried.push(Entry::new(output.clone(), false)),
        }
        check_one(&output, led_count)?;
        check_all(&tried, u16::MAX)?;
        *entries = tried;
        drop(entries);
        self.changed.notify_one();
        Ok((output, place.is_none()))
    }

    /// Removes an output.
    ///
    /// # Errors
    /// `not_found`; `conflict` for one of the settings file.
    pub fn delete(&self, id: &str) -> Result<(), Fault> {
        let mut entries = self.entries();
        let place = changeable(&entries, id)?.ok_or_else(|| not_found(id))?;
        entries.remove(place);
        drop(entries);
        self.changed.notify_one();
        Ok(())
    }

    /// Whether one waits for its name or interface.
    fn waits(&self) -> bool {
        self.entries().iter().any(|entry| entry.problem.is_some())
    }

    /// Addresses of all names that outputs have, or why there are none.
    async fn look_up(&self, resolver: &Resolver) -> Found {
        let names: BTreeSet<(String, u16)> = self.entries().iter().filter_map(Entry::name).collect();
        let look_up = |(name, port): (String, u16)| {
            let resolver = resolver.clone();
            async move {
                let asked = name.clone();
                // A look-up that hangs keeps its thread until the system gives up; there is one for each name at most.
                let found = tokio::task::spawn_blocking(move || resolver(&asked, port));
                let found = match timeout(LOOK_UP, found).await {
                    Ok(Ok(Ok(addresses))) if addresses.is_empty() => Err("the name has no address".to_owned()),
                    Ok(Ok(found)) => found.map_err(|error| format!("the name is not found: {error}")),
                    Ok(Err(_)) | Err(_) => Err("the look-up of the name takes too long".to_owned()),
                };
                ((name, port), found)
            }
        };
        futures::future::join_all(names.into_iter().map(look_up)).await.into_iter().collect()
    }

    /// Enters addresses, logs what has changed, and returns what can be sent.
    fn settle(&self, found: &Found) -> Vec<OutputSpec> {
        let mut entries = self.entries();
        let before: Vec<_> = entries.iter().map(|entry| (entry.address, entry.problem.clone())).collect();
        for entry in entries.iter_mut() {
            match entry.name().and_then(|name| found.get(&name)) {
                // A name of several addresses keeps the one it has.
                Some(Ok(addresses)) => {
                    entry.address = entry.address.filter(|old| addresses.contains(old)).or(addresses.first().copied());
                    entry.problem = None;
                }
                // A lamp that is lit goes on at its last address: only its name is gone.
                Some(Err(_)) if entry.address.is_some() => entry.problem = None,
                Some(Err(problem)) => entry.problem = Some(problem.clone()),
                None => {}
            }
        }
        let specs = usable(&mut entries);
        for (entry, (address, problem)) in entries.iter().zip(before) {
            let output = entry.output.id.as_str();
            match (&problem, &entry.problem) {
                (old, Some(new)) if old.as_ref() != Some(new) => {
                    tracing::warn!(output, "a lighting output waits, and is tried again: {new}");
                }
                (Some(_), None) => tracing::info!(output, "a lighting output is sent"),
                _ if address.is_some() && entry.address != address => {
                    tracing::info!(output, address = ?entry.address, "a lighting output has a new address");
                }
                _ => {}
            }
        }
        specs
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn new(output: LightOutput, fixed: bool) -> Self {
        let (address, problem) = match output.host() {
            Host::Groups => (None, None),
            Host::Address(address) => (Some(address), None),
            Host::Name(..) => (None, Some(UNTRIED.to_owned())),
        };
        Self { output, fixed, address, problem }
    }

    /// What is to be looked up.
    fn name(&self) -> Option<(String, u16)> {
        match self.output.host() {
            Host::Name(name, port) => Some((name.to_owned(), port)),
            Host::Groups | Host::Address(_) => None,
        }
    }

    fn destination(&self) -> Option<Destination> {
        match self.output.host() {
            Host::Groups => Some(Destination::Multicast),
            Host::Address(address) => Some(Destination::Unicast(address)),
            Host::Name(..) => self.address.map(Destination::Unicast),
        }
    }
}

impl Lights {
    /// The outputs, in their order, those of the settings file first.
    pub fn outputs(&self) -> Vec<OutputView> {
        self.0.outputs.views()
    }

    /// Makes or changes the output of an id: `by` makes the new one from the present one. True when it is new. It is
    /// sent within a moment.
    ///
    /// # Errors
    /// Those of `by`; `conflict` (`fixed_output`) for one of the settings file; `invalid` for one that does not fit the
    /// strip or beside the others; `failed` when it cannot be stored.
    pub async fn put_output(
        &self,
        id: &str,
        by: impl FnOnce(Option<&LightOutput>) -> Result<LightOutput, Fault>,
    ) -> Result<(LightOutput, bool), Fault> {
        let led_count = self.view().controller.led_count;
        self.change_outputs(|outputs| outputs.put(id, led_count, by)).await
    }

    /// Removes an output. Receivers of sACN are notified.
    ///
    /// # Errors
    /// `not_found`; `conflict` (`fixed_output`) for one of the settings file; `failed` when that cannot be stored.
    pub async fn delete_output(&self, id: &str) -> Result<(), Fault> {
        self.change_outputs(|outputs| outputs.delete(id)).await
    }

    async fn change_outputs<T>(&self, by: impl FnOnce(&Outputs) -> Result<T, Fault>) -> Result<T, Fault> {
        let (done, kept) = {
            let _order = self.0.changing();
            let permit = self.0.permit()?;
            let done = by(&self.0.outputs)?;
            let (reply, kept) = oneshot::channel();
            permit.send(SaveRequest::Outputs(self.0.outputs.asked(), reply));
            (done, kept)
        };
        kept.await.map_err(|_| Fault::unavailable("The server is shutting down"))??;
        Ok(done)
    }

    /// Keeps the outputs as they can be, until the lights are closed. `every`: between two look-ups of every name.
    pub(super) fn refresh_outputs(&self, resolver: Resolver, every: Duration) {
        let lights = Arc::downgrade(&self.0);
        let closing = self.0.closing.clone();
        tasks::restarting("light-outputs", move || {
            let (lights, closing, resolver) = (lights.clone(), closing.clone(), resolver.clone());
            async move {
                tokio::select! {
                    () = closing.cancelled() => {}
                    () = refresh(lights, resolver, every) => {}
                }
            }
        });
    }
}

/// Looks names up, tries interfaces, and gives the engine what has changed, again and again.
async fn refresh(lights: Weak<Inner>, resolver: Resolver, every: Duration) {
    let mut sent: Option<Vec<OutputSpec>> = None;
    loop {
        let Some(inner) = lights.upgrade() else { return };
        inner.refresh_once(&resolver, &mut sent).await;
        let waits = inner.listen_again() || inner.outputs.waits();
        let changed = inner.outputs.changed.clone();
        drop(inner);
        tokio::select! {
            () = sleep(if waits { every.min(WAITING) } else { every }) => {}
            () = changed.notified() => {}
        }
    }
}

impl Inner {
    /// What has an address is sent at once, however long the look-up of a name takes.
    async fn refresh_once(&self, resolver: &Resolver, sent: &mut Option<Vec<OutputSpec>>) {
        let (unknown, mut came) = (Found::new(), false);
        self.send_outputs(&unknown, sent, false);
        let mut look_up = pin!(self.outputs.look_up(resolver));
        let found = loop {
            tokio::select! {
                found = &mut look_up => break found,
                () = self.outputs.changed.notified() => {
                    came = true;
                    self.send_outputs(&unknown, sent, false);
                }
            }
        };
        // A socket whose interface went away and came back must be opened anew.
        self.send_outputs(&found, sent, self.engine.figures().output.failing > 0);
        if came {
            // Their names are not looked up yet.
            self.outputs.changed.notify_one();
        }
    }

    /// Gives the engine the outputs that can be used with these addresses, where they are others than were `sent`, or
    /// `anyway`.
    fn send_outputs(&self, found: &Found, sent: &mut Option<Vec<OutputSpec>>, anyway: bool) {
        let specs = self.outputs.settle(found);
        if sent.as_ref() == Some(&specs) && !anyway {
            return;
        }
        match self.engine.set_outputs(specs.clone()) {
            Ok(()) => *sent = Some(specs),
            Err(error) => tracing::warn!(%error, "the outputs of the lights stay as they were"),
        }
    }
}

/// What can be sent; the others get their problem.
fn usable(entries: &mut [Entry]) -> Vec<OutputSpec> {
    let mut specs: Vec<OutputSpec> = Vec::new();
    for entry in entries {
        let Some(to) = entry.destination() else { continue };
        let spec = entry.output.spec(to);
        if let Err(error) = Sockets::try_open(&spec) {
            entry.problem = Some(format!("its interface cannot be used: {error}"));
            continue;
        }
        specs.push(spec);
        // Two names may have become one address.
        entry.problem = patch::check(&specs, u16::MAX).err().map(|error| format!("{} {}", error.key, error.problem));
        if entry.problem.is_some() {
            specs.pop();
        }
    }
    specs
}

/// Whether outputs fit beside one another before their names are looked up: each name stands for an address of its own.
///
/// # Errors
/// `invalid` with the key.
pub fn check(outputs: &[LightOutput], led_count: u16) -> Result<(), (usize, Fault)> {
    if let Some(unsound) = outputs.iter().position(|output| !output.has_sound_host()) {
        return Err((unsound, Fault::invalid("unicast", HOST)));
    }
    let names: BTreeSet<_> = outputs.iter().map(|output| output.unicast.clone()).collect();
    let stand_in = |output: &LightOutput| match output.host() {
        Host::Groups => Destination::Multicast,
        Host::Address(address) => Destination::Unicast(address),
        Host::Name(_, port) => {
            let place = names.iter().position(|name| *name == output.unicast).unwrap_or_default();
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, place as u16);
            Destination::Unicast((address, port).into())
        }
    };
    let specs: Vec<_> = outputs.iter().map(|output| output.spec(stand_in(output))).collect();
    patch::check(&specs, led_count).map_err(|error| (error.output, Fault::invalid(error.key, sentence(&error.problem))))
}

fn check_one(output: &LightOutput, led_count: u16) -> Result<(), Fault> {
    check(std::slice::from_ref(output), led_count).map_err(|(_, fault)| fault)
}

fn check_all(entries: &[Entry], led_count: u16) -> Result<(), Fault> {
    let outputs: Vec<_> = entries.iter().map(|entry| entry.output.clone()).collect();
    check(&outputs, led_count).map_err(|(_, fault)| fault)
}

/// A clause as a sentence of its own.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The place of an output that requests may change.
fn changeable(entries: &[Entry], id: &str) -> Result<Option<usize>, Fault> {
    match entries.iter().position(|entry| entry.output.id == id) {
        Some(place) if entries[place].fixed => {
            let text = format!("Output {id} is of the settings file; change it there");
            Err(Fault::conflict("fixed_output", "id", text))
        }
        place => Ok(place),
    }
}

/// No output has this id.
pub fn not_found(id: &str) -> Fault {
    Fault::not_found("not_found", "id", format!("There is no output {id}"))
}
