//! Settings of an app: blocks and defaults of StreamHub's `config.yaml`, kept as a JSON object in `snake_case`.
//!
//! A block or key that is missing has its default, an unknown one is dropped. Refuses to know: permissions to see or
//! change settings, and how a plane words them.

use serde::{Deserialize, Serialize};

/// All settings of an app, beside its names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppConfig {
    /// How rooms are recorded.
    pub recording: Recording,
    /// How browsers send.
    pub webrtc: Webrtc,
    /// What RTMP publishers get.
    pub rtmp: Rtmp,
    /// Whether and how the server transcodes.
    pub transcoding: Transcoding,
    /// Where events are reported.
    pub callbacks: Callbacks,
    /// Optional features.
    pub features: Features,
}

/// How rooms are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recording {
    /// Whether recording may be started at all.
    pub enabled: bool,
    /// The room as a whole or one publisher.
    pub mode: RecordingMode,
    /// The arrangement of a room's publishers, e.g. `grid`.
    pub layout: String,
    /// Folder below the app's own.
    pub local_dir: String,
    /// Whether the local file is deleted after its upload.
    pub delete_local_after_upload: bool,
    /// Minutes per part, one of [`SPLIT_MINUTES`]; 0: one part.
    pub split_minutes: u32,
    /// Seconds between snapshots, one of [`SNAPSHOT_SECONDS`]; 0: none.
    pub snapshot_seconds: u32,
}

/// What [`Recording::split_minutes`] may be.
pub const SPLIT_MINUTES: [u32; 6] = [0, 15, 30, 60, 90, 120];
/// What [`Recording::snapshot_seconds`] may be.
pub const SNAPSHOT_SECONDS: [u32; 6] = [0, 1, 30, 60, 120, 360];

/// What one recording is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingMode {
    /// All publishers of the room in one picture.
    RoomComposite,
    /// One publisher.
    Participant,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: RecordingMode::RoomComposite,
            layout: "grid".to_owned(),
            local_dir: "recordings".to_owned(),
            delete_local_after_upload: true,
            split_minutes: 0,
            snapshot_seconds: 0,
        }
    }
}

/// How browsers send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Webrtc {
    /// Whether they send several sizes at once.
    pub adaptive: bool,
    /// The sizes, 1 to 8.
    pub layers: Vec<Layer>,
}

/// One size of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// `^[a-z0-9_-]{1,20}$`.
    pub name: String,
    /// Lines, 1 to 4320.
    pub height: u32,
}

impl Default for Webrtc {
    fn default() -> Self {
        let layer = |name: &str, height| Layer { name: name.to_owned(), height };
        Self { adaptive: true, layers: vec![layer("high", 720), layer("med", 480), layer("low", 240)] }
    }
}

/// What RTMP publishers get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rtmp {
    /// Whether RTMP publishers are accepted at all.
    pub enabled: bool,
    /// Whether they are transcoded, where [`Transcoding::enabled`].
    pub transcode: bool,
}

impl Default for Rtmp {
    fn default() -> Self {
        Self { enabled: true, transcode: true }
    }
}

/// Whether and how the server transcodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transcoding {
    /// The master switch.
    pub enabled: bool,
    /// The target codecs.
    pub encoding: Encoding,
    /// Whether recordings get a ladder.
    pub vod_adaptive: bool,
    /// Its rungs, at most 8; none: as [`Webrtc::layers`].
    pub vod_renditions: Vec<Rendition>,
    /// The operator's preference.
    pub hwaccel: Hwaccel,
}

/// The target codecs of the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// H.264 alone.
    #[default]
    #[serde(rename = "h264")]
    H264,
    /// H.264 and VP8.
    #[serde(rename = "h264+vp8")]
    H264Vp8,
}

/// Hardware for transcoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hwaccel {
    /// Any that is available.
    #[default]
    Auto,
    /// A GPU.
    Gpu,
    /// The CPU alone.
    Cpu,
}

/// One rung of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// Lines, 144 to 4320.
    pub height: u32,
    /// Kilobits per second, 100 to 50,000.
    pub bitrate_kbps: u32,
}

/// Where events are reported.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Callbacks {
    /// The URL; empty: none.
    pub url: String,
    /// The signing secret; empty: unsigned. Never shown.
    pub secret: String,
}

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callbacks").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Optional features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// RTMP publishers have a password beside their key.
    pub rtmp_password: bool,
    /// The number of viewers is sent to viewers.
    pub viewer_counter: bool,
    /// Viewers may write messages to one another.
    pub chat: bool,
    /// Viewers may send reactions.
    pub reactions: bool,
    /// Viewers may be hidden.
    pub hidden_qc: bool,
    /// Join tokens instruct browsers to send several sizes.
    pub adaptive_player: bool,
    /// Viewers need no token.
    pub public_playback: bool,
    /// Cameras that send pictures over WebSockets.
    pub ws_ingest: WsIngest,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            rtmp_password: false,
            viewer_counter: true,
            chat: false,
            reactions: false,
            hidden_qc: true,
            adaptive_player: true,
            public_playback: true,
            ws_ingest: WsIngest::default(),
        }
    }
}

/// Cameras that send pictures over WebSockets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WsIngest {
    /// Whether cameras are accepted at all.
    pub enabled: bool,
    /// Maximum at once; 0: no limit.
    pub max_cameras: u32,
    /// Pictures per second; more are dropped.
    pub max_fps: u32,
    /// Size of a picture in KiB; a bigger one ends the connection.
    pub max_frame_kb: u32,
}

impl Default for WsIngest {
    fn default() -> Self {
        Self { enabled: true, max_cameras: 0, max_fps: 15, max_frame_kb: 256 }
    }
}

impl AppConfig {
    /// Reads stored settings. Numbers outside their set count as 0.
    ///
    /// # Errors
    /// When a known key has a value of another kind.
    pub fn read(settings: &str) -> Result<Self, serde_json::Error> {
        let mut config: Self = serde_json::from_str(settings)?;
        let recording = &mut config.recording;
        if !SPLIT_MINUTES.contains(&recording.split_minutes) {
            recording.split_minutes = 0;
        }
        if !SNAPSHOT_SECONDS.contains(&recording.snapshot_seconds) {
            recording.snapshot_seconds = 0;
        }
        Ok(config)
    }

    /// The stored form.
    pub fn write(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The stored form without secrets.
    pub fn public(&self) -> String {
        let mut public = self.clone();
        public.callbacks.secret.clear();
        public.write()
    }
}
