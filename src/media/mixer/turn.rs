//! The mixer's loop: one turn a slot.

use super::{
    Instruction, Setup,
    compose::Composer,
    mix::Gains,
    scene::{Scene, Timeline},
};
use crate::{
    domain::{
        order::Report,
        source::SourceId,
        stats::MixerStats,
        time::{Format, ShowTime, Slot},
    },
    media::{
        clock::ShowClock,
        format,
        graphics::Keyer,
        ingest::{
            frame_queue::Frame,
            sound::{RATE, Sample, sample_at},
            source::Source,
        },
        link::Feed,
    },
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

/// Separates channel and graphic in a layer's name; no id can hold it.
const SEPARATOR: char = '\n';

/// The loop's state; it lives on the mixer's thread alone.
pub struct Turns {
    project: Format,
    clock: ShowClock,
    sources: BTreeMap<SourceId, Arc<Source>>,
    timeline: Timeline,
    keys: Keyer,
    composer: Composer,
    gains: Gains,
    inbox: mpsc::Receiver<Instruction>,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
    video: Arc<Feed>,
    audio: Arc<Feed>,
    sound_caps: gst::Caps,
    stats: Arc<Mutex<MixerStats>>,
    samples: Vec<Sample>,
    second: (ShowTime, u64),
}

impl Turns {
    /// Prepares slates and picture memory.
    pub fn new(
        setup: Setup,
        inbox: mpsc::Receiver<Instruction>,
        video: Arc<Feed>,
        audio: Arc<Feed>,
        stats: Arc<Mutex<MixerStats>>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            composer: Composer::new(setup.project, setup.hold, &setup.sources)?,
            timeline: Timeline::new(setup.program, setup.preview),
            keys: Keyer::new(),
            gains: Gains::default(),
            project: setup.project,
            clock: setup.clock,
            sources: setup.sources,
            reports: setup.reports,
            inbox,
            video,
            audio,
            sound_caps: format::SOUND.parse()?,
            stats,
            samples: Vec::new(),
            second: (ShowTime(0), 0),
        })
    }

    /// Turns until told to stop.
    pub fn run(mut self) {
        let mut slot = Slot(self.project.rate.slot_at(self.clock.now()).0 + 1);
        loop {
            let time = self.project.rate.time_of(slot);
            self.clock.wait_until(time);
            if !self.obey(slot, time) {
                return;
            }
            self.turn(slot, time);
            slot = Slot(slot.0 + 1);
        }
    }

    /// Takes every instruction that came in; all of them share this slot. False when told to stop.
    fn obey(&mut self, slot: Slot, time: ShowTime) -> bool {
        loop {
            let report = match self.inbox.try_recv() {
                Ok(Instruction::Switch { ticket, change }) => {
                    self.timeline.apply(change, slot);
                    Report::Switched { ticket, slot, time }
                }
                Ok(Instruction::Show { ticket, channel, graphic, raster, motion, z }) => {
                    self.keys.take(&layer(&channel, &graphic), raster, motion, z, slot.0);
                    Report::GraphicShown { ticket, channel, graphic, slot, time }
                }
                Ok(Instruction::Hide { ticket, channel, graphic }) => {
                    self.keys.release(&layer(&channel, &graphic), slot.0);
                    Report::GraphicLeaving { ticket, channel, graphic, slot, time }
                }
                Ok(Instruction::Stop) | Err(mpsc::TryRecvError::Disconnected) => return false,
                Err(mpsc::TryRecvError::Empty) => return true,
            };
            let _ = self.reports.send(report); // nobody hears it only at shutdown
        }
    }

    fn turn(&mut self, slot: Slot, time: ShowTime) {
        if let Some(fade) = self.timeline.advance(slot) {
            let _ = self.reports.send(Report::FadeEnded { fade, slot, time });
        }
        let scene = self.timeline.scene(slot);
        // Every source is read, so that none piles up frames that will never be shown.
        let frames: BTreeMap<SourceId, Frame> =
            self.sources.iter().filter_map(|(id, source)| Some((*id, source.frame_queue.at(slot)?))).collect();
        let mut slate = false;
        if self.video.is_wanted() {
            match self.composer.compose(scene, &frames, &self.keys, slot) {
                Ok(composed) => {
                    slate = composed.slate;
                    self.video.push(&composed.buffer, &self.composer.caps);
                }
                Err(error) => tracing::error!(slot = slot.0, "no picture: {error}"),
            }
        }
        self.sound(scene, slot, time);
        for gone in self.keys.sweep(slot.0) {
            if let Some((channel, graphic)) = gone.split_once(SEPARATOR) {
                let (channel, graphic) = (channel.to_owned(), graphic.to_owned());
                let _ = self.reports.send(Report::GraphicGone { channel, graphic, slot });
            }
        }
        self.count(time, slate);
    }

    fn sound(&mut self, scene: Option<Scene>, slot: Slot, time: ShowTime) {
        let from = sample_at(time.0);
        let to = sample_at(self.project.rate.time_of(Slot(slot.0 + 1)).0);
        self.samples.resize((to - from) as usize, [0.0; 2]);
        self.gains.mix(scene, &self.sources, from, &mut self.samples);
        if !self.audio.is_wanted() {
            return;
        }
        let bytes: Vec<u8> = self.samples.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if let Some(buffer) = buffer.get_mut() {
            let at = |sample: u64| gst::ClockTime::from_nseconds(sample * 1_000_000_000 / RATE);
            buffer.set_pts(at(from));
            buffer.set_duration(at(to) - at(from));
        }
        self.audio.push(&buffer, &self.sound_caps);
    }

    fn count(&mut self, time: ShowTime, slate: bool) {
        let now = self.clock.now();
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.slots += 1;
        stats.late += u64::from(now.since(time) > self.project.rate.slot_ns());
        stats.slate += u64::from(slate);
        let (began, slots) = self.second;
        let passed = now.since(began);
        if passed >= 1_000_000_000 {
            stats.fps = (stats.slots - slots) as f64 * 1e9 / passed as f64;
            self.second = (now, stats.slots);
        }
    }
}

fn layer(channel: &str, graphic: &str) -> String {
    format!("{channel}{SEPARATOR}{graphic}")
}
