//! What the plane's messages look like. Nothing here decides anything.

use super::error::{ApiError, Code};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A request of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    pub id: String,
    /// `domain.action`.
    pub kind: String,
    /// Empty when left out.
    pub params: Map<String, Value>,
}

/// A message that is no request, with the id to answer it under, if it had one.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub id: Option<String>,
    pub error: ApiError,
}

impl Envelope {
    /// Reads a request.
    ///
    /// # Errors
    /// `PROTOCOL_ERROR` for anything that is not a JSON object with a string `id` and a string `type`;
    /// `INVALID_PARAMS` when `params` is there and not an object.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let refuse = |id: Option<String>, code, message: &str| Refused { id, error: ApiError::new(code, message) };
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(refuse(None, Code::ProtocolError, "A message is one JSON object"));
        };
        let Some(Value::String(id)) = message.remove("id") else {
            return Err(refuse(None, Code::ProtocolError, "id must be a string"));
        };
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(refuse(Some(id), Code::ProtocolError, "type must be a string"));
        };
        match message.remove("params") {
            None | Some(Value::Null) => Ok(Self { id, kind, params: Map::new() }),
            Some(Value::Object(params)) => Ok(Self { id, kind, params }),
            Some(_) => Err(refuse(Some(id), Code::InvalidParams, "params must be an object")),
        }
    }
}

/// The answer to a request.
pub fn response(id: Option<&str>, result: Result<Value, ApiError>) -> String {
    match result {
        Ok(data) => json!({ "id": id, "status": "ok", "data": data }),
        Err(ApiError { code, message }) => {
            json!({ "id": id, "status": "error", "error": { "code": code.name(), "message": message } })
        }
    }
    .to_string()
}

/// A push event.
pub fn event(topic: &str, data: &Value) -> String {
    json!({ "event": topic, "data": data }).to_string()
}

/// Data as JSON. The types below hold nothing that JSON cannot.
pub fn value(data: impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or(Value::Null)
}

/// Topic `tally`.
#[derive(Debug, Serialize)]
pub struct Tally {
    pub program: Vec<u32>,
    pub preview: Vec<u32>,
}

/// Topic `switcher.state`.
#[derive(Debug, Serialize)]
pub struct SwitcherState {
    pub program: Option<u32>,
    pub preview: Option<u32>,
    pub transition: Transition,
}

/// The transition of [`SwitcherState`].
#[derive(Debug, Serialize)]
pub struct Transition {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub active: bool,
    /// 0 to 1; 0 while none is active.
    pub progress: f64,
    /// Seconds: of the one that runs, else of the next one.
    pub duration: f64,
}

/// One of topic `inputs`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub source_id: u32,
    pub label: String,
    pub kind: &'static str,
    pub status: &'static str,
    pub has_audio: bool,
}

/// Topic `source.health`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceHealth {
    pub source_id: u32,
    pub status: &'static str,
    pub fps: f64,
    /// `null` before the first frame.
    pub last_frame_ms: Option<u64>,
}

/// Topic `disk`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    /// `ok`, `low` or `full`.
    pub state: &'static str,
    /// Megabytes that were free when the state last changed; 0 before.
    pub free_mb: u64,
    /// Megabytes below which recorders stop.
    pub needed_mb: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// What an output or recorder carries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Carried {
    /// `program` or `camera`.
    pub source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<u32>,
}

/// Topic `output.<N>.state`.
#[derive(Debug, Serialize)]
pub struct OutputState {
    pub output: u8,
    #[serde(flatten)]
    pub carries: Carried,
    pub destinations: Vec<Destination>,
}

/// One of [`OutputState::destinations`].
#[derive(Debug, Serialize)]
pub struct Destination {
    /// `rtmp` or `record`.
    pub kind: &'static str,
    pub state: &'static str,
    /// Of `rtmp`, without its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of `record`: a recorder has a source of its own.
    #[serde(flatten)]
    pub carries: Option<Carried>,
    /// Of a running `record`, and of one that goes on when the disk has room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Of a `record` that a full disk has ended: it goes on in a next part when there is room.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resumes: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Topic `output.<N>.stats`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputStats {
    pub output: u8,
    pub destination: &'static str,
    pub bitrate_kbps: f64,
    pub fps: f64,
    pub dropped_frames: u64,
    pub bytes_sent: u64,
    /// Seconds.
    pub uptime: f64,
    /// `null`: no destination here adapts its bitrate.
    pub abr_state: Option<&'static str>,
}

/// The answer of a switcher command that changed something.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Switched {
    pub slot: u64,
    /// Seconds of show time.
    pub frame_time: f64,
    /// Length of a fade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u64>,
    /// A later cut took the same slot, so this one was never seen. Left out where that is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
}

/// The answer of the recorder commands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    pub recorder: u8,
    /// Below the data folder.
    pub file: String,
    /// Further files, in which it went on: where the format of the stream changed, or after the disk was full.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    pub first_slot: Option<u64>,
    /// Seconds of show time.
    pub first_frame_time: Option<f64>,
    /// 0 in the answer to a start.
    pub frames: u64,
}
