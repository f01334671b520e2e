//! The built server as a child process on ports of its own: started, asked for health, stopped,
//! killed and started again on the same data.

use super::child::{self, kill_now, log_file, signal, tail, wait_exit};
use super::config::Config;
use super::ports::Port;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The LiveWing token of servers without one in their settings.
pub const TOKEN: &str = "test-token";
/// How long a server may take until it is healthy.
pub const START_LIMIT: Duration = Duration::from_secs(20);
/// Lines of the log printed when a test fails.
const TAIL_LINES: usize = 60;

/// A server under test. Dropping it kills it; if the test is failing, its log's end is printed.
pub struct Server {
    child: Option<Child>,
    home: TempDir,
    token: String,
    http: Port,
    rtmp: Port,
    livewing: Port,
    webrtc: Port,
    srt: Port,
    /// Files that it may have open, if not as many as the system lets it.
    files: Option<u32>,
    /// Whether its tasks can be made to panic.
    breakable: bool,
    /// Megabytes of the disk of its data, if that is one of its own.
    disk: Option<u32>,
    /// Whether nothing that it logs can be written.
    log_is_full: bool,
}

impl Server {
    /// Starts a server with these settings and waits until it is healthy. Panics with its log if
    /// it is not in time.
    pub async fn start(config: Config) -> Self {
        Self::start_with(config, None, false, None).await
    }

    /// The same, with so many files that it may have open (`RLIMIT_NOFILE`, soft and hard).
    pub async fn start_with_files(config: Config, files: u32) -> Self {
        Self::start_with(config, Some(files), false, None).await
    }

    /// The same; [`fault`](Self::fault) works on it.
    pub async fn start_breakable(config: Config) -> Self {
        Self::start_with(config, None, true, None).await
    }

    /// The same on a disk of so many megabytes for its data, which only it sees mounted ([`seen`](Self::seen)).
    pub async fn start_on_disk(config: Config, megabytes: u32) -> Self {
        Self::start_with(config, None, false, Some(megabytes)).await
    }

    async fn start_with(config: Config, files: Option<u32>, breakable: bool, disk: Option<u32>) -> Self {
        let token = config.text_of("livewing.token").unwrap_or(TOKEN).to_owned();
        let mut server = Self {
            child: None,
            home: tempfile::tempdir().expect("home of the server"),
            token,
            http: Port::take(),
            rtmp: Port::take(),
            livewing: Port::take(),
            webrtc: Port::take(),
            srt: Port::take(),
            files,
            breakable,
            disk,
            log_is_full: false,
        };
        let config = config
            .set("http.listen", server.http.address())
            .set("rtmp.listen", server.rtmp.address())
            .set("livewing.listen", server.livewing.address())
            .set("livewing.token", server.token.clone())
            .set("webrtc.udp", server.webrtc.address())
            .set("webrtc.tcp", server.webrtc.address())
            .set("srt.listen", server.srt.address())
            // Groups are joined on loopback alone.
            .set("lighting.sacn_listen", "127.0.0.1:0");
        std::fs::write(server.config_path(), config.to_toml()).expect("write settings");
        server.launch().await;
        server
    }

    /// From its next start on every write to its log fails, as on a full disk.
    pub fn fill_log(&mut self) {
        self.log_is_full = true;
    }

