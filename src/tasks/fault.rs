//! Faults on request, for tests of what happens when a task dies: in debug builds the variable `TASK_FAULTS_FOLDER` names
//! a folder, and a file in it with a task's name makes that task panic once. It is no setting: those begin with
//! `LUMENCAST_`. Release builds have nothing of it.

/// A place where a thread's task may be made to panic.
pub fn fault_point(task: &str) {
    #[cfg(debug_assertions)]
    if injected::is_due(task) {
        panic!("a fault was asked for");
    }
    #[cfg(not(debug_assertions))]
    let _ = task;
}

/// How long a thread may sleep: as long as it likes, but where faults may be asked for it must look now and then.
pub fn wait(longest: std::time::Duration) -> std::time::Duration {
    #[cfg(debug_assertions)]
    if injected::is_enabled() {
        return longest.min(injected::LOOK);
    }
    longest
}

/// A future that may be made to panic at any time.
pub(super) async fn watched<T>(task: &str, work: impl Future<Output = T>) -> T {
    #[cfg(debug_assertions)]
    if injected::is_enabled() {
        return tokio::select! {
            done = work => done,
            () = injected::due(task) => panic!("a fault was asked for"),
        };
    }
    #[cfg(not(debug_assertions))]
    let _ = task;
    work.await
}

#[cfg(debug_assertions)]
mod injected {
    use std::{path::PathBuf, sync::LazyLock, time::Duration};

    static FOLDER: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var_os("TASK_FAULTS_FOLDER").map(PathBuf::from));
    pub const LOOK: Duration = Duration::from_millis(20);

    pub fn is_enabled() -> bool {
        FOLDER.is_some()
    }

    /// Whether the file is there; it is taken away, so that one file is one fault.
    pub fn is_due(task: &str) -> bool {
        FOLDER.as_ref().is_some_and(|folder| std::fs::remove_file(folder.join(task)).is_ok())
    }

    pub async fn due(task: &str) {
        while !is_due(task) {
            tokio::time::sleep(LOOK).await;
        }
    }
}
