//! Takes and releases of graphics.

use super::{Show, Take};
use crate::domain::{
    command::{Reply, Ticket},
    event::Event,
    fault::Fault,
    graphic::{Graphic, Skip, Taken},
    order::Order,
    time::{ShowTime, Slot},
};
use std::{collections::BTreeSet, sync::Arc};

type Answer = Result<Option<Reply>, Fault>;

impl Show {
    pub(super) fn take(&mut self, ticket: Ticket, id: &str) -> Answer {
        let graphic = self.known_graphic(id)?.clone();
        if graphic.channels.is_empty() {
            return Err(Fault::conflict("no_channels_assigned", id, "No channels assigned to this graphic."));
        }
        let mut taken = Taken::default();
        let mut waiting = BTreeSet::new();
        for name in &graphic.channels {
            match self.channels.iter().find(|c| c.id == *name) {
                None => taken.skipped.push((name.clone(), Skip::ChannelMissing)),
                Some(c) if !graphic.requirement.met_by(c.format) => {
                    taken.skipped.push((name.clone(), Skip::IncompatibleChannel));
                }
                Some(c) => {
                    taken.dispatched.push(name.clone());
                    if c.dsk {
                        waiting.insert(name.clone());
                    }
                }
            }
        }
        if taken.skipped.iter().filter(|(_, why)| *why == Skip::ChannelMissing).count() == graphic.channels.len() {
            let text = "Every channel in this graphic's lock has been deleted.";
            return Err(Fault::conflict("locked_channel_missing", id, text));
        }
        // A channel that is not keyed has no machine of its own to wait for.
        for channel in taken.dispatched.iter().filter(|c| !waiting.contains(*c)) {
            Arc::make_mut(&mut self.on_air).entry(graphic.id.clone()).or_default().live.insert(channel.clone());
            self.events.push(Event::GraphicOn { channel: channel.clone(), graphic: graphic.id.clone(), at: None });
        }
        if waiting.is_empty() {
            return Ok(Some(Reply::Taken(taken)));
        }
        self.order_show(ticket, &graphic, &waiting);
        self.takes.insert(ticket, Take { graphic: graphic.id, release: false, waiting, taken, failure: None });
        Ok(None)
    }

    fn order_show(&mut self, ticket: Ticket, graphic: &Graphic, channels: &BTreeSet<String>) {
        for channel in channels {
            self.orders.push_back(Order::ShowGraphic { ticket, channel: channel.clone(), graphic: graphic.clone() });
        }
    }

    pub(super) fn release(&mut self, ticket: Ticket, id: &str) -> Answer {
        let id = self.known_graphic(id)?.id.clone();
        let mut live = self.on_air.get(&id).map(|on| on.live.clone()).unwrap_or_default();
        // What is on its way to the mixer is to leave as well: the release follows it there.
        live.extend(self.takes.values().filter(|t| t.graphic == id && !t.release).flat_map(|t| t.waiting.clone()));
        let (keyed, plain): (BTreeSet<_>, BTreeSet<_>) =
            live.into_iter().partition(|name| self.channels.iter().any(|c| c.id == *name && c.dsk));
        for channel in &plain {
            Arc::make_mut(&mut self.on_air).entry(id.clone()).or_default().live.remove(channel);
            self.events.push(Event::GraphicOff { channel: channel.clone(), graphic: id.clone(), at: None });
        }
        if keyed.is_empty() {
            return Ok(Some(Reply::Released { dispatched: plain.into_iter().collect() }));
        }
        for channel in &keyed {
            let (channel, graphic) = (channel.clone(), id.clone());
            self.orders.push_back(Order::HideGraphic { ticket, channel, graphic });
        }
        let taken = Taken { dispatched: keyed.union(&plain).cloned().collect(), ..Taken::default() };
        self.takes.insert(ticket, Take { graphic: id, release: true, waiting: keyed, taken, failure: None });
        Ok(None)
    }

    pub(super) fn graphic_shown(
        &mut self,
        ticket: Ticket,
        channel: String,
        graphic: String,
        slot: Slot,
        time: ShowTime,
    ) {
        let on = Arc::make_mut(&mut self.on_air).entry(graphic.clone()).or_default();
        on.leaving.remove(&channel);
        on.live.insert(channel.clone());
        if let Some(take) = self.takes.get_mut(&ticket) {
            take.taken.on_air = take.taken.on_air.max(Some((slot, time)));
        }
        self.events.push(Event::GraphicOn { channel: channel.clone(), graphic, at: Some((slot, time)) });
        self.settle(ticket, &channel);
    }

    pub(super) fn graphic_leaving(
        &mut self,
        ticket: Ticket,
        channel: String,
        graphic: String,
        slot: Slot,
        time: ShowTime,
    ) {
        let on = Arc::make_mut(&mut self.on_air).entry(graphic.clone()).or_default();
        if on.live.remove(&channel) {
            on.leaving.insert(channel.clone());
            self.events.push(Event::GraphicOff { channel: channel.clone(), graphic, at: Some((slot, time)) });
        }
        self.settle(ticket, &channel);
    }

    pub(super) fn graphic_gone(&mut self, channel: String, graphic: String) {
        if Arc::make_mut(&mut self.on_air).get_mut(&graphic).is_some_and(|on| on.leaving.remove(&channel)) {
            self.events.push(Event::GraphicGone { channel, graphic });
        }
    }

    pub(super) fn graphic_failed(&mut self, ticket: Ticket, channel: &str, fault: Fault) {
        if let Some(take) = self.takes.get_mut(&ticket) {
            take.taken.dispatched.retain(|c| c != channel);
            take.failure = Some(fault);
        }
        self.settle(ticket, channel);
    }

    /// One channel of a take or release confirmed; answers when it was the last.
    fn settle(&mut self, ticket: Ticket, channel: &str) {
        let Some(take) = self.takes.get_mut(&ticket) else { return };
        take.waiting.remove(channel);
        if !take.waiting.is_empty() {
            return;
        }
        let Some(take) = self.takes.remove(&ticket) else { return };
        let result = match take.failure {
            Some(fault) => Err(fault),
            None if take.release => Ok(Reply::Released { dispatched: take.taken.dispatched }),
            None => Ok(Reply::Taken(take.taken)),
        };
        self.ack(ticket, result);
    }

    fn known_graphic(&self, id: &str) -> Result<&Graphic, Fault> {
        self.graphics.get(id).ok_or_else(|| Fault::not_found("graphic", id, format!("There is no graphic {id}")))
    }
}
