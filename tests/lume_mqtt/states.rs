//! The published state of the lights.

use crate::{
    broker::{Broker, CLIENT, Home, LIMIT},
    listener::Listener,
};
use lumencast::domain::lights::{ControllerChange, Effect};
use serde_json::json;
use std::time::{Duration, Instant};

const DISCOVERY: &str = "homeassistant/light/lume_02aabbccddee/config";

#[tokio::test]
async fn home_assistant_finds_a_lamp_with_all_effects() {
    let broker = Broker::open().await;
    let _home = Home::at(&broker).await;
    let lamp = Listener::kept(&broker, DISCOVERY).await.json();
    let effects: Vec<_> = Effect::ALL.iter().map(|effect| effect.id()).collect();
    assert_eq!(effects.len(), 23);
    assert_eq!(lamp["effect_list"], json!(effects));
    assert_eq!((&lamp["schema"], &lamp["brightness"], &lamp["effect"]), (&json!("json"), &json!(true), &json!(true)));
    assert_eq!(lamp["supported_color_modes"], json!(["rgb"]));
    assert_eq!((&lamp["command_topic"], &lamp["state_topic"]), (&json!("lume/set"), &json!("lume/state")));
    assert_eq!(lamp["availability_topic"], "lume/status");
    assert_eq!((&lamp["unique_id"], &lamp["device"]["identifiers"]), (&json!(CLIENT), &json!([CLIENT])));
}

#[tokio::test]
async fn the_state_is_kept_by_the_broker_with_all_its_keys() {
    let broker = Broker::open().await;
    let _home = Home::at(&broker).await;
    assert_eq!(Listener::kept(&broker, "lume/status").await.payload, "online");
    let mut state = Listener::kept(&broker, "lume/state").await.json();
    let fields = state.as_object_mut().unwrap();
    let (uptime, free) = (fields.remove("uptime").unwrap(), fields.remove("heap_free").unwrap());
    assert!(uptime.as_u64().is_some_and(|uptime| uptime < LIMIT.as_secs()), "{uptime}");
    assert!(free.as_u64().is_some_and(|free| free > 1_000_000), "{free}");
    let expected = json!({
        "power": true, "state": "ON", "brightness": 128, "effect": "rainbow", "speed": 128, "intensity": 128,
        "color_mode": "rgb", "color": {"r": 0, "g": 0, "b": 255}, "ip": "127.0.0.1",
    });
    assert_eq!(state, expected);
}

#[tokio::test]
async fn a_change_from_elsewhere_is_told() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let listener = Listener::at(&broker).await;
    let off = ControllerChange { power: Some(false), brightness: Some(3) };
    home.fixture.lights.set_controller(off);
    let told = listener.wait("lume/state", |received| received.json()["brightness"] == 3).await;
    assert_eq!((&told.json()["power"], &told.json()["state"]), (&json!(false), &json!("OFF")));
    home.fixture.lights.delete_segment(0).unwrap();
    listener.wait("lume/state", |received| received.json()["effect"] == "none").await;
}

#[tokio::test]
async fn many_changes_are_few_messages_and_the_last_one_is_told() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let listener = Listener::at(&broker).await;
    listener.wait("lume/state", |_| true).await;
    listener.forget();
    let began = Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    for brightness in 1..=200 {
        pace.tick().await;
        home.fixture.lights.set_controller(ControllerChange { power: None, brightness: Some(brightness) });
    }
    listener.wait("lume/state", |received| received.json()["brightness"] == 200).await;
    let (took, told) = (began.elapsed().as_secs_f64(), listener.on("lume/state").len());
    assert!(told >= 2, "told while it goes on, not only at its end");
    assert!(told as f64 <= took * 5.0 + 2.0, "{told} states in {took} s");
}
