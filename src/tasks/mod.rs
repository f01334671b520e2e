//! Tasks and threads, and the consequences of their end. Every one that outlives a request is started here.
//!
//! ```text
//! vital, vital_thread ─ ends ─► VitalTaskEnded ─► serve shuts down in order ─► exit code 70
//! restarting, restarting_thread ─ panics ─► counted, down ─ back-off ─► started again
//! once, once_thread, catch_panic ─ panics ─► counted; its owner gets the reason as an error
//!                                │
//!                             registry ─► /health, /metrics
//! ```
//!
//! The registry is one for the process, as the log is: a panic is a fact of the process. Refuses to know: the work of a
//! task, and how the process ends; that is up to the holder of the [`Watcher`].

mod backoff;
mod fault;
mod registry;

pub use backoff::Backoff;
pub use fault::{fault_point, wait};
pub use registry::{Down, Panicked, TaskReport, VitalTaskEnded, Watcher, down, report, watch};

use futures::FutureExt;
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread::{Builder, JoinHandle},
    time::Instant,
};

/// A task without which the server is of no use: the conductor, an endpoint's accept loop. Its panic ends the process,
/// and so does its return before [`Watcher::closing`].
pub fn vital(task: &'static str, work: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    registry::known(task);
    tokio::spawn(async move {
        let ended = AssertUnwindSafe(fault::watched(task, work)).catch_unwind().await;
        registry::vital_ended(task, ended.map_err(|payload| registry::panicked(task, payload)));
    })
}

/// A thread without which the server is of no use; see [`vital`].
///
/// # Errors
/// When there is no thread to be had.
pub fn vital_thread(
    task: &'static str,
    thread: impl Into<String>,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    registry::known(task);
    Builder::new().name(thread.into()).spawn(move || {
        let ended = catch_unwind(AssertUnwindSafe(work));
        registry::vital_ended(task, ended.map_err(|payload| registry::panicked(task, payload)));
    })
}

/// A task that is made anew when it panics, until it returns.
pub fn restarting<F>(task: &'static str, mut make: impl FnMut() -> F + Send + 'static) -> tokio::task::JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        let mut restarts = Restarts::of(task);
        while restarts.again_after(async { make().await }).await {}
    })
}

/// A thread that begins anew when it panics, until its work returns. Its data stays as the panic left it.
///
/// # Errors
/// When there is no thread to be had.
pub fn restarting_thread(
    task: &'static str,
    thread: impl Into<String>,
    mut work: impl FnMut() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    registry::known(task);
    Builder::new().name(thread.into()).spawn(move || {
        let mut backoff = Backoff::default();
        loop {
            let began = Instant::now();
            if catch_panic(task, &mut work).is_ok() {
                return;
            }
            let down = registry::down(task);
            std::thread::sleep(backoff.failed(began.elapsed()));
            down.up_again();
        }
    })
}

/// Restarts a task with state that must outlast its panic, such as the receiving end of a queue.
#[derive(Debug)]
pub struct Restarts {
    task: &'static str,
    backoff: Backoff,
}

impl Restarts {
    /// Of the task of this name.
    pub fn of(task: &'static str) -> Self {
        registry::known(task);
        Self { task, backoff: Backoff::default() }
    }

    /// Runs the work. False when it returned; true when it panicked, after the pause before the next try.
    pub async fn again_after(&mut self, work: impl Future<Output = ()>) -> bool {
        let began = Instant::now();
        let ended = AssertUnwindSafe(fault::watched(self.task, work)).catch_unwind().await;
        let Err(payload) = ended else { return false };
        registry::panicked(self.task, payload);
        let down = registry::down(self.task);
        tokio::time::sleep(self.backoff.failed(began.elapsed())).await;
        down.up_again();
        true
    }
}

/// A task for one piece of work, such as a connection. Its panic is counted and logged.
pub fn once<T: Send + 'static>(
    task: &'static str,
    work: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<Result<T, Panicked>> {
    tokio::spawn(catch_panic_async(task, work))
}

/// A thread for one piece of work; see [`once`].
///
/// # Errors
/// When there is no thread to be had.
pub fn once_thread<T: Send + 'static>(
    task: &'static str,
    thread: impl Into<String>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<Result<T, Panicked>>> {
    Builder::new().name(thread.into()).spawn(move || catch_panic(task, work))
}

/// Does a piece of work on the calling thread. State that it shares must be sound after a panic: each step whole, locks
/// taken with `PoisonError::into_inner`.
///
/// # Errors
/// The message of the panic, which is counted already.
pub fn catch_panic<T>(task: &'static str, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| registry::panicked(task, payload))
}

/// The same for a future.
///
/// # Errors
/// As [`catch_panic`].
pub async fn catch_panic_async<T>(task: &'static str, work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|payload| registry::panicked(task, payload))
}

#[cfg(test)]
mod tests;
