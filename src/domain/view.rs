//! The public state of the show: one value, made anew after each change. Its sections are shared with the values before
//! and after it, so that a change costs the section that it changes.

use super::{
    disk::Disk,
    graphic::{Channel, OnAir},
    output::{Output, Recorder},
    source::Source,
    switcher::Switcher,
    tally::{Tally, tally},
    time::{Format, ShowTime, Slot},
};
use std::{collections::BTreeMap, sync::Arc};

/// The confirmed state of the show, without orders that the engine has not confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub project: Format,
    pub sources: Arc<Vec<Source>>,
    pub switcher: Switcher,
    /// When the running fade began.
    pub fade_began: Option<(Slot, ShowTime)>,
    pub channels: Arc<Vec<Channel>>,
    /// Every graphic, by id, and where it is on air.
    pub graphics: Arc<BTreeMap<String, OnAir>>,
    pub outputs: Arc<Vec<Output>>,
    pub recorders: Arc<Vec<Recorder>>,
    /// The disk of recordings when its room last changed.
    pub disk: Disk,
}

impl View {
    /// The sources on air.
    pub fn tally(&self) -> Tally {
        tally(&self.switcher)
    }

    /// A channel by id.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.id == id)
    }

    /// Graphics live on a channel, in order of their ids.
    pub fn live_on(&self, channel: &str) -> Vec<&str> {
        self.graphics.iter().filter(|(_, on)| on.live.contains(channel)).map(|(id, _)| id.as_str()).collect()
    }

    /// Whether program shows something of a channel: it is keyed and a graphic on it is visible, leaving ones included.
    pub fn channel_on_program(&self, channel: &str) -> bool {
        self.channel(channel).is_some_and(|c| c.dsk)
            && self.graphics.values().any(|on| on.live.contains(channel) || on.leaving.contains(channel))
    }
}
