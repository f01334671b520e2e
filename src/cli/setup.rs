//! From settings to the values that the show and the engine are built from. One total conversion each; nothing is
//! decided here.

use crate::{
    api::streamhub::Urls,
    app::access::{client::Origins, connection_limiter::ConnectionLimiter, trusted_proxies::TrustedProxies},
    config::{self, Config, Source},
    domain::{
        capture::{CameraFormat, CaptureSpec, PictureDevice, SoundDevice},
        graphic::{Channel, Graphic, Requirement},
        input::{Input, MAX_INPUTS},
        output::{self, OutputSource},
        show,
        source::{SourceId, SourceKind},
        time::{Format, Rate},
    },
    media::{
        encoder::Quality,
        engine::{Leds, Settings},
        graphics::template,
        output::hls::HlsSettings,
    },
    server::{rtmp, srt, webrtc},
};
use anyhow::{Context, ensure};
use ipnet::IpNet;
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// The folder of recordings.
pub fn recordings(config: &Config) -> PathBuf {
    config.data_dir.join("recordings")
}

/// The addresses in answers of the StreamHub plane.
pub fn urls(config: &Config) -> Urls {
    let public = config.public_url();
    let port = config.rtmp.listen.port();
    let rtmp = config.streamhub.rtmp_url.clone().unwrap_or_else(|| {
        let url = url::Url::parse(&public).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
        format!("rtmp://{host}:{port}/live")
    });
    Urls::new(&public, config.streamhub.ws_url.as_deref(), &rtmp)
}

/// The initial values of the show.
///
/// # Errors
/// A graphic that names an unknown template or field.
pub fn show(config: &Config) -> anyhow::Result<show::Setup> {
    let graphics = config.graphics.iter().enumerate().map(|(n, g)| graphic(n, g)).collect::<anyhow::Result<_>>()?;
    let channel = |c: &config::Channel| Channel {
        id: c.id.clone(),
        format: Format { width: c.width, height: c.height, rate: rate(c.fps) },
        dsk: c.dsk,
    };
    Ok(show::Setup {
        project: project(config),
        inputs: inputs(config),
        channels: config.channels.iter().map(channel).collect(),
        graphics,
        fade: milliseconds(config.mixer.fade_default_ms),
    })
}

/// The inputs that the show begins with.
fn inputs(config: &Config) -> Vec<Input> {
    let input = |input: &config::Input| {
        let own = match &input.source {
            Source::Rtmp { latency_ms, .. } | Source::Stream { latency_ms, .. } => *latency_ms,
            // A pattern comes on time; a little is left for its conversion.
            Source::Pattern { .. } => 50,
            // A device has its own pace, and little to decode.
            Source::V4l2 { .. } | Source::Decklink { .. } | Source::Alsa { .. } => 80,
            // Drawn in its slot.
            Source::Lights => 50,
        };
        Input { label: input.label.clone(), kind: kind(&input.source), latency: milliseconds(own) }
    };
    config.inputs.iter().map(input).collect()
}

/// The settings of the engine; `leds` are the frames of the strip of lights.
pub fn engine(config: &Config, leds: Leds) -> Settings {
    let project = project(config);
    Settings {
        project,
        inputs: inputs(config),
        leds: Some(leds),
        hold: milliseconds(config.mixer.hold_ms),
        picture: Quality {
            bitrate_kbps: config.encode.bitrate_kbps,
            gop_frames: project.rate.slots_in(milliseconds(config.encode.gop_ms)) as u32,
            preset: config.encode.preset.as_str().to_owned(),
        },
        sound: Quality { bitrate_kbps: config.encode.audio_bitrate_kbps, gop_frames: 0, preset: String::new() },
        hls: HlsSettings {
            segment_ms: config.hls.segment_ms,
            part_ms: config.hls.part_ms,
            window: config.hls.window as usize,
        },
        recordings: recordings(config),
        fragment_ms: config.record.fragment_ms,
        min_free: u64::from(config.record.min_free_mb) * 1_000_000,
    }
}

/// The trusted proxies.
pub fn proxies(config: &Config) -> TrustedProxies {
    // Other texts were refused when the settings were read.
    let network = |text: &String| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    TrustedProxies::new(config.http.trusted_proxies.iter().filter_map(network))
}

/// The origins of pages that may change things: those of the settings, and this server's public address.
pub fn origins(config: &Config) -> Origins {
    let listed = config.http.allowed_origins.iter().cloned();
    Origins::new(listed.chain(config.public_url.is_some().then(|| config.public_url())))
}

/// The settings of the RTMP endpoint.
pub fn rtmp(config: &Config, limiter: ConnectionLimiter) -> rtmp::Settings {
    let seconds = |n: u32| Duration::from_secs(n.into());
    rtmp::Settings {
        listen: config.rtmp.listen,
        limiter,
        handshake_timeout: seconds(config.rtmp.handshake_timeout_s),
        idle_timeout: seconds(config.rtmp.idle_timeout_s),
        max_message: config.rtmp.max_message_bytes as usize,
    }
}

