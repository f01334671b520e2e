//! The player page in a real browser: it finds program, plays it, and comes back by itself after the server does.

#[path = "../support/mod.rs"]
mod support;

mod captioned;
mod chromium;

use chromium::Chromium;
use futures::{SinkExt, StreamExt, stream::FusedStream};
use serde_json::json;
use std::time::Duration;
use support::{config::Config, server::Server};
use tokio_tungstenite::tungstenite::Message;

const DEADLINE: Duration = Duration::from_secs(40);

/// The share of saturated pixels of the playing video, in percent; colour bars are mostly saturated.
const COLOUR: &str = "(() => { const v = document.querySelector('video'); const c = document.createElement('canvas'); \
    c.width = 64; c.height = 36; const g = c.getContext('2d'); g.drawImage(v, 0, 0, 64, 36); \
    const d = g.getImageData(0, 0, 64, 36).data; let n = 0; \
    for (let i = 0; i < d.length; i += 4) { const m = [d[i], d[i+1], d[i+2]]; \
    if (Math.max(...m) - Math.min(...m) > 100) n++; } return Math.round(100 * n / (64 * 36)); })()";
const LIVE: &str = "document.body.dataset.state === 'live'";
const SEEN: &str = "(id => { const box = document.getElementById(id).getBoundingClientRect(); \
    return box.width > 20 && box.height > 20 && box.bottom <= innerHeight && box.right <= innerWidth; })";
const TIME: &str = "document.querySelector('video').currentTime";

fn config() -> Config {
    Config::new()
        .project(640, 360, 30)
        .entry("input", [("kind", "pattern"), ("pattern", "bars"), ("label", "Bars")])
        .set("encode.preset", "ultrafast")
        .set("encode.gop_ms", 1000)
        .set("hls.segment_ms", 1000)
}

#[tokio::test]
async fn the_player_goes_live_shows_program_and_returns_after_the_server_was_killed() {
    let _turn = support::shared_turn(100);
    let mut server = Server::start(config()).await;
    let mut page = Chromium::open(&server.url("/play/program/main")).await;
    page.until(LIVE, DEADLINE).await;
    let began = page.number(TIME).await;
    page.until(&format!("{TIME} > {began} + 1"), DEADLINE).await;
    let colour = page.number(COLOUR).await;
    assert!(colour > 30.0, "program's bars are seen: {colour} % of the picture is coloured");
    assert!(page.complaints().is_empty(), "{:?}", page.complaints());

    server.kill();
    page.until("document.body.dataset.state === 'waiting'", DEADLINE).await;
    server.launch().await;
    page.until(LIVE, DEADLINE).await;
    let again = page.number(TIME).await;
    page.until(&format!("{TIME} > {again} + 1"), DEADLINE).await;
    assert!(page.number(COLOUR).await > 30.0);
}

/// Makes something in the app `live` as its operator; gives what was answered.
async fn make(server: &Server, what: &str, body: serde_json::Value) -> serde_json::Value {
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .args(["key", "create", "--plane", "streamhub", "--label", "page", "--data"])
        .arg(server.data())
        .output()
        .expect("the command line");
    let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    let request = reqwest::Client::new().post(server.url(&format!("/api/v1/apps/live/{what}"))).bearer_auth(&key);
    let answer: serde_json::Value = request.json(&body).send().await.expect("an answer").json().await.expect("JSON");
    answer["data"].clone()
}

#[tokio::test]
async fn the_player_takes_webrtc_first_and_hls_when_it_is_told_to() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let ingress = make(&server, "ingress", json!({ "inputType": "rtmp", "room": "demo" })).await;
    let key = ingress["streamKey"].as_str().expect("a stream key");
    let clip = support::marks::Clip { gop: 60, ..support::marks::Clip::of(3, 60.0).size(640, 360) }.cached();
    let _publisher = support::publisher::Publisher::start(&clip, &server.rtmp_url(key));
    for (query, via) in [("", "whep"), ("?via=hls", "hls")] {
        let mut page = Chromium::open(&server.url(&format!("/play/live/demo{query}"))).await;
        page.until(&format!("{LIVE} && document.body.dataset.via === '{via}'"), DEADLINE).await;
        let began = page.number(TIME).await;
        page.until(&format!("{TIME} > {began} + 1"), DEADLINE).await;
        assert!(page.number("document.querySelector('video').videoWidth").await == 640.0);
    }
}

#[tokio::test]
async fn a_radio_plays_on_the_page_of_a_listen_token() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let ingress = make(&server, "ingress", json!({ "inputType": "rtmp", "room": "radio" })).await;
    let clip = support::marks::Clip { hum_hz: 400, ..support::marks::Clip::of(3, 60.0).size(320, 180) }.cached();
    let url = server.rtmp_url(ingress["streamKey"].as_str().expect("a stream key"));
    let _radio = support::publisher::Publisher::with(&clip, &url, &[], &["-vn", "-c:a", "copy"]);
    let minted = reqwest::get(server.url("/api/v1/apps/live/radio/radio/listen-token")).await.expect("an answer");
    let minted: serde_json::Value = minted.json().await.expect("JSON");
    let token = minted["data"]["token"].as_str().unwrap_or_else(|| panic!("no token in {minted}"));
    let mut page = Chromium::open(&server.url(&format!("/play/live/radio?token={token}"))).await;
    page.until(LIVE, DEADLINE).await;
    let began = page.number(TIME).await;
    page.until(&format!("{TIME} > {began} + 1"), DEADLINE).await;
    assert!(page.number("document.querySelector('video').videoWidth").await == 0.0, "sound alone");
    assert!(page.complaints().is_empty(), "{:?}", page.complaints());
}

