//! Chat and reactions over the viewers' data socket.

use super::device::Peer;
use super::fixture::Fixture;
use lumencast::app::rooms::DataMessage;
use serde_json::json;

/// A viewer that has received the settings of the chat.
async fn visitor(fixture: &Fixture, path: &str) -> Peer {
    let mut peer = Peer::connect(fixture, path).await;
    assert_eq!(peer.json().await["topic"], "hello");
    peer
}

async fn pair(fixture: &Fixture) -> (Peer, Peer) {
    let mut ann = visitor(fixture, "/live/data?app=live&room=cam&token=good-live-cam").await;
    let mut guest = visitor(fixture, "/live/data?app=live&room=live-cam").await;
    // Each has received a message, so both are there.
    for peer in [&mut ann, &mut guest] {
        peer.send(r#"{"topic":"nonsense"}"#).await;
        assert_eq!(peer.json().await, json!({"topic": "error", "code": "disabled"}));
    }
    (ann, guest)
}

#[tokio::test]
async fn what_one_viewer_says_everybody_in_the_room_hears() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let (mut ann, mut guest) = pair(&fixture).await;
    let mut elsewhere = visitor(&fixture, "/live/data?app=live&room=other").await;
    ann.send(r#"{"topic":"chat","id":"m1","sender":"somebody else","body":"hello"}"#).await;
    for peer in [&mut ann, &mut guest] {
        let heard = peer.json().await;
        assert_eq!((&heard["topic"], &heard["id"], &heard["body"]), (&json!("chat"), &json!("m1"), &json!("hello")));
        assert_eq!(heard["sender"], "Ann", "the name is the token's");
        assert!(heard["ts"].as_u64().is_some_and(|ts| ts > 1_600_000_000_000), "{heard}");
    }
    guest.send(r#"{"topic":"reaction","emoji":"👏","sender":"Bo"}"#).await;
    let heard = ann.json().await;
    assert_eq!((&heard["topic"], &heard["emoji"], &heard["sender"]), (&json!("reaction"), &json!("👏"), &json!("Bo")));
    // The other room received nothing before its own message.
    elsewhere.send(r#"{"topic":"chat","body":"here"}"#).await;
    assert_eq!(elsewhere.json().await["body"], "here");
    elsewhere.leave().await;
}

#[tokio::test]
async fn the_servers_messages_arrive_at_whom_they_are_for() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let (mut ann, mut guest) = pair(&fixture).await;
    let send_message = |text: &str, to: &[&str]| {
        let to = to.iter().map(|&to| to.to_owned()).collect();
        fixture.rooms.send_message(
            "live",
            "live-cam",
            DataMessage { topic: "chat".into(), text: text.into(), to, event: None },
        )
    };
    assert_eq!(send_message(r#"{"from":"host","message":"for Ann"}"#, &["viewer-Ann"]), 2);
    send_message(r#"{"from":"host","message":"for all"}"#, &[]);
    assert_eq!(ann.json().await["body"], "for Ann");
    assert_eq!(ann.json().await["body"], "for all");
    let heard = guest.json().await;
    assert_eq!((&heard["body"], &heard["sender"]), (&json!("for all"), &json!("host")));
}

#[tokio::test]
async fn limits_and_features_are_kept() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let (mut ann, _guest) = pair(&fixture).await;
    ann.send(format!(r#"{{"topic":"chat","body":"{}"}}"#, "x".repeat(5_000))).await;
    assert_eq!(ann.json().await, json!({"topic": "error", "code": "too_large"}));
    let mut quiet = visitor(&fixture, "/live/data?app=live&room=quiet").await;
    quiet.send(r#"{"topic":"reaction","emoji":"x"}"#).await;
    assert_eq!(quiet.json().await, json!({"topic": "error", "code": "disabled"}));
    for _ in 0..40 {
        quiet.send(r#"{"topic":"chat","body":"hi"}"#).await;
    }
    let mut refused = 0;
    for _ in 0..40 {
        refused += usize::from(quiet.json().await["code"] == "rate_limited");
    }
    assert!(refused >= 20, "only {refused} of 40 messages at once were refused");
    fixture.shutdown.cancel();
    assert_eq!(quiet.close().await.0, 1001);
}
