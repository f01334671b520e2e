//! Levels from sACN sources, and the choice between the sources.
//!
//! ```text
//! packet ─► of our universes? live? in order? ─► the highest priority of its universe? ─► LEDs
//! ```
//!
//! Among equals the last one to send wins (LTP), or each channel has the highest of their levels (HTP). A source is
//! forgotten 2.5 s after its last packet (E1.31-2018 6.7.1, E131_NETWORK_DATA_LOSS_TIMEOUT), and at once when it signals
//! its end (6.2.6); when the last one has signalled it, effects come back at once. Refuses to know: sockets, clocks, effects.

use crate::{
    domain::lights::Rgb,
    lighting::patch::{CHANNELS, PIXELS},
    protocol::lighting::{
        Broken,
        sacn::{self, Data, Packet},
    },
};
use std::time::Duration;

/// Sources that are tracked at the same time.
const SOURCES: usize = 4;
/// Universes that follow one another.
const UNIVERSES: usize = 8;
/// Without a packet for this long, a source is gone.
const FORGOTTEN: Duration = Duration::from_millis(2500);
/// Without data for this long, effects come back.
const HOLD: Duration = Duration::from_secs(5);

/// Which universes lie where on the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The first universe, 1 to 63999; its LEDs begin with the strip.
    pub universe: u16,
    /// How many follow one another with it, 1 to 8; 170 LEDs each.
    pub universes: u8,
    /// The channel of the first LED in the first universe, 1 to 512; the others begin with channel 1.
    pub channel: u16,
}

impl Layout {
    fn is_valid(self) -> bool {
        let last = u32::from(self.universe) + u32::from(self.universes) - 1;
        self.universe >= 1
            && (1..=UNIVERSES as u8).contains(&self.universes)
            && last <= u32::from(sacn::UNIVERSES)
            && (1..=CHANNELS).contains(&self.channel)
    }

    /// LEDs of the first universe.
    fn first_leds(self) -> usize {
        usize::from((CHANNELS - (self.channel - 1)) / 3)
    }

    /// The first slot and the first LED of a universe, counted from our first one.
    fn place(self, universe: usize) -> (usize, usize) {
        match universe {
            0 => (usize::from(self.channel - 1), 0),
            later => (0, self.first_leds() + (later - 1) * usize::from(PIXELS)),
        }
    }
}

/// What counts where sources of one priority send to one universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Merge {
    /// Latest takes precedence: the packet that came last.
    #[default]
    Ltp,
    /// Highest takes precedence: the highest level of each channel.
    Htp,
}

/// Why a packet changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It comes from our own outputs.
    Own,
    Broken(Broken),
    /// A synchronisation or discovery packet, or levels of another kind.
    NoLevels,
    /// A universe outside the layout.
    Elsewhere,
    /// For preview only.
    NotLive,
    /// The end of a stream.
    Ended,
    /// Older than what came before.
    Late,
    /// Four other sources are there already, none of a lower priority.
    Crowded,
    /// Another source has a higher priority.
    Outranked,
}

/// The state of the input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputStatus {
    /// Data overrides the effects.
    pub receiving: bool,
    /// Packets that reached the LEDs since the beginning.
    pub packets: u64,
    /// The name of the source that was used last; none when nothing is received.
    pub source: Option<String>,
    /// Its priority.
    pub priority: Option<u8>,
}

#[derive(Debug, Clone)]
struct LastPacket {
    at: Duration,
    sequence: u8,
    priority: u8,
    /// Empty unless levels are merged.
    slots: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Source {
    cid: [u8; 16],
    last_packets: [Option<LastPacket>; UNIVERSES],
}

impl Source {
    fn is_gone(&self) -> bool {
        self.last_packets.iter().all(Option::is_none)
    }