/// The settings of the SRT endpoint.
pub fn srt(config: &Config, limiter: ConnectionLimiter) -> srt::Settings {
    srt::Settings {
        listen: config.srt.listen,
        latency: milliseconds(config.srt.latency_ms),
        passphrase: config.srt.passphrase.as_ref().map(|phrase| phrase.expose().to_owned()),
        limiter,
        idle_timeout: Duration::from_secs(config.rtmp.idle_timeout_s.into()),
    }
}

/// The settings of the WebRTC endpoint.
pub fn webrtc(config: &Config, limiter: ConnectionLimiter) -> webrtc::Settings {
    let config::Webrtc { udp, tcp, addresses } = &config.webrtc;
    webrtc::Settings { udp: *udp, tcp: Some(*tcp), public: addresses.clone(), workers: 0, limiter }
}

/// The stream that a configured output carries.
pub fn output_source(source: config::OutputSource) -> OutputSource {
    match source {
        config::OutputSource::Program => OutputSource::Program,
        config::OutputSource::Input(n) => OutputSource::Input(SourceId(n)),
    }
}

fn project(config: &Config) -> Format {
    Format { width: config.project.width, height: config.project.height, rate: rate(config.project.fps) }
}

fn rate(rate: config::Rate) -> Rate {
    Rate { num: rate.num, den: rate.den }
}

/// The source of an input's media.
fn kind(source: &Source) -> SourceKind {
    match source {
        Source::Rtmp { key, .. } => SourceKind::Rtmp { key: key.clone() },
        Source::V4l2 { .. } | Source::Decklink { .. } | Source::Alsa { .. } => SourceKind::Capture(capture(source)),
        Source::Stream { stream, .. } => SourceKind::Stream { stream: stream.clone() },
        Source::Lights => SourceKind::Lights,
        Source::Pattern { pattern, tone_hz } => {
            SourceKind::Pattern { pattern: pattern.as_str().to_owned(), tone_hz: *tone_hz }
        }
    }
}

/// The devices of a captured input; none for others.
fn capture(source: &Source) -> CaptureSpec {
    let alsa = |device: &String| SoundDevice::Alsa { device: device.clone() };
    match source {
        Source::Rtmp { .. } | Source::Stream { .. } | Source::Pattern { .. } | Source::Lights => {
            CaptureSpec { picture: None, sound: None }
        }
        Source::V4l2 { device, format, size, rate, sound } => CaptureSpec {
            picture: Some(PictureDevice::V4l2 {
                device: device.clone(),
                format: match format {
                    config::CaptureFormat::Raw => CameraFormat::Raw,
                    config::CaptureFormat::Jpeg => CameraFormat::Jpeg,
                    config::CaptureFormat::H264 => CameraFormat::H264,
                },
                size: *size,
                rate: *rate,
            }),
            sound: sound.as_ref().map(alsa),
        },
        Source::Decklink { card, connection, mode } => CaptureSpec {
            picture: Some(PictureDevice::Decklink {
                number: *card,
                connection: connection.clone(),
                mode: mode.clone(),
            }),
            sound: Some(SoundDevice::Decklink { number: *card, connection: "embedded".into() }),
        },
        Source::Alsa { device } => CaptureSpec { picture: None, sound: Some(alsa(device)) },
    }
}

fn graphic(n: usize, graphic: &config::Graphic) -> anyhow::Result<Graphic> {
    let place = |key: &str| format!("graphic #{}.{key} ({})", n + 1, graphic.id);
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let design = template(&graphic.template).with_context(|| place("template"))?;
    design.check(graphic.fields.keys().map(String::as_str)).with_context(|| place("fields"))?;
    Ok(Graphic {
        id: graphic.id.clone(),
        template: graphic.template.clone(),
        fields: graphic.fields.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        channels: graphic.channels.clone(),
        z: graphic.z,
        requirement: Requirement::default(),
    })
}

/// Outputs of the settings name inputs that exist.
///
/// # Errors
/// Names the first one that does not.
pub fn check_outputs(config: &Config) -> anyhow::Result<()> {
    let inputs = config.inputs.len();
    ensure!(inputs <= MAX_INPUTS, "input: there are {inputs}; {MAX_INPUTS} at most");
    for (n, configured) in config.outputs.iter().enumerate() {
        if let config::OutputSource::Input(input) = configured.source {
            ensure!((input as usize) < inputs, "output #{}.source: there is no input {input}, only {inputs}", n + 1);
        }
        ensure!((1..=output::OUTPUTS).contains(&configured.number), "output #{}.number: 1 to 4", n + 1);
    }
    Ok(())
}

/// Makes the folder of recordings.
///
/// # Errors
/// Names the folder.
pub fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("data_dir: {}", folder.display()))
}

fn milliseconds(n: u32) -> Duration {
    Duration::from_millis(n.into())
}
