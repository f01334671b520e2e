//! `/apps/{app}/ingress`: what comes into rooms by key, or is pulled. Answers are `{data}`.

use super::{
    call::Call,
    error::ApiError,
    input::Input,
    join::ROOM,
    reply::{Answer, Reply},
    time::iso_of,
};
use crate::app::rooms::{
    apps::{App, names},
    ingress::{CreateError, IngressQuery, IngressRow, InputType, NewIngress, ValidateError},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What may be fed how.
const INPUT_TYPES: [(&str, InputType); 3] =
    [("rtmp", InputType::Rtmp), ("whip", InputType::Whip), ("url", InputType::Url)];

/// `POST /apps/{app}/ingress`.
pub async fn create(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    if !input.has("inputType") {
        input.wrong("inputType", "must be one of the following values: rtmp, whip, url");
    }
    let input_type = input.word_of("inputType", &INPUT_TYPES);
    let room = input.text("room").at_most(names::ROOM_MAX).like(&ROOM).get().unwrap_or_default();
    let identity = some(input.text("participantIdentity").at_most(120).get());
    let name = some(input.text("participantName").at_most(120).get());
    let url = some(input.text("url").at_most(500).get());
    let transcoding = input.flag("enableTranscoding");
    input.done()?;
    let Some(input_type) = input_type else { return Err(ApiError::invalid(Vec::new())) };

    let parts = call.parts();
    let config = &app.config;
    let new = NewIngress {
        app: app.name.clone(),
        room: parts.apps.namespaced(&app.name, &room)?,
        input_type,
        identity: identity.unwrap_or_else(|| format!("ingress-{}", app.name)),
        name,
        url,
        transcoding: transcoding.unwrap_or(config.transcoding.enabled && config.rtmp.transcode),
        password: config.features.rtmp_password,
    };
    let (row, password) = parts.ingresses.create(new).await.map_err(|error| match error {
        CreateError::UrlMissing | CreateError::UrlInvalid(_) => ApiError::invalid(vec![error.to_string()]),
        CreateError::Password(fault) => fault.into(),
        CreateError::Store(_) => ApiError::internal(&error),
    })?;
    let mut data = credentials(&call, &row);
    data.extend(object(json!({
        "requires_password": row.password_hash.is_some(),
        "adaptive": row.transcoding,
        "player_url": parts.urls.play(&app.name, &row.room),
        "embed_iframe": parts.urls.iframe(&app.name, &row.room),
    })));
    if let Some(password) = password {
        data.insert("stream_password".into(), json!(password));
    }
    Ok(Reply::data(data.into()).created())
}

/// `GET /apps/{app}/ingress`.
pub async fn list(call: Call, app: Arc<App>) -> Answer {
    let mut input: Input = call.query();
    let limit = input.clamped("limit", 1..=500).unwrap_or(50);
    let offset = input.clamped("offset", 0..=i64::MAX).unwrap_or(0);
    let room = some(input.text("room").at_most(200).get());
    let text = some(input.text("q").at_most(200).get());
    input.done()?;

    let (limit, offset) = (u32::try_from(limit).unwrap_or(50), u64::try_from(offset).unwrap_or(0));
    let (number, skipped) = (limit as usize, usize::try_from(offset).unwrap_or(usize::MAX));
    let room = match room.map(|room| call.parts().apps.namespaced(&app.name, &room)).transpose() {
        Ok(room) => room,
        // No room of the app is called so: nothing leads there.
        Err(_) => return Ok(Reply::paged(Vec::new(), 0, number, skipped)),
    };
    let query = IngressQuery { room, text, limit, offset };
    let page = call.parts().ingresses.page(&app.name, &query).await;
    let (rows, total) = page.map_err(|error| ApiError::internal(&error))?;
    let rows = rows.iter().map(|row| live(&call, &app, row).into()).collect();
    Ok(Reply::paged(rows, usize::try_from(total).unwrap_or(usize::MAX), number, skipped))
}

/// `GET /apps/{app}/ingress/{id}`.
pub async fn get(call: Call, app: Arc<App>) -> Answer {
    let row = call.parts().ingresses.get(&app.name, call.param("id")).await;
    let row = row.map_err(|error| ApiError::internal(&error))?.ok_or_else(unknown)?;
    let mut data = live(&call, &app, &row);
    data.retain(|name, _| name != "stream_key" && name != "rtmp_url");
    Ok(Reply::data(data.into()))
}

/// `DELETE /apps/{app}/ingress/{id}`.
pub async fn delete(call: Call, app: Arc<App>) -> Answer {
    let id = call.param("id");
    let deleted = call.parts().ingresses.delete(&app.name, id).await.map_err(|error| ApiError::internal(&error))?;
    if !deleted {
        return Err(unknown());
    }
    Ok(Reply::data(json!({ "ingressId": id, "deleted": true })))
}

/// `POST /apps/{app}/ingress/{id}/validate`.
pub async fn validate(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    let password = input.text("password").at_most(256).needed();
    input.done()?;
    let id = call.param("id");
    let valid = call.parts().ingresses.validate(&app.name, id, &password).await;
    let valid = valid.map_err(|error| match error {
        ValidateError::Password(fault) => fault.into(),
        ValidateError::Store(error) => ApiError::internal(&error),
    })?;
    let valid = valid.ok_or_else(unknown)?;
    Ok(Reply::data(json!({ "ingressId": id, "valid": valid })).created())
}

/// Addresses and key that an encoder needs.
fn credentials(call: &Call, row: &IngressRow) -> Map<String, Value> {
    let urls = &call.parts().urls;
    let key = row.stream_key.as_deref().unwrap_or_default();
    let url = match (row.input_type.as_str(), &row.url) {
        (_, Some(source)) => source.clone(),
        ("whip", None) => urls.whip(&row.app, &row.room),
        (_, None) => urls.rtmp(),
    };
    let mut data = object(json!({
        "ingressId": row.id,
        "url": url,
        "streamKey": key,
        "stream_key": key,
        "roomName": row.room,
    }));
    if row.input_type == InputType::Rtmp.as_str() {
        data.insert("rtmp_url".into(), json!(format!("{}/{key}", urls.rtmp())));
    }
    data
}

/// A row with what it does now.
fn live(call: &Call, app: &App, row: &IngressRow) -> Map<String, Value> {
    let state = call.parts().ingresses.state(row);
    let mut data = credentials(call, row);
    data.extend(object(json!({
        "name": row.name.as_ref().unwrap_or(&row.identity),
        "inputType": row.input_type,
        "status": state.status.as_str(),
        "room": row.room,
        "viewers": app.config.features.viewer_counter.then_some(state.viewers),
        "requires_password": row.password_hash.is_some(),
    })));
    if let Some(error) = state.error {
        data.insert("error".into(), json!(error));
    }
    if let Some(stream) = state.stream {
        let stats = stream.live.stats();
        data.insert("bitrate".into(), json!(stats.bitrate_bps));
        data.insert("startedAt".into(), json!(iso_of(stream.started_at)));
        if let Some(picture) = stats.picture.filter(|picture| picture.width > 0) {
            data.insert("width".into(), json!(picture.width));
            data.insert("height".into(), json!(picture.height));
        }
    }
    data
}

fn unknown() -> ApiError {
    ApiError::not_found("Ingress not found")
}

/// Nothing for an empty text.
fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
