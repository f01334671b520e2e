//! How connections begin and end.

use crate::{
    broker::{Broker, CLIENT, Home, until},
    listener::Listener,
};
use lumencast::app::lights::settings::SettingsChange;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, time::timeout};

#[tokio::test]
async fn the_broker_is_told_a_keep_alive_of_a_minute_and_a_last_will_that_is_kept() {
    let broker = Broker::open().await;
    let _home = Home::at(&broker).await;
    let log = broker.log();
    assert!(log.contains(&format!("as {CLIENT} (p2, c1, k60)")), "{log}");
    assert!(log.contains("Will message specified (7 bytes) (r1, q0)"), "{log}");
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_its_last_will() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let listener = Listener::at(&broker).await;
    listener.wait("lume/status", |received| received.payload == "online").await;
    home.task.abort(); // the socket closes without a word
    listener.wait("lume/status", |received| received.payload == "offline").await;
    assert_eq!(Listener::kept(&broker, "lume/status").await.payload, "offline");
    assert!(!broker.log().contains("Received DISCONNECT from lume-"), "{}", broker.log());
}

#[tokio::test]
async fn the_end_of_the_server_is_told_and_the_connection_closed_properly() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let listener = Listener::at(&broker).await;
    home.shutdown.cancel();
    listener.wait("lume/status", |received| received.payload == "offline").await;
    timeout(Duration::from_secs(5), home.task).await.expect("an end in time").expect("no panic");
    assert!(!home.fixture.lights.mqtt_connected());
    until("a proper end", || broker.log().contains(&format!("Received DISCONNECT from {CLIENT}"))).await;
}

#[tokio::test]
async fn settings_are_followed_as_they_change() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let listener = Listener::at(&broker).await;
    listener.wait("lume/status", |received| received.payload == "online").await;
    let prefix = Some("set/lamp".to_owned());
    home.fixture.set(SettingsChange { mqtt_topic_prefix: prefix, ..SettingsChange::default() }).await;
    listener.wait("lume/status", |received| received.payload == "offline").await;
    for topic in ["lume/status", "lume/state", "lume/segment/0/state"] {
        listener.wait(topic, |received| received.payload.is_empty()).await;
    }
    listener.wait("set/lamp/status", |received| received.payload == "online").await;
    let discovery = "homeassistant/light/lume_02aabbccddee/config";
    let command = "set/lamp/set";
    listener
        .wait(discovery, |received| !received.payload.is_empty() && received.json()["command_topic"] == command)
        .await;
    let kept = Listener::all_kept(&broker, "set/lamp/segment/0/state").await;
    assert!(kept.iter().all(|topic| !topic.starts_with("lume/")), "{kept:?}");
    listener.publish("set/lamp/brightness/set", "5").await;
    until("brightness", || home.fixture.lights.view().controller.brightness == 5).await;
    home.fixture.set(SettingsChange { mqtt_enabled: Some(false), ..SettingsChange::default() }).await;
    listener.wait("set/lamp/status", |received| received.payload == "offline").await;
    home.connected(false).await;
    // What has nothing to do with it does not disturb it; a prefix that cannot be connects nothing.
    let mut none = SettingsChange { mqtt_topic_prefix: Some("lume/#".to_owned()), ..SettingsChange::default() };
    none.mqtt_enabled = Some(true);
    home.fixture.set(none).await;
    home.fixture.set(SettingsChange { mqtt_topic_prefix: Some("again".to_owned()), ..SettingsChange::default() }).await;
    home.connected(true).await;
    home.fixture.set(SettingsChange { wifi_ssid: Some("set".to_owned()), ..SettingsChange::default() }).await;
    listener.publish("again/brightness/set", "6").await;
    until("brightness", || home.fixture.lights.view().controller.brightness == 6).await;
    assert_eq!(broker.log().matches(&format!("as {CLIENT}")).count(), 3, "{}", broker.log());
}

#[tokio::test]
async fn a_broker_that_comes_back_is_connected_again_and_told_everything() {
    let mut broker = Broker::open().await;
    let home = Home::at(&broker).await;
    broker.kill().await;
    home.connected(false).await;
    let lost = Instant::now();
    broker.restart().await; // it has forgotten all it kept
    home.connected(true).await;
    assert!(lost.elapsed() > Duration::from_secs(4), "not before its time");
    for topic in ["homeassistant/light/lume_02aabbccddee/config", "lume/status", "lume/state"] {
        Listener::kept(&broker, topic).await;
    }
    let listener = Listener::at(&broker).await;
    listener.publish("lume/brightness/set", "8").await;
    until("brightness", || home.fixture.lights.view().controller.brightness == 8).await;
}

/// Takes what is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn count(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).matches(text).count()
    }
}

#[tokio::test]
async fn a_wrong_password_is_reported_once_and_a_right_one_connects() {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || written.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let broker = Broker::locked("lumencast", "right").await;
    let home = Home::new().await;
    let (user, wrong) = (Some("lumencast".to_owned()), Some("wr0ng-pass".to_owned()));
    home.fixture.set(SettingsChange { mqtt_username: user, mqtt_password: wrong, ..broker.settings() }).await;
    let refused = "refuses the user name or the password";
    until("a report", || log.count(refused) == 1).await;
    // The second try is refused for the same reason, which is known already.
    let tries = || broker.log().matches("disconnected, not authorised").count();
    until("a second try", || tries() >= 2).await;
    assert!(!home.fixture.lights.mqtt_connected());
    assert_eq!((log.count(refused), log.count("wr0ng-pass")), (1, 0));
    home.fixture.set(SettingsChange { mqtt_password: Some("right".to_owned()), ..SettingsChange::default() }).await;
    home.connected(true).await;
    let listener = Listener::login(&broker, Some(("lumencast", "right"))).await;
    assert_eq!(listener.wait("lume/status", |_| true).await.payload, "online");
}

#[tokio::test]
async fn a_broker_that_says_nothing_does_not_keep_the_server_from_ending() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let home = Home::new().await;
    let port = mute.local_addr().unwrap().port();
    let mqtt_broker = Some("127.0.0.1".to_owned());
    home.fixture
        .set(SettingsChange { mqtt_enabled: Some(true), mqtt_broker, mqtt_port: Some(port), ..Default::default() })
        .await;
    let _connection = timeout(Duration::from_secs(5), mute.accept()).await.expect("a connection").unwrap();
    assert!(!home.fixture.lights.mqtt_connected(), "a socket is no connection yet");
    home.shutdown.cancel();
    timeout(Duration::from_secs(1), home.task).await.expect("an end in time").expect("no panic");
}