    /// Starts it again on the same settings, data and ports after it was stopped or killed.
    pub async fn launch(&mut self) {
        assert!(self.child.is_none(), "the server still runs");
        let full = || std::fs::File::options().write(true).open("/dev/full").expect("a full device");
        let log = if self.log_is_full { full() } else { log_file(&self.log_path()) };
        let limit = self.files.map_or_else(String::new, |files| format!("ulimit -n {files}; "));
        let mount = self.disk.map_or_else(String::new, |megabytes| {
            std::fs::create_dir_all(self.data()).expect("a folder for the disk");
            format!("mount -t tmpfs -o size={megabytes}M,mode=700 tmpfs '{}' && ", self.data().display())
        });
        // A mount namespace of its own; where the user is not root, in a user namespace of its own too.
        let mut command = Command::new(if self.disk.is_some() { "unshare" } else { "sh" });
        if self.disk.is_some() {
            command.args(if rustix::process::getuid().is_root() { ["-m", "sh"] } else { ["-rm", "sh"] });
        }
        if self.breakable {
            std::fs::create_dir_all(self.faults()).expect("a folder for faults");
            command.env("TASK_FAULTS_FOLDER", self.faults());
        }
        let child = command
            .args(["-c", &format!("{limit}{mount}exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_lumencast")])
            .arg("serve")
            .arg("--config")
            .arg(self.config_path())
            .arg("--data")
            .arg(self.data())
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("log handle"))
            .stderr(log)
            .spawn()
            .expect("the server's binary starts");
        self.child = Some(child);
        self.healthy(START_LIMIT).await;
    }

    /// Makes a task panic, soon.
    pub fn fault(&self, task: &str) {
        std::fs::write(self.faults().join(task), "").expect("a file for a fault");
    }

    fn faults(&self) -> PathBuf {
        self.home.path().join("faults")
    }

    /// Waits until it has ended by itself; panics if it has not in time.
    pub async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("a running server");
        match wait_exit(&mut child, limit).await {
            Some(status) => status,
            None => {
                kill_now(&mut child);
                panic!("the server did not end by itself within {limit:?}");
            }
        }
    }

    /// Polls `GET /health` until it answers 200.
    async fn healthy(&mut self, limit: Duration) {
        let url = self.url("/health");
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().expect("HTTP client");
        let end = Instant::now() + limit;
        let mut last = String::from("not asked");
        while Instant::now() < end {
            if let Some(status) = self.exited() {
                panic!("the server ended with {status} before it was healthy");
            }
            match client.get(&url).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => last = answer.status().to_string(),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(child::POLL).await;
        }
        panic!("the server is not healthy within {limit:?}: {last}");
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        child.try_wait().expect("server can be waited for")
    }

    /// Asks it to end (SIGTERM) and waits; panics if it is not gone in time.
    pub async fn stop(&mut self, limit: Duration) -> ExitStatus {
        self.stop_by("TERM", limit).await
    }

    /// The same by another signal.
    pub async fn stop_by(&mut self, name: &str, limit: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("a running server");
        signal(&child, name);
        match wait_exit(&mut child, limit).await {
            Some(status) => status,
            None => {
                kill_now(&mut child);
                panic!("the server did not end within {limit:?} of SIG{name}");
            }
        }
    }

    /// Kills it on the spot (SIGKILL).
    pub fn kill(&mut self) {
        kill_now(&mut self.child.take().expect("a running server"));
    }

    /// The process id, 0 if it does not run.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// `http://127.0.0.1:<port><path>`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http.address())
    }

    /// The address to publish a stream key to.
    pub fn rtmp_url(&self, key: &str) -> String {
        format!("rtmp://{}/live/{key}", self.rtmp.address())
    }

    /// The address to call over SRT with a stream key.
    pub fn srt_url(&self, key: &str) -> String {
        format!("srt://{}?streamid={key}", self.srt.address())
    }

    /// `ws://127.0.0.1:<port>` of the LiveWing plane.
    pub fn livewing_url(&self) -> String {
        format!("ws://{}", self.livewing.address())
    }

    /// The LiveWing token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Port numbers: HTTP, RTMP, LiveWing, WebRTC.
    pub fn ports(&self) -> [u16; 4] {
        [&self.http, &self.rtmp, &self.livewing, &self.webrtc].map(Port::number)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A path of its data as it sees it, where those are on a disk of their own.
    pub fn seen(&self, path: &str) -> PathBuf {
        let data = self.data();
        PathBuf::from(format!("/proc/{}/root", self.pid())).join(data.strip_prefix("/").unwrap_or(&data)).join(path)
    }

    /// A folder of the test's own beside the data, removed with the server.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The settings file.
    pub fn config_path(&self) -> PathBuf {
        self.home.path().join("lumencast.toml")
    }

    /// The log of all its runs.
    pub fn log_path(&self) -> PathBuf {
        self.home.path().join("server.log")
    }

    /// All it has logged so far.
    pub fn log(&self) -> String {
        tail(&self.log_path(), usize::MAX)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = self.child.as_mut() {
            kill_now(child);
        }
        if std::thread::panicking() {
            eprintln!("server's log:\n{}", tail(&self.log_path(), TAIL_LINES));
        }
    }
}
