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
    payload::{self, SegmentShown, Shown, dimmed, discovery, segment_discovery},
    topics::{Order, Topics},
};
use crate::{
    app::lights::{Lights, StripState, settings::MqttSettings},
    domain::lights::{ControllerChange, Effect, LookChange, SEGMENTS, Segment, SegmentChange},
};
use rumqttc::{
    AsyncClient, ClientError, ConnectReturnCode, ConnectionError, Event, EventLoop, LastWill, MqttOptions, Packet,
    Publish, QoS, SubscribeFilter,
};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
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
    /// Earlier prefixes that this broker may still keep something of.
    pub old: Vec<Topics>,
    /// The effect that a segment had before it was switched off.
    pub before: &'a Mutex<BTreeMap<u8, Effect>>,
}

/// How a connection is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// The broker keeps what it has.
    Keep,
    /// It keeps nothing below the prefix.
    ClearPrefix,
    /// It keeps nothing at all.
    ClearAll,
}

/// How a connection ended.
pub enum End {
    /// It was stopped; whether there was a connection at all.
    Left { connected: bool },
    Lost {
        /// Whether there was a connection at all.
        connected: bool,
        why: String,
    },
}

impl Link<'_> {
    /// Connects and stays connected until `ended` or an error.
    pub async fn run(&self, ended: Pin<&mut impl Future<Output = Leaving>>) -> End {
        let (client, events) = AsyncClient::new(self.options(), QUEUE);
        let (up, connected) = oneshot::channel();
        // Neither may be dropped half-way through a packet, so both run until the end.
        let mut receiving = pin!(self.receive(events, up));
        let end = tokio::select! {
            why = &mut receiving => End::Lost { connected: self.lights.mqtt_connected(), why },
            spoken = self.speak(&client, connected, ended) => {
                if matches!(spoken, Ok(true)) {
                    // Until the broker closes it: for a new connection of the same name it would drop what it has not
                    // read of this one.
                    let _ = timeout(CLOSE_TIMEOUT, receiving).await;
                }
                match spoken {
                    Ok(connected) => End::Left { connected },
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
        mut ended: Pin<&mut impl Future<Output = Leaving>>,
    ) -> Result<bool, ClientError> {
        tokio::select! {
            _ = &mut ended => return Ok(false),
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
        let leaving = loop {
            tokio::select! {
                leaving = &mut ended => break leaving,
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
            if !changed || last.as_ref() != Some(&shown) {
                let state = shown.state(self.lights.uptime(), &ip);
                client.publish(self.topics.state(), QoS::AtMostOnce, true, state).await?;
                self.publish_segments(client, last.as_ref(), &shown, !changed).await?;
                (last, next) = (Some(shown), Instant::now() + GAP);
            }
            changed = false;
        };
        client.publish(self.topics.status(), QoS::AtMostOnce, true, "offline").await?;
        let (prefix, all) = (leaving != Leaving::Keep, leaving == Leaving::ClearAll);
        let kept = self.topics.kept().into_iter().filter(|_| prefix);
        for topic in kept.chain(self.topics.discoveries().into_iter().filter(|_| all)) {
            clear(client, topic).await?;
        }
        client.disconnect().await?;
        Ok(true)
    }

    async fn announce(&self, client: &AsyncClient) -> Result<(), ClientError> {
        let orders = Order::ALL.map(|order| SubscribeFilter::new(self.topics.order(order), QoS::AtMostOnce));
        let segments = SubscribeFilter::new(self.topics.segment_orders(), QoS::AtMostOnce);
        client.subscribe_many(orders.into_iter().chain([segments])).await?;
        for topic in self.old.iter().flat_map(Topics::kept) {
            clear(client, topic).await?;
        }
        let discovery_payload = discovery(&self.topics, self.client_id);
        client.publish(self.topics.discovery(), QoS::AtMostOnce, true, discovery_payload).await?;
        client.publish(self.topics.status(), QoS::AtMostOnce, true, "online").await
    }

    /// Publishes the segments that changed, or all, and clears those that are gone. Before the first time the broker may
    /// keep any of an earlier connection.
    async fn publish_segments(
        &self,
        client: &AsyncClient,
        last: Option<&Shown>,
        shown: &Shown,
        all: bool,
    ) -> Result<(), ClientError> {
        let find = |shown: &Shown, id: u8| -> Option<SegmentShown> {
            shown.segments.iter().find(|segment| segment.id == id).copied()
        };
        for id in 0..SEGMENTS {
            let before = last.map(|last| find(last, id));
            match find(shown, id) {
                Some(segment) => {
                    if before.flatten().is_none() {
                        let payload = segment_discovery(&self.topics, self.client_id, id);
                        client.publish(self.topics.segment_discovery(id), QoS::AtMostOnce, true, payload).await?;
                    }
                    if all || before != Some(Some(segment)) {
                        client.publish(self.topics.segment_state(id), QoS::AtMostOnce, true, segment.state()).await?;
                    }
                }
                None if before != Some(None) => {
                    clear(client, self.topics.segment_discovery(id)).await?;
                    clear(client, self.topics.segment_state(id)).await?;
                }
                None => {}
            }
        }
        Ok(())
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

    /// Without segment 0, power and brightness still act; colour and effect go to the lowest segment there is.
    fn apply(&self, Command { controller, look, segment, lasts }: Command) -> Result<(), String> {
        let view = self.lights.view();
        if let Some(id) = segment {
            let segment = view.segments.iter().find(|segment| segment.id == id);
            let segment = segment.ok_or_else(|| format!("there is no segment {id}"))?;
            return self.apply_to(segment, controller, look, lasts);
        }
        self.lights.over(lasts, |strip| {
            if controller != ControllerChange::default() {
                strip.set_controller(controller);
            }
            match view.segments.first() {
                _ if look == LookChange::default() => Ok(()),
                Some(lowest) => update(strip, lowest.id, look),
                None => Err("there is no segment".to_owned()),
            }
        })
    }

    /// A command for a segment alone: off is without an effect, brightness that of its primary colour. On switches the
    /// strip on as well, for nothing would be seen otherwise.
    fn apply_to(
        &self,
        segment: &Segment,
        own: ControllerChange,
        mut look: LookChange,
        lasts: Duration,
    ) -> Result<(), String> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if own.brightness.is_some() || look.primary.is_some() {
            let present = match payload::at_full(segment.look.primary) {
                (_, 0) => u8::MAX,
                (_, brightness) => brightness,
            };
            let color = look.primary.unwrap_or(segment.look.primary);
            look.primary = Some(dimmed(color, own.brightness.unwrap_or(present)));
        }
        match own.power {
            Some(false) => {
                if let Some(effect) = segment.look.effect {
                    before.insert(segment.id, effect);
                }
                look.effect = Some(None);
            }
            Some(true) if look.effect.is_none() && segment.look.effect.is_none() => {
                look.effect = Some(before.remove(&segment.id).or(Some(Effect::Solid)));
            }
            _ => {}
        }
        drop(before);
        self.lights.over(lasts, |strip| {
            update(strip, segment.id, look)?;
            if own.power == Some(true) {
                strip.set_controller(ControllerChange { power: Some(true), brightness: None });
            }
            Ok(())
        })
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

fn update(strip: &mut StripState, id: u8, look: LookChange) -> Result<(), String> {
    let change = SegmentChange { look, ..SegmentChange::default() };
    strip.update_segment(id, change).map(drop).map_err(|fault| fault.detail)
}

/// Has the broker keep nothing of a topic (MQTT 3.1.1, 3.3.1.3).
async fn clear(client: &AsyncClient, topic: String) -> Result<(), ClientError> {
    client.publish(topic, QoS::AtMostOnce, true, "").await
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
