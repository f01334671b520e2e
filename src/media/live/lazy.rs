//! A stream's producer that runs only while the stream has a listener.

use super::Live;
use crate::{
    media::{pipeline::Failure, supervisor::Backoff},
    tasks,
};
use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How long it goes on after the last listener left: a viewer that reloads its page finds it running.
const LINGER: Duration = Duration::from_secs(5);

/// Starts what fills a stream, and returns the object that keeps it going.
pub trait Make: Fn(&Arc<Live>) -> OnDemandResult + Send + Sync + 'static {}
impl<F: Fn(&Arc<Live>) -> OnDemandResult + Send + Sync + 'static> Make for F {}

/// The object that keeps a stream going, or why it cannot be made.
pub type OnDemandResult = Result<Box<dyn Any + Send>, Failure>;

/// See the module's text.
pub(super) struct OnDemand {
    make: Option<Box<dyn Make<Output = OnDemandResult>>>,
    running: Mutex<Option<Box<dyn Any + Send>>>,
    /// Counts comings and goings, so that a thread knows when it is no longer needed.
    turns: AtomicU64,
}

impl OnDemand {
    pub fn none() -> Self {
        Self { make: None, running: Mutex::default(), turns: AtomicU64::new(0) }
    }

    pub fn new(make: impl Make) -> Self {
        Self { make: Some(Box::new(make)), ..Self::none() }
    }

    pub fn is_lazy(&self) -> bool {
        self.make.is_some()
    }

    /// A listener came.
    pub fn wanted(&self, live: &Arc<Live>) {
        if self.make.is_some() {
            self.turns.fetch_add(1, Ordering::Relaxed);
            on_a_thread(Arc::downgrade(live), begin);
        }
    }

    /// A listener left.
    pub fn unwanted(&self, live: &Arc<Live>) {
        if self.make.is_some() && !live.is_wanted() {
            let turn = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
            on_a_thread(Arc::downgrade(live), move |live| end(&live, turn));
        }
    }
}

fn begin(live: Weak<Live>) {
    let mut backoff = Backoff::default();
    loop {
        let Some(live) = live.upgrade() else { return };
        let (Some(make), began) = (&live.on_demand.make, Instant::now()) else { return };
        let mut running = live.on_demand.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() || !live.is_wanted() {
            return;
        }
        backoff.begin();
        let tried = tasks::catch_panic("live", || make(&live));
        match tried.unwrap_or_else(|panicked| Err(panicked.into())) {
            Ok(producer) => {
                *running = Some(producer);
                return;
            }
            Err(failure) => tracing::error!(stream = live.name(), "cannot be made: {}", failure.text),
        }
        drop(running);
        drop(live);
        std::thread::sleep(backoff.failed(began.elapsed()));
    }
}

fn end(live: &Weak<Live>, turn: u64) {
    std::thread::sleep(LINGER);
    let Some(live) = live.upgrade() else { return };
    let producer = live.on_demand.running.lock().unwrap_or_else(PoisonError::into_inner).take_if(|_| {
        // A listener came meanwhile; when it leaves, another thread of this kind does this.
        live.on_demand.turns.load(Ordering::Relaxed) == turn && !live.is_wanted()
    });
    drop(producer);
}

fn on_a_thread(live: Weak<Live>, work: impl FnOnce(Weak<Live>) + Send + 'static) {
    if let Err(error) = tasks::once_thread("live", "live", move || work(live)) {
        tracing::error!("no thread for a stream: {error}");
    }
}
