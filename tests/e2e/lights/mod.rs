//! Lights that follow the show, read at the socket of a controller.

mod controller;

use crate::fixture::{self, LIMIT};
use crate::pixels;
use crate::support::config::Config;
use crate::support::livewing::LiveWing;
use crate::support::marks::Region;
use crate::support::server::Server;
use controller::{Controller, Packet};
use reqwest::Client;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use toml::{Table, Value as Toml};

/// LEDs of the strip.
const LEDS: usize = 60;
const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
/// Colour bars at 75 %, from left to right.
const BARS: [[u8; 3]; 7] =
    [[191; 3], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191]];

/// A show of two patterns (bars with a tone, and black), with its strip sent to a controller at full brightness.
fn show(controller: &Controller, rules: Value) -> Config {
    let output = [
        ("protocol", Toml::from("sacn")),
        ("universe", Toml::from(7)),
        ("unicast", Toml::from(controller.address())),
        ("priority", Toml::from(120)),
    ];
    let output: Table = output.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let rules: Vec<Toml> = serde_json::from_value(rules).expect("rules are a list");
    let pattern = |name: &str, tone: u32| {
        [("kind", Toml::from("pattern")), ("pattern", Toml::from(name)), ("tone_hz", Toml::from(i64::from(tone)))]
    };
    Config::new()
        .project(1280, 720, 30)
        .set("encode.preset", "ultrafast")
        .set("lighting.led_count", LEDS as i64)
        .set("lighting.output", vec![Toml::Table(output)])
        .set("lighting.rule", rules)
        .entry("input", pattern("bars", 1000))
        .entry("input", pattern("black", 0))
        .entry("input", [("kind", "lights")])
}

/// Sends a request to the plane of the lights; panics unless the answer is a success.
async fn ask(server: &Server, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    let mut request = Client::new().request(method, server.url(path));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    assert!(status.is_success(), "{path}: {status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
}

async fn put(server: &Server, path: &str, body: Value) -> Value {
    ask(server, reqwest::Method::PUT, path, Some(body)).await
}

async fn post(server: &Server, path: &str, body: Value) -> Value {
    ask(server, reqwest::Method::POST, path, Some(body)).await
}

async fn get(server: &Server, path: &str) -> Value {
    ask(server, reqwest::Method::GET, path, None).await
}

/// Full brightness, so that colours are on the wire as they were set.
async fn bright(server: &Server) {
    put(server, "/api/v2/controller", json!({ "brightness": 255 })).await;
}

fn near(led: [u8; 3], colour: [u8; 3]) -> bool {
    led.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 40)
}

/// Puts the graphic on air or takes it off.
async fn trigger(server: &Server, key: &str, what: &str) {
    let asked = Client::new().post(server.url(&format!("/api/v1/trigger/guest/{what}"))).bearer_auth(key).send().await;
    assert!(asked.expect("an answer").status().is_success());
}

async fn cut_to(wing: &mut LiveWing, source: u32) -> Value {
    wing.must("switcher.cutToSource", json!({ "sourceId": source })).await
}

