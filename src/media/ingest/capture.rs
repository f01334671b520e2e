//! Capture devices: cameras and grabbers (V4L2), SDI and HDMI cards (DeckLink), sound cards (ALSA), raw onto a source.
//!
//! ```text
//! device ! decode ! fit ─► raw ─► grid
//! device ! resample     ─► raw ─► sound
//! ```
//!
//! A device that goes away is tried again for ever. Picture and sound of one card share a pipeline, as its driver asks
//! for; devices that have nothing to do with each other have one each, and fail alone.
//!
//! Refuses to know: what becomes of the frames.

use super::{raw, source::Source};
use crate::{
    domain::{
        capture::{CameraFormat, CaptureSpec, PictureDevice, SoundDevice},
        time::Format,
    },
    media::{
        clock::ShowClock,
        format,
        pipeline::{Failure, FailureKind, Run, Verdict},
        supervisor::Backoff,
        template::{Template, set_property},
    },
    tasks,
};
use gst::prelude::*;
use std::{
    sync::{
        Arc, PoisonError, Weak,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A device that is silent for this long is opened again. A card without a signal is none.
const SILENCE: Duration = Duration::from_secs(5);
/// Poll interval of a run.
const LOOK: Duration = Duration::from_millis(100);

/// A device that was opened and reported no error for this long counts as working: a card without a signal gives no
/// frames.
const PROOF: Duration = Duration::from_secs(1);
/// How long opening may take: drivers of cards start hardware.
const OPENING: Duration = Duration::from_secs(10);

/// A capture that runs. Dropping it releases the devices, and waits until they are released.
pub struct Capture {
    parts: Vec<(Sender<()>, JoinHandle<()>)>,
}

/// Whether the first opening worked.
type Opened = Result<(), Failure>;

/// Starts to capture onto a source. A device that is not there now is tried again until it is.
///
/// # Errors
/// The failure, when this machine lacks an element, or a device does not know what it is asked for.
pub fn start(source: &Arc<Source>, clock: &ShowClock, project: Format, spec: &CaptureSpec) -> Result<Capture, Failure> {
    begin(source, clock, project, spec, |_| None)
}

/// Starts to capture from devices that must be there now, and waits until they are open. Blocks for about a second
/// where a device gives no frames.
///
/// # Errors
/// As [`start`], or why a device cannot be opened.
pub fn open(source: &Arc<Source>, clock: &ShowClock, project: Format, spec: &CaptureSpec) -> Result<Capture, Failure> {
    let (on_opened, opened) = channel();
    let capture = begin(source, clock, project, spec, |_| Some(on_opened.clone()))?;
    for _ in &capture.parts {
        let first = opened.recv_timeout(OPENING);
        first.map_err(|_| here("the device does not open"))??;
    }
    Ok(capture)
}

fn begin(
    source: &Arc<Source>,
    clock: &ShowClock,
    project: Format,
    spec: &CaptureSpec,
    on_opened: impl Fn(&CaptureSpec) -> Option<Sender<Opened>>,
) -> Result<Capture, Failure> {
    check(project, spec)?;
    let mut capture = Capture { parts: Vec::new() };
    for part in parts(spec) {
        let (stop, stopped) = channel();
        let (source, clock, on_opened) = (Arc::downgrade(source), clock.clone(), on_opened(&part));
        let mut on_opened = on_opened; // reported once
        let run = move || hold(&source, &clock, project, &part, &stopped, on_opened.take());
        let thread = tasks::restarting_thread("capture", "capture", run).map_err(|error| here(error.to_string()))?;
        capture.parts.push((stop, thread));
    }
    Ok(capture)
}

impl Drop for Capture {
    fn drop(&mut self) {
        let (stops, threads): (Vec<_>, Vec<_>) = self.parts.drain(..).unzip();
        drop(stops);
        for thread in threads {
            let _ = thread.join(); // its panic was logged already
        }
    }
}

/// Whether this machine has what a capture needs and every setting means something. Opens no device.
///
/// # Errors
/// What is wrong, with the template and its key.
pub fn check(project: Format, spec: &CaptureSpec) -> Result<(), Failure> {
    if spec.picture.is_none() && spec.sound.is_none() {
        return Err(here("nothing is to be captured"));
    }
    parts(spec).iter().try_for_each(|part| build(project, part, 0).map(|_| ()))
}

/// What fails together: one pipeline each.
fn parts(spec: &CaptureSpec) -> Vec<CaptureSpec> {
    let CaptureSpec { picture, sound } = spec.clone();
    let one_card = matches!(
        (&picture, &sound),
        (Some(PictureDevice::Decklink { number: a, .. }), Some(SoundDevice::Decklink { number: b, .. })) if a == b
    );
    if one_card {
        return vec![spec.clone()];
    }
    let picture = picture.map(|picture| CaptureSpec { picture: Some(picture), sound: None });
    let sound = sound.map(|sound| CaptureSpec { picture: None, sound: Some(sound) });
    picture.into_iter().chain(sound).collect()
}

/// Runs one part again and again until it is stopped. `on_opened` gets the result of the first opening; a part that
/// fails then is not tried again.
fn hold(
    source: &Weak<Source>,
    clock: &ShowClock,
    project: Format,
    part: &CaptureSpec,
    stopped: &Receiver<()>,
    mut on_opened: Option<Sender<Opened>>,
) {
    let mut backoff = Backoff::default();
    let stop_after = |wait: Duration| stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
    loop {
        let Some(source) = source.upgrade() else { return };
        // The capture that was on the source before may still be releasing the device.
        let turn = part.picture.as_ref().map(|_| source.turn.lock().unwrap_or_else(PoisonError::into_inner));
        let begun = Instant::now();
        let failure = match run(&source, clock, project, part) {
            Ok(run) => {
                let why = loop {
                    if stop_after(LOOK) {
                        break None;
                    }
                    match run.settle(Duration::ZERO) {
                        Some(Verdict::Ended) => break Some(gone("the device ended")),
                        Some(Verdict::Failed(failure)) => break Some(failure),
                        None if is_silent(part, &source, begun) => break Some(gone("the device is silent")),
                        None => {}
                    }
                    if begun.elapsed() > PROOF || part.picture.is_some() && has_frames(&source, begun) {
                        on_opened.take().map(|on_opened| on_opened.send(Ok(())));
                    }
                };
                drop(run);
                if part.picture.is_some() {
                    source.end();
                }
                let Some(failure) = why else { return };
                failure
            }
            Err(failure) => failure,
        };
        tracing::warn!(source = %source.id, "capture: {}", failure.text);
        if let Some(on_opened) = on_opened {
            let _ = on_opened.send(Err(failure)); // refused when the caller no longer waits
            return;
        }
        drop(turn);
        drop(source);
        if stop_after(backoff.failed(begun.elapsed())) {
            return;
        }
    }
}

/// Whether a frame came since the device was opened.
fn has_frames(source: &Source, begun: Instant) -> bool {
    source.health().last_frame_ms.is_some_and(|age| Duration::from_millis(age) < begun.elapsed())
}

fn is_silent(part: &CaptureSpec, source: &Source, begun: Instant) -> bool {
    let may_be = matches!(part.picture, None | Some(PictureDevice::Decklink { .. }));
    let last = source.health().last_frame_ms.map_or(begun.elapsed(), Duration::from_millis);
    !may_be && last.min(begun.elapsed()) > SILENCE
}

fn run(source: &Arc<Source>, clock: &ShowClock, project: Format, part: &CaptureSpec) -> Result<Run, Failure> {
    // What is made here counts from zero and must begin now; devices stamp with the clock's time.
    let now = project.rate.time_of(project.rate.nearest(clock.now())).0;
    let pipeline = build(project, part, now)?;
    if part.picture.is_some() {
        source.begin();
        raw::frames(&sink(&pipeline, "raw")?, source);
        watch_size(&pipeline, source);
    }
    if part.sound.is_some() {
        raw::blocks(&sink(&pipeline, "sound")?, source);
        watch_sound(&pipeline, source);
    }
    Run::start(pipeline, clock, |_| {})
}

/// The pipeline of a part, in state `Null`.
fn build(project: Format, part: &CaptureSpec, now: u64) -> Result<gst::Pipeline, Failure> {
    let (device, decode) = match &part.picture {
        Some(PictureDevice::V4l2 { format: CameraFormat::Raw, .. }) => ("v4l2src", "identity"),
        Some(PictureDevice::V4l2 { format: CameraFormat::Jpeg, .. }) => ("v4l2src", "jpegdec"),
        Some(PictureDevice::V4l2 { format: CameraFormat::H264, .. }) => ("v4l2src", "h264parse ! avdec_h264"),
        // Each field becomes a frame; the grid takes what the project's rate needs.
        Some(PictureDevice::Decklink { .. }) => ("decklinkvideosrc", "deinterlace fields=all"),
        Some(PictureDevice::Test { .. }) | None => ("videotestsrc is-live=true pattern=ball", "identity"),
    };
    let sound = match &part.sound {
        Some(SoundDevice::Alsa { .. }) => "alsasrc provide-clock=false",
        Some(SoundDevice::Decklink { .. }) => "decklinkaudiosrc",
        Some(SoundDevice::Test) | None => "audiotestsrc is-live=true samplesperbuffer=441",
    };
    let slots = [("device", device), ("decode", decode), ("sound_device", sound)];
    let picture = ("project", format::picture(project).into());
    let (name, values) = match (&part.picture, &part.sound) {
        (Some(_), Some(_)) => ("capture_both", vec![picture, ("mix", format::SOUND.into())]),
        (Some(_), None) => ("capture_picture", vec![picture]),
        (None, _) => ("capture_sound", vec![("mix", format::SOUND.into())]),
    };
    let pipeline =
        Template::load(name).and_then(|template| template.build(&slots, &values)).map_err(|e| here(e.to_string()))?;
    if let Some(picture) = &part.picture {
        set_picture(&pipeline, picture, now)?;
    }
    if let Some(sound) = &part.sound {
        set_sound(&pipeline, sound, now)?;
    }
    Ok(pipeline)
}

fn set_picture(pipeline: &gst::Pipeline, picture: &PictureDevice, now: u64) -> Result<(), Failure> {
    let device = element(pipeline, "device")?;
    let set = |property: &str, value| set_property(&device, property, &value).map_err(here);
    let asked = match picture {
        PictureDevice::V4l2 { device, format, size, rate } => {
            set("device", device.as_str().into())?;
            let mut asked = gst::Caps::builder(match format {
                CameraFormat::Raw => "video/x-raw",
                CameraFormat::Jpeg => "image/jpeg",
                CameraFormat::H264 => "video/x-h264",
            });
            let pixels = |size: u32| i32::try_from(size).map_err(|_| here("the size is out of range"));
            if let Some((width, height)) = size {
                asked = asked.field("width", pixels(*width)?).field("height", pixels(*height)?);
            }
            if let Some(rate) = rate {
                asked = asked.field("framerate", gst::Fraction::new(pixels(*rate)?, 1));
            }
            asked.build()
        }
        PictureDevice::Decklink { number, connection, mode } => {
            set("device-number", (*number).into())?;
            set("connection", connection.as_str().into())?;
            set("mode", mode.as_str().into())?;
            set("drop-no-signal-frames", true.into())?;
            gst::Caps::new_any()
        }
        PictureDevice::Test { frames } => {
            set("timestamp-offset", i64::try_from(now).unwrap_or(0).into())?;
            set("num-buffers", frames.map_or(-1, i64::from).into())?;
            let form =
                gst::Caps::builder("video/x-raw").field("format", "YUY2").field("width", 320).field("height", 240);
            form.field("framerate", gst::Fraction::new(25, 1)).build()
        }
    };
    element(pipeline, "asked")?.set_property("caps", asked);
    Ok(())
}

fn set_sound(pipeline: &gst::Pipeline, sound: &SoundDevice, now: u64) -> Result<(), Failure> {
    let device = element(pipeline, "sound_device")?;
    let set = |property: &str, value| set_property(&device, property, &value).map_err(here);
    match sound {
        SoundDevice::Alsa { device } => set("device", device.as_str().into()),
        SoundDevice::Decklink { number, connection } => {
            set("device-number", (*number).into())?;
            set("connection", connection.as_str().into())
        }
        SoundDevice::Test => set("timestamp-offset", i64::try_from(now).unwrap_or(0).into()),
    }
}

/// Reads the device's own picture size from the caps before fitting.
fn watch_size(pipeline: &gst::Pipeline, source: &Arc<Source>) {
    let Some(pad) = pipeline.by_name("fit").and_then(|fit| fit.static_pad("sink")) else { return };
    let source = Arc::downgrade(source);
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::PadProbeData::Event(event)) = &info.data
            && let gst::EventView::Caps(caps) = event.view()
            && let Some(shape) = caps.caps().structure(0)
            && let (Ok(width), Ok(height)) = (shape.get::<i32>("width"), shape.get::<i32>("height"))
            && let Some(source) = source.upgrade()
        {
            source.set_size(width.unsigned_abs(), height.unsigned_abs());
        }
        gst::PadProbeReturn::Ok
    });
}

/// Reports with each block that there is sound: the picture's part may have begun anew meanwhile.
fn watch_sound(pipeline: &gst::Pipeline, source: &Arc<Source>) {
    let Some(pad) = pipeline.by_name("sound").and_then(|sink| sink.static_pad("sink")) else { return };
    let source = Arc::downgrade(source);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        if let Some(source) = source.upgrade() {
            source.set_has_audio();
        }
        gst::PadProbeReturn::Ok
    });
}

fn sink(pipeline: &gst::Pipeline, name: &str) -> Result<gst_app::AppSink, Failure> {
    element(pipeline, name)?.downcast().map_err(|_| here(format!("{name} is no appsink")))
}

fn element(pipeline: &gst::Pipeline, name: &str) -> Result<gst::Element, Failure> {
    pipeline.by_name(name).ok_or_else(|| here(format!("the template has no element {name}")))
}

fn here(text: impl Into<String>) -> Failure {
    Failure { fault: FailureKind::Here, text: text.into() }
}

fn gone(text: &str) -> Failure {
    Failure { fault: FailureKind::Peer, text: text.to_owned() }
}
