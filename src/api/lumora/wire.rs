//! What the plane's bodies look like. Nothing here decides anything.

use serde::Serialize;

/// Every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorBody {
    pub error: String,
    /// On trigger conflicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// `POST trigger/{graphicId}/on`.
#[derive(Debug, Serialize)]
pub struct TakenBody {
    pub ok: bool,
    pub dispatched: Vec<String>,
    pub skipped: Vec<Skipped>,
}

/// One of [`TakenBody::skipped`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    pub channel_id: String,
    pub reason: &'static str,
}

/// `POST trigger/{graphicId}/off`.
#[derive(Debug, Serialize)]
pub struct ReleasedBody {
    pub ok: bool,
    pub dispatched: Vec<String>,
}

/// `POST refresh-all`.
#[derive(Debug, Serialize)]
pub struct OkBody {
    pub ok: bool,
}

/// `GET trigger/{graphicId}/status`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphicBody {
    pub live: bool,
    pub live_on: Vec<String>,
}

/// `GET status/{channelId}`: the ids of its graphics.
#[derive(Debug, Serialize)]
pub struct ChannelBody {
    pub live: Vec<String>,
}

/// `GET status/{channelId}/{graphicId}`.
#[derive(Debug, Serialize)]
pub struct LiveBody {
    pub live: bool,
}
