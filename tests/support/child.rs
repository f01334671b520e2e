//! Child processes with deadlines: nothing a test starts outlives it or hangs it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Poll interval of a process or a condition.
pub const POLL: Duration = Duration::from_millis(10);

/// Kills a child that has not ended in time, so that readers of its pipes get an end of file.
pub struct Watchdog {
    child: Arc<Mutex<Child>>,
    bitten: Arc<AtomicBool>,
    _leash: Sender<()>,
}

impl Watchdog {
    /// Takes the child and gives it `limit` from now.
    pub fn over(child: Child, limit: Duration) -> Self {
        let child = Arc::new(Mutex::new(child));
        let bitten = Arc::new(AtomicBool::new(false));
        let (leash, slipped) = mpsc::channel::<()>();
        let (held, mark) = (child.clone(), bitten.clone());
        std::thread::spawn(move || {
            if slipped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let mut child = lock(&held);
                if matches!(child.try_wait(), Ok(None)) {
                    mark.store(true, Ordering::SeqCst);
                    let _ = child.kill();
                }
            }
        });
        Self { child, bitten, _leash: leash }
    }

    /// Waits for the end, which the deadline guarantees.
    pub fn wait(&self) -> ExitStatus {
        loop {
            if let Some(status) = lock(&self.child).try_wait().expect("child can be waited for") {
                return status;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Whether the deadline passed and the child was killed.
    pub fn expired(&self) -> bool {
        self.bitten.load(Ordering::SeqCst)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        if matches!(child.try_wait(), Ok(None)) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits up to `limit` for a child to end; `None` if it still runs. Other tasks of the test go on.
pub async fn wait_exit(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("child can be waited for") {
            return Some(status);
        }
        if Instant::now() >= end {
            return None;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Sends a signal by its name.
pub fn signal(child: &Child, name: &str) {
    // The shell's own kill: there is one wherever the tests run, and no unsafe call is needed.
    let _ = Command::new("sh")
        .args(["-c", "kill -\"$1\" \"$2\"", "sh", name, &child.id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Ends a child at once (SIGKILL) and collects it.
pub fn kill_now(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Opens a log file for appending, for stdout and stderr of a child.
pub fn log_file(path: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap_or_else(|error| panic!("log {}: {error}", path.display()))
}

/// The last `lines` lines of a text file; the error if it cannot be read.
pub fn tail(path: &Path, lines: usize) -> String {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let all: Vec<&str> = text.lines().collect();
            all[all.len().saturating_sub(lines)..].join("\n")
        }
        Err(error) => format!("({}: {error})", path.display()),
    }
}