#[tokio::test]
async fn a_camera_in_the_browser_is_published_and_seen_in_another() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let minted = make(&server, "tokens", json!({ "room": "web", "identity": "laptop" })).await;
    let token = minted["token"].as_str().expect("a token");
    let mut camera = Chromium::with_camera(&server.url(&format!("/publish/live/web?token={token}"))).await;
    camera.until("!document.querySelector('#go').disabled", DEADLINE).await;
    camera.number("(document.querySelector('#go').click(), 1)").await;
    camera.until(LIVE, DEADLINE).await;
    let mut page = Chromium::open(&server.url("/play/live/web")).await;
    page.until(&format!("{LIVE} && document.body.dataset.via === 'whep'"), DEADLINE).await;
    let began = page.number(TIME).await;
    page.until(&format!("{TIME} > {began} + 1"), DEADLINE).await;
    // The fake camera is green with a moving pacman and a clock.
    assert!(page.number(COLOUR).await > 30.0);
    let metrics = reqwest::get(server.url("/metrics")).await.expect("an answer").text().await.expect("a text");
    let sessions = metrics.lines().find_map(|line| line.strip_prefix("webrtc_sessions "));
    assert_eq!(sessions, Some("2"), "the camera's and the viewer's");
}

/// A JPEG of one colour.
fn jpeg(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(160, 90, image::Rgb(colour));
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a JPEG");
    bytes.into_inner()
}

/// Red minus blue in the middle of the shown frame.
const REDNESS: &str = "(() => { const c = document.createElement('canvas'); c.width = c.height = 1; \
    const g = c.getContext('2d'); g.drawImage(document.querySelector('#frames'), 80, 45, 1, 1, 0, 0, 1, 1); \
    const d = g.getImageData(0, 0, 1, 1).data; return d[0] - d[2]; })()";

#[tokio::test]
async fn a_camera_that_sends_pictures_is_shown_as_they_come() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let made = make(&server, "ws-ingest", json!({ "room": "cam1" })).await;
    let key = made["streamKey"].as_str().unwrap_or_else(|| panic!("no key in {made}"));
    let url = server.url(&format!("/ingest/ws?app=live&room=cam1&key={key}")).replace("http://", "ws://");
    let (mut camera, _) = tokio_tungstenite::connect_async(url).await.expect("a socket");
    let (red, blue) = (jpeg([250, 10, 10]), jpeg([10, 10, 250]));
    let (colour, mut shown) = tokio::sync::watch::channel(red);
    let sending = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        while !camera.is_terminated() {
            tokio::select! {
                _ = pace.tick() => {
                    let frame = shown.borrow_and_update().clone();
                    if camera.send(Message::binary(frame)).await.is_err() {
                        return;
                    }
                }
                told = camera.next() => if !matches!(told, Some(Ok(_))) { return },
            }
        }
    });
    let mut page = Chromium::open(&server.url("/play/live/cam1")).await;
    page.until(&format!("{LIVE} && document.body.dataset.via === 'mjpeg'"), DEADLINE).await;
    page.until(&format!("{REDNESS} > 150"), DEADLINE).await;
    colour.send_replace(blue);
    page.until(&format!("{REDNESS} < -150"), DEADLINE).await;
    assert!(page.complaints().is_empty(), "{:?}", page.complaints());
    sending.abort();
}

/// Keeps a picture of the page where `PAGE_SHOTS` names a folder, for people.
async fn shot(page: &mut Chromium, name: &str) {
    if let Some(folder) = std::env::var_os("PAGE_SHOTS") {
        page.screenshot(&std::path::Path::new(&folder).join(format!("{name}.png"))).await;
    }
}

#[tokio::test]
async fn an_app_or_a_room_that_does_not_exist_is_named_and_titles_are_display_names() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    make(&server, "ingress", json!({ "inputType": "rtmp", "room": "set-up", "participantName": "Main camera" })).await;
    let headline = "document.querySelector('#headline').textContent";
    let turning = "getComputedStyle(document.querySelector('.spinner')).display !== 'none'";
    for (path, state, said, turns) in [
        ("/play/no-such-app/demo", "error", "There is no such app", false),
        ("/embed/no-such-app/demo", "error", "There is no such app", false),
        ("/play/live/nowhere", "waiting", "There is no such room yet", false),
        ("/play/live/set-up", "waiting", "Waiting for the stream", true),
    ] {
        let mut page = Chromium::open(&server.url(path)).await;
        let shown = format!("document.body.dataset.state === '{state}' && {headline} === '{said}'");
        page.until(&format!("{shown} && ({turning}) === {turns}"), DEADLINE).await;
        shot(&mut page, path.trim_matches('/').replace('/', "-").as_str()).await;
        if path.ends_with("set-up") {
            page.until("document.title === 'live · Main camera · Lumencast'", DEADLINE).await;
            assert_eq!(page.text("document.querySelector('#title').textContent").await, "live · Main camera");
        }
    }
    let mut page = Chromium::with_camera(&server.url("/publish/no-such-app/demo")).await;
    page.until("document.querySelector('#sentence').textContent.includes('no app of that name')", DEADLINE).await;
    page.until("document.body.dataset.state === 'error'", DEADLINE).await;
}