    /// Its highest priority in any universe.
    fn priority(&self) -> u8 {
        self.last_packets.iter().flatten().map(|last| last.priority).max().unwrap_or(0)
    }
}

/// The source that was used last.
#[derive(Debug, Clone, Copy)]
struct WinningSource {
    at: Duration,
    name: [u8; 64],
    priority: u8,
}

/// See the module's text.
#[derive(Debug)]
pub struct Receiver {
    layout: Layout,
    merge: Merge,
    sources: Vec<Source>,
    leds: Vec<Rgb>,
    winning_source: Option<WinningSource>,
    packets: u64,
    /// Our own outputs' id: their multicast packets come back to this machine.
    ignored_cid: Option<[u8; 16]>,
}

impl Receiver {
    /// A receiver without any data; none for a layout that is out of range.
    pub fn new(layout: Layout, led_count: u16) -> Option<Self> {
        let leds = vec![[0; 3]; led_count.into()];
        let sources = Vec::with_capacity(SOURCES);
        let merge = Merge::default();
        layout.is_valid().then_some(Self {
            layout,
            merge,
            sources,
            leds,
            winning_source: None,
            packets: 0,
            ignored_cid: None,
        })
    }

    /// The same, ignoring one sender: this server.
    pub fn ignoring_cid(self, cid: [u8; 16]) -> Self {
        Self { ignored_cid: Some(cid), ..self }
    }

    /// The same with another way of merging sources of one priority.
    pub fn merging(self, merge: Merge) -> Self {
        Self { merge, ..self }
    }

    /// Processes a packet.
    ///
    /// # Errors
    /// Why it changed no LED.
    pub fn packet(&mut self, bytes: &[u8], now: Duration) -> Result<(), Refused> {
        let Packet::Data(data) = sacn::parse(bytes).map_err(Refused::Broken)? else { return Err(Refused::NoLevels) };
        if data.start_code != 0 {
            return Err(Refused::NoLevels);
        }
        if self.ignored_cid == Some(data.cid) {
            return Err(Refused::Own);
        }
        let universe = usize::from(data.universe.checked_sub(self.layout.universe).ok_or(Refused::Elsewhere)?);
        if universe >= usize::from(self.layout.universes) {
            return Err(Refused::Elsewhere);
        }
        if data.is_preview() {
            return Err(Refused::NotLive);
        }
        self.forget(now);
        if data.is_terminated() {
            self.end(&data, universe);
            return Err(Refused::Ended);
        }
        self.accept(&data, universe, now)?;
        if self.highest(universe).is_some_and(|highest| highest > data.priority) {
            return Err(Refused::Outranked);
        }
        self.apply_levels(&data, universe, now);
        Ok(())
    }

    /// The levels that override the effects now. Merged levels lose those of a source that has fallen silent.
    pub fn frame(&mut self, now: Duration) -> Option<&[Rgb]> {
        if self.merge == Merge::Htp {
            self.forget(now);
        }
        self.is_receiving(now).then_some(&self.leds)
    }

    /// Its state.
    pub fn status(&self, now: Duration) -> InputStatus {
        let winning_source = self.winning_source.filter(|_| self.is_receiving(now));
        let name = |source: WinningSource| {
            let end = source.name.iter().position(|byte| *byte == 0).unwrap_or(source.name.len());
            String::from_utf8_lossy(&source.name[..end]).into_owned()
        };
        InputStatus {
            receiving: winning_source.is_some(),
            packets: self.packets,
            source: winning_source.map(name),
            priority: winning_source.map(|source| source.priority),
        }
    }

    fn is_receiving(&self, now: Duration) -> bool {
        self.winning_source.is_some_and(|source| now.saturating_sub(source.at) < HOLD)
    }

    /// The highest priority of a universe.
    fn highest(&self, universe: usize) -> Option<u8> {
        self.sources.iter().filter_map(|source| source.last_packets[universe].as_ref()).map(|last| last.priority).max()
    }

    /// Removes sources that have been silent for too long, in each universe separately.
    fn forget(&mut self, now: Duration) {
        let mut silent = [false; UNIVERSES];
        for source in &mut self.sources {
            for (last, silent) in source.last_packets.iter_mut().zip(&mut silent) {
                if last.take_if(|last| now.saturating_sub(last.at) >= FORGOTTEN).is_some() {
                    *silent = true;
                }
            }
        }
        self.sources.retain(|source| !source.is_gone());
        for (universe, _) in silent.into_iter().enumerate().filter(|(_, silent)| *silent) {
            self.merge_levels(universe);
        }
    }

