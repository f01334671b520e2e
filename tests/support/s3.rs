//! A real service with the S3 API, moto's, on a free port of 127.0.0.1.

use super::{
    child::{POLL, kill_now, log_file, tail},
    ports::{Port, is_listening},
};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// How long it may take to start, on a machine that does much else.
const START: Duration = Duration::from_secs(60);

/// A service that runs until it is dropped. It takes any credentials.
#[derive(Debug)]
pub struct S3Server {
    child: Child,
    port: Port,
    _folder: TempDir,
}

impl S3Server {
    /// Starts one, and installs it when it is missing. Blocks until it listens.
    pub fn start() -> Self {
        let made = Command::new("timeout").args(["300", "scripts/python.sh"]).current_dir(ROOT).status();
        assert!(made.expect("timeout").success(), "scripts/python.sh");
        let (port, folder) = (Port::take(), tempfile::tempdir().expect("a folder"));
        let log = folder.path().join("log");
        let output = log_file(&log);
        let mut server = Command::new(format!("{ROOT}/target/python/bin/moto_server"));
        server.args(["-H", "127.0.0.1", "-p", &port.number().to_string()]).stdin(Stdio::null());
        server.stdout(output.try_clone().expect("a file")).stderr(output);
        let mut child = server.spawn().expect("moto_server");
        let end = Instant::now() + START;
        while !is_listening(port.number()) {
            let ended = child.try_wait().expect("a child");
            assert!(ended.is_none() && Instant::now() < end, "moto_server did not start: {}", tail(&log, 20));
            std::thread::sleep(POLL);
        }
        Self { child, port, _folder: folder }
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// Makes a bucket.
    pub async fn bucket(&self, name: &str) {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.put(format!("{}/{name}", self.endpoint())).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        kill_now(&mut self.child);
    }
}