#[tokio::test]
async fn the_embed_plays_pauses_and_fills_the_screen() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let mut page = Chromium::open(&server.url("/embed/program/main")).await;
    page.until(LIVE, DEADLINE).await;
    for id in ["pause", "fullscreen", "mute"] {
        page.until(&format!("{SEEN}('{id}')"), DEADLINE).await;
    }
    page.until(&format!("!{SEEN}('chat-toggle') && !{SEEN}('share-open')"), DEADLINE).await;
    shot(&mut page, "embed").await;
    page.touch("document.querySelector('#pause').click()").await;
    page.until("document.querySelector('video').paused && document.body.dataset.held === 'true'", DEADLINE).await;
    page.touch("document.querySelector('#pause').click()").await;
    page.until("!document.querySelector('video').paused && document.body.dataset.held === 'false'", DEADLINE).await;
    let again = page.number(TIME).await;
    page.until(&format!("{TIME} > {again} + 0.5"), DEADLINE).await;
    page.touch("document.querySelector('#fullscreen').click()").await;
    page.until("document.fullscreenElement !== null", DEADLINE).await;
    page.touch("document.querySelector('#fullscreen').click()").await;
    page.until("document.fullscreenElement === null", DEADLINE).await;
    assert!(page.complaints().is_empty(), "{:?}", page.complaints());
}

#[tokio::test]
async fn the_publish_page_shows_what_is_sent_and_a_level_that_moves() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let minted = make(&server, "tokens", json!({ "room": "web", "identity": "laptop" })).await;
    let token = minted["token"].as_str().expect("a token");
    let mut page = Chromium::with_camera(&server.url(&format!("/publish/live/web?token={token}"))).await;
    page.until("!document.querySelector('#go').disabled", DEADLINE).await;
    assert_eq!(page.text("String(document.querySelector('#figures').hidden)").await, "true");
    page.touch("document.querySelector('#go').click()").await;
    page.until(LIVE, DEADLINE).await;
    let text = |id: &str| format!("document.querySelector('#{id}').textContent");
    page.until(&format!("/^[1-9][0-9.]* [kM]bit.s$/.test({})", text("bitrate")), DEADLINE).await;
    page.until(&format!("/^[0-9]{{3,4}}×[0-9]{{3,4}}, [0-9]+ fps$/.test({})", text("picture")), DEADLINE).await;
    page.until(&format!("{} >= '0:03'", text("time")), DEADLINE).await;
    // The fake microphone beeps once a second.
    let watch = "(() => { const level = document.querySelector('#level').value; \
        window.lowest = Math.min(window.lowest ?? 1, level); window.highest = Math.max(window.highest ?? 0, level); \
        return window.highest > 0.5 && window.highest - window.lowest > 0.2; })()";
    page.until(watch, DEADLINE).await;
    shot(&mut page, "publish").await;
    assert!(page.complaints().is_empty(), "{:?}", page.complaints());
}

#[tokio::test]
async fn captions_of_the_stream_are_shown_and_can_be_hidden() {
    let _turn = support::shared_turn(100);
    let server = Server::start(config()).await;
    let ingress = make(&server, "ingress", json!({ "inputType": "rtmp", "room": "talk" })).await;
    let key = ingress["streamKey"].as_str().expect("a stream key");
    let _publisher = captioned::Captioned::publish(&server.rtmp_url(key));
    let mut page = Chromium::open(&server.url("/play/live/talk?via=hls")).await;
    page.until(LIVE, DEADLINE).await;
    let cues = "Array.from(document.querySelector('video').textTracks).filter(t => t.kind === 'captions' && \
        t.mode === 'showing').flatMap(t => Array.from(t.cues ?? [])).map(cue => cue.text).join('|')";
    page.until(&format!("{cues}.includes('HELLO FROM THE STREAM')"), DEADLINE).await;
    page.until(&format!("{SEEN}('captions') && document.body.dataset.captions === 'true'"), DEADLINE).await;
    page.until("Array.from(document.querySelector('video').textTracks).some(t => t.activeCues?.length > 0)", DEADLINE)
        .await;
    shot(&mut page, "captions").await;
    page.touch("document.querySelector('#captions').click()").await;
    page.until(&format!("{cues} === '' && document.body.dataset.captions === 'false'"), DEADLINE).await;
}
