//! Outputs over HTTP, and lamps whose names come and go, at real sockets.

use crate::server::{DEADLINE, Server, soon};
use lumencast::{
    app::lights::{
        output_form::LightOutput,
        outputs::{LOOK_UP_EVERY, Resolver, system_resolver},
    },
    protocol::lighting::{ddp, sacn},
};
use serde_json::{Value, json};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{net::UdpSocket, time::Instant};

const OUTPUTS: &str = "/api/v2/outputs";

/// A lamp's socket.
async fn lamp() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.expect("a free port")
}

fn address(lamp: &UdpSocket) -> SocketAddr {
    lamp.local_addr().expect("it is bound")
}

/// The first levels of the next packet that fits.
async fn lit(lamp: &UdpSocket, fits: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut bytes = [0; 1500];
    let packet = async {
        loop {
            let length = lamp.recv(&mut bytes).await.expect("a packet");
            let levels = match (sacn::parse(&bytes[..length]), ddp::parse(&bytes[..length])) {
                (Ok(sacn::Packet::Data(data)), _) if !data.is_terminated() => data.slots.to_vec(),
                (_, Ok(data)) => data.bytes.to_vec(),
                _ => continue,
            };
            if fits(&levels) {
                return levels;
            }
        }
    };
    soon(packet).await
}

/// Names that a test gives out.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Option<SocketAddr>>>);

impl Names {
    fn resolver(&self) -> Resolver {
        let names = self.0.clone();
        Arc::new(move |name, _port| match (name, *names.lock().expect("names")) {
            ("lamp.example", Some(address)) => Ok(vec![address]),
            _ => Err(io::Error::other("no such name")),
        })
    }

    fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().expect("names") = address;
    }
}

fn file(value: Value) -> LightOutput {
    LightOutput::read(value.as_object().expect("an object"), None, 160).expect("an output")
}

