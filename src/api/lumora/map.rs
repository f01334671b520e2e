//! The show as JSON bodies of the plane.

use super::{
    error::ApiError,
    wire::{ChannelBody, GraphicBody, LiveBody, OkBody, ReleasedBody, Skipped, TakenBody},
};
use crate::domain::{
    command::Reply,
    graphic::{OnAir, Skip, Taken},
    view::View,
};
use serde::Serialize;
use serde_json::{Value, json};
use warp::http::StatusCode;

/// A body, or the error instead.
pub type Answer = Result<Value, ApiError>;

/// The answer of a take or a release.
pub fn reply(reply: Reply) -> Value {
    match reply {
        Reply::Taken(Taken { dispatched, skipped, on_air: _ }) => {
            value(TakenBody { ok: true, dispatched, skipped: skipped.into_iter().map(left_out).collect() })
        }
        Reply::Released { dispatched } => value(ReleasedBody { ok: true, dispatched }),
        Reply::Done | Reply::Switched { .. } | Reply::InputAdded { .. } | Reply::Recording(_) => refreshed(),
    }
}

fn left_out((channel_id, why): (String, Skip)) -> Skipped {
    let reason = match why {
        Skip::IncompatibleChannel => "incompatible_channel",
        Skip::ChannelMissing => "channel_missing",
    };
    Skipped { channel_id, reason }
}

/// The answer of `refresh-all`. There is no data source yet that could fail to refresh.
pub fn refreshed() -> Value {
    value(OkBody { ok: true })
}

/// Built-in templates have no actions, so an action is either too early or unknown.
pub fn action(view: &View, graphic: &str, action: &str) -> Answer {
    if known(view, graphic)?.live.is_empty() {
        return Err(ApiError::new(StatusCode::CONFLICT, "Graphic is not live"));
    }
    Err(ApiError::not_found(format!("Graphic {graphic} has no action {action}")))
}

/// Where a graphic is live.
pub fn graphic(view: &View, graphic: &str) -> Answer {
    let live_on: Vec<_> = known(view, graphic)?.live.iter().cloned().collect();
    Ok(value(GraphicBody { live: !live_on.is_empty(), live_on }))
}

/// What is live on a channel.
pub fn channel(view: &View, channel: &str) -> Answer {
    exists(view, channel)?;
    Ok(value(ChannelBody { live: view.live_on(channel).into_iter().map(str::to_owned).collect() }))
}

/// Whether a graphic is live on a channel.
pub fn graphic_on(view: &View, channel: &str, graphic: &str) -> Answer {
    exists(view, channel)?;
    Ok(value(LiveBody { live: known(view, graphic)?.live.contains(channel) }))
}

/// Whether program shows something of a channel.
pub fn on_program(view: &View, channel: &str) -> Answer {
    exists(view, channel)?;
    Ok(json!(view.channel_on_program(channel)))
}

/// Whether preview shows something of a channel: never, for keys lie over program alone.
pub fn on_preview(view: &View, channel: &str) -> Answer {
    exists(view, channel)?;
    Ok(json!(false))
}

fn known<'a>(view: &'a View, graphic: &str) -> Result<&'a OnAir, ApiError> {
    view.graphics.get(graphic).ok_or_else(|| ApiError::not_found(format!("There is no graphic {graphic}")))
}

fn exists(view: &View, channel: &str) -> Result<(), ApiError> {
    view.channel(channel).map(|_| ()).ok_or_else(|| ApiError::not_found(format!("There is no channel {channel}")))
}

/// Bodies hold nothing that JSON cannot.
pub fn value(body: impl Serialize) -> Value {
    serde_json::to_value(body).unwrap_or(Value::Null)
}
