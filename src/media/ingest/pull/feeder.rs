//! Fetched bytes into a pipeline, as fast as it wants them, from the place it wants them. The first ones decide what
//! reads them.
//!
//! Refuses to know: HTTP.

use super::{
    End, Running, elements,
    reader::{self, Unread},
    web::peer,
};
use crate::{
    media::{ingest::demux::Output, pipeline::Failure},
    protocol::container::{Container, ENOUGH, recognise},
};
use bytes::Bytes;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

/// A part of a pipeline that is fed. Clones feed the same one.
#[derive(Clone)]
pub(super) struct Feeder {
    appsrc: gst_app::AppSrc,
    output: Arc<Output>,
    /// Whether something reads the bytes.
    is_read: Arc<AtomicBool>,
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
        let feeder = Self::on(&pipeline, "in", seekable, &output)?;
        Ok((Running::start(pipeline, output)?, feeder))
    }

    /// A pipeline with a place for picture and one for sound.
    ///
    /// # Errors
    /// The failure, when this machine cannot build it.
    pub fn start_two(output: Arc<Output>) -> Result<(Running, [Self; 2]), Failure> {
        let pipeline = elements::template("pull_bytes_two", &[])?;
        let feeders = [Self::on(&pipeline, "in", None, &output)?, Self::on(&pipeline, "in_sound", None, &output)?];
        Ok((Running::start(pipeline, output)?, feeders))
    }

    fn on(pipeline: &gst::Pipeline, name: &str, seekable: Option<u64>, output: &Arc<Output>) -> Result<Self, Failure> {
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
        Ok(Self { appsrc, output: output.clone(), is_read: Arc::default(), request })
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
    ///
    /// # Errors
    /// When they are the first ones and nothing reads what they are.
    pub fn push(&self, bytes: Bytes) -> Result<(), End> {
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.is_read.load(Ordering::Relaxed) {
            self.read_as(recognise(bytes.get(..ENOUGH).unwrap_or(&bytes)))?;
        }
        let _ = self.appsrc.push_buffer(gst::Buffer::from_slice(bytes));
        Ok(())
    }

    /// The bytes are of this container.
    ///
    /// # Errors
    /// When nothing reads it.
    pub fn read_as(&self, container: Container) -> Result<(), End> {
        self.is_read.store(true, Ordering::Relaxed);
        reader::attach(&self.appsrc, container, &self.output).map_err(|unread| match unread {
            Unread::Container(container) => peer(format!("no media is read from what it is: {container}")),
            Unread::Here(failure) => failure.into(),
        })
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// When nothing has come.
    pub fn end(&self) -> Result<(), End> {
        if !self.is_read.load(Ordering::Relaxed) {
            return Err(peer("it is empty"));
        }
        let _ = self.appsrc.end_of_stream();
        Ok(())
    }
}
