//! Judges settings that read well: ranges, names, and whether values fit together.
//!
//! Refuses to know: where a value came from.

use super::{
    Config,
    error::Fault,
    imaging::Engine,
    lists::{Channel, Graphic, Input, Output, Source},
    rate::Rate,
    secret::Secret,
    sections::Http,
};
use ipnet::IpNet;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
};

/// The first fault, if any.
pub(super) fn check(config: &Config) -> Result<(), Fault> {
    numbers(config)?;
    public_url(config)?;
    listeners(config)?;
    http(config)?;
    streaming(config)?;
    lumely(config)?;
    lighting(config)?;
    together(config)?;
    inputs(&config.inputs)?;
    channels(config)?;
    graphics(&config.graphics, &config.channels)?;
    outputs(&config.outputs)
}

fn numbers(config: &Config) -> Result<(), Fault> {
    let Config { rtmp, project, mixer, hls, record, encode, .. } = config;
    range("rtmp.max_connections", rtmp.max_connections, 1..=10_000)?;
    range("rtmp.idle_timeout_s", rtmp.idle_timeout_s, 1..=3600)?;
    range("rtmp.handshake_timeout_s", rtmp.handshake_timeout_s, 1..=60)?;
    range("rtmp.max_message_bytes", rtmp.max_message_bytes, 65_536..=16_777_215)?;
    picture("project", project.width, project.height)?;
    range("mixer.hold_ms", mixer.hold_ms, 0..=60_000)?;
    range("mixer.source_latency_ms", mixer.source_latency_ms, LATENCY)?;
    range("mixer.fade_default_ms", mixer.fade_default_ms, 1..=60_000)?;
    range("hls.segment_ms", hls.segment_ms, 500..=10_000)?;
    range("hls.part_ms", hls.part_ms, 100..=2_000)?;
    range("hls.window", hls.window, 3..=100)?;
    range("record.fragment_ms", record.fragment_ms, 100..=10_000)?;
    range("encode.bitrate_kbps", encode.bitrate_kbps, 100..=100_000)?;
    range("encode.gop_ms", encode.gop_ms, 250..=10_000)?;
    range("encode.audio_bitrate_kbps", encode.audio_bitrate_kbps, 32..=512)
}

const LATENCY: RangeInclusive<u32> = 0..=5000;

fn range(key: &str, value: u32, allowed: RangeInclusive<u32>) -> Result<(), Fault> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (from, to) = allowed.into_inner();
    Err(Fault::new(key, format!("{value} is not between {from} and {to}")))
}

/// Pictures are 4:2:0, so both sides are even.
fn picture(table: &str, width: u32, height: u32) -> Result<(), Fault> {
    for (name, value, allowed) in [("width", width, 16..=7680), ("height", height, 16..=4320)] {
        let key = format!("{table}.{name}");
        range(&key, value, allowed)?;
        if value % 2 != 0 {
            return Err(Fault::new(key, format!("{value} is odd; pictures have even sides")));
        }
    }
    Ok(())
}

fn public_url(config: &Config) -> Result<(), Fault> {
    let Some(url) = &config.public_url else {
        return Ok(());
    };
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match host {
        Some(host) if !host.starts_with('/') && host.trim_end_matches('/').contains(['/', '?', '#']) => {
            Err(Fault::new(
                "public_url",
                format!(
                    "{url:?} has a path, and no page or endpoint would be found below it; give it a host name of its own"
                ),
            ))
        }
        Some(host) if !host.is_empty() && !host.starts_with('/') && !url.contains(char::is_whitespace) => Ok(()),
        _ => Err(Fault::new(
            "public_url",
            format!("{url:?} is not an address of the web; write http://host:port or https://host"),
        )),
    }
}

fn listeners(config: &Config) -> Result<(), Fault> {
    let all = config.tcp_listeners();
    for (index, &(key, address)) in all.iter().enumerate() {
        let mut earlier = all.iter().take(index);
        if let Some(&(other, theirs)) = earlier.find(|(_, a)| collide(*a, address)) {
            let taken = |address: SocketAddr, by: &str| format!("{address} is taken by {by} already");
            return Err(Fault::new(key, taken(address, other)).or(other, taken(theirs, key)));
        }
    }
    Ok(())
}