#[tokio::test]
async fn a_lamp_without_a_name_keeps_nothing_from_starting_and_is_lit_when_it_has_one() {
    let (names, known, unknown, moved) = (Names::default(), lamp().await, lamp().await, lamp().await);
    let outputs = vec![
        file(json!({ "id": "known", "protocol": "sacn", "unicast": address(&known).to_string() })),
        file(json!({ "id": "later", "protocol": "ddp", "unicast": "lamp.example" })),
        file(json!({ "id": "no-interface", "protocol": "sacn", "universe": 9, "interface": "192.0.2.77" })),
    ];
    let server = Server::with(160, outputs, names.resolver(), Duration::from_millis(100)).await;
    server.done("PUT", "/api/v2/segments/0", json!({ "effect": "solid", "primaryColor": [255, 0, 0] })).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 255 })).await;
    lit(&known, |levels| levels[..3] == [255, 0, 0]).await;

    let waiting = |status: &Value| -> Vec<String> {
        let waiting = status["output"]["waiting"].as_array().expect("a list").clone();
        waiting.iter().map(|output| format!("{}: {}", output["id"], output["problem"])).collect()
    };
    let end = Instant::now() + DEADLINE;
    loop {
        let told = waiting(&server.get("/api/status").await);
        let right = |told: &[String]| {
            told.len() == 2
                && told[0].contains("later")
                && told[0].contains("no such name")
                && told[1].contains("interface")
        };
        if right(&told) {
            break;
        }
        assert!(Instant::now() < end, "{told:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    names.set(Some(address(&unknown)));
    lit(&unknown, |levels| levels[..3] == [255, 0, 0]).await;
    assert_eq!(waiting(&server.get("/api/status").await).len(), 1);

    // The lamp gets another address, and is known by the same name.
    names.set(Some(address(&moved)));
    lit(&moved, |levels| levels[..3] == [255, 0, 0]).await;
    let shown = server.get("/api/v2/outputs/later").await;
    assert_eq!((&shown["state"], &shown["address"]), (&json!("sending"), &json!(address(&moved).to_string())));

    // A name that is gone takes no light away.
    names.set(None);
    server.done("PUT", "/api/v2/segments/0", json!({ "primaryColor": [0, 255, 0] })).await;
    lit(&moved, |levels| levels[..3] == [0, 255, 0]).await;
}

#[tokio::test]
async fn a_look_up_that_takes_long_holds_up_no_lamp_that_has_an_address() {
    let (asked, hangs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
    let (told, still) = (asked.clone(), hangs.clone());
    let resolver: Resolver = Arc::new(move |_, _| {
        told.store(true, Ordering::Relaxed);
        // It ends with the test, even one that fails: the runtime waits for its threads.
        let end = Instant::now() + Duration::from_secs(8);
        while still.load(Ordering::Relaxed) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(io::Error::other("no server answers"))
    });
    let (first, second) = (lamp().await, lamp().await);
    let outputs = vec![
        file(json!({ "id": "named", "protocol": "ddp", "unicast": "lamp.example" })),
        file(json!({ "id": "first", "protocol": "ddp", "unicast": address(&first).to_string() })),
    ];
    let server = Server::with(160, outputs, resolver, LOOK_UP_EVERY).await;
    server.done("PUT", "/api/v2/segments/0", json!({ "effect": "solid", "primaryColor": [9, 8, 7] })).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 255 })).await;
    soon(async {
        while !asked.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    lit(&first, |levels| levels[..3] == [9, 8, 7]).await;
    let new = json!({ "id": "second", "protocol": "ddp", "unicast": address(&second).to_string() });
    assert_eq!(server.send("POST", OUTPUTS, new).await.0, 201);
    lit(&second, |levels| levels[..3] == [9, 8, 7]).await;
    let named = server.get("/api/v2/outputs/named").await;
    assert_eq!(named["problem"], "its name is being looked up", "it is looked up all the while");
    hangs.store(false, Ordering::Relaxed);
}

#[tokio::test]
async fn lamps_are_added_changed_and_removed_while_it_runs() {
    let (one, other) = (lamp().await, lamp().await);
    let fixed = file(json!({ "id": "file", "protocol": "sacn", "universe": 5, "unicast": address(&one).to_string() }));
    let server = Server::with(160, vec![fixed], system_resolver(), LOOK_UP_EVERY).await;
    server.done("PUT", "/api/v2/segments/0", json!({ "effect": "solid", "primaryColor": [200, 100, 50] })).await;
    server.done("PUT", "/api/v2/controller", json!({ "brightness": 255 })).await;

    let new = json!({ "id": "desk", "protocol": "ddp", "unicast": address(&other).to_string(), "start": 100, "order": "grbw" });
    let (status, made) = server.send("POST", OUTPUTS, new.clone()).await;
    assert_eq!((status, &made["length"], &made["fps"], &made["fixed"]), (201, &json!(60), &json!(60), &json!(false)));
    assert_eq!(lit(&other, |_| true).await[..8], [50, 150, 0, 50, 50, 150, 0, 50]);
    let (status, changed) =
        server.send("POST", OUTPUTS, json!({ "id": "desk", "brightness": 51, "order": "rgb" })).await;
    assert_eq!((status, &changed["start"], &changed["brightness"]), (200, &json!(100), &json!(51)));
    assert_eq!(lit(&other, |levels| levels[0] < 50).await[..3], [40, 20, 10]);
    let listed = server.get(OUTPUTS).await;
    let ids: Vec<_> = listed["outputs"].as_array().expect("a list").iter().map(|output| output["id"].clone()).collect();
    assert_eq!(ids, [json!("file"), json!("desk")]);

    for (bad, field) in [
        (json!({ "id": "a b" }), "id"),
        (json!({ "id": "x" }), "protocol"),
        (json!({ "id": "x", "protocol": "artnet" }), "unicast"),
        (json!({ "id": "x", "protocol": "ddp", "unicast": "http://wled.local/" }), "unicast"),
        (json!({ "id": "x", "protocol": "sacn", "start": 160, "length": 1 }), "start"),
        (json!({ "id": "x", "protocol": "sacn", "universe": 5, "unicast": address(&one).to_string() }), "channel"),
    ] {
        server.refused("POST", OUTPUTS, bad, field).await;
    }
    let (status, answer) = server.send("POST", OUTPUTS, json!({ "id": "file", "brightness": 1 })).await;
    assert_eq!((status, &answer["error"]), (409, &json!("fixed_output")));
    let (status, _) = server.send("DELETE", "/api/v2/outputs/file", Value::Null).await;
    assert_eq!(status, 409);

    // Elsewhere on the network lights are steered, and no destination is named.
    let far = server.request_from("10.1.2.3", "POST", OUTPUTS).json(&new).send().await.expect("an answer");
    assert_eq!(far.status(), 403);
    let far = server.request_from("10.1.2.3", "DELETE", "/api/v2/outputs/desk").send().await.expect("an answer");
    assert_eq!(far.status(), 403);

    server.done("DELETE", "/api/v2/outputs/desk", Value::Null).await;
    let (status, _) = server.send("GET", "/api/v2/outputs/desk", Value::Null).await;
    assert_eq!(status, 404);
    server.done("PUT", "/api/v2/segments/0", json!({ "primaryColor": [1, 2, 3] })).await;
    lit(&one, |levels| levels[..3] == [1, 2, 3]).await;
}
