//! The state of the process's tasks: how often each panicked and was started again, which is down now, and whether an
//! indispensable one has ended.

use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// A panic and its message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{task} panicked: {message}")]
pub struct Panicked {
    /// The task's name.
    pub task: &'static str,
    /// The panic's message.
    pub message: String,
}

/// An indispensable task has ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{task} ended, which the server cannot do without: {reason}")]
pub struct VitalTaskEnded {
    /// The task's name.
    pub task: &'static str,
    /// Its panic's message, or that it returned.
    pub reason: String,
}

/// The figures of a task, over all instances of its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskReport {
    /// Panics since the process began.
    pub panics: u64,
    /// Starts after a panic or an early end.
    pub restarts: u64,
    /// Instances that wait to be started again.
    pub down: u32,
}

struct Registry {
    tasks: BTreeMap<&'static str, TaskReport>,
    watched: bool,
    closing: bool,
    broken: Option<watch::Sender<Option<VitalTaskEnded>>>,
}

static REGISTRY: Mutex<Registry> =
    Mutex::new(Registry { tasks: BTreeMap::new(), watched: false, closing: false, broken: None });

/// Waits for the end of an indispensable task, to end the process. There is one for the process.
#[derive(Debug)]
pub struct Watcher(watch::Receiver<Option<VitalTaskEnded>>);

impl Watcher {
    /// Waits until an indispensable task has ended.
    pub async fn vital_task_ended(&mut self) -> VitalTaskEnded {
        match self.0.wait_for(Option::is_some).await {
            Ok(broken) => broken.clone(),
            Err(_) => None,
        }
        // The sender is never dropped; without it there would be nothing to wait for.
        .unwrap_or(VitalTaskEnded { task: "tasks", reason: "the registry is gone".to_owned() })
    }

    /// From now on a task may end regularly; only a panic still counts.
    pub fn closing(&self) {
        lock().closing = true;
    }
}

/// Watches over the process's indispensable tasks. Without a watcher, as in tests of single parts, an indispensable task
/// that ends is only counted.
pub fn watch() -> Watcher {
    let mut registry = lock();
    registry.watched = true;
    Watcher(registry.broken.get_or_insert_with(|| watch::Sender::new(None)).subscribe())
}

/// All tasks by name, and the indispensable one that has ended.
pub fn report() -> (BTreeMap<&'static str, TaskReport>, Option<VitalTaskEnded>) {
    let registry = lock();
    let broken = registry.broken.as_ref().and_then(|sender| sender.borrow().clone());
    (registry.tasks.clone(), broken)
}

/// A task that waits to be started again; it counts as down for as long as this is held.
#[derive(Debug)]
pub struct Down(&'static str);

/// Marks an instance of a task as down.
pub fn down(task: &'static str) -> Down {
    lock().tasks.entry(task).or_default().down += 1;
    Down(task)
}

impl Down {
    /// It is started again, and counted.
    pub fn up_again(self) {
        lock().tasks.entry(self.0).or_default().restarts += 1;
    }
}

impl Drop for Down {
    fn drop(&mut self) {
        let mut registry = lock();
        let task = registry.tasks.entry(self.0).or_default();
        task.down = task.down.saturating_sub(1);
    }
}

/// Lists a task, so that its figures are there from the start.
pub(super) fn known(task: &'static str) {
    lock().tasks.entry(task).or_default();
}

/// Counts a panic and logs it.
pub(super) fn panicked(task: &'static str, payload: Box<dyn Any + Send>) -> Panicked {
    lock().tasks.entry(task).or_default().panics += 1;
    let message = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    let message = message.unwrap_or("no words").to_owned();
    tracing::error!(task, "panicked: {message}");
    Panicked { task, message }
}

/// An indispensable task has ended.
pub(super) fn vital_ended(task: &'static str, ended: Result<(), Panicked>) {
    let registry = lock();
    let reason = match ended {
        Err(panicked) => panicked.message,
        Ok(()) if registry.closing || !registry.watched => return,
        Ok(()) => "it returned".to_owned(),
    };
    let Some(sender) = &registry.broken else { return };
    sender.send_if_modified(|broken| {
        let first = broken.is_none();
        broken.get_or_insert(VitalTaskEnded { task, reason });
        first
    });
}

fn lock() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}
