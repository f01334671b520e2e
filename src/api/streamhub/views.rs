//! Apps as this plane shows them: in `camelCase`, and nothing that is secret.

use super::time::iso;
use crate::app::rooms::apps::{
    App,
    config::{Encoding, Features, Hwaccel, Layer, RecordingMode, Rendition},
};
use serde_json::{Value, json};

/// What stands for a secret.
const HIDDEN: &str = "********";

/// `AppRecord` of the document.
pub fn record(app: &App) -> Value {
    json!({
        "id": app.id,
        "name": app.name,
        "displayName": app.display_name,
        "livekitRoomPrefix": app.room_prefix,
        "createdAt": iso(app.created_at),
        "updatedAt": iso(app.updated_at),
        "settingsJson": app.config.public(),
    })
}

/// Everything that an app is set to, as a change of it answers.
pub fn merged(app: &App) -> Value {
    let config = &app.config;
    let secret = if config.callbacks.secret.is_empty() { "" } else { HIDDEN };
    json!({
        "name": app.name,
        "displayName": app.display_name,
        "roomPrefix": app.room_prefix,
        "recording": {
            "enabled": config.recording.enabled,
            "mode": match config.recording.mode {
                RecordingMode::RoomComposite => "room-composite",
                RecordingMode::Participant => "participant",
            },
            "layout": config.recording.layout,
            "localDir": config.recording.local_dir,
            "deleteLocalAfterUpload": config.recording.delete_local_after_upload,
            "splitMinutes": config.recording.split_minutes,
            "snapshotSeconds": config.recording.snapshot_seconds,
        },
        "webrtc": { "adaptive": config.webrtc.adaptive, "layers": layers(&config.webrtc.layers) },
        "rtmp": { "enabled": config.rtmp.enabled, "transcode": config.rtmp.transcode },
        "transcoding": {
            "enabled": config.transcoding.enabled,
            "encoding": encoding(config.transcoding.encoding),
            "vodAdaptive": config.transcoding.vod_adaptive,
            "vodRenditions": renditions(&config.transcoding.vod_renditions),
        },
        "callbacks": { "url": config.callbacks.url, "secret": secret, "hasSecret": !secret.is_empty() },
        "features": features(&config.features),
    })
}

/// The slice about sizes and coding (`GET /apps/{app}/config`).
pub fn coding(app: &App) -> Value {
    let config = &app.config;
    let transcoding = &config.transcoding;
    json!({
        "app": app.name,
        "adaptive": config.webrtc.adaptive,
        "layers": layers(&config.webrtc.layers),
        "rtmp": { "enabled": config.rtmp.enabled, "transcode": config.rtmp.transcode },
        "features": features(&config.features),
        "transcoding": {
            "enabled": transcoding.enabled,
            "encoding": encoding(transcoding.encoding),
            "vodAdaptive": transcoding.vod_adaptive,
            "vodRenditions": renditions(&transcoding.vod_renditions),
            "hwaccel": hwaccel(transcoding.hwaccel),
            "hwaccelResolved": {
                "requested": hwaccel(transcoding.hwaccel),
                "effective": "cpu",
                "type": "none",
                "reason": match transcoding.hwaccel {
                    Hwaccel::Cpu => "Plain computing was asked for",
                    Hwaccel::Auto | Hwaccel::Gpu => "This server codes without special hardware",
                },
            },
        },
    })
}

/// `[{name, height}]`.
pub fn layers(layers: &[Layer]) -> Value {
    layers.iter().map(|layer| json!({ "name": layer.name, "height": layer.height })).collect()
}

fn renditions(renditions: &[Rendition]) -> Value {
    let one = |rung: &Rendition| json!({ "height": rung.height, "bitrateKbps": rung.bitrate_kbps });
    renditions.iter().map(one).collect()
}

fn features(features: &Features) -> Value {
    json!({
        "rtmpPassword": features.rtmp_password,
        "viewerCounter": features.viewer_counter,
        "chat": features.chat,
        "reactions": features.reactions,
        "hiddenQc": features.hidden_qc,
        "adaptivePlayer": features.adaptive_player,
        "publicPlayback": features.public_playback,
        "wsIngest": {
            "enabled": features.ws_ingest.enabled,
            "maxCameras": features.ws_ingest.max_cameras,
            "maxFps": features.ws_ingest.max_fps,
            "maxFrameKb": features.ws_ingest.max_frame_kb,
        },
    })
}

fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::H264 => "h264",
        Encoding::H264Vp8 => "h264+vp8",
    }
}

fn hwaccel(hwaccel: Hwaccel) -> &'static str {
    match hwaccel {
        Hwaccel::Auto => "auto",
        Hwaccel::Gpu => "gpu",
        Hwaccel::Cpu => "cpu",
    }
}
