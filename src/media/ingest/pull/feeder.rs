//! Fetched bytes into a pipeline, as fast as it wants them, from the place it wants them.
//!
//! Refuses to know: HTTP.

use super::{Running, elements};
use crate::media::{ingest::demux::Output, pipeline::Failure};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A part of a pipeline that is fed. Clones feed the same one.
#[derive(Clone)]
pub(super) struct Feeder {
    appsrc: gst_app::AppSrc,
    request: Arc<ReadRequest>,
}

#[derive(Default)]
struct ReadRequest {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    hungry: bool,
    /// Where the bytes go on, when not where they stopped.
    seek: Option<u64>,
}

impl ReadRequest {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feeder {
    /// A pipeline with one place to feed. With a length its bytes can be asked for out of order.
    ///
    /// # Errors
    /// The failure, when this machine cannot build it.
    pub fn start(output: Arc<Output>, seekable: Option<u64>) -> Result<(Running, Self), Failure> {
        let pipeline = elements::template("pull_bytes", &[])?;
        let feeder = Self::on(&pipeline, "in", seekable)?;
        elements::joined(&pipeline, &output)?;
        Ok((Running::start(pipeline, output)?, feeder))
    }

    /// A pipeline with a place for picture and one for sound.
    ///
    /// # Errors
    /// The failure, when this machine cannot build it.
    pub fn start_two(output: Arc<Output>) -> Result<(Running, [Self; 2]), Failure> {
        let pipeline = elements::template("pull_bytes_two", &[])?;
        let feeders = [Self::on(&pipeline, "in", None)?, Self::on(&pipeline, "in_sound", None)?];
        elements::joined(&pipeline, &output)?;
        output.take_from(&elements::element(&pipeline, "streams_sound")?);
        Ok((Running::start(pipeline, output)?, feeders))
    }

    fn on(pipeline: &gst::Pipeline, name: &str, seekable: Option<u64>) -> Result<Self, Failure> {
        use gst::prelude::*;
        let appsrc = elements::element(pipeline, name)?.downcast::<gst_app::AppSrc>();
        let appsrc = appsrc.map_err(|_| elements::here(format!("{name} is no appsrc")))?;
        if let Some(size) = seekable {
            appsrc.set_stream_type(gst_app::AppStreamType::Seekable);
            appsrc.set_size(i64::try_from(size).unwrap_or(-1));
        }
        let request = Arc::new(ReadRequest::default());
        let (need, enough, seek) = (request.clone(), request.clone(), request.clone());
        appsrc.set_callbacks(
            gst_app::AppSrcCallbacks::builder()
                .need_data(move |_, _| {
                    need.lock().hungry = true;
                    need.changed.notify_one();
                })
                .enough_data(move |_| enough.lock().hungry = false)
                .seek_data(move |_, offset| {
                    // What waits is thrown away after this; so nothing is sent before it is asked for again.
                    let mut state = seek.lock();
                    (state.hungry, state.seek) = (false, Some(offset));
                    seek.changed.notify_one();
                    true
                })
                .build(),
        );
        Ok(Self { appsrc, request })
    }

    /// Waits until bytes are wanted. Gives where to go on, when it is elsewhere.
    pub async fn wanted(&self) -> Option<u64> {
        loop {
            let changed = self.request.changed.notified();
            {
                let mut state = self.request.lock();
                if state.hungry {
                    return state.seek.take();
                }
            }
            changed.await;
        }
    }

    /// Waits until the bytes are wanted from elsewhere.
    pub async fn sought(&self) -> u64 {
        loop {
            let changed = self.request.changed.notified();
            if self.request.lock().seek.is_some()
                && let Some(offset) = self.wanted().await
            {
                return offset;
            }
            changed.await;
        }
    }

    /// Whether the bytes are wanted from elsewhere.
    pub fn is_sought(&self) -> bool {
        self.request.lock().seek.is_some()
    }

    /// Hands bytes over; a pipeline that has ended loses them.
    pub fn push(&self, bytes: Bytes) {
        if !bytes.is_empty() {
            let _ = self.appsrc.push_buffer(gst::Buffer::from_slice(bytes));
        }
    }

    /// Nothing more comes.
    pub fn end(&self) {
        let _ = self.appsrc.end_of_stream();
    }
}
