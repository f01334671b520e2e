//! Another client of the broker: it receives everything and publishes messages on command.

use crate::broker::{Broker, until};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, atomic::AtomicBool, atomic::Ordering},
    time::Duration,
};

/// A received message.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub topic: String,
    pub payload: String,
    /// The broker had retained it.
    pub kept: bool,
}

impl Received {
    /// Its payload as JSON; null for an empty one.
    pub fn json(&self) -> Value {
        if self.payload.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.payload).expect("JSON")
    }
}

/// See the module's text.
pub struct Listener {
    client: AsyncClient,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Listener {
    /// Receives from now on, retained messages first.
    pub async fn at(broker: &Broker) -> Self {
        Self::login(broker, None).await
    }

    /// The retained message of a topic, once there is one.
    pub async fn kept(broker: &Broker, topic: &str) -> Received {
        // A message that comes while a client listens is not marked as retained, so a second client connects.
        Self::at(broker).await.wait(topic, |_| true).await;
        Self::at(broker).await.wait(topic, |received| received.kept).await
    }

    /// Topics of all retained messages, once `last` is among them. They come before a message to the client itself.
    pub async fn all_kept(broker: &Broker, last: &str) -> Vec<String> {
        Self::kept(broker, last).await;
        let listener = Self::at(broker).await;
        listener.publish("listener/end", "").await;
        listener.wait("listener/end", |_| true).await;
        let received = listener.received.lock().unwrap();
        received.iter().filter(|received| received.kept).map(|received| received.topic.clone()).collect()
    }

    /// The same as [`Listener::at`], as a user.
    pub async fn login(broker: &Broker, user: Option<(&str, &str)>) -> Self {
        let name = format!("listener-{}", number());
        let mut options = MqttOptions::new(name, "127.0.0.1", broker.port.number());
        options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(100_000, 100_000);
        if let Some((user, password)) = user {
            options.set_credentials(user, password);
        }
        let (client, mut events) = AsyncClient::new(options, 1000);
        let received = Arc::new(Mutex::new(Vec::new()));
        let subscribed = Arc::new(AtomicBool::new(false));
        let (noted, ready) = (received.clone(), subscribed.clone());
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::Publish(message)) => {
                        let payload = String::from_utf8_lossy(&message.payload).into_owned();
                        noted.lock().unwrap().push(Received { topic: message.topic, payload, kept: message.retain });
                    }
                    Event::Incoming(Packet::SubAck(_)) => ready.store(true, Ordering::Relaxed),
                    _ => {}
                }
            }
        });
        client.subscribe("#", QoS::AtMostOnce).await.expect("a subscription");
        until("a subscription", || subscribed.load(Ordering::Relaxed)).await;
        Self { client, received }
    }

    /// Publishes a message.
    pub async fn publish(&self, topic: &str, payload: &str) {
        self.client.publish(topic, QoS::AtMostOnce, false, payload).await.expect("a message");
    }

    /// Publishes a retained message.
    pub async fn keep(&self, topic: &str, payload: &str) {
        self.client.publish(topic, QoS::AtLeastOnce, true, payload).await.expect("a message");
        self.wait(topic, |received| received.payload == payload).await;
    }

    /// All that came on a topic.
    pub fn on(&self, topic: &str) -> Vec<Received> {
        self.received.lock().unwrap().iter().filter(|received| received.topic == topic).cloned().collect()
    }

    /// Drops the received messages.
    pub fn forget(&self) {
        self.received.lock().unwrap().clear();
    }

    /// The first message on a topic that meets a condition.
    pub async fn wait(&self, topic: &str, will_do: impl Fn(&Received) -> bool) -> Received {
        let mut found = None;
        let look = || {
            found = self.on(topic).into_iter().find(&will_do);
            found.is_some()
        };
        until(topic, look).await;
        found.expect("it was found")
    }
}

/// A number that no other listener of this process has.
fn number() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
