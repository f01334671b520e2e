//! Answers of planes that speak JSON. Refuses to know: what they say.

use warp::{
    http::{HeaderValue, StatusCode, header},
    reply::Response,
};

/// A response of JSON.
pub fn json(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}
