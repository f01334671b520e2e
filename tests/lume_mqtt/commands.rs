//! Commands to the lights.

use crate::{
    broker::{Broker, Home, until},
    listener::Listener,
};
use lumencast::domain::lights::{Effect, LookChange, NewSegment};

#[tokio::test]
async fn a_lamps_command_changes_segment_0_and_the_controller_and_the_state_tells() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let lights = &home.fixture.lights;
    for start in [0, 80] {
        lights.create_segment(NewSegment { start, length: 80, reverse: false, look: LookChange::default() }).unwrap();
    }
    let other = lights.view().segments[1];
    let listener = Listener::at(&broker).await;
    let command = r#"{"state":"ON","brightness":200,"effect":"fire","speed":180,"intensity":150,
                      "color":{"r":255,"g":80,"b":0},"transition":1}"#;
    listener.publish("lume/set", command).await;
    let state = listener.wait("lume/state", |received| received.json()["brightness"] == 200).await.json();
    assert_eq!((&state["effect"], &state["speed"], &state["intensity"]), (&"fire".into(), &180.into(), &150.into()));
    assert_eq!(state["color"], serde_json::json!({"r": 255, "g": 80, "b": 0}));
    let view = lights.view();
    let look = view.segments[0].look;
    assert_eq!((look.effect, look.speed, look.intensity, look.primary), (Some(Effect::Fire), 180, 150, [255, 80, 0]));
    assert_eq!(view.segments[1], other, "only segment 0");
    assert!(view.controller.power);
}

#[tokio::test]
async fn each_topic_takes_its_plain_payload() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let lights = &home.fixture.lights;
    let listener = Listener::at(&broker).await;
    listener.publish("lume/power/set", "OFF").await;
    until("power off", || !lights.view().controller.power).await;
    listener.publish("lume/power/set", "1").await;
    until("power on", || lights.view().controller.power).await;
    listener.publish("lume/brightness/set", "7").await;
    until("brightness", || lights.view().controller.brightness == 7).await;
    listener.publish("lume/effect/set", "meteor").await;
    until("effect", || lights.view().segments[0].look.effect == Some(Effect::Meteor)).await;
    listener.wait("lume/state", |received| received.json()["effect"] == "meteor").await;
}

