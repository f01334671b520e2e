//! The HLS door: `GET /hls/{app}/{room}/…`, open to every page.
//!
//! `master.m3u8`, `video.m3u8` and `audio.m3u8` with blocking reload (RFC 8216bis, section 6.2.5.2), and whatever
//! initialization segments, segments and parts these name. Bytes go out as they lie on the shelf.
//!
//! Refuses to know: how a shelf is filled.

use crate::app::hls::{Miss, Reach, Shelves, Track};
use bytes::Bytes;
use std::sync::Arc;
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{HeaderValue, Method, StatusCode, header, response::Response as HttpResponse},
    reply::Response,
};

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// Playlists change all the time.
const FRESH: &str = "no-cache";
/// No name is ever used for other bytes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Everything under `/hls`.
pub fn routes(shelves: Arc<Shelves>) -> BoxedFilter<(Response,)> {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::path!("hls" / String / String / String)
        .and(warp::method())
        .and(query)
        .then(move |app: String, room: String, file: String, method: Method, query: String| {
            let shelves = shelves.clone();
            async move {
                let mut response = answer(&shelves, [&app, &room, &file], &method, &query).await;
                let headers = response.headers_mut();
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                response
            }
        })
        .boxed()
}

async fn answer(shelves: &Shelves, [app, room, file]: [&str; 3], method: &Method, query: &str) -> Response {
    match *method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => {
            return [(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"), (header::ACCESS_CONTROL_ALLOW_HEADERS, "*")]
                .into_iter()
                .fold(HttpResponse::builder().status(StatusCode::NO_CONTENT), |b, (k, v)| b.header(k, v))
                .body(Bytes::new())
                .into_response();
        }
        _ => {
            let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only GET and HEAD");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
            return response;
        }
    }
    let Some(shelf) = shelves.get(app, room) else { return missed(Miss::Unknown) };
    let track = match file {
        "master.m3u8" => {
            return match shelf.master() {
                Some(text) => found(PLAYLIST, FRESH, text.into()),
                None => missed(Miss::Unknown),
            };
        }
        "video.m3u8" => Some(Track::Video),
        "audio.m3u8" => Some(Track::Audio),
        _ => None,
    };
    let Some(track) = track else {
        return match shelf.file(file).await {
            Ok((Track::Video, data)) => found("video/mp4", FOREVER, data),
            Ok((Track::Audio, data)) => found("audio/mp4", FOREVER, data),
            Err(miss) => missed(miss),
        };
    };
    let Some(reach) = reach(query) else {
        return problem(StatusCode::BAD_REQUEST, "bad_request", "_HLS_msn and _HLS_part must be whole numbers");
    };
    match shelf.playlist(track, reach).await {
        Ok(text) => found(PLAYLIST, FRESH, text),
        Err(miss) => missed(miss),
    }
}

/// The delivery directives of a query; others are left alone. `None` when they are not numbers or a part comes without
/// its segment.
fn reach(query: &str) -> Option<Reach> {
    let (mut msn, mut part) = (None, None);
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key {
            "_HLS_msn" => msn = Some(value.parse().ok()?),
            "_HLS_part" => part = Some(value.parse().ok()?),
            _ => {}
        }
    }
    match (msn, part) {
        (None, None) => Some(Reach::Now),
        (Some(msn), None) => Some(Reach::Segment(msn)),
        (Some(msn), Some(part)) => Some(Reach::Part(msn, part)),
        (None, Some(_)) => None,
    }
}

fn found(kind: &'static str, cache: &'static str, body: Bytes) -> Response {
    HttpResponse::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, cache)
        .body(body)
        .into_response()
}

fn missed(miss: Miss) -> Response {
    match miss {
        Miss::Unknown => problem(StatusCode::NOT_FOUND, "not_found", "There is no such stream or file"),
        Miss::TooFar => problem(StatusCode::BAD_REQUEST, "bad_request", "That is too far ahead of the live edge"),
        Miss::TimedOut => problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The stream did not go on in time"),
    }
}

fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"data": null, "error": {"code": code, "message": message}}).to_string();
    HttpResponse::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Bytes::from(body))
        .into_response()
}
