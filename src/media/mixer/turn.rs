//! The mixer's loop: one turn a slot.

use super::{
    Input, Instruction, Setup,
    compose::Composer,
    mix::Gains,
    scene::{Scene, Timeline},
};
use crate::{
    domain::{
        command::Ticket,
        order::Report,
        source::SourceId,
        stats::MixerStats,
        switcher::SceneChange,
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
    tasks,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

/// Separates channel and graphic in a layer's name; no id can hold it.
const SEPARATOR: char = '\n';

/// The loop's state; it lives on the mixer's thread alone.
pub struct MixerLoop {
    project: Format,
    clock: ShowClock,
    inputs: BTreeMap<SourceId, Input>,
    /// Sources that went with this slot's instructions, the gain each had, and where it is handed back.
    leaving: Vec<(f32, Arc<Source>, mpsc::Sender<Arc<Source>>)>,
    /// Sources that wait for their first picture to take the place of others.
    pending: Vec<PendingReplacement>,
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

/// A source that is to take the place of the one that an input has.
struct PendingReplacement {
    ticket: Ticket,
    id: SourceId,
    source: Arc<Source>,
    /// It does so in this slot at the latest.
    until: Slot,
    retired: mpsc::Sender<Arc<Source>>,
}

impl MixerLoop {
    /// Prepares picture memory.
    pub fn new(
        setup: Setup,
        inbox: mpsc::Receiver<Instruction>,
        video: Arc<Feed>,
        audio: Arc<Feed>,
        stats: Arc<Mutex<MixerStats>>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            composer: Composer::new(setup.project, setup.hold)?,
            timeline: Timeline::new(setup.program, setup.preview),
            keys: Keyer::new(),
            gains: Gains::default(),
            project: setup.project,
            clock: setup.clock,
            inputs: setup.inputs,
            leaving: Vec::new(),
            pending: Vec::new(),
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

    /// Runs until an instruction to stop.
    pub fn run(mut self) {
        let mut slot = Slot(self.project.rate.slot_at(self.clock.now()).0 + 1);
        loop {
            let time = self.project.rate.time_of(slot);
            self.clock.wait_until(time);
            tasks::fault_point("mixer");
            if !self.apply(slot, time) {
                return;
            }
            self.turn(slot, time);
            slot = Slot(slot.0 + 1);
        }
    }

    /// Takes every instruction that came in; all of them share this slot. False on the instruction to stop.
    fn apply(&mut self, slot: Slot, time: ShowTime) -> bool {
        // Sent once all are known: of several cuts only the last one is seen.
        let (mut reports, mut program_changes): (Vec<Report>, Vec<usize>) = Default::default();
        let goes_on = loop {
            let report = match self.inbox.try_recv() {
                Ok(Instruction::Switch { ticket, change }) => {
                    self.timeline.apply(change, slot);
                    if matches!(change, SceneChange::Cut { .. }) {
                        program_changes.drain(..).for_each(|at| supersede(&mut reports, at));
                    }
                    if !matches!(change, SceneChange::Preview { .. }) {
                        program_changes.push(reports.len());
                    }
                    Report::Switched { ticket, slot, time, superseded: false }
                }
                Ok(Instruction::Add { ticket, id, input }) => {
                    self.inputs.insert(id, input);
                    Report::InputChanged { ticket, slot, time }
                }
                Ok(Instruction::Replace { ticket, id, source, max_wait, retired }) => {
                    self.pending.push(PendingReplacement {
                        ticket,
                        id,
                        source,
                        until: Slot(slot.0 + max_wait),
                        retired,
                    });
                    continue;
                }
                Ok(Instruction::Remove { ticket, id, retired }) => {
                    if let Some(input) = self.inputs.remove(&id) {
                        self.leaving.push((self.gains.take(id), input.source, retired));
                    }
                    Report::InputChanged { ticket, slot, time }
                }
                Ok(Instruction::Slate { ticket, id, slate }) => {
                    if let Some(input) = self.inputs.get_mut(&id) {
                        input.slate = slate;
                    }
                    Report::InputChanged { ticket, slot, time }
                }
                Ok(Instruction::Show { ticket, channel, graphic, raster, motion, z }) => {
                    self.keys.take(&layer(&channel, &graphic), raster, motion, z, slot.0);
                    Report::GraphicShown { ticket, channel, graphic, slot, time }
                }
                Ok(Instruction::Hide { ticket, channel, graphic }) => {
                    self.keys.release(&layer(&channel, &graphic), slot.0);
                    Report::GraphicLeaving { ticket, channel, graphic, slot, time }
                }
                Ok(Instruction::Stop) | Err(mpsc::TryRecvError::Disconnected) => break false,
                Err(mpsc::TryRecvError::Empty) => break true,
            };
            reports.push(report);
        };
        for report in reports {
            let _ = self.reports.send(report); // fails only at shutdown
        }
        if goes_on {
            self.replace_sources(slot, time);
        }
        goes_on
    }

    /// Gives inputs their new sources, as soon as those have a picture or need not be waited for any more. Without one
    /// the last picture of the old source is held until there is.
    fn replace_sources(&mut self, slot: Slot, time: ShowTime) {
        let is_due =
            |pending: &mut PendingReplacement| slot >= pending.until || pending.source.frame_queue.at(slot).is_some();
        for PendingReplacement { ticket, id, source, retired, .. } in self.pending.extract_if(.., is_due) {
            if let Some(input) = self.inputs.get_mut(&id) {
                input.before = input.source.frame_queue.at(slot).or_else(|| input.before.take());
                let old = std::mem::replace(&mut input.source, source);
                self.leaving.push((self.gains.take(id), old, retired));
            }
            let _ = self.reports.send(Report::InputChanged { ticket, slot, time }); // fails only at shutdown
        }
    }

    /// Each input's frame of a slot.
    fn frames(&mut self, slot: Slot) -> BTreeMap<SourceId, Frame> {
        // Every source is read, so that none piles up frames that will never be shown.
        let frame = |(id, input): (&SourceId, &mut Input)| {
            let own = input.source.frame_queue.at(slot);
            if own.is_some() {
                input.before = None;
            }
            Some((*id, own.or_else(|| input.before.clone())?))
        };
        self.inputs.iter_mut().filter_map(frame).collect()
    }

    fn turn(&mut self, slot: Slot, time: ShowTime) {
        if let Some(fade) = self.timeline.advance(slot) {
            let _ = self.reports.send(Report::FadeEnded { fade, slot, time });
        }
        let scene = self.timeline.scene(slot);
        let frames = self.frames(slot);
        let mut slate = false;
        if self.video.is_wanted() {
            match self.composer.compose(scene, &frames, &self.inputs, &self.keys, slot) {
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
        let sounds = self.inputs.iter().map(|(id, input)| (*id, &input.source.sound));
        let leaving = self.leaving.iter().map(|(gain, source, _)| (*gain, &source.sound));
        self.gains.mix(scene, sounds, leaving, from, &mut self.samples);
        for (_, source, retired) in self.leaving.drain(..) {
            let _ = retired.send(source); // refused when the caller no longer waits for it
        }
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

/// Notes in the report of a change that a later cut took its slot.
fn supersede(reports: &mut [Report], at: usize) {
    if let Some(Report::Switched { superseded, .. }) = reports.get_mut(at) {
        *superseded = true;
    }
}

fn layer(channel: &str, graphic: &str) -> String {
    format!("{channel}{SEPARATOR}{graphic}")
}
