//! HLS publishing of a coded stream: CMAF segments and parts in memory (RFC 8216bis, ISO/IEC 23000-19).
//!
//! ```text
//! Feed (video) ─► Tap ─► appsrc ! appsink ─►┐                              ┌─► playlists
//!                                           ├─► Writer ─► Mux ×2 ─► HlsStream ─┤
//! Feed (audio) ─► Tap ─► appsrc ! appsink ─►┘                              └─► init, segments, parts
//! ```
//!
//! Refuses to know: HTTP and addresses; those belong to the HTTP server.

mod hls_stream;
mod init;
mod mux;
mod name;
mod period;
mod plan;
mod publication;
pub mod publications;
mod silence;
mod track_window;
mod writer;

pub use hls_stream::{HlsError, HlsSettings, HlsStream, HlsStreamStats, ReloadTarget};
pub use name::Track;
pub use publication::Publication;
pub use publications::Publications;

use crate::media::{
    clock::ShowClock,
    link::{Feed, Tap},
    output::stream::CodedStream,
    pipeline::{Failure, FailureKind, Run, Verdict},
    plugins,
    template::Template,
};
use crate::tasks;
use gst::prelude::*;
use mux::failure;
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering, mpsc},
    thread::JoinHandle,
};
use writer::{Writer, WriterMessage};

/// Access units that may wait for the writer, per stream. More wait in the taps, which then lose whole groups.
const QUEUE: usize = 64;
/// Access units that may wait in a tap: about eight seconds of picture.
const TAP: u64 = 256;

/// A stream that is being published. Dropping it stops at once; the HLS stream stays readable.
pub struct HlsOutput {
    hls_stream: Arc<HlsStream>,
    /// Taps are dropped first, then their pipelines.
    taps: Vec<Tap>,
    intakes: Vec<Run>,
    messages: mpsc::SyncSender<WriterMessage>,
    thread: Option<JoinHandle<()>>,
    /// Keeps the stream's encoder at work.
    _stream: CodedStream,
}

impl HlsOutput {
    /// Begins to publish a stream on an HLS stream, with its first key frame. `on_failure` is called at most once, from
    /// a thread of the output, when it cannot go on; it must only forward the failure.
    ///
    /// # Errors
    /// A missing element or a pipeline that does not start.
    pub fn start(
        stream: CodedStream,
        clock: &ShowClock,
        hls_stream: Arc<HlsStream>,
        on_failure: impl FnOnce(Failure) + Send + 'static,
    ) -> Result<Self, Failure> {
        plugins::register().map_err(|e| failure(FailureKind::Here, &e))?;
        let (messages, inbox) = mpsc::sync_channel(QUEUE);
        let mut taps = Vec::new();
        let mut intakes = Vec::new();
        for (track, feed) in [(Track::Video(0), Some(&stream.video)), (Track::Audio(0), stream.audio.as_ref())] {
            let Some(feed) = feed else { continue };
            let (run, tap) = intake(track, feed, clock, messages.clone())?;
            intakes.push(run);
            taps.push(tap);
        }
        let mut writer = Writer {
            hls_stream: hls_stream.clone(),
            clock: clock.clone(),
            rate: stream.rate,
            asked_for_keyframes: stream.is_encoded_here.then(|| stream.video.clone()),
            expects_audio: stream.audio.is_some(),
            messages: messages.clone(),
            period: None,
            held: VecDeque::new(),
            newest_picture: None,
        };
        let name = stream.name.clone();
        let work = move || {
            let worked =
                tasks::catch_panic("hls", || writer.work(&inbox)).unwrap_or_else(|panicked| Err(panicked.into()));
            // Closed first, so that no sender is left waiting for a place in it.
            drop(inbox);
            drop(writer);
            if let Err(failure) = worked {
                tracing::warn!(stream = %name, text = %failure.text, "HLS stopped");
                on_failure(failure);
            }
        };
        let thread = std::thread::Builder::new()
            .name(format!("hls-{}", stream.name))
            .spawn(work)
            .map_err(|e| failure(FailureKind::Here, &e.to_string()))?;
        Ok(Self { hls_stream, taps, intakes, messages, thread: Some(thread), _stream: stream })
    }

    /// The HLS stream it publishes on.
    pub fn hls_stream(&self) -> &Arc<HlsStream> {
        &self.hls_stream
    }

    /// What the HLS stream counted, over all writers it had.
    pub fn stats(&self) -> HlsStreamStats {
        self.hls_stream.stats()
    }

    /// Access units that were lost because the writer could not follow.
    pub fn dropped(&self) -> u64 {
        self.taps.iter().map(|tap| tap.counts().dropped.load(Ordering::Relaxed)).sum()
    }
}

impl Drop for HlsOutput {
    fn drop(&mut self) {
        self.taps.clear();
        // The writer drains its queue up to this message, so sending waits for work on this machine and not for a peer.
        let _ = self.messages.send(WriterMessage::Stop);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
        self.intakes.clear();
    }
}

/// Taps a feed into the writer's queue.
fn intake(
    track: Track,
    feed: &Arc<Feed>,
    clock: &ShowClock,
    messages: mpsc::SyncSender<WriterMessage>,
) -> Result<(Run, Tap), Failure> {
    let pipeline = Template::load("hls_intake")
        .and_then(|template| template.build(&[], &[]))
        .map_err(|e| failure(FailureKind::Here, &e.to_string()))?;
    let appsrc = element::<gst_app::AppSrc>(&pipeline, "in")?;
    let failed = messages.clone();
    element::<gst_app::AppSink>(&pipeline, "out")?.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                // This blocks while the writer is behind; only the queue of this appsink grows meanwhile, and it is
                // bounded.
                messages.send(WriterMessage::Unit(track, sample)).map_err(|_| gst::FlowError::Eos)?;
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    let run = Run::start(pipeline, clock, move |verdict| {
        if let Verdict::Failed(failure) = verdict {
            let _ = failed.try_send(WriterMessage::Failed(failure));
        }
    })?;
    let tap = feed.tap(appsrc, TAP, None);
    Ok((run, tap))
}

fn element<E: IsA<gst::Element>>(pipeline: &gst::Pipeline, name: &str) -> Result<E, Failure> {
    let found = pipeline.by_name(name).and_then(|e| e.downcast::<E>().ok());
    found.ok_or_else(|| failure(FailureKind::Here, &format!("the template has no {name}")))
}
