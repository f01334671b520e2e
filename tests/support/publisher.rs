//! Pushes a file to an RTMP address in real time, as an encoder would: an ffmpeg child process.

use super::child::{self, kill_now, log_file, tail, wait_exit};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running publisher. Dropping it kills it; if the test is failing, its log's end is printed.
pub struct Publisher {
    child: Child,
    url: String,
    home: TempDir,
    /// Media time sent, microseconds.
    sent: Arc<AtomicI64>,
}

impl Publisher {
    /// Publishes a file as it is, without encoding.
    pub fn start(media: &Path, url: &str) -> Self {
        Self::with(media, url, &[], &["-c", "copy"])
    }

    /// Publishes with options of one's own before the input and before the output, for other
    /// codecs, pictures without sound, or a clip that runs in a loop (`-stream_loop -1`).
    pub fn with(media: &Path, url: &str, input: &[&str], output: &[&str]) -> Self {
        Self::form("flv", media, url, input, output)
    }

    /// Publishes a file as it is as an MPEG transport stream, e.g. over SRT.
    pub fn transport_stream(media: &Path, url: &str) -> Self {
        Self::form("mpegts", media, url, &[], &["-c", "copy"])
    }

    fn form(format: &str, media: &Path, url: &str, input: &[&str], output: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("folder of the publisher");
        let mut child = Command::new("ffmpeg")
            .args(["-hide_banner", "-nostats", "-loglevel", "level+info"])
            .args(["-progress", "pipe:1", "-stats_period", "0.1", "-re"])
            .args(input)
            .arg("-i")
            .arg(media)
            .args(output)
            .args(["-f", format, url])
            // A pipe that stays open: ffmpeg ends cleanly when it reads q.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file(&home.path().join("publisher.log")))
            .spawn()
            .expect("ffmpeg starts");
        let sent = Arc::new(AtomicI64::new(0));
        let progress = child.stdout.take().expect("ffmpeg's stdout");
        let counter = sent.clone();
        std::thread::spawn(move || follow(progress, &counter));
        Self { child, url: url.to_owned(), home, sent }
    }

    /// Seconds of media sent so far.
    pub fn sent_seconds(&self) -> f64 {
        self.sent.load(Ordering::Relaxed) as f64 / 1e6
    }

    /// Waits until this much media is sent; panics with the log if it ends before or takes
    /// longer than `limit`.
    pub async fn sent(&mut self, seconds: f64, limit: Duration) {
        let end = Instant::now() + limit;
        while self.sent_seconds() < seconds {
            if let Some(status) = self.exited() {
                panic!("publisher to {} ended with {status}\n{}", self.url, self.log());
            }
            assert!(
                Instant::now() < end,
                "publisher to {} sent {:.2} of {seconds} s within {limit:?}\n{}",
                self.url,
                self.sent_seconds(),
                self.log()
            );
            tokio::time::sleep(child::POLL).await;
        }
    }

    /// Waits for its own end, refused or finished; panics if it still runs after `limit`.
    pub async fn ended(&mut self, limit: Duration) -> ExitStatus {
        match wait_exit(&mut self.child, limit).await {
            Some(status) => status,
            None => panic!("publisher to {} still runs after {limit:?}", self.url),
        }
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("publisher can be waited for")
    }

    /// Ends as its user would, so the stream is closed properly; panics if it is not gone in time.
    pub async fn stop(mut self, limit: Duration) -> ExitStatus {
        if let Some(pipe) = self.child.stdin.as_mut() {
            let _ = pipe.write_all(b"q");
        }
        match wait_exit(&mut self.child, limit).await {
            Some(status) => status,
            None => panic!("publisher to {} did not end within {limit:?}", self.url),
        }
    }

    /// Dies without closing its connection (SIGKILL).
    pub fn kill(mut self) {
        kill_now(&mut self.child);
    }

    /// Sends nothing more, keeping its connection (SIGSTOP), as an encoder on a network that hangs.
    pub fn freeze(&self) {
        child::signal(&self.child, "STOP");
    }

    /// ffmpeg's log so far.
    pub fn log(&self) -> String {
        tail(&self.log_path(), 40)
    }

    fn log_path(&self) -> PathBuf {
        self.home.path().join("publisher.log")
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        kill_now(&mut self.child);
        if std::thread::panicking() {
            eprintln!("publisher to {}:\n{}", self.url, self.log());
        }
    }
}

/// Follows ffmpeg's progress report until it ends.
fn follow(progress: ChildStdout, sent: &AtomicI64) {
    for line in BufReader::new(progress).lines().map_while(Result::ok) {
        let value = line.strip_prefix("out_time_us=").map(str::parse);
        if let Some(Ok(time)) = value {
            sent.store(time, Ordering::Relaxed);
        }
    }
}
