//! The message of `serve` when it cannot start, and its files on the disk when it can.

use crate::support::child::wait_exit;
use crate::support::config::Config;
use crate::support::ports::Port;
use crate::support::server::Server;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs `serve` with settings that it must refuse; see [`refused_on`].
async fn refused(config: Config) -> String {
    let home = tempfile::tempdir().expect("home");
    refused_on(&home.path().join("data"), "serve", config).await
}

/// Runs a command that must be refused; returns its one line of output. Panics unless it ends soon, with exit code 2
/// and nothing else on standard error.
pub async fn refused_on(data: &Path, command: &str, config: Config) -> String {
    let home = tempfile::tempdir().expect("home");
    let path = home.path().join("lumencast.toml");
    std::fs::write(&path, config.to_toml()).expect("write settings");
    let mut child = Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .arg(command)
        .arg("--config")
        .arg(&path)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let status = wait_exit(&mut child, Duration::from_secs(10)).await;
    if status.is_none() {
        let _ = child.kill();
    }
    let mut said = String::new();
    child.stderr.take().expect("stderr").read_to_string(&mut said).expect("text");
    let _ = child.wait();
    assert_eq!(status.and_then(|status| status.code()), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "one line:\n{said}");
    said
}

/// Settings with four free ports, and the ports to keep.
pub fn free() -> (Config, [Port; 4]) {
    let ports = [(); 4].map(|()| Port::take());
    let keys = ["http.listen", "rtmp.listen", "livewing.listen", "webrtc.udp"];
    let config = keys.iter().zip(&ports).fold(Config::new(), |config, (key, port)| config.set(key, port.address()));
    (config, ports)
}

#[tokio::test]
async fn a_taken_port_is_one_line_that_names_it() {
    let _turn = crate::support::shared_turn(50);
    for (index, key) in ["http.listen", "rtmp.listen", "livewing.listen"].into_iter().enumerate() {
        let (config, ports) = free();
        let address = ports[index].address();
        let _taken = TcpListener::bind(&address).expect("a free port");
        let said = refused(config).await;
        assert!(said.contains(key) && said.contains(&address), "{key} {address}: {said}");
    }
}

#[tokio::test]
async fn a_wrong_setting_is_one_line_that_names_it() {
    let _turn = crate::support::shared_turn(40);
    let said = refused(free().0.set("http.lisen", "127.0.0.1:1")).await;
    assert!(said.contains("http.lisen") && said.contains("lumencast.toml"), "{said}");
    let said = refused(free().0.set("project.width", "wide")).await;
    assert!(said.contains("project.width"), "{said}");
    let said = refused(free().0.graphic("guest", "no-such-template", &["cg1"], &[])).await;
    assert!(said.contains("no-such-template") && said.contains("guest"), "{said}");
}

#[tokio::test]
async fn secrets_made_at_the_first_start_are_the_owners_alone_and_said_where() {
    let _turn = crate::support::shared_turn(50);
    let mut server = Server::start(Config::new().project(1280, 720, 30)).await;
    let path = server.data().join("secrets.toml");
    let mode = std::fs::metadata(&path).expect("a file of secrets").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "{mode:o}");
    let before = std::fs::read_to_string(&path).expect("secrets");
    assert!(before.contains("password"), "the operator's password was not configured");
    assert!(server.log().contains("secrets.toml"), "serve says where\n{}", server.log());
    assert!(server.stop(Duration::from_secs(5)).await.success());
    server.launch().await;
    assert_eq!(std::fs::read_to_string(&path).expect("secrets"), before, "made once");
}
