//! `/images/{key}.jpg`: results of image jobs, by their secret key.
//!
//! ```text
//! GET ─► key ─► object ─► JPEG
//! ```
//!
//! Refuses to know: jobs, accounts, where objects lie.

use crate::app::imaging::results::Results;
use bytes::Bytes;
use warp::{
    Filter,
    filters::{BoxedFilter, path::Tail},
    http::{HeaderValue, Method, StatusCode, header},
    reply::{Reply, Response},
};

/// `GET` and `HEAD` of `/images/…`; rejects every other path and nothing else.
pub fn routes(results: Results) -> BoxedFilter<(Response,)> {
    warp::path("images")
        .and(warp::path::tail())
        .and(warp::method())
        .then(move |tail: Tail, method: Method| {
            let results = results.clone();
            async move {
                let mut response = answer(&results, tail.as_str(), &method).await;
                let headers = response.headers_mut();
                // A page of any origin may show the picture; none may take it for anything else.
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                response
            }
        })
        .boxed()
}

async fn answer(results: &Results, name: &str, method: &Method) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    let Some(key) = name.strip_suffix(".jpg") else {
        return plain(StatusCode::NOT_FOUND, "no such picture");
    };
    match results.open(key).await {
        Ok(Some(file)) => {
            let length = file.len();
            let mut response = Response::new(if *method == Method::HEAD { Bytes::new() } else { file }.into());
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            // What lies under a key never changes.
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
            response
        }
        Ok(None) => plain(StatusCode::NOT_FOUND, "no such picture"),
        Err(error) => {
            tracing::warn!(%error, "a result cannot be read");
            plain(StatusCode::SERVICE_UNAVAILABLE, "the picture cannot be read now")
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    warp::reply::with_status(text, status).into_response()
}
