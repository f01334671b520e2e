//! Servers and senders of media: ffmpeg, GStreamer's RTSP server, and a file server.

use crate::support::{
    child::{Watchdog, kill_now, log_file, tail},
    ports::{Port, is_listening},
};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use warp::Filter;

/// A child process that is killed when it is dropped; its log is shown when the test fails.
pub struct Peer {
    child: Child,
    home: TempDir,
}

impl Peer {
    pub fn run(program: &str, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let log = home.path().join("log");
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log_file(&log))
            .stderr(log_file(&log))
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        Self { child, home }
    }

    /// ffmpeg that sends a file in real time.
    pub fn ffmpeg(media: &Path, input: &[&str], output: &[&str]) -> Self {
        let media = media.to_string_lossy();
        let begin = ["-hide_banner", "-nostats", "-nostdin", "-re"];
        let arguments = [&begin[..], input, &["-i", &media], output].concat();
        Self::run("ffmpeg", &arguments)
    }

    pub fn kill(&mut self) {
        kill_now(&mut self.child);
    }

    /// Whether it has ended, and well.
    pub fn ended(&mut self) -> Option<bool> {
        self.child.try_wait().unwrap().map(|status| status.success())
    }

    pub fn log(&self) -> String {
        tail(&self.home.path().join("log"), 15)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// Runs ffmpeg to its end: another form of a clip.
pub fn convert(media: &Path, arguments: &[&str], to: &Path) {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-y", "-i"]).arg(media).args(arguments).arg(to);
    let status = Watchdog::over(ffmpeg.spawn().unwrap(), Duration::from_secs(60)).wait();
    assert!(status.success(), "{arguments:?}");
}

/// GStreamer's RTSP server with one clip at `/clip`, played from its beginning for each client.
pub fn rtsp(port: &Port, clip: &Path, lower: &str) -> Peer {
    rtsp_as(port, clip, lower, "aacparse ! rtpmp4gpay")
}

/// The same with the sound in another form.
pub fn rtsp_as(port: &Port, clip: &Path, lower: &str, sound: &str) -> Peer {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pull/rtsp_server.py");
    let number = port.number().to_string();
    // Debian's own Python has the bindings.
    let peer = Peer::run("/usr/bin/python3", &[script, &number, &clip.to_string_lossy(), lower, sound]);
    super::collector::wait_for("the RTSP server", || is_listening(port.number()).then_some(()));
    peer
}

/// A file server on loopback that knows ranges, with a redirect from `/away/...` to wherever one likes.
pub struct Files {
    pub folder: TempDir,
    pub requests: Arc<AtomicUsize>,
    address: std::net::SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Files {
    pub fn serve() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        let away = warp::path("away").and(warp::query::<std::collections::HashMap<String, String>>()).map(
            |query: std::collections::HashMap<String, String>| {
                let to = query.get("to").cloned().unwrap_or_default();
                warp::http::Response::builder().status(302).header("location", to).body(String::new()).unwrap()
            },
        );
        let files = warp::fs::dir(folder.path().to_owned());
        let routes = warp::any()
            .map(move || {
                count.fetch_add(1, Ordering::SeqCst);
            })
            .untuple_one()
            .and(away.map(warp::reply::Reply::into_response).or(files.map(warp::reply::Reply::into_response)).unify());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(warp::serve(routes).incoming(listener).run());
        Self { folder, requests, address, _runtime: runtime }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