fn http(config: &Config) -> Result<(), Fault> {
    let Http { max_connections, max_connections_per_address, trusted_proxies, allowed_origins, .. } = &config.http;
    range("http.max_connections", *max_connections, 16..=100_000)?;
    range("http.max_connections_per_address", *max_connections_per_address, 0..=100_000)?;
    range("livewing.max_connections", config.livewing.max_connections, 1..=10_000)?;
    for (index, network) in trusted_proxies.iter().enumerate() {
        if network.parse::<IpNet>().is_err() && network.parse::<IpAddr>().is_err() {
            return Err(Fault::new(format!("http.trusted_proxies.{index}"), "is no address or network (CIDR)"));
        }
    }
    for (index, origin) in allowed_origins.iter().enumerate() {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        if !host
            .is_some_and(|host| !host.is_empty() && !host.contains(['/', '*']) && !host.contains(char::is_whitespace))
        {
            let why = "is no origin; write https://host or http://host:port, without a path";
            return Err(Fault::new(format!("http.allowed_origins.{index}"), why));
        }
    }
    if config.metrics.token.as_ref().is_some_and(|token| token.expose().trim().is_empty()) {
        return Err(Fault::new("metrics.token", "is empty"));
    }
    Ok(())
}

fn streaming(config: &Config) -> Result<(), Fault> {
    let Config { srt, streamhub, webrtc, .. } = config;
    range("srt.latency_ms", srt.latency_ms, 20..=8000)?;
    range("srt.max_connections", srt.max_connections, 1..=1000)?;
    if collide(srt.listen, webrtc.udp) {
        let taken = |address: SocketAddr, by: &str| format!("{address} is taken by {by} already");
        return Err(
            Fault::new("srt.listen", taken(srt.listen, "webrtc.udp")).or("webrtc.udp", taken(webrtc.udp, "srt.listen"))
        );
    }
    if srt.passphrase.as_ref().is_some_and(|phrase| !(10..=79).contains(&phrase.expose().len())) {
        return Err(Fault::new("srt.passphrase", "is not of 10 to 79 characters"));
    }
    for (key, secret) in [
        ("streamhub.livekit_api_secret", &streamhub.livekit_api_secret),
        ("streamhub.jwt_secret", &streamhub.jwt_secret),
    ] {
        if secret.as_ref().is_some_and(|secret| secret.expose().len() < 32) {
            return Err(Fault::new(key, "is shorter than 32 characters, which HS256 needs"));
        }
    }
    if streamhub.livekit_api_key.trim().is_empty() {
        return Err(Fault::new("streamhub.livekit_api_key", "is empty"));
    }
    for (index, host) in config.ingest.allow_hosts.iter().enumerate() {
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(Fault::new(format!("ingest.allow_hosts.{index}"), "is no host, address or network"));
        }
    }
    Ok(())
}

fn lumely(config: &Config) -> Result<(), Fault> {
    let Config { database, objects, lumely, .. } = config;
    let url = database.url.as_ref().map(Secret::expose);
    if url.is_some_and(|url| !url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
        return Err(Fault::new("database.url", "is not postgres://user:password@host/name"));
    }
    range("lumely.workers", lumely.workers, 0..=64)?;
    range("lumely.memory_mb", lumely.memory_mb, 512..=1_048_576)?;
    range("lumely.keep_days", lumely.keep_days, 0..=3650)?;
    if lumely.jwt_secret.as_ref().is_some_and(|secret| secret.expose().len() < 32) {
        return Err(Fault::new("lumely.jwt_secret", "is shorter than 32 characters, which HS256 needs"));
    }
    let endpoint = objects.s3.as_ref().and_then(|s3| s3.endpoint.as_ref());
    let edit = lumely.http.as_ref().map(|http| &http.url);
    for (key, url) in
        [("objects.s3.endpoint", endpoint), ("lumely.jwks_url", lumely.jwks_url.as_ref()), ("lumely.http.url", edit)]
    {
        if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(Fault::new(key, "is not an address of the web; write http://host:port or https://host"));
        }
    }
    if let Some(http) = &lumely.http {
        range("lumely.http.timeout_s", http.timeout_s, 5..=3600)?;
    }
    for (index, route) in lumely.route.iter().enumerate() {
        if route.engine == Engine::Http && lumely.http.is_none() {
            return Err(Fault::new(format!("lumely.route.{index}.engine"), "is http, and there is no [lumely.http]"));
        }
    }
    if lumely.engine == Engine::Http && lumely.http.is_none() {
        return Err(Fault::new("lumely.engine", "is http, and there is no [lumely.http]"));
    }
    Ok(())
}

