//! A source made here: a moving test pattern with a tone. One whose pipeline fails or falls silent is started again.

use super::{raw, source::Source};
use crate::{
    domain::time::Format,
    media::{
        clock::ShowClock,
        format,
        pipeline::{Failure, FailureKind, Run, Verdict},
        supervisor::Backoff,
        template::Template,
    },
    tasks,
};
use gst::prelude::*;
use std::{
    sync::{
        Arc, Weak,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A pattern that is silent for this long is started again.
const SILENCE: Duration = Duration::from_secs(3);
/// Poll interval of a run.
const LOOK: Duration = Duration::from_millis(100);

/// The names a pattern may have, and what `videotestsrc` calls them.
const PATTERNS: [(&str, &str); 6] = [
    ("bars", "smpte75"),
    ("ball", "ball"),
    ("pinwheel", "pinwheel"),
    ("checkers", "checkers-8"),
    ("snow", "snow"),
    ("black", "black"),
];

/// A pattern that runs. Dropping it stops it, and waits until it has.
pub struct Pattern {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Pattern {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic was logged already
        }
    }
}

/// Starts a pattern on a source. An unknown pattern becomes bars; the config has checked the name. A tone of 0 Hz is
/// silence.
///
/// # Errors
/// The failure of its pipeline.
pub fn start(
    source: &Arc<Source>,
    clock: &ShowClock,
    project: Format,
    pattern: &str,
    tone_hz: u32,
) -> Result<Pattern, Failure> {
    let mut first = Some(run(source, clock, project, pattern, tone_hz)?);
    let (stop, stopped) = channel();
    let (source, clock, pattern) = (Arc::downgrade(source), clock.clone(), pattern.to_owned());
    let hold = move || {
        let again = |source: &Arc<Source>| run(source, &clock, project, &pattern, tone_hz);
        hold(&source, first.take(), &stopped, again);
    };
    let thread = tasks::restarting_thread("pattern", "pattern", hold)
        .map_err(|error| Failure { fault: FailureKind::Here, text: error.to_string() })?;
    Ok(Pattern { stop: Some(stop), thread: Some(thread) })
}

/// Watches over a run and those that follow it, until it is stopped.
fn hold(
    source: &Weak<Source>,
    mut running: Option<Run>,
    stopped: &Receiver<()>,
    again: impl Fn(&Arc<Source>) -> Result<Run, Failure>,
) {
    let mut backoff = Backoff::default();
    let stop_after = |wait: Duration| stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
    loop {
        let Some(source) = source.upgrade() else { return };
        let begun = Instant::now();
        let why = match running.take().map_or_else(|| again(&source), Ok) {
            Ok(run) => loop {
                if stop_after(LOOK) {
                    return;
                }
                tasks::fault_point("pattern");
                let last = source.health().last_frame_ms.map_or(begun.elapsed(), Duration::from_millis);
                match run.settle(Duration::ZERO) {
                    Some(Verdict::Failed(failure)) => break failure.text,
                    Some(Verdict::Ended) => break "it ended".to_owned(),
                    None if last.min(begun.elapsed()) > SILENCE => break "it is silent".to_owned(),
                    None => {}
                }
            },
            Err(failure) => failure.text,
        };
        tracing::warn!(source = %source.id, "pattern: {why}");
        drop(source);
        if stop_after(backoff.failed(begun.elapsed())) {
            return;
        }
    }
}

fn run(source: &Arc<Source>, clock: &ShowClock, project: Format, pattern: &str, tone_hz: u32) -> Result<Run, Failure> {
    let wrong = |text: String| Failure { fault: FailureKind::Here, text };
    // Live test sources count from zero; they must begin at the present slot, not make up for the past.
    let now = clock.now();
    let offset = project.rate.time_of(project.rate.nearest(now)).0 as i64;
    let name = PATTERNS.iter().find(|(ours, _)| *ours == pattern).map_or("smpte", |(_, theirs)| theirs);
    let pipeline = Template::load("pattern")
        .and_then(|template| {
            template.build(
                &[],
                &[
                    ("pattern", name.into()),
                    ("picture_offset", offset.into()),
                    ("tone_offset", offset.into()),
                    ("tone_hz", tone_hz.max(1).into()),
                    ("wave", if tone_hz == 0 { "silence" } else { "sine" }.into()),
                    ("project", format::picture_at_rate(project).into()),
                    ("mix", format::SOUND.into()),
                ],
            )
        })
        .map_err(|e| wrong(e.to_string()))?;
    let sink = |name: &str| {
        let found = pipeline.by_name(name).and_then(|e| e.downcast::<gst_app::AppSink>().ok());
        found.ok_or_else(|| wrong(format!("pipelines/pattern.toml: there is no appsink {name}")))
    };
    source.begin();
    source.set_has_audio();
    source.set_size(project.width, project.height);
    raw::frames(&sink("raw")?, source);
    raw::blocks(&sink("sound")?, source);
    Run::start(pipeline, clock, |_| {}) // looked at by its owner
}
