//! The player page in a real browser: it finds program, plays it, and comes back by itself after the server does.

#[path = "../support/mod.rs"]
mod support;

mod chromium;

use chromium::Chromium;
use std::time::Duration;
use support::{config::Config, server::Server};

const DEADLINE: Duration = Duration::from_secs(40);

/// The share of saturated pixels of the playing video, in percent; colour bars are mostly saturated.
const COLOUR: &str = "(() => { const v = document.querySelector('video'); const c = document.createElement('canvas'); \
    c.width = 64; c.height = 36; const g = c.getContext('2d'); g.drawImage(v, 0, 0, 64, 36); \
    const d = g.getImageData(0, 0, 64, 36).data; let n = 0; \
    for (let i = 0; i < d.length; i += 4) { const m = [d[i], d[i+1], d[i+2]]; \
    if (Math.max(...m) - Math.min(...m) > 100) n++; } return Math.round(100 * n / (64 * 36)); })()";
const LIVE: &str = "document.body.dataset.state === 'live'";
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
