//! A live stream's sound, decoded by one pipeline after the other, as its configurations demand.

use super::{Output, raw};
use crate::{
    media::{
        coding, format,
        live::{
            Live, Unit,
            chain::{Chain, here, out},
            inbox::{Level, Work},
            line::Line,
        },
        pipeline::Failure,
        template::Template,
    },
    protocol::packet::{AudioCodec, Packet},
};
use std::sync::Arc;

/// Sound that is older than this and behind which more waits is not decoded: it is too late for every consumer, in
/// nanoseconds.
const OLD: u64 = 1_000_000_000;
/// So much waits behind it at least.
const WAITING: usize = 16;

/// The worker.
pub(super) struct Sounds {
    live: Arc<Live>,
    output: Arc<Output>,
    level: Level,
    line: Line<AudioCodec>,
}

impl Sounds {
    pub fn new(live: &Arc<Live>, output: &Arc<Output>, level: Level) -> Self {
        Self { live: live.clone(), output: output.clone(), level, line: Line::new() }
    }

    fn take(&mut self, unit: &Unit) -> Result<(), Failure> {
        match &unit.packet {
            Packet::AudioConfig { codec, record } => {
                if self.line.changes(*codec, record, unit.run) {
                    self.line.chain = self.chain()?;
                }
                self.output.has_sound(Some(unit.run));
            }
            Packet::Audio { .. } => {
                let is_old = self.live.clock().now().since(unit.pts) > OLD;
                if is_old && self.level.waiting() > WAITING {
                    return Ok(());
                }
                if self.line.is_broken() {
                    self.line.chain = None;
                    self.line.chain = self.chain()?;
                }
                self.line.push(unit);
            }
            Packet::VideoConfig { .. } | Packet::Video { .. } => {}
        }
        Ok(())
    }

    fn chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record, _)) = self.line.said.clone() else { return Ok(None) };
        let slots = [("parse", coding::audio_parser(codec)), ("decode", coding::audio_decoder(codec))];
        let template = Template::load("decode_sound");
        let pipeline = template.and_then(|t| t.build(&slots, &[("mix", format::SOUND.into())])).map_err(here)?;
        let output = self.output.clone();
        raw::blocks(&out(&pipeline)?, move |block| {
            output.each(|consumer| consumer.sound(block));
            Ok(())
        });
        let caps = coding::audio_caps(codec, record);
        Chain::start(pipeline, &caps, self.live.clock(), self.live.name()).map(Some)
    }
}

impl Work for Sounds {
    fn unit(&mut self, unit: &Arc<Unit>) {
        if let Err(failure) = self.take(unit) {
            tracing::error!(stream = self.live.name(), "{}", failure.text);
        }
    }

    fn idle(&mut self) -> bool {
        if self.line.said.is_some() && !self.live.is_live() {
            self.line.close();
            self.output.has_sound(None);
        }
        self.line.said.is_some()
    }
}