#[tokio::test]
async fn bad_payloads_change_nothing_and_the_next_good_one_is_done() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let lights = &home.fixture.lights;
    let listener = Listener::at(&broker).await;
    let before = lights.view();
    let bad = [
        ("lume/set", r#"{"state":"OFF","brightness":300}"#),
        ("lume/set", r#"{"effect":"lasers","brightness":9}"#),
        ("lume/set", "OFF"),
        ("lume/power/set", "perhaps"),
        ("lume/brightness/set", "256"),
        ("lume/effect/set", ""),
        ("lume/state", r#"{"brightness":9}"#),
        ("lume/other/set", "OFF"),
        ("lumen/power/set", "OFF"),
    ];
    let mut expected = before.clone();
    for (n, (topic, payload)) in (1..).zip(bad) {
        listener.publish(topic, payload).await;
        // Messages of one client arrive in their order: when this is done, the bad one was read.
        listener.publish("lume/brightness/set", &n.to_string()).await;
        until(topic, || lights.view().controller.brightness == n).await;
        expected.controller.brightness = n;
        assert_eq!(lights.view(), expected, "{topic} {payload}");
    }
    // A packet far beyond the limits of the library's default does not end the connection.
    listener.publish("lume/set", &"x".repeat(50_000)).await;
    listener.publish("lume/brightness/set", "99").await;
    until("brightness", || lights.view().controller.brightness == 99).await;
    assert_eq!(broker.log().matches("as lume-").count(), 1, "one connection all along");
}

#[tokio::test]
async fn without_segment_0_power_and_brightness_act_and_looks_go_to_the_lowest_segment() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let lights = &home.fixture.lights;
    for start in [0, 80, 120] {
        lights.create_segment(NewSegment { start, length: 40, reverse: false, look: LookChange::default() }).unwrap();
    }
    lights.delete_segment(0).unwrap();
    let listener = Listener::at(&broker).await;
    listener.publish("lume/set", r#"{"effect":"fire","brightness":9}"#).await;
    listener.publish("lume/brightness/set", "77").await;
    until("brightness", || lights.view().controller.brightness == 77).await;
    let effects = || lights.view().segments.iter().map(|segment| segment.look.effect).collect::<Vec<_>>();
    assert_eq!(effects(), [Some(Effect::Fire), None], "of segments 1 and 2");
    listener.wait("lume/state", |received| received.json()["effect"] == "fire").await;
    lights.delete_segment(1).unwrap();
    lights.delete_segment(2).unwrap();
    listener.publish("lume/set", r#"{"effect":"rain","state":"OFF"}"#).await;
    until("power off", || !lights.view().controller.power).await;
    assert!(lights.view().segments.is_empty());
}

#[tokio::test]
async fn each_segment_is_a_lamp_of_its_own_as_long_as_it_is_there() {
    let broker = Broker::open().await;
    let home = Home::at(&broker).await;
    let lights = &home.fixture.lights;
    let look = LookChange { effect: Some(Some(Effect::Solid)), primary: Some([255, 128, 0]), ..LookChange::default() };
    for start in [0, 80] {
        lights.create_segment(NewSegment { start, length: 80, reverse: false, look }).unwrap();
    }
    let config = "homeassistant/light/lume_02aabbccddee_segment_1/config";
    let listener = Listener::at(&broker).await;
    let found = listener.wait(config, |received| !received.payload.is_empty()).await.json();
    assert_eq!((&found["name"], &found["unique_id"]), (&"Segment 1".into(), &"lume-02aabbccddee_segment_1".into()));
    assert_eq!(
        (&found["state_topic"], &found["command_topic"]),
        (&"lume/segment/1/state".into(), &"lume/segment/1/set".into())
    );
    assert_eq!(found["device"]["identifiers"], serde_json::json!(["lume-02aabbccddee"]));

    // What Home Assistant sends for a brightness, for off and for on.
    let first = lights.view().segments[0];
    listener.publish("lume/segment/1/set", r#"{"state":"ON","brightness":128}"#).await;
    let state = listener.wait("lume/segment/1/state", |received| received.json()["brightness"] == 128).await.json();
    assert_eq!((&state["state"], &state["color"]), (&"ON".into(), &serde_json::json!({"r": 255, "g": 128, "b": 0})));
    assert_eq!(lights.view().segments[1].look.primary, [128, 64, 0]);
    listener.publish("lume/segment/1/set", r#"{"state":"ON","effect":"meteor"}"#).await;
    listener.publish("lume/segment/1/set", r#"{"state":"OFF"}"#).await;
    listener.wait("lume/segment/1/state", |received| received.json()["state"] == "OFF").await;
    assert_eq!(lights.view().segments[1].look.effect, None);
    listener.publish("lume/power/set", "OFF").await;
    listener.publish("lume/segment/1/set", r#"{"state":"ON"}"#).await;
    listener.wait("lume/segment/1/state", |received| received.json()["effect"] == "meteor").await;
    until("power on", || lights.view().controller.power).await;
    assert_eq!(lights.view().segments[0], first, "the other one stays");
    listener.publish("lume/segment/5/set", r#"{"state":"OFF"}"#).await;

    lights.delete_segment(1).unwrap();
    listener.wait(config, |received| received.payload.is_empty()).await;
    listener.wait("lume/segment/1/state", |received| received.payload.is_empty()).await;
}

#[tokio::test]
async fn a_command_that_the_broker_kept_is_passed_over() {
    let broker = Broker::open().await;
    let listener = Listener::at(&broker).await;
    listener.keep("lume/set", r#"{"state":"OFF","brightness":1}"#).await;
    let home = Home::at(&broker).await;
    let lights = &home.fixture.lights;
    listener.publish("lume/effect/set", "rain").await;
    until("effect", || lights.view().segments[0].look.effect == Some(Effect::Rain)).await;
    assert_eq!((lights.view().controller.power, lights.view().controller.brightness), (true, 128));
}
