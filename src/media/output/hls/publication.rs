//! A stream that is published as HLS for as long as it is wanted: restarted on the same HLS stream when it breaks down.

use super::{HlsOutput, HlsStream, HlsStreamStats};
use crate::{
    domain::time::ShowTime,
    media::{
        clock::ShowClock,
        output::stream::CodedStream,
        pipeline::{Failure, on_background_thread},
        supervisor::Backoff,
    },
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

/// Where the stream comes from, each time anew.
pub trait Provide: Fn() -> Result<CodedStream, Failure> + Send + Sync + 'static {}
impl<F: Fn() -> Result<CodedStream, Failure> + Send + Sync + 'static> Provide for F {}

/// See the module's text. Dropping it stops at once; the HLS stream stays readable.
pub struct Publication(Arc<Inner>);

struct Inner {
    name: String,
    provide: Box<dyn Provide<Output = Result<CodedStream, Failure>>>,
    hls_stream: Arc<HlsStream>,
    clock: ShowClock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    backoff: Backoff,
    began: ShowTime,
    output: Option<HlsOutput>,
}

impl Publication {
    /// Begins, on a thread of its own. Failures are logged and tried again.
    pub fn start(
        name: impl Into<String>,
        provide: impl Provide,
        hls_stream: Arc<HlsStream>,
        clock: &ShowClock,
    ) -> Self {
        let (provide, clock, state) = (Box::new(provide), clock.clone(), Mutex::default());
        let inner = Arc::new(Inner { name: name.into(), provide, hls_stream, clock, state });
        inner.hls_stream.expect();
        let begun = Arc::downgrade(&inner);
        on_background_thread("hls-begin", move || {
            if let Some(inner) = begun.upgrade() {
                inner.begin();
            }
        });
        Self(inner)
    }

    /// The HLS stream it publishes on.
    pub fn hls_stream(&self) -> &Arc<HlsStream> {
        &self.0.hls_stream
    }

    /// What the HLS stream counted, over all runs.
    pub fn stats(&self) -> HlsStreamStats {
        self.0.hls_stream.stats()
    }

    /// Access units that the present run lost because it could not follow.
    pub fn dropped(&self) -> u64 {
        self.0.lock().output.as_ref().map_or(0, HlsOutput::dropped)
    }
}

impl Inner {
    fn begin(self: &Arc<Self>) {
        let run = {
            let mut state = self.lock();
            state.began = self.clock.now();
            state.backoff.begin()
        };
        let weak = Arc::downgrade(self);
        let on_failure = {
            let weak = weak.clone();
            move |failure: Failure| broke(weak, run, &failure)
        };
        let started = (self.provide)()
            .and_then(|coded| HlsOutput::start(coded, &self.clock, self.hls_stream.clone(), on_failure));
        match started {
            Ok(output) => {
                let old = self.lock().output.replace(output);
                drop(old); // stopping it waits for its thread
            }
            Err(failure) => broke(weak, run, &failure),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins again as the back-off says, if it is still wanted, on a thread of its own.
fn broke(publication: Weak<Inner>, run: u64, failure: &Failure) {
    let Some(broken) = publication.upgrade() else { return };
    tracing::error!(stream = broken.name, "HLS: {}", failure.text);
    let wait = {
        let mut state = broken.lock();
        if !state.backoff.is_present(run) {
            return;
        }
        let lived = Duration::from_nanos(broken.clock.now().since(state.began));
        state.backoff.failed(lived)
    };
    drop(broken); // it must be droppable during the wait
    on_background_thread("hls-again", move || {
        std::thread::sleep(wait);
        if let Some(broken) = publication.upgrade() {
            broken.begin();
        }
    });
}
