//! The backlog: what a new listener needs to show a picture at once. Bounded, so that a publisher without key frames holds
//! no memory.

use super::Unit;
use crate::protocol::packet::Packet;
use std::{collections::VecDeque, sync::Arc};

/// A longer group of pictures is not kept: units, and bytes.
const UNITS: usize = 4096;
const BYTES: usize = 32_000_000;

/// See the module's text.
#[derive(Default)]
pub(super) struct Backlog {
    picture: Option<Arc<Unit>>,
    sound: Option<Arc<Unit>>,
    /// Begins with a key frame, or, in a stream without picture, anywhere.
    units: VecDeque<Arc<Unit>>,
    bytes: usize,
}

impl Backlog {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn put(&mut self, unit: &Arc<Unit>) {
        match &unit.packet {
            Packet::VideoConfig { .. } => {
                self.picture = Some(unit.clone());
                self.drop_units();
            }
            Packet::AudioConfig { .. } => {
                // Sound of before could not be decoded; pictures would be left without beginning.
                self.sound = Some(unit.clone());
                self.units.retain(|unit| !matches!(unit.packet, Packet::Audio { .. }));
            }
            Packet::Video { keyframe, data, .. } => {
                if *keyframe {
                    self.drop_units();
                } else if self.units.is_empty() {
                    return;
                }
                self.add(unit, data.len());
            }
            Packet::Audio { data, .. } => {
                if self.picture.is_none() {
                    // Sound alone: every packet is a beginning, so the newest is enough.
                    self.drop_units();
                } else if self.units.is_empty() {
                    return;
                }
                self.add(unit, data.len());
            }
        }
    }

    /// Configurations, and everything since the last key frame.
    pub fn units(&self) -> Vec<Arc<Unit>> {
        self.configurations().into_iter().chain(self.units.iter().cloned()).collect()
    }

    pub fn configurations(&self) -> Vec<Arc<Unit>> {
        self.picture.iter().chain(&self.sound).cloned().collect()
    }

    fn add(&mut self, unit: &Arc<Unit>, bytes: usize) {
        self.units.push_back(unit.clone());
        self.bytes += bytes;
        if self.units.len() > UNITS || self.bytes > BYTES {
            self.drop_units();
        }
    }

    fn drop_units(&mut self) {
        self.units.clear();
        self.bytes = 0;
    }
}
