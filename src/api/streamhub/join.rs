//! Join tokens for rooms: any kind for callers with permission, and public ones that only watch or listen. Answers are
//! `{data}`.

use super::{
    call::Call,
    error::ApiError,
    input::Pattern,
    reply::{Answer, Reply},
    time::now,
    views::layers,
};
use crate::app::{
    access::{join::Grant, room_access::anonymous},
    rooms::apps::{App, names},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Default lifetime of a token, in seconds.
const SIX_HOURS: i64 = 6 * 60 * 60;
/// The longest lifetime that a caller may request, in seconds.
const TEN_YEARS: i64 = 10 * 366 * 24 * 60 * 60;
/// The form of a room's name.
pub const ROOM: Pattern = Pattern { shown: "/^[a-zA-Z0-9._-]+$/", fits: names::is_room };

/// `POST /apps/{app}/tokens`.
pub async fn mint(call: Call, app: Arc<App>) -> Answer {
    let features = &app.config.features;
    let mut input = call.body();
    let room = input.text("room").at_most(names::ROOM_MAX).like(&ROOM).get().unwrap_or_default();
    let identity = input.text("identity").at_most(120).get().filter(|identity| !identity.is_empty());
    let name = input.text("name").at_most(120).get().filter(|name| !name.is_empty());
    let (publish, subscribe) = (input.flag("canPublish"), input.flag("canSubscribe").unwrap_or(true));
    let rule = "must be a time span such as 90s, 10m or 6h";
    let ttl = input.text_or_number("ttl").at_most(20).that(|text| span(text).is_some(), rule).get();
    let metadata = input.text("metadata").at_most(2000).get();
    let hidden = input.flag("hidden").unwrap_or(false) && features.hidden_qc;
    let recorder = input.flag("recorder").unwrap_or(false);
    let audio_only = input.flag("audioOnly").unwrap_or(false);
    input.done()?;

    let parts = call.parts();
    let room = parts.apps.namespaced(&app.name, &room)?;
    let can_publish = publish.unwrap_or(!hidden && !recorder);
    let now = now();
    let grant = Grant {
        room: room.clone(),
        identity: identity.unwrap_or_else(|| format!("anon-{}", Uuid::new_v4())),
        name,
        metadata: if features.adaptive_player { Some(adaptive(&app, metadata)) } else { metadata },
        can_publish,
        can_subscribe: subscribe,
        can_publish_data: true,
        hidden,
        recorder,
        audio_only,
        video_only: false,
        listen_only: audio_only && !can_publish,
        counted: !hidden,
        expires_at: now.saturating_add(ttl.as_deref().and_then(span).unwrap_or(SIX_HOURS)),
    };
    let mut data = json!({
        "token": parts.tokens.mint(&grant, now),
        "app": app.name,
        "room": room,
        "identity": grant.identity,
        "hidden": hidden,
        "audioOnly": audio_only,
        "adaptive": features.adaptive_player,
        "wsUrl": parts.urls.ws(),
        "playUrl": parts.urls.play(&app.name, &room),
        "embedUrl": parts.urls.embed(&app.name, &room),
        "iframe": parts.urls.iframe(&app.name, &room),
        "whepUrl": parts.urls.whep(&app.name, &room),
    });
    if can_publish {
        data["whipUrl"] = json!(parts.urls.whip(&app.name, &room));
    }
    Ok(Reply::data(data).created())
}

/// `GET /apps/{app}/play-token/{room}`: public, for the player's page.
pub async fn play(call: Call, app: Arc<App>) -> Answer {
    public(&call, &app, "viewer", false)
}

/// `GET /apps/{app}/radio/{room}/listen-token`: public, sound alone.
pub async fn listen(call: Call, app: Arc<App>) -> Answer {
    public(&call, &app, "listener", true)
}

fn public(call: &Call, app: &App, mode: &str, listen_only: bool) -> Answer {
    let features = &app.config.features;
    if !features.public_playback {
        return Err(ApiError::not_found("Public playback is disabled"));
    }
    let short = call.param("room");
    if !names::is_room(short) {
        return Err(ApiError::invalid(vec![format!("room must match {} regular expression", ROOM.shown)]));
    }
    let (parts, now) = (call.parts(), now());
    let room = parts.apps.namespaced(&app.name, short)?;
    let grant = Grant {
        room: room.clone(),
        identity: anonymous(mode),
        name: None,
        metadata: None,
        can_publish: false,
        can_subscribe: true,
        // The player has chat and reactions where they are on, and sends nothing where they are off.
        can_publish_data: features.chat || features.reactions,
        hidden: true,
        recorder: false,
        audio_only: false,
        video_only: false,
        listen_only,
        // Participants do not see the audience, but the audience is to be counted.
        counted: true,
        expires_at: now.saturating_add(SIX_HOURS),
    };
    Ok(Reply::data(json!({
        "token": parts.tokens.mint(&grant, now),
        "app": app.name,
        "room": room,
        "wsUrl": parts.urls.ws(),
        "mode": mode,
        "whepUrl": parts.urls.whep(&app.name, &room),
    })))
}

/// Metadata with the sizes that a browser is to send. Metadata that is not a JSON object is kept as `_raw`.
fn adaptive(app: &App, metadata: Option<String>) -> String {
    let mut whole = match metadata {
        None => Map::new(),
        Some(text) if text.is_empty() => Map::new(),
        Some(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::from_iter([("_raw".to_owned(), Value::String(text))]),
        },
    };
    let webrtc = &app.config.webrtc;
    let simulcast = json!({ "adaptiveStream": true, "simulcast": webrtc.adaptive, "layers": layers(&webrtc.layers) });
    match whole.get_mut("streamhub") {
        Some(Value::Object(ours)) => {
            ours.insert("simulcast".to_owned(), simulcast);
        }
        _ => {
            whole.insert("streamhub".to_owned(), json!({ "simulcast": simulcast }));
        }
    }
    Value::Object(whole).to_string()
}

/// Seconds of a time span: a number and a unit as the `ms` package takes them; without a unit it is seconds.
fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let seconds = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 0.001,
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        "y" | "yr" | "yrs" | "year" | "years" => 31_557_600.0,
        _ => return None,
    };
    let seconds = number.parse::<f64>().ok()? * seconds;
    // Both ends are whole numbers far below where they would be inexact.
    (1.0..=TEN_YEARS as f64).contains(&seconds).then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_numbers_with_units() {
        for (text, seconds) in [("10m", 600), ("1h", 3600), ("90", 90), ("2 days", 172_800), ("1.5h", 5400)] {
            assert_eq!(span(text), Some(seconds), "{text}");
        }
        for bad in ["", "h", "-5m", "0", "0.2s", "5 parsecs", "1e3", "1..2h", "11y", "9999999999999999999", "١h"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }
}