fn lighting(config: &Config) -> Result<(), Fault> {
    let lighting = &config.lighting;
    range("lighting.led_count", u32::from(lighting.led_count), 1..=10_880)?;
    range("lighting.ai_timeout_s", lighting.ai_timeout_s, 1..=300)?;
    if !(1.0..=4.0).contains(&lighting.gamma) {
        return Err(Fault::new("lighting.gamma", "is not 1.0 to 4.0"));
    }
    if !(1..=63).contains(&lighting.name.len()) {
        return Err(Fault::new("lighting.name", "is not 1 to 63 bytes long"));
    }
    if !lighting.ai_url.starts_with("http://") && !lighting.ai_url.starts_with("https://") {
        return Err(Fault::new(
            "lighting.ai_url",
            "is not an address of the web; write http://host:port or https://host",
        ));
    }
    Ok(())
}

fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let same_host = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && same_host
}

fn together(config: &Config) -> Result<(), Fault> {
    let (segment_ms, part_ms, gop_ms) = (config.hls.segment_ms, config.hls.part_ms, config.encode.gop_ms);
    if part_ms > segment_ms {
        return Err(Fault::new("hls.part_ms", format!("{part_ms} is longer than hls.segment_ms ({segment_ms})"))
            .or("hls.segment_ms", format!("{segment_ms} is shorter than hls.part_ms ({part_ms})")));
    }
    if segment_ms < gop_ms {
        let why = "a segment begins with a key frame";
        return Err(Fault::new(
            "hls.segment_ms",
            format!("{segment_ms} is shorter than encode.gop_ms ({gop_ms}); {why}"),
        )
        .or("encode.gop_ms", format!("{gop_ms} is longer than hls.segment_ms ({segment_ms}); {why}")));
    }
    Ok(())
}

fn inputs(inputs: &[Input]) -> Result<(), Fault> {
    let mut keys = Names::new("input");
    for (index, input) in inputs.iter().enumerate() {
        label(&format!("input.{index}.label"), &input.label)?;
        match &input.source {
            Source::Rtmp { key, latency_ms } => {
                let at = format!("input.{index}.key");
                name(&at, key, "._-")?;
                keys.claim(index, at, key)?;
                range(&format!("input.{index}.latency_ms"), *latency_ms, LATENCY)?;
            }
            Source::Stream { stream, latency_ms } => {
                if stream
                    .as_deref()
                    .is_some_and(|id| id.split_once('/').is_none_or(|(a, b)| a.is_empty() || b.is_empty()))
                {
                    return Err(Fault::new(format!("input.{index}.stream"), "is not room/identity"));
                }
                range(&format!("input.{index}.latency_ms"), *latency_ms, LATENCY)?;
            }
            Source::Pattern { tone_hz: 0, .. } | Source::Decklink { .. } => {}
            Source::V4l2 { device, .. } | Source::Alsa { device } if device.trim().is_empty() => {
                return Err(Fault::new(format!("input.{index}.device"), "is empty"));
            }
            Source::V4l2 { rate: Some(rate), .. } => range(&format!("input.{index}.rate"), *rate, 1..=240)?,
            Source::V4l2 { .. } | Source::Alsa { .. } | Source::Lights => {}
            Source::Pattern { tone_hz, .. } => {
                range(&format!("input.{index}.tone_hz"), *tone_hz, 20..=20_000)?;
            }
        }
    }
    Ok(())
}

