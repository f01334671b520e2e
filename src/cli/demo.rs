//! The demo show: two patterns with sound, an input for your own encoder, a lower third ready to be taken.

use crate::{
    app::access::keys::{KeyService, Plane},
    config::{Config, Graphic, Input, Pattern, Source},
};
use std::collections::BTreeMap;

/// The demo's stream key and graphic.
const KEY: &str = "camera";
const GRAPHIC: &str = "welcome";
/// What the demo's API key is called; the one of the last start is revoked.
const LABEL: &str = "demo";

/// Fills in what the settings leave empty.
pub fn apply_demo_defaults(config: &mut Config) {
    if config.inputs.is_empty() {
        let pattern = |label: &str, pattern, tone_hz| Input {
            label: label.to_owned(),
            source: Source::Pattern { pattern, tone_hz },
        };
        config.inputs = vec![
            pattern("Bars", Pattern::Bars, 440),
            // The cheapest of the patterns beside the bars: a pinwheel takes a whole core at 1080p.
            pattern("Checkers", Pattern::Checkers, 660),
            Input {
                label: "Your encoder".to_owned(),
                source: Source::Rtmp { key: KEY.to_owned(), latency_ms: config.mixer.source_latency_ms },
            },
        ];
    }
    if config.graphics.is_empty() {
        let field = |name: &str, value: &str| (name.to_owned(), value.into());
        config.graphics = vec![Graphic {
            id: GRAPHIC.to_owned(),
            template: "lower-third".to_owned(),
            channels: config.channels.iter().filter(|c| c.dsk).map(|c| c.id.clone()).collect(),
            fields: BTreeMap::from([field("name", "Lumencast"), field("title", "Live from your own machine")]),
            z: 0,
        }];
    }
}

/// Prints where to look and what to try.
pub async fn print_instructions(config: &Config, keys: &KeyService, token: &str) -> anyhow::Result<()> {
    for old in keys.list().await? {
        if old.label == LABEL && old.plane == Plane::Lumora.as_str() && old.revoked_at.is_none() {
            keys.revoke(&old.id).await?;
        }
    }
    let (key, _) = keys.mint(Plane::Lumora, LABEL).await?;
    let url = config.public_url();
    let host = url.split("://").nth(1).unwrap_or("localhost").split([':', '/']).next().unwrap_or("localhost");
    let (rtmp, livewing) = (config.rtmp.listen.port(), config.livewing.listen.port());
    let graphic = config.graphics.first().map_or(GRAPHIC, |graphic| graphic.id.as_str());
    let stream_key = config.inputs.iter().find_map(|input| match &input.source {
        Source::Rtmp { key, .. } => Some(key.as_str()),
        _ => None,
    });
    println!();
    println!("  Watch program   {url}/play/program/main");
    println!("  HLS             {url}/hls/program/main/master.m3u8");
    println!("  Health          {url}/health      Metrics  {url}/metrics");
    println!();
    println!("  Take the lower third, and take it off again:");
    for way in ["on", "off"] {
        println!("    curl -X POST -H 'Authorization: Bearer {key}' {url}/api/v1/trigger/{graphic}/{way}");
    }
    if let Some(stream_key) = stream_key {
        println!("  Push a stream of your own:");
        println!("    ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=1000 \\");
        println!("      -c:v libx264 -preset veryfast -g 60 -pix_fmt yuv420p -c:a aac -ar 48000 \\");
        println!("      -f flv rtmp://{host}:{rtmp}/live/{stream_key}");
    }
    println!("  Switch (any WebSocket client; websocat as an example):");
    println!("    printf '%s\\n' '{{\"id\":\"1\",\"type\":\"system.auth\",\"params\":{{\"token\":\"{token}\"}}}}' \\");
    println!("      '{{\"id\":\"2\",\"type\":\"switcher.cut\"}}' | websocat -n ws://{host}:{livewing}");
    println!();
    Ok(())
}
