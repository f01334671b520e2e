//! One pipeline after the other, as a publisher's configurations demand, for one kind of units.
//!
//! Refuses to know: how a pipeline is made.

use super::{
    Unit,
    chain::{Chain, Mending},
};
use bytes::Bytes;

/// A pipeline and what it was made for: codec, configuration record, and publisher (run number).
pub(in crate::media) struct Line<Codec> {
    pub said: Option<(Codec, Bytes, u64)>,
    pub chain: Option<Chain>,
    mending: Mending,
}

impl<Codec: PartialEq + Copy> Line<Codec> {
    /// Without a pipeline.
    pub fn new() -> Self {
        Self { said: None, chain: None, mending: Mending::default() }
    }

    /// Whether a pipeline has to be made for this configuration. The old one is drained first.
    pub fn changes(&mut self, codec: Codec, record: &Bytes, run: u64) -> bool {
        let said = Some((codec, record.clone(), run));
        if self.said == said && self.chain.as_ref().is_some_and(|chain| !chain.has_failed()) {
            return false;
        }
        self.said = said;
        if let Some(old) = self.chain.take() {
            old.finish();
        }
        true
    }

    /// The publisher is gone: the pipeline is drained, then it ends.
    pub fn close(&mut self) {
        self.said = None;
        if let Some(old) = self.chain.take() {
            old.finish();
        }
    }

    /// Whether it has broken and may be made again now.
    pub fn is_broken(&mut self) -> bool {
        self.chain.as_ref().is_none_or(Chain::has_failed) && self.said.is_some() && self.mending.may()
    }

    /// Hands over an access unit, if there is a pipeline.
    pub fn push(&self, unit: &Unit) {
        if let Some(chain) = &self.chain {
            chain.push(unit);
        }
    }
}
