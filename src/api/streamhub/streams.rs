//! `/apps/{app}/streams`: what is live. Bodies are bare, as the document shows them.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
    time::{iso, iso_of},
};
use crate::app::rooms::{EndReason, StreamView, apps::App, stream_log::StreamRow};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// `GET /apps/{app}/streams`: those that are live, newest first.
pub async fn list(call: Call, app: Arc<App>) -> Answer {
    let noted = call.parts().log.noted(&app.name).await.map_err(|error| ApiError::internal(&error))?;
    let streams = call.parts().rooms.streams(&app.name);
    Ok(Reply::bare(streams.iter().map(|stream| active(&app, stream, noted.get(&stream.id))).collect()))
}

/// `GET /apps/{app}/streams/{id}`: one that is live or was.
pub async fn get(call: Call, app: Arc<App>) -> Answer {
    let (view, row) = find(&call, &app).await?;
    let mut body = match (&view, &row) {
        (Some(stream), row) => active(&app, stream, row.as_ref().and_then(|row| row.last_stats.as_ref())),
        (None, Some(row)) => ended(&app, row),
        (None, None) => return Err(unknown()),
    };
    if app.config.features.viewer_counter {
        body["viewers"] = json!(view.map_or(0, |stream| stream.viewers));
    }
    Ok(Reply::bare(body))
}

/// `DELETE /apps/{app}/streams/{id}`: ends the publisher. An ingress goes with its stream, or its encoder would be back
/// at once.
pub async fn stop(call: Call, app: Arc<App>) -> Answer {
    let (view, row) = find(&call, &app).await?;
    match view {
        Some(stream) => {
            if let Some(ingress) = &stream.ingress {
                let deleted = call.parts().ingresses.delete(&app.name, ingress).await;
                deleted.map_err(|error| ApiError::internal(&error))?;
            }
            call.parts().rooms.stop(&stream.id, Some(EndReason::Stopped));
        }
        None if row.is_some() => {}
        None => return Err(unknown()),
    }
    Ok(Reply::nothing())
}

/// The stream that the path names, live and as it is kept, if it is the app's.
async fn find(call: &Call, app: &App) -> Result<(Option<StreamView>, Option<StreamRow>), ApiError> {
    let id = call.param("id");
    let view = call.parts().rooms.stream(id).filter(|stream| stream.app == app.name);
    let row = call.parts().log.get(&app.name, id).await.map_err(|error| ApiError::internal(&error))?;
    Ok((view, row))
}

fn active(app: &App, stream: &StreamView, noted: Option<&String>) -> Value {
    // Figures that the publisher sent, then those counted here.
    let mut stats: Map<String, Value> = noted.and_then(|noted| serde_json::from_str(noted).ok()).unwrap_or_default();
    let counted = app.config.features.viewer_counter;
    let viewers = if counted { stream.viewers } else { 0 };
    stats.insert("live".into(), json!(true));
    stats.insert("participants".into(), json!(stream.publishers + viewers));
    stats.insert("publishers".into(), json!(stream.publishers));
    if counted {
        stats.insert("viewers".into(), json!(viewers));
    } else {
        stats.remove("viewers");
    }
    json!({
        "id": stream.number,
        "appId": app.id,
        "streamId": stream.id,
        "type": stream.via.as_str(),
        "room": stream.room,
        "participant": stream.identity,
        "status": "active",
        "startedAt": iso_of(stream.started_at),
        "endedAt": null,
        "lastStatsJson": Value::from(stats).to_string(),
    })
}

/// A stream without a publisher; its row may be a moment behind.
fn ended(app: &App, row: &StreamRow) -> Value {
    let noted = row.last_stats.as_ref().and_then(|noted| serde_json::from_str(noted).ok());
    let mut stats: Map<String, Value> = noted.unwrap_or_default();
    stats.insert("live".into(), json!(false));
    json!({
        "id": row.id,
        "appId": app.id,
        "streamId": row.stream_id,
        "type": row.kind,
        "room": row.room,
        "participant": row.participant,
        "status": "ended",
        "startedAt": iso(row.started_at),
        "endedAt": row.ended_at.map(iso),
        "lastStatsJson": Value::from(stats).to_string(),
    })
}

pub fn unknown() -> ApiError {
    ApiError::not_found("Stream not found")
}
