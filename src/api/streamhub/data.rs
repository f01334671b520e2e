//! `POST /apps/{app}/streams/{id}/data`: sends a message to a room in the server's name.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
    streams,
};
use crate::app::rooms::{DataMessage, Message, Topic, apps::App};
use serde_json::json;
use std::{sync::Arc, time::SystemTime};
use uuid::Uuid;

/// The sender when the caller names none.
const SERVER: &str = "server";
/// The maximum number of receivers in a request.
const RECEIVERS: usize = 1000;

/// See the module's text. The id is a stream's or a room's.
pub async fn send(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    let topic = input.text("topic").at_most(64).needed();
    let message = input.text("message").at_most(4000).get();
    let reaction = input.text("reaction").at_most(64).get();
    let payload = input.text("payload").at_most(8000).get();
    let from = input.text("from").at_most(120).get().filter(|from| !from.is_empty());
    let to = input.texts("destinationIdentities", 0..=RECEIVERS).unwrap_or_default();
    let _ = input.flag("reliable"); // every transport delivers in order or reports a gap
    input.done()?;

    let features = &app.config.features;
    let event = match topic.as_str() {
        "chat" if !features.chat => return Err(ApiError::not_found("chat is disabled")),
        "reaction" if !features.reactions => return Err(ApiError::not_found("reactions are disabled")),
        "chat" => Some(Topic::Chat),
        "reaction" => Some(Topic::Reaction),
        _ => None,
    };
    let (room, stream) = target(&call, &app).await?;
    let from = from.unwrap_or_else(|| SERVER.to_owned());
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let event = event.map(|topic| {
        let (from, text, reaction) = (from.clone(), message.clone(), reaction.clone());
        Arc::new(Message { topic, stream_id: stream, from, text, reaction })
    });
    let text = payload.unwrap_or_else(|| {
        json!({
            "id": Uuid::new_v4().to_string(), "topic": topic, "from": from, "message": message, "reaction": reaction, "ts": ms,
        })
        .to_string()
    });
    let message = DataMessage { topic: topic.clone(), text, to, event };
    call.parts().rooms.send_message(&app.name, &room, message);
    Ok(Reply::data(json!({ "sent": true, "room": room, "topic": topic })).created())
}

/// The room that the path names, and the stream if it names one.
async fn target(call: &Call, app: &App) -> Result<(String, Option<String>), ApiError> {
    let id = call.param("id");
    let parts = call.parts();
    if !id.contains('/') {
        return Ok((parts.apps.namespaced(&app.name, id)?, None));
    }
    if let Some(stream) = parts.rooms.stream(id).filter(|stream| stream.app == app.name) {
        return Ok((stream.room, Some(stream.id)));
    }
    let row = parts.log.get(&app.name, id).await.map_err(|error| ApiError::internal(&error))?;
    let row = row.ok_or_else(streams::unknown)?;
    // The app may have lost the room since.
    let owned = parts.apps.owner_of_room(&row.room).is_some_and(|owner| owner.name == app.name);
    if owned { Ok((row.room, Some(row.stream_id))) } else { Err(streams::unknown()) }
}
