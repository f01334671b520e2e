//! `/apps/{app}/ws-ingest`: keys of cameras that send JPEG pictures. Answers are `{data}`.

use super::{
    call::Call,
    error::ApiError,
    input::Pattern,
    reply::{Answer, Reply},
    time::iso,
};
use crate::app::rooms::{Via, apps::App};
use serde_json::{Value, json};
use std::sync::Arc;

/// What cameras' rooms and identities may be called.
const SLUG: Pattern = Pattern { shown: "/^[A-Za-z0-9][A-Za-z0-9_-]*$/", fits: is_slug };

fn is_slug(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// `POST /apps/{app}/ws-ingest`.
pub async fn create(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    let room = input.text("room").at_most(64).like(&SLUG).needed();
    let identity = input.text("identity").at_most(64).like(&SLUG).get();
    input.done()?;

    let parts = call.parts();
    let room = parts.apps.namespaced(&app.name, &room)?;
    let identity = identity.unwrap_or_else(|| short(&app, &room).to_owned());
    let minted = parts.cameras.mint(&app.name, &room, &identity).await;
    let (key, row) = minted.map_err(|error| ApiError::internal(&error))?;
    let (urls, name) = (&parts.urls, &app.name);
    Ok(Reply::data(json!({
        "id": row.id,
        "streamKey": key,
        "room": room,
        "identity": row.identity,
        "wsUrl": urls.socket(&format!("/ingest/ws?app={name}&room={room}")),
        "mjpegUrl": mjpeg(&call, name, &room),
        "frameUrl": frame(&call, name, &room),
        "playerUrl": urls.play(name, &room),
        "embedUrl": urls.embed(name, &room),
        "viewerWsUrl": viewer(&call, name, &room),
    }))
    .created())
}

/// `GET /apps/{app}/ws-ingest`. Of a key only the beginning is known any more.
pub async fn list(call: Call, app: Arc<App>) -> Answer {
    let rows = call.parts().cameras.list(&app.name).await.map_err(|error| ApiError::internal(&error))?;
    let rows = rows.into_iter().map(|(row, active)| {
        json!({
            "id": row.id,
            "room": row.room,
            "streamKey": format!("{}…", row.shown),
            "active": active,
            "identity": row.identity,
            "createdAt": iso(row.created_at),
        })
    });
    Ok(Reply::data(rows.collect()))
}

/// `DELETE /apps/{app}/ws-ingest/{id}`.
pub async fn revoke(call: Call, app: Arc<App>) -> Answer {
    let id = call.param("id");
    let known = call.parts().cameras.revoke(&app.name, id).await.map_err(|error| ApiError::internal(&error))?;
    if !known {
        return Err(ApiError::not_found("Camera key not found"));
    }
    Ok(Reply::data(json!({ "id": id, "deleted": true })))
}

/// `GET /apps/{app}/ws-ingest/live/{room}`: public, for the player's page.
pub async fn live(call: Call, app: Arc<App>) -> Answer {
    if !app.config.features.public_playback {
        return Err(ApiError::not_found("Public playback is disabled"));
    }
    let room = call.parts().apps.namespaced(&app.name, call.param("room"))?;
    let streams = call.parts().rooms.streams(&app.name);
    let active = streams.iter().any(|stream| stream.room == room && stream.via == Via::WsMjpeg);
    let mut data = json!({ "active": active, "type": active.then_some("ws-mjpeg"), "room": room });
    if active {
        data["mjpegUrl"] = mjpeg(&call, &app.name, &room);
        data["frameUrl"] = frame(&call, &app.name, &room);
        data["wsUrl"] = viewer(&call, &app.name, &room);
    }
    Ok(Reply::data(data))
}

/// A room's name as its app calls it.
fn short<'a>(app: &App, room: &'a str) -> &'a str {
    let below = room.strip_prefix(app.room_prefix.as_str()).and_then(|rest| rest.strip_prefix('-'));
    below.filter(|short| !short.is_empty()).unwrap_or(room)
}

fn mjpeg(call: &Call, app: &str, room: &str) -> Value {
    json!(call.parts().urls.http(&format!("/live/{app}/{room}/mjpeg")))
}

fn frame(call: &Call, app: &str, room: &str) -> Value {
    json!(call.parts().urls.http(&format!("/live/{app}/{room}/frame.jpg")))
}

fn viewer(call: &Call, app: &str, room: &str) -> Value {
    json!(call.parts().urls.socket(&format!("/live/ws?app={app}&room={room}")))
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn a_cameras_room_begins_with_a_letter_or_digit() {
        for good in ["cam1", "1", "a-b_C", "live-cam1"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "_a", "a b", "a/b", "a.b", "ä", "a\n"] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
