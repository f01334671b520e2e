//! Home automation by MQTT 3.1.1: the strip as a lamp and each segment as another, which Home Assistant discovers by itself.
//!
//! ```text
//! settings ─► follow ─► link (one connection) ──► broker: status, state, discovery
//!               ▲         │       ▲ commands ◄─── broker: set, brightness/set, effect/set, power/set
//!               └─ 5 s ◄──┘ lost  └─ changes of the lights
//! ```
//!
//! Refuses to know: other clients that set the lights. There is no TLS: a broker belongs on the network of the set.

mod command;
mod link;
mod payload;
mod topics;

use super::{
    Lights,
    settings::{DeviceSettings, MqttSettings},
};
use crate::{domain::lights::Effect, tasks};
use link::{End, Leaving, Link};
use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use topics::Topics;

/// Pause before the next connection after a lost or refused one.
const AGAIN: Duration = Duration::from_secs(5);

/// Whether topics may begin with this prefix (MQTT 3.1.1, 4.7).
pub fn is_prefix(prefix: &str) -> bool {
    Topics::new(prefix, "").is_some()
}

/// Connects according to the settings, now and after each change, until `shutdown`. `client_id` is a name that no other
/// client of the broker has. The task ends when the broker has received `offline`, or after two seconds without.
pub fn start(lights: Lights, client_id: String, shutdown: CancellationToken) -> JoinHandle<()> {
    tasks::restarting("mqtt", move || connect(lights.clone(), client_id.clone(), shutdown.clone()))
}

async fn connect(lights: Lights, client_id: String, shutdown: CancellationToken) {
    let mut settings = lights.watch_settings();
    // Prefixes that a broker may still keep something of, because it was not connected when they changed.
    let mut old: Vec<MqttSettings> = Vec::new();
    let before = Mutex::default();
    while !shutdown.is_cancelled() {
        let mqtt = settings.borrow_and_update().mqtt.clone();
        let ended = async {
            tokio::select! {
                leaving = others(&mut settings, &mqtt) => leaving,
                () = shutdown.cancelled() => Leaving::Keep,
            }
        };
        if !follow(&lights, &client_id, &mqtt, &mut old, &before, ended).await {
            old.push(mqtt);
        }
    }
}

/// Ready when the settings differ from these.
async fn others(settings: &mut watch::Receiver<Arc<DeviceSettings>>, old: &MqttSettings) -> Leaving {
    while settings.changed().await.is_ok() {
        let new = &settings.borrow_and_update().mqtt;
        if *new == *old {
            continue;
        }
        return match (is_same_broker(new, old), new.topic_prefix == old.topic_prefix) {
            (true, true) => Leaving::Keep,
            (true, false) => Leaving::ClearPrefix,
            (false, _) => Leaving::ClearAll,
        };
    }
    std::future::pending().await
}

fn is_same_broker(one: &MqttSettings, other: &MqttSettings) -> bool {
    (&one.broker, one.port) == (&other.broker, other.port)
}

/// Connects, and connects again, until `ended`. False when the broker could not be asked to keep nothing of it.
async fn follow(
    lights: &Lights,
    client_id: &str,
    mqtt: &MqttSettings,
    old: &mut Vec<MqttSettings>,
    before: &Mutex<BTreeMap<u8, Effect>>,
    ended: impl Future<Output = Leaving>,
) -> bool {
    let mut ended = pin!(ended);
    if !mqtt.enabled || mqtt.broker.is_empty() {
        ended.await;
        return true;
    }
    let Some(topics) = Topics::new(&mqtt.topic_prefix, client_id) else {
        tracing::warn!(prefix = mqtt.topic_prefix, "no connection for home automation: no topic may begin so");
        ended.await;
        return true;
    };
    let earlier = old.iter().filter(|old| is_same_broker(old, mqtt) && old.topic_prefix != mqtt.topic_prefix);
    let earlier = earlier.filter_map(|old| Topics::new(&old.topic_prefix, client_id)).collect();
    let link = Link { lights, client_id, mqtt, topics, old: earlier, before };
    let mut last = String::new();
    loop {
        match link.run(ended.as_mut()).await {
            End::Left { connected } => {
                if connected {
                    old.retain(|old| !is_same_broker(old, mqtt));
                }
                return connected;
            }
            End::Lost { connected, why } => {
                // Once for each reason, not every five seconds.
                if connected || why != last {
                    tracing::warn!(broker = mqtt.broker, port = mqtt.port, "no connection for home automation: {why}");
                    last = why;
                }
            }
        }
        tokio::select! {
            () = sleep(AGAIN) => {}
            _ = &mut ended => return false,
        }
    }
}
