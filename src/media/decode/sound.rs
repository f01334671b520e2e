//! A live stream's sound, decoded by one pipeline after the other, as its configurations demand.

use super::{Output, raw};
use crate::{
    media::{
        coding, format,
        live::{
            Live, Unit,
            chain::{Chain, here, out},
            inbox::{QueueDepth, Work},
            pipeline_slot::PipelineSlot,
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
    depth: QueueDepth,
    pipeline: PipelineSlot<AudioCodec>,
}

impl Sounds {
    pub fn new(live: &Arc<Live>, output: &Arc<Output>, depth: QueueDepth) -> Self {
        Self { live: live.clone(), output: output.clone(), depth, pipeline: PipelineSlot::new() }
    }

    fn take(&mut self, unit: &Unit) -> Result<(), Failure> {
        match &unit.packet {
            Packet::AudioConfig { codec, record } => {
                if self.pipeline.changes(*codec, record, unit.run) {
                    self.pipeline.chain = self.chain()?;
                }
                self.output.has_sound(Some(unit.run));
            }
            Packet::Audio { .. } => {
                let is_old = self.live.clock().now().since(unit.pts) > OLD;
                if is_old && self.depth.waiting() > WAITING {
                    return Ok(());
                }
                if self.pipeline.is_broken() {
                    self.pipeline.chain = None;
                    self.pipeline.chain = self.chain()?;
                }
                self.pipeline.push(unit);
            }
            Packet::VideoConfig { .. } | Packet::Video { .. } => {}
        }
        Ok(())
    }

    fn chain(&self) -> Result<Option<Chain>, Failure> {
        let Some((codec, record, _)) = self.pipeline.config.clone() else { return Ok(None) };
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
        if self.pipeline.config.is_some() && !self.live.is_live() {
            self.pipeline.close();
            self.output.has_sound(None);
        }
        self.pipeline.config.is_some()
    }
}
