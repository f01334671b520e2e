//! One pipeline after the other, as a publisher's configurations demand, for one kind of units.
//!
//! Refuses to know: how a pipeline is made.

use super::{
    Unit,
    chain::{Chain, RebuildLimiter},
};
use bytes::Bytes;

/// A pipeline and what it was made for: codec, configuration record, and publisher (run number).
pub(in crate::media) struct PipelineSlot<Codec> {
    pub config: Option<(Codec, Bytes, u64)>,
    pub chain: Option<Chain>,
    rebuild_limiter: RebuildLimiter,
}

impl<Codec: PartialEq + Copy> PipelineSlot<Codec> {
    /// Without a pipeline.
    pub fn new() -> Self {
        Self { config: None, chain: None, rebuild_limiter: RebuildLimiter::default() }
    }

    /// Whether a pipeline has to be made for this configuration. The old one is drained first.
    pub fn changes(&mut self, codec: Codec, record: &Bytes, run: u64) -> bool {
        let config = Some((codec, record.clone(), run));
        if self.config == config && self.chain.as_ref().is_some_and(|chain| !chain.has_failed()) {
            return false;
        }
        self.config = config;
        if let Some(old) = self.chain.take() {
            old.finish();
        }
        true
    }

    /// The publisher is gone: the pipeline is drained, then it ends.
    pub fn close(&mut self) {
        self.config = None;
        if let Some(old) = self.chain.take() {
            old.finish();
        }
    }

    /// Whether it has broken and may be made again now.
    pub fn is_broken(&mut self) -> bool {
        self.chain.as_ref().is_none_or(Chain::has_failed) && self.config.is_some() && self.rebuild_limiter.allows()
    }

    /// Hands over an access unit, if there is a pipeline.
    pub fn push(&self, unit: &Unit) {
        if let Some(chain) = &self.chain {
            chain.push(unit);
        }
    }
}