#[tokio::test]
async fn a_cut_is_on_the_wire_within_a_frame_and_25_ms() {
    let _turn = crate::support::turn();
    let controller = Controller::open();
    let rules = json!([
        { "id": "on-air", "segment": 0, "priority": 1, "when": { "tally": "program", "source": 1 },
          "look": { "effect": "solid", "primaryColor": RED } },
        { "id": "next", "segment": 0, "when": { "tally": "preview", "source": 1 },
          "look": { "effect": "solid", "primaryColor": GREEN } },
    ]);
    let server = Server::start(show(&controller, rules)).await;
    bright(&server).await;
    put(&server, "/api/v2/segments/0", json!({ "effect": "solid", "primaryColor": [0, 0, 9] })).await;
    let mut wing = fixture::panel(&server).await;
    controller.until("green: on preview", |packet| packet.all(GREEN, LEDS)).await;

    let mut took = Vec::new();
    for n in 0..20 {
        let red = n % 2 == 0;
        // Cuts at all phases of a frame.
        tokio::time::sleep(Duration::from_millis(200 + n * 7)).await;
        let began = Instant::now();
        cut_to(&mut wing, u32::from(red)).await;
        let told = if red { "red: on program" } else { "green: on preview" };
        let wanted = if red { RED } else { GREEN };
        let packet = controller.after(began, told, |packet| packet.all(wanted, LEDS)).await;
        took.push(packet.at.duration_since(began).as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let most = 1e3 / 30.0 + 25.0;
    println!("from the cut's request to the packet, ms: {took:.1?}; allowed {most:.1}");
    assert!(took[17] <= most, "18 of 20 within {most:.1} ms: {took:.1?}");
    let packets = controller.packets();
    assert!(packets.iter().all(|p| (p.universe, p.priority, p.start_code) == (7, 120, 0)), "universe and priority");
    let steps = packets.windows(2).filter(|pair| pair[1].sequence != pair[0].sequence.wrapping_add(1)).count();
    assert_eq!(steps, 0, "sequence numbers follow one another");
}

#[tokio::test]
async fn graphics_sound_and_the_picture_s_edges_are_followed() {
    let _turn = crate::support::turn();
    let controller = Controller::open();
    let server = Server::start(show(&controller, json!([])).graphic(
        "guest",
        "lower-third",
        &["cg1"],
        &[("name", "Ada"), ("title", "x")],
    ))
    .await;
    bright(&server).await;
    for (start, length) in [(0, 20), (20, 20), (40, 20)] {
        let segment = json!({ "start": start, "length": length, "effect": "solid", "primaryColor": [0, 0, 200] });
        post(&server, "/api/v2/segments", segment).await;
    }
    let wanted = |part: usize, colour: [u8; 3]| {
        move |packet: &Packet| packet.leds(LEDS)[part * 20..][..20].iter().all(|led| *led == colour)
    };
    controller.until("blue", wanted(2, [0, 0, 200])).await;

    // A cue for a graphic: for so long and no longer.
    let cue = json!({ "id": "cue", "segment": 0, "when": { "graphic": "on", "id": "guest" }, "durationMs": 400,
                      "look": { "effect": "solid", "primaryColor": [255, 255, 255] } });
    assert_eq!(post(&server, "/api/v2/rules", cue).await["id"], "cue");
    let key = crate::graphics::key(&server);
    let began = Instant::now();
    trigger(&server, &key, "on").await;
    let flash = controller.after(began, "the cue", wanted(0, [255; 3])).await;
    let back = controller.after(flash.at, "the end of the cue", wanted(0, [0, 0, 200])).await;
    let lasted = back.at.duration_since(flash.at).as_millis();
    // A busy machine may be late at its end, not at its beginning.
    assert!((380..=800).contains(&lasted), "a cue of 400 ms lasted {lasted} ms");

    trigger(&server, &key, "off").await;

    // The tone is louder than the ceiling, and black is silent.
    let level =
        json!({ "id": "level", "segment": 1, "when": { "level": "program" }, "floorDb": -50, "ceilingDb": -25 });
    post(&server, "/api/v2/rules", level).await;
    let mut wing = fixture::panel(&server).await;
    cut_to(&mut wing, 1).await;
    controller.until("dark by silence", wanted(1, [0; 3])).await;
    cut_to(&mut wing, 0).await;
    controller.until("full by the tone", wanted(1, [0, 0, 200])).await;
    cut_to(&mut wing, 1).await;
    controller.until("dark again", wanted(1, [0; 3])).await;

    // Bars at 75 % that move to the side: the upper edge has them in their order, wherever it begins.
    post(&server, "/api/v2/rules", json!({ "id": "edges", "segment": 2, "when": { "ambient": "program" } })).await;
    controller.until("edges of black", wanted(2, [0; 3])).await;
    cut_to(&mut wing, 0).await;
    let bars = controller.until("edges of bars", |packet| packet.leds(LEDS)[50].iter().any(|c| *c > 100)).await;
    // 68 zones on 20 LEDs: those above are the LEDs 6 to 13 of the segment.
    let leds = bars.leds(LEDS)[46..54].to_vec();
    let mut seen: Vec<usize> = leds.iter().filter_map(|led| BARS.iter().position(|bar| near(*led, *bar))).collect();
    seen.dedup();
    let in_order = seen.windows(2).all(|pair| pair[1] == (pair[0] + 1) % BARS.len());
    assert!(seen.len() >= 4 && in_order, "bars {seen:?} in {leds:?}");

    let refused = Client::new().post(server.url("/api/v2/rules"));
    let refused = refused.json(&json!({ "id": "x", "segment": 0, "when": { "replay": "playing" }, "look": {} }));
    let refused = refused.send().await.expect("an answer");
    assert_eq!(refused.status(), 400);
    let told: Value = refused.json().await.expect("JSON");
    assert!(told["field"] == "when" && told["message"].as_str().is_some_and(|text| text.contains("replay")), "{told}");
}

#[tokio::test]
async fn the_strip_is_a_picture_and_its_looks_outlive_the_server() {
    let _turn = crate::support::turn();
    let controller = Controller::open();
    let mut server = Server::start(show(&controller, json!([]))).await;
    bright(&server).await;
    post(&server, "/api/v2/segments", json!({ "start": 5, "length": 30, "effect": "fire", "palette": 1 })).await;
    post(&server, "/api/config", json!({ "sacnUniverse": 12, "mqttBroker": "192.0.2.1" })).await;
    let rule = json!({ "id": "edges", "segment": 3, "when": { "ambient": "program" } });
    post(&server, "/api/v2/rules", rule).await;

    // All white by hand: program shows the strip's cells as white, the picture around them as black.
    post(&server, "/api/pixels", json!({ "fill": [255, 255, 255] })).await;
    controller.until("white", |packet| packet.all([255; 3], LEDS)).await;
    let mut wing = fixture::panel(&server).await;
    fixture::until_seen(&mut wing, 2).await;
    cut_to(&mut wing, 2).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    let last = fixture::slot(&mut wing).await + 30;
    fixture::until_slot(&mut wing, last).await;
    fixture::stop(&mut wing, &recording).await;
    let pictures = pixels::decode(&recording.path, Region::FULL, 160, 90);
    let picture = pictures.last().expect("a picture");
    let white = picture.iter().filter(|luma| **luma > 200).count() as f64 / picture.len() as f64;
    assert!((0.5..0.95).contains(&white), "{white} of the picture are white cells");

    // An unchanged strip is sent about once a second, so only received packets count.
    let heard = controller.packets().len();
    assert!(heard > 3 && fixture::metric(&server, "lumencast_lights_packets_total").await >= heard as f64);
    let end = Instant::now() + LIMIT;
    while !(55.0..65.0).contains(&fixture::metric(&server, "lumencast_lights_fps").await) {
        assert!(Instant::now() < end, "not 60 frames a second");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let before = get(&server, "/api/v2/segments").await;
    let began = Instant::now();
    server.stop(LIMIT).await;
    controller.after(began, "the end", |packet| packet.terminated).await;
    let ended = Instant::now();
    server.launch().await;
    let ends = controller.packets().into_iter().filter(|packet| packet.terminated).count();
    assert_eq!(ends, 3, "the end is told three times");
    assert_eq!(get(&server, "/api/v2/segments").await, before);
    let config = get(&server, "/api/config").await;
    assert_eq!((&config["sacnUniverse"], &config["mqttBroker"]), (&json!(12), &json!("192.0.2.1")), "{config}");
    assert_eq!(get(&server, "/api/v2/rules").await["rules"][0]["id"], "edges");
    controller.after(ended, "packets of the second life", |packet| !packet.terminated).await;
}