fn channels(config: &Config) -> Result<(), Fault> {
    let project = &config.project;
    let mut ids = Names::new("channel");
    for (index, channel) in config.channels.iter().enumerate() {
        let Channel { id, width, height, fps, dsk } = channel;
        let at = format!("channel.{index}.id");
        name(&at, id, "_-")?;
        ids.claim(index, at, id)?;
        picture(&format!("channel.{index}"), *width, *height)?;
        let same: (u32, u32, Rate) = (project.width, project.height, project.fps);
        if *dsk && (*width, *height, *fps) != same {
            return Err(Fault::new(
                format!("channel.{index}.dsk"),
                format!(
                    "only a channel with program's format ({}x{} at {}) can be keyed over it",
                    project.width, project.height, project.fps
                ),
            ));
        }
    }
    Ok(())
}

fn graphics(graphics: &[Graphic], channels: &[Channel]) -> Result<(), Fault> {
    let mut ids = Names::new("graphic");
    for (index, graphic) in graphics.iter().enumerate() {
        let at = format!("graphic.{index}.id");
        name(&at, &graphic.id, "_-")?;
        ids.claim(index, at, &graphic.id)?;
        if graphic.template.is_empty() {
            return Err(Fault::new(format!("graphic.{index}.template"), "is empty"));
        }
        for (place, wanted) in graphic.channels.iter().enumerate() {
            if !channels.iter().any(|channel| channel.id == *wanted) {
                let known: Vec<&str> = channels.iter().map(|c| c.id.as_str()).collect();
                return Err(Fault::new(
                    format!("graphic.{index}.channels.{place}"),
                    format!("no channel {wanted:?}; there is {}", known.join(", ")),
                ));
            }
        }
    }
    Ok(())
}

fn outputs(outputs: &[Output]) -> Result<(), Fault> {
    let mut numbers = Names::new("output");
    for (index, output) in outputs.iter().enumerate() {
        let at = format!("output.{index}.number");
        range(&at, u32::from(output.number), 1..=4)?;
        numbers.claim(index, at, &output.number.to_string())?;
        match &output.url {
            Some(url) if !is_rtmp(url.expose()) => {
                return Err(Fault::new(
                    format!("output.{index}.url"),
                    "is not rtmp://host/app/key or rtmps://host/app/key",
                ));
            }
            None if output.autostart => {
                return Err(Fault::new(format!("output.{index}.autostart"), "needs a url"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_rtmp(url: &str) -> bool {
    let rest = url.strip_prefix("rtmp://").or_else(|| url.strip_prefix("rtmps://"));
    rest.and_then(|rest| rest.split_once('/')).is_some_and(|(host, path)| !host.is_empty() && !path.is_empty())
        && !url.contains(char::is_whitespace)
}

/// Names that must be unique within a list.
struct Names {
    list: &'static str,
    taken: BTreeMap<String, usize>,
}

impl Names {
    fn new(list: &'static str) -> Self {
        Self { list, taken: BTreeMap::new() }
    }

    fn claim(&mut self, index: usize, at: String, name: &str) -> Result<(), Fault> {
        match self.taken.insert(name.to_owned(), index) {
            None => Ok(()),
            Some(first) => {
                let problem = format!("{name:?} is taken by {} #{} already", self.list, first + 1);
                Err(Fault::new(at, problem))
            }
        }
    }
}

/// Names go into addresses and file names.
fn name(key: &str, value: &str, marks: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    if (1..=64).contains(&value.len()) && value.chars().all(fits) && !value.starts_with('.') {
        return Ok(());
    }
    let marks: Vec<String> = marks.chars().map(String::from).collect();
    Err(Fault::new(key, format!("{value:?} is not 1 to 64 of A-Z a-z 0-9 {}", marks.join(" "))))
}

fn label(key: &str, value: &str) -> Result<(), Fault> {
    if (1..=100).contains(&value.chars().count()) && !value.contains(char::is_control) {
        return Ok(());
    }
    Err(Fault::new(key, "is not one line of 1 to 100 characters"))
}
