//! Several live streams in one picture, with the sound of all.
//!
//! ```text
//! Live ─► Member ─┐               ┌─► raw picture Feed ─► H.264 ─┐
//! Live ─► Member ─┼─► one turn a ─┤                              ├─► Live
//! Live ─► Member ─┘       slot    └─► raw sound Feed ───► AAC ───┘
//! ```
//!
//! Members come and go while it runs; the output has neither a gap nor another format then. It runs only while it has a
//! listener.
//!
//! Refuses to know: what a room is, and permissions to view it.

mod canvas;
pub mod layout;
mod member;
mod speaker;

pub use layout::Layout;

use crate::{
    domain::time::{Format, ShowTime, Slot},
    media::{
        clock::ShowClock,
        encode::{Encode, Profile},
        encoder::{Codec, Quality},
        format,
        ingest::sound::{RATE, Sample, sample_at},
        link::{Carries, Feed},
        live::{Live, of_coded, transcode::kbps},
        output::stream::CodedStream,
        pipeline::{Failure, FailureKind},
    },
    tasks,
};
use canvas::Canvas;
use member::Member;
use speaker::Speaker;
use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::watch;

/// The members to show, in order: names that stay the same, and streams.
pub type Members = watch::Receiver<Vec<(String, Arc<Live>)>>;

/// From key frame to key frame in seconds.
const GROUP: u32 = 2;

/// One live stream of all members. Its picture has the format however many there are.
pub fn composite(
    name: impl Into<String>,
    clock: ShowClock,
    format: Format,
    members: Members,
    layout: Layout,
) -> Arc<Live> {
    let name = name.into();
    let (title, ticks) = (name.clone(), clock.clone());
    of_coded(name, clock, move || begin(&title, &ticks, format, members.clone(), layout))
}

/// Ends the loop when it is dropped.
struct Playing(Arc<AtomicBool>);

impl Drop for Playing {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn begin(
    name: &str,
    clock: &ShowClock,
    format: Format,
    members: Members,
    layout: Layout,
) -> Result<CodedStream, Failure> {
    let here = |text: String| Failure { fault: FailureKind::Here, text };
    let (video, audio) = (Feed::new(Carries::Raw), Feed::new(Carries::Raw));
    let gop_frames = (format.rate.fps() * f64::from(GROUP)).round() as u32;
    let bitrate_kbps = kbps((format.width, format.height));
    let picture = Quality { bitrate_kbps, gop_frames, preset: "superfast".into() };
    let sound = Quality { bitrate_kbps: 128, gop_frames: 0, preset: String::new() };
    let (picture, sound) = (
        Profile::Picture { codec: Codec::H264, format, quality: picture },
        Profile::Sound { codec: Codec::Aac, quality: sound },
    );
    let encoded = (Encode::start(&video, format, picture, clock)?, Encode::start(&audio, format, sound, clock)?);
    let stop = Arc::new(AtomicBool::new(false));
    let mut compositor = Compositor {
        format,
        clock: clock.clone(),
        layout,
        wanted: members,
        members: Vec::new(),
        speaker: Speaker::default(),
        canvas: Canvas::new(format).map_err(|e| here(e.to_string()))?,
        video,
        audio,
        sound_caps: format::SOUND.parse().map_err(|_| here("the mix's caps".into()))?,
        samples: Vec::new(),
        heard_to: sample_at(clock.now().0),
    };
    let until = stop.clone();
    tasks::restarting_thread("composite", "composite", move || compositor.run(&until))
        .map_err(|e| here(e.to_string()))?;
    let stream = CodedStream::encoded(name, format.rate, encoded.0, encoded.1);
    let keep: Arc<dyn Any + Send + Sync> = Arc::new((Playing(stop), stream.keep.clone()));
    Ok(CodedStream { keep: Some(keep), ..stream })
}

/// The loop's state; it lives on its thread alone.
struct Compositor {
    format: Format,
    clock: ShowClock,
    layout: Layout,
    wanted: Members,
    members: Vec<Member>,
    speaker: Speaker,
    canvas: Canvas,
    video: Arc<Feed>,
    audio: Arc<Feed>,
    sound_caps: gst::Caps,
    samples: Vec<Sample>,
    /// The sample number up to which sound was mixed.
    heard_to: u64,
}

impl Compositor {
    fn run(&mut self, stop: &AtomicBool) {
        self.wanted.mark_changed();
        let rate = self.format.rate;
        let mut slot = Slot(rate.slot_at(self.clock.now()).0 + 1);
        self.heard_to = sample_at(rate.time_of(slot).0);
        while !stop.load(Ordering::Relaxed) {
            let time = rate.time_of(slot);
            self.clock.wait_until(time);
            self.meet();
            self.turn(slot, time);
            // A machine that is behind leaves pictures out; what came late would be late for ever.
            slot = Slot(slot.0 + 1).max(rate.slot_at(self.clock.now()));
        }
    }

    /// Adds and removes members.
    fn meet(&mut self) {
        if !self.wanted.has_changed().unwrap_or(false) {
            return; // also when the sender is gone and the list is final
        }
        let wanted = self.wanted.borrow_and_update().clone();
        let mut before = std::mem::take(&mut self.members);
        for (name, live) in wanted {
            let known = before.iter().position(|member| member.is(&name, &live));
            match known {
                Some(n) => self.members.push(before.swap_remove(n)),
                None => match Member::begin(name, live, self.format) {
                    Ok(member) => self.members.push(member),
                    Err(error) => tracing::error!("no thread for a member: {error}"),
                },
            }
        }
    }

    fn turn(&mut self, slot: Slot, time: ShowTime) {
        let peaks: Vec<f32> = self.members.iter().map(Member::peak).collect();
        let shown: Vec<_> = self
            .members
            .iter()
            .zip(peaks)
            .filter_map(|(member, peak)| Some((member, peak, member.frame(slot)?)))
            .collect();
        let levels: Vec<_> = shown.iter().map(|(member, peak, _)| (member.name.as_str(), *peak)).collect();
        let large = self.speaker.hear(time, &levels);
        let size = (self.format.width, self.format.height);
        let cells = layout::cells(self.layout, shown.len(), large, size);
        let mut frames = Vec::with_capacity(shown.len());
        for ((member, _, frame), cell) in shown.into_iter().zip(cells) {
            if let Some(cell) = cell {
                member.fit((cell.width, cell.height));
                frames.push((cell, frame));
            }
        }
        match self.canvas.paint(&frames, slot) {
            Ok(buffer) => self.video.push(&buffer, &self.canvas.caps),
            Err(error) => tracing::error!(slot = slot.0, "no picture: {error}"),
        }
        self.sound(slot);
    }

    fn sound(&mut self, slot: Slot) {
        let (from, to) = (self.heard_to, sample_at(self.format.rate.time_of(Slot(slot.0 + 1)).0));
        self.heard_to = to;
        self.samples.clear();
        self.samples.resize(to.saturating_sub(from) as usize, [0.0; 2]);
        self.members.iter().for_each(|member| member.mix_into(from, &mut self.samples));
        let values = self.samples.iter().flatten().map(|value| value.clamp(-1.0, 1.0));
        let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if let Some(buffer) = buffer.get_mut() {
            let at = |sample: u64| gst::ClockTime::from_nseconds(sample * 1_000_000_000 / RATE);
            buffer.set_pts(at(from));
            buffer.set_duration(at(to) - at(from));
        }
        self.audio.push(&buffer, &self.sound_caps);
    }
}
