//! A source made here: a moving test pattern with a tone.

use super::{raw, source::Source};
use crate::{
    domain::time::Format,
    media::{
        clock::ShowClock,
        format,
        pipeline::{Failure, FailureKind, Run, Verdict},
        template::Template,
    },
};
use gst::prelude::*;
use std::sync::Arc;

/// The names a pattern may have, and what `videotestsrc` calls them.
const PATTERNS: [(&str, &str); 6] = [
    ("bars", "smpte75"),
    ("ball", "ball"),
    ("pinwheel", "pinwheel"),
    ("checkers", "checkers-8"),
    ("snow", "snow"),
    ("black", "black"),
];

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
) -> Result<Run, Failure> {
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
    let id = source.id;
    Run::start(pipeline, clock, move |verdict| {
        if let Verdict::Failed(failure) = verdict {
            tracing::error!(source = %id, "pattern: {}", failure.text);
        }
    })
}
