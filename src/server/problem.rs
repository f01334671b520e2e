//! Errors of the media endpoints that speak HTTP: the envelope of StreamHub,
//! `{"data":null,"error":{"code","message"}}`.
//!
//! Refuses to know: which endpoint it is for.

use bytes::Bytes;
use warp::{
    Reply,
    http::{StatusCode, header, response::Response as HttpResponse},
    reply::Response,
};

/// An error that no cache keeps.
pub fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"data": null, "error": {"code": code, "message": message}}).to_string();
    HttpResponse::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Bytes::from(body))
        .into_response()
}
