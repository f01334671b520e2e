//! `POST /apps/{app}/snapshots`, and the pictures that it names.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
};
use crate::app::rooms::{
    apps::App,
    snapshots::{SnapshotCache, TakeError},
};
use serde_json::json;
use std::sync::Arc;
use warp::{
    Filter,
    filters::BoxedFilter,
    http::{HeaderValue, Method, StatusCode, header},
    reply::{Reply as _, Response},
};

/// Takes a picture of a room's current stream, or of one publisher's.
pub async fn take(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    let room = input.text("room").at_most(256).needed();
    let identity = input.text("participantIdentity").at_most(256).get().filter(|identity| !identity.is_empty());
    input.done()?;
    let parts = call.parts();
    let room = parts.apps.namespaced(&app.name, &room)?;
    let key = parts.snapshot_cache.take(&app.name, &room, identity.as_deref()).await.map_err(|error| match error {
        TakeError::Snap(fault) => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, format!("Snapshot failed: {fault}")),
        TakeError::Io(_) => ApiError::internal(&error),
    })?;
    let key = format!("snapshots/{key}.jpg");
    Ok(Reply::data(json!({ "key": key, "url": parts.urls.http(&format!("/{key}")) })).created())
}

/// See [`super::snapshot_routes`].
pub fn pictures(snapshot_cache: SnapshotCache) -> BoxedFilter<(Response,)> {
    warp::path("snapshots")
        .and(warp::path::param::<String>())
        .and(warp::path::end())
        .and(warp::method())
        .then(move |name: String, method: Method| {
            let snapshot_cache = snapshot_cache.clone();
            async move {
                if matches!(method, Method::GET | Method::HEAD) {
                    picture(&snapshot_cache, &name).await
                } else {
                    wrong_method()
                }
            }
        })
        .boxed()
}

async fn picture(snapshot_cache: &SnapshotCache, name: &str) -> Response {
    let jpeg = match name.strip_suffix(".jpg") {
        Some(key) => snapshot_cache.picture(key).await,
        None => Ok(None),
    };
    match jpeg {
        Ok(Some(jpeg)) => {
            let mut response = Response::new(jpeg.into());
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=604800, immutable"));
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }
        Ok(None) => failure(StatusCode::NOT_FOUND, "not_found", "Snapshot not found"),
        Err(error) => {
            tracing::error!(%error, "a snapshot could not be read");
            failure(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal server error")
        }
    }
}

/// With the methods that are answered (RFC 9110, 15.5.6).
fn wrong_method() -> Response {
    let mut response = failure(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only GET and HEAD");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// Errors outside `/api/v1` have an envelope.
fn failure(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "data": null, "error": { "code": code, "message": message } });
    warp::reply::with_status(warp::reply::json(&body), status).into_response()
}
