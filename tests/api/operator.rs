//! The health check and the metrics over HTTP.

use crate::fixture::Fixture;
use lumencast::{
    api::operator::{OperatorState, routes},
    app::telemetry::{MixerStats, OutputStats, SourceStats, Stats},
    domain::{
        command::Command,
        disk::{Disk, Room},
        output::OutputSource,
        source::{Signal, SourceId},
        stats::OutputKind,
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

async fn serve(fixture: &Fixture) -> String {
    let planes = routes(OperatorState::new(fixture.show.clone(), fixture.telemetry.clone(), None));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(warp::serve(planes).incoming(listener).run());
    base
}

#[tokio::test]
async fn health_keeps_the_documented_keys_and_adds_ours() {
    let fixture = Fixture::new();
    let base = serve(&fixture).await;
    let url = "rtmp://cdn.example/live/s3cret".into();
    fixture.show.command(Command::ConfigurePush { output: 2, url }).await.expect("it is configured");
    let text = reqwest::get(format!("{base}/health")).await.expect("an answer").text().await.expect("a text");
    assert!(!text.contains("s3cret"));
    let of = |kind: &str| -> Vec<_> {
        let names = text.lines().filter_map(|line| line.strip_prefix(kind));
        names.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
    };
    assert_eq!(of("# HELP "), of("# TYPE "), "each metric is described");
    let health: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(health["status"], "ok");
    assert!(health["uptime"].is_u64());
    assert!(health["freeHeap"].as_u64().is_some_and(|bytes| bytes > 1_000_000), "{health}");
    assert_eq!(health.get("wifiRSSI"), Some(&Value::Null));
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["sources"][1], json!({ "sourceId": 1, "label": "Fixture right", "status": "noSignal" }));
    assert_eq!(health["outputs"][1], json!({ "output": 2, "state": "idle" }));
}

#[tokio::test]
async fn metrics_are_the_present_figures_and_forget_what_ended() {
    let fixture = Fixture::new();
    let base = serve(&fixture).await;
    let source = SourceStats {
        signal: Signal::Stalled,
        fps: 29.5,
        frames: 900,
        dropped: 2,
        last_frame_ms: Some(1_500),
        ..SourceStats::default()
    };
    let output = OutputStats {
        kind: OutputKind::Push,
        number: 3,
        stream: OutputSource::Input(SourceId(2)),
        bitrate_kbps: 2_500.0,
        fps: 30.0,
        bytes: 123_456,
        dropped: 7,
        uptime_s: 12.5,
        last_frame_ms: Some(20),
    };
    *fixture.stats.lock().expect("nobody panicked with it") = Stats {
        disk: Some(Disk { room: Room::Low, free: 900_000_000, needed: 500_000_000 }),
        mixer: MixerStats { slots: 1_000, late: 3, slate: 4, fps: 30.0 },
        sources: vec![(SourceId(2), source)],
        outputs: vec![output],
    };
    let scrape = async || {
        let response = reqwest::get(format!("{base}/metrics")).await.expect("an answer");
        let kind = response.headers()["content-type"].to_str().expect("a text").to_owned();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        response.text().await.expect("a text")
    };
    let text = scrape().await;
    for line in [
        "# TYPE lumencast_mixer_slots_total counter",
        "lumencast_mixer_slots_total 1000",
        "lumencast_mixer_late_slots_total 3",
        "lumencast_mixer_slate_slots_total 4",
        "lumencast_mixer_fps 30",
        r#"lumencast_source_fps{source="2",kind="pattern"} 29.5"#,
        r#"lumencast_source_frames_total{source="2",kind="pattern"} 900"#,
        r#"lumencast_source_frames_dropped_total{source="2",kind="pattern"} 2"#,
        r#"lumencast_source_last_frame_age_seconds{source="2",kind="pattern"} 1.5"#,
        r#"lumencast_source_signal{source="2",kind="pattern",state="stalled"} 1"#,
        r#"lumencast_source_signal{source="2",kind="pattern",state="ok"} 0"#,
        r#"lumencast_output_bitrate_kbps{kind="push",number="3",stream="input-2"} 2500"#,
        r#"lumencast_output_bytes_total{kind="push",number="3",stream="input-2"} 123456"#,
        r#"lumencast_output_frames_dropped_total{kind="push",number="3",stream="input-2"} 7"#,
        r#"lumencast_output_uptime_seconds{kind="push",number="3",stream="input-2"} 12.5"#,
        "lumencast_recordings_disk_free_bytes 900000000",
        "lumencast_recordings_disk_needed_bytes 500000000",
        r#"lumencast_recordings_disk_room{state="low"} 1"#,
        r#"lumencast_recordings_disk_room{state="full"} 0"#,
        r#"lumencast_output_last_frame_age_seconds{kind="push",number="3",stream="input-2"} 0.02"#,
    ] {
        assert!(text.lines().any(|there| there == line), "no {line} in\n{text}");
    }
    let health: Value = reqwest::get(format!("{base}/health")).await.expect("an answer").json().await.expect("JSON");
    assert_eq!(health["disk"], json!({ "state": "low", "free": 900_000_000, "needed": 500_000_000 }));
    assert!(health["warnings"][0].as_str().is_some_and(|text| text.contains("900 MB are free")), "{health}");
    fixture.stats.lock().expect("nobody panicked with it").outputs.clear();
    assert!(!scrape().await.contains("lumencast_output_"));
}

#[tokio::test]
async fn metrics_may_need_a_token_and_health_does_not() {
    let fixture = Fixture::new();
    let state = OperatorState::new(fixture.show.clone(), fixture.telemetry.clone(), None).with_token("s3cret");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(warp::serve(routes(state)).incoming(listener).run());
    let client = reqwest::Client::new();
    let ask = async |path: &str, token: &str| {
        let request = client.get(format!("{base}{path}"));
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        request.send().await.expect("an answer")
    };
    let refused = ask("/metrics", "").await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["www-authenticate"]),
        (401, &"Bearer".parse().expect("a header"))
    );
    assert_eq!(ask("/metrics", "s3cre").await.status(), 401);
    let text = ask("/metrics", "s3cret").await.text().await.expect("a text");
    assert!(text.contains("lumencast_mixer_slots_total"), "{text}");
    assert_eq!(ask("/health", "").await.status(), 200);
}

#[tokio::test]
async fn another_method_is_answered_with_the_right_ones_and_without_figures() {
    let fixture = Fixture::new();
    let base = serve(&fixture).await;
    let client = reqwest::Client::new();
    for path in ["/health", "/metrics"] {
        let refused = client.post(format!("{base}{path}")).send().await.expect("an answer");
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["allow"]),
            (405, &"GET, HEAD".parse().expect("a header"))
        );
        assert_eq!(refused.text().await.expect("a text"), "Method not allowed\n");
        let head = client.head(format!("{base}{path}")).send().await.expect("an answer");
        assert_eq!((head.status().as_u16(), head.text().await.expect("no text")), (200, String::new()));
    }
    let other = client.get(format!("{base}/healthy")).send().await.expect("an answer");
    assert_eq!(other.status(), 404);
}
