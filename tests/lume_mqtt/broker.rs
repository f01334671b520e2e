//! A broker of the test's own, on a free port, with its log at hand; and lights that are connected to it.

use crate::{
    fixture::{Fixture, fixture},
    ports::Port,
};
use lumencast::app::lights::{mqtt, settings::SettingsChange};
use std::{fs, path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// Time limit of everything; a new connection is tried after 5 s.
pub const LIMIT: Duration = Duration::from_secs(20);
/// The name of the lights at the broker.
pub const CLIENT: &str = "lume-02aabbccddee";

/// Runs until it is dropped.
pub struct Broker {
    pub port: Port,
    folder: TempDir,
    child: Child,
}

/// Waits until a condition holds; fails with its name.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

impl Broker {
    /// Without authentication.
    pub async fn open() -> Self {
        Self::with("allow_anonymous true\n").await
    }

    /// For one user alone.
    pub async fn locked(user: &str, password: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("passwords");
        let made = Command::new("mosquitto_passwd").arg("-b").arg("-c").arg(&file).args([user, password]).status();
        assert!(made.await.expect("mosquitto_passwd, see scripts/setup.sh test").success());
        Self::within(folder, &format!("allow_anonymous false\npassword_file {}\n", file.display())).await
    }

    async fn with(access: &str) -> Self {
        Self::within(tempfile::tempdir().expect("a folder"), access).await
    }

    async fn within(folder: TempDir, access: &str) -> Self {
        let port = Port::take();
        let log = folder.path().join("log");
        // As root it would become a user that cannot read the folder.
        let config = format!(
            "listener {} 127.0.0.1\n{access}user root\npersistence false\nlog_type all\nlog_dest file {}\n",
            port.number(),
            log.display()
        );
        fs::write(folder.path().join("config"), config).expect("its configuration");
        let child = launch(folder.path());
        let broker = Self { port, folder, child };
        broker.listening().await;
        broker
    }

    async fn listening(&self) {
        let end = Instant::now() + LIMIT;
        while TcpStream::connect(("127.0.0.1", self.port.number())).await.is_err() {
            assert!(Instant::now() < end, "no broker: {}", self.log());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Kills it.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("its end");
    }

    /// Starts it again after a kill, with nothing kept.
    pub async fn restart(&mut self) {
        self.child = launch(self.folder.path());
        self.listening().await;
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Settings for a connection to this broker.
    pub fn settings(&self) -> SettingsChange {
        SettingsChange {
            mqtt_enabled: Some(true),
            mqtt_broker: Some("127.0.0.1".to_owned()),
            mqtt_port: Some(self.port.number()),
            ..SettingsChange::default()
        }
    }
}

fn launch(folder: &Path) -> Child {
    // Debian has it where only an administrator's PATH leads.
    let program = ["/usr/sbin/mosquitto", "mosquitto"].into_iter().find(|name| Path::new(name).exists());
    Command::new(program.unwrap_or("mosquitto"))
        .arg("-c")
        .arg(folder.join("config"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("mosquitto, see scripts/setup.sh test")
}

/// Lights and their task.
pub struct Home {
    pub fixture: Fixture,
    pub task: JoinHandle<()>,
    pub shutdown: CancellationToken,
}

impl Home {
    /// Lights that follow their settings, and are not connected yet.
    pub async fn new() -> Self {
        let fixture = fixture().await;
        let shutdown = CancellationToken::new();
        let task = mqtt::start(fixture.lights.clone(), CLIENT.to_owned(), shutdown.clone());
        Self { fixture, task, shutdown }
    }

    /// Lights that are connected.
    pub async fn at(broker: &Broker) -> Self {
        let home = Self::new().await;
        home.fixture.set(broker.settings()).await;
        home.connected(true).await;
        home
    }

    /// Waits for a connection, or for its end.
    pub async fn connected(&self, connected: bool) {
        until(&format!("connected: {connected}"), || self.fixture.lights.mqtt_connected() == connected).await;
    }
}
