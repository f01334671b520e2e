//! One connection to a broker, from its beginning to its end.
//!
//! ```text
//! hear (packets in, commands done at once) ───────┬─ both run until one ends ─┬─► Left: `offline` was sent
//! speak (announce, state on change and each 30 s) ┘                           └─► Lost: why
//! ```
//!
//! Refuses to know: when to connect again.

use super::{
    command::Command,
    payload::{Shown, discovery},
    topics::{Order, Topics},
};
use crate::{
    app::lights::{Lights, settings::MqttSettings},
    domain::lights::{LookChange, SegmentChange},
};
use rumqttc::{
    AsyncClient, ClientError, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions, Outgoing,
    Packet, Publish, QoS, SubscribeFilter,
};
use std::{
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};
use tokio::{
    net::UdpSocket,
    sync::oneshot,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

/// Interval of pings to the broker.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Interval of the state without changes.
const BEAT: Duration = Duration::from_secs(30);
/// Least interval between two states.
const GAP: Duration = Duration::from_millis(200);
/// How long a broker may take to receive `offline`.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of an incoming packet; a larger one ends the connection.
const LARGEST: usize = 256 * 1024;
/// Messages that wait to be sent.
const QUEUE: usize = 16;

/// What a connection needs.
pub struct Link<'a> {
    pub lights: &'a Lights,
    pub client_id: &'a str,
    pub mqtt: &'a MqttSettings,
    pub topics: Topics,
}

/// How a connection ended.
pub enum End {
    /// It was stopped.
    Left,
    Lost {
        /// Whether there was a connection at all.
        connected: bool,
        why: String,
    },
}

impl Link<'_> {
    /// Connects and stays connected until `ended` or an error.
    pub async fn run(&self, ended: Pin<&mut impl Future<Output = ()>>) -> End {
        let (client, events) = AsyncClient::new(self.options(), QUEUE);
        let (up, connected) = oneshot::channel();
        // Neither may be dropped half-way through a packet, so both run until the end.
        let mut receiving = pin!(self.receive(events, up));
        let end = tokio::select! {
            why = &mut receiving => End::Lost { connected: self.lights.mqtt_connected(), why },
            spoken = self.speak(&client, connected, ended) => {
                if matches!(spoken, Ok(true)) {
                    let _ = timeout(CLOSE_TIMEOUT, receiving).await;
                }
                match spoken {
                    Ok(_) => End::Left,
                    Err(error) => End::Lost { connected: true, why: error.to_string() },
                }
            }
        };
        self.lights.set_mqtt_connected(false);
        end
    }

    fn options(&self) -> MqttOptions {
        let MqttSettings { broker, port, username, password, .. } = self.mqtt;
        // An IPv6 address stands in brackets before a port.
        let bare = broker.contains(':') && !broker.starts_with('[');
        let host = if bare { format!("[{broker}]") } else { broker.clone() };
        let mut options = MqttOptions::new(self.client_id, host, *port);
        options.set_keep_alive(KEEP_ALIVE).set_max_packet_size(LARGEST, LARGEST);
        options.set_last_will(LastWill::new(self.topics.status(), "offline", QoS::AtMostOnce, true));
        if !username.is_empty() {
            options.set_credentials(username, password);
        }
        options
    }

    /// Handles incoming packets; returns why they ended.
    async fn receive(&self, mut events: EventLoop, up: oneshot::Sender<()>) -> String {
        let mut up = Some(up);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    up.take().map(|up| up.send(()));
                }
                Ok(Event::Incoming(Packet::Publish(message))) => self.obey(&message),
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return "it was ended here".to_owned(),
                Ok(_) => {}
                Err(ConnectionError::ConnectionRefused(code)) => return refused(code).to_owned(),
                Err(error) => return error.to_string(),
            }
        }
    }

    /// Publishes the state until `ended`. True when there was a connection, to which `offline` was sent.
    async fn speak(
        &self,
        client: &AsyncClient,
        connected: oneshot::Receiver<()>,
        mut ended: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<bool, ClientError> {
        tokio::select! {
            () = &mut ended => return Ok(false),
            up = connected => if up.is_err() { return std::future::pending().await },
        }
        let ip = self.own_address().await;
        let mut changes = self.lights.changes();
        self.announce(client).await?;
        self.lights.set_mqtt_connected(true);
        tracing::info!(broker = self.mqtt.broker, port = self.mqtt.port, "home automation is connected");
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut last, mut next, mut changed) = (None, Instant::now(), false);
        loop {
            tokio::select! {
                () = &mut ended => break,
                _ = beat.tick() => {}
                Ok(()) = changes.changed(), if !changed => {
                    changed = true;
                    continue;
                }
                () = sleep_until(next), if changed => {}
            }
            // Before the view is read, so that no change falls in between.
            changes.mark_unchanged();
            let shown = Shown::of(&self.lights.view());
            if !changed || last != Some(shown) {
                let state = shown.state(self.lights.uptime(), &ip);
                client.publish(self.topics.state(), QoS::AtMostOnce, true, state).await?;
                (last, next) = (Some(shown), Instant::now() + GAP);
            }
            changed = false;
        }
        client.publish(self.topics.status(), QoS::AtMostOnce, true, "offline").await?;
        client.disconnect().await?;
        Ok(true)
    }

    async fn announce(&self, client: &AsyncClient) -> Result<(), ClientError> {
        let orders = Order::ALL.map(|order| SubscribeFilter::new(self.topics.order(order), QoS::AtMostOnce));
        client.subscribe_many(orders).await?;
        let discovery_payload = discovery(&self.topics, self.client_id);
        client.publish(&self.topics.discovery, QoS::AtMostOnce, true, discovery_payload).await?;
        client.publish(self.topics.status(), QoS::AtMostOnce, true, "online").await
    }

    /// Executes the command of a message. A retained message is ignored: on each connection it would undo later
    /// changes.
    fn obey(&self, message: &Publish) {
        let topic = message.topic.as_str();
        let Some(order) = self.topics.ordered(topic) else { return };
        if message.retain {
            tracing::warn!(topic, "a kept command is passed over");
            return;
        }
        if let Err(why) = Command::read(order, &message.payload).and_then(|command| self.apply(command)) {
            tracing::warn!(topic, "a command changes nothing: {why}");
        }
    }

    fn apply(&self, Command { controller, look }: Command) -> Result<(), String> {
        if look != LookChange::default() {
            let change = SegmentChange { look, ..SegmentChange::default() };
            self.lights.update_segment(0, change).map_err(|fault| fault.detail)?;
        }
        if controller != Default::default() {
            self.lights.set_controller(controller);
        }
        Ok(())
    }

    /// This machine's address on the way to the broker, or nothing. A UDP socket finds it without sending.
    async fn own_address(&self) -> String {
        let broker = (self.mqtt.broker.as_str(), self.mqtt.port);
        for local in ["0.0.0.0:0", "[::]:0"] {
            let Ok(socket) = UdpSocket::bind(local).await else { continue };
            if socket.connect(broker).await.is_ok() {
                return socket.local_addr().map(|address| address.ip().to_string()).unwrap_or_default();
            }
        }
        String::new()
    }
}

fn refused(code: ConnectReturnCode) -> &'static str {
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            "the broker refuses the user name or the password"
        }
        ConnectReturnCode::BadClientId => "the broker refuses the name of this client",
        ConnectReturnCode::ServiceUnavailable => "the broker is not available",
        ConnectReturnCode::RefusedProtocolVersion => "the broker does not speak MQTT 3.1.1",
        ConnectReturnCode::Success => "the broker ended the connection",
    }
}