    /// A source says that it sends to a universe no more. Without any source, effects come back at once.
    fn end(&mut self, data: &Data<'_>, universe: usize) {
        let Some(source) = self.sources.iter_mut().find(|source| source.cid == data.cid) else { return };
        source.last_packets[universe] = None;
        self.sources.retain(|source| !source.is_gone());
        self.merge_levels(universe);
        if self.sources.is_empty() {
            self.winning_source = None;
        }
    }

    /// Notes a packet of a source, unless it is late or there are too many sources.
    fn accept(&mut self, data: &Data<'_>, universe: usize, now: Duration) -> Result<(), Refused> {
        let known = self.sources.iter().position(|source| source.cid == data.cid);
        let place = match known {
            Some(place) => place,
            None => {
                if self.sources.len() == SOURCES {
                    self.make_room(data.priority)?;
                }
                self.sources.push(Source { cid: data.cid, last_packets: [const { None }; UNIVERSES] });
                self.sources.len() - 1
            }
        };
        let last = &mut self.sources[place].last_packets[universe];
        if last.as_ref().is_some_and(|before| is_late(before.sequence, data.sequence)) {
            return Err(Refused::Late);
        }
        let mut slots = last.take().map(|before| before.slots).unwrap_or_default();
        if self.merge == Merge::Htp {
            slots.clear();
            slots.extend_from_slice(data.slots);
        }
        *last = Some(LastPacket { at: now, sequence: data.sequence, priority: data.priority, slots });
        Ok(())
    }

    /// The source of the lowest priority goes for one of a higher.
    fn make_room(&mut self, priority: u8) -> Result<(), Refused> {
        let lowest = self.sources.iter().enumerate().min_by_key(|(_, source)| source.priority());
        match lowest.map(|(place, source)| (place, source.priority())) {
            Some((place, lowest)) if lowest < priority => {
                self.sources.remove(place);
                Ok(())
            }
            _ => Err(Refused::Crowded),
        }
    }

    /// Applies a packet's levels to the LEDs.
    fn apply_levels(&mut self, data: &Data<'_>, universe: usize, now: Duration) {
        if !self.is_receiving(now) {
            self.leds.fill([0; 3]);
        }
        let mut name = [0; 64];
        name.copy_from_slice(data.source);
        self.winning_source = Some(WinningSource { at: now, name, priority: data.priority });
        self.packets += 1;
        match self.merge {
            Merge::Ltp => self.set_levels(universe, data.slots),
            Merge::Htp => self.merge_levels(universe),
        }
    }

    /// The highest levels of the sources of the highest priority. Without any, the levels stay.
    fn merge_levels(&mut self, universe: usize) {
        if self.merge != Merge::Htp {
            return;
        }
        let Some(highest) = self.highest(universe) else { return };
        let mut merged: Vec<u8> = Vec::with_capacity(CHANNELS.into());
        let last = self.sources.iter().filter_map(|source| source.last_packets[universe].as_ref());
        for LastPacket { slots, .. } in last.filter(|last| last.priority == highest) {
            merged.resize(merged.len().max(slots.len()), 0);
            merged.iter_mut().zip(slots).for_each(|(merged, level)| *merged = (*merged).max(*level));
        }
        self.set_levels(universe, &merged);
    }

    fn set_levels(&mut self, universe: usize, slots: &[u8]) {
        let (slot, led) = self.layout.place(universe);
        let levels = slots.get(slot..).unwrap_or_default().chunks_exact(3).take(PIXELS.into());
        for (led, levels) in self.leds.iter_mut().skip(led).zip(levels) {
            led.copy_from_slice(levels);
        }
    }
}

/// E1.31-2018 6.7.2, but a duplicate packet is accepted twice, as LUME does: late is 1 to 19 behind.
fn is_late(before: u8, sequence: u8) -> bool {
    (-19..0).contains(&(sequence.wrapping_sub(before) as i8))
}
