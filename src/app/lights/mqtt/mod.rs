//! Home automation by MQTT 3.1.1: the lights as one lamp, which Home Assistant discovers by itself.
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
use crate::tasks;
use link::{End, Link};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};
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
    while !shutdown.is_cancelled() {
        let mqtt = settings.borrow_and_update().mqtt.clone();
        let ended = async {
            tokio::select! {
                () = others(&mut settings, &mqtt) => {}
                () = shutdown.cancelled() => {}
            }
        };
        follow(&lights, &client_id, &mqtt, ended).await;
    }
}

/// Ready when the settings differ from these.
async fn others(settings: &mut watch::Receiver<Arc<DeviceSettings>>, old: &MqttSettings) {
    while settings.changed().await.is_ok() {
        if settings.borrow_and_update().mqtt != *old {
            return;
        }
    }
    std::future::pending().await
}

/// Connects, and connects again, until `ended`.
async fn follow(lights: &Lights, client_id: &str, mqtt: &MqttSettings, ended: impl Future<Output = ()>) {
    let mut ended = pin!(ended);
    if !mqtt.enabled || mqtt.broker.is_empty() {
        return ended.await;
    }
    let Some(topics) = Topics::new(&mqtt.topic_prefix, client_id) else {
        tracing::warn!(prefix = mqtt.topic_prefix, "no connection for home automation: no topic may begin so");
        return ended.await;
    };
    let link = Link { lights, client_id, mqtt, topics };
    let mut last = String::new();
    loop {
        match link.run(ended.as_mut()).await {
            End::Left => return,
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
            () = &mut ended => return,
        }
    }
}
