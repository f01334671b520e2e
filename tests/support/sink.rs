//! A destination to push to: an ffmpeg child process that accepts one RTMP publisher and keeps what
//! it sends in a file.

use super::child::{POLL, kill_now, log_file, tail, wait_exit};
use super::ports::{self, Port};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long ffmpeg may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(10);

/// A place on the network that a sink can take, leave and take again, to act a destination that
/// fails and comes back.
pub struct RtmpTarget {
    port: Port,
    home: TempDir,
    taken: u32,
}

/// One run of a target. Dropping it kills it.
pub struct RtmpSink {
    child: Child,
    file: PathBuf,
    log: PathBuf,
}

/// Makes a target and listens on it at once.
pub fn rtmp_sink() -> (RtmpTarget, RtmpSink) {
    let mut target = RtmpTarget::reserve();
    let sink = target.listen();
    (target, sink)
}

impl RtmpTarget {
    /// Reserves a port without a listener.
    pub fn reserve() -> Self {
        Self { port: Port::take(), home: tempfile::tempdir().expect("folder of the sink"), taken: 0 }
    }

    /// Where to push to.
    pub fn url(&self) -> String {
        format!("rtmp://{}/live/sink", self.port.address())
    }

    /// Starts a sink that keeps the next publisher's stream in a file of its own; answers when it
    /// listens.
    pub fn listen(&mut self) -> RtmpSink {
        self.taken += 1;
        let file = self.home.path().join(format!("received-{}.flv", self.taken));
        let log = self.home.path().join(format!("sink-{}.log", self.taken));
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-nostats", "-loglevel", "level+info", "-y"])
            .args(["-listen", "1", "-i", &self.url()])
            .args(["-c", "copy", "-flush_packets", "1", "-f", "flv"])
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log_file(&log))
            .spawn()
            .expect("ffmpeg starts");
        let mut sink = RtmpSink { child, file, log };
        let end = Instant::now() + START_LIMIT;
        while !ports::is_listening(self.port.number()) {
            assert!(
                Instant::now() < end && matches!(sink.child.try_wait(), Ok(None)),
                "the sink does not listen\n{}",
                sink.log()
            );
            std::thread::sleep(POLL);
        }
        sink
    }
}

impl RtmpSink {
    /// What is received so far; readable while it grows.
    pub fn file(&self) -> &PathBuf {
        &self.file
    }

    /// Waits until this many bytes have arrived; panics with the log after `limit`.
    pub async fn received(&self, bytes: u64, limit: Duration) {
        let end = Instant::now() + limit;
        loop {
            let size = std::fs::metadata(&self.file).map_or(0, |file| file.len());
            if size >= bytes {
                return;
            }
            let now = Instant::now();
            assert!(now < end, "received {size} of {bytes} bytes\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the publisher has left and the file is complete; panics after `limit`.
    pub async fn finished(&mut self, limit: Duration) -> ExitStatus {
        match wait_exit(&mut self.child, limit).await {
            Some(status) => status,
            None => panic!("the publisher did not leave within {limit:?}\n{}", self.log()),
        }
    }

    /// Closes the connection from this side, keeping what was received; panics if it takes too long.
    pub async fn stop(&mut self, limit: Duration) -> ExitStatus {
        if let Some(pipe) = self.child.stdin.as_mut() {
            let _ = pipe.write_all(b"q");
        }
        match wait_exit(&mut self.child, limit).await {
            Some(status) => status,
            None => panic!("the sink did not end within {limit:?}\n{}", self.log()),
        }
    }

    /// Dies without closing its connections (SIGKILL), as a destination that loses power.
    pub fn kill(&mut self) {
        kill_now(&mut self.child);
    }

    /// ffmpeg's log so far.
    pub fn log(&self) -> String {
        tail(&self.log, 40)
    }
}

impl Drop for RtmpSink {
    fn drop(&mut self) {
        kill_now(&mut self.child);
        if std::thread::panicking() {
            eprintln!("sink {}:\n{}", self.file.display(), self.log());
        }
    }
}
