//! The HLS endpoint: `GET /hls/{app}/{room}/…`, for every page that [`HlsAccess`] admits.
//!
//! `?token=` is a join token; `?stream=` selects one publisher of the room and `?layout=` all of them in one picture.
//! URLs in a playlist carry the same query, so that a player need not add it.
//!
//! `master.m3u8`, `video.m3u8` and `audio.m3u8` (and those of further renditions) with blocking reload (RFC 8216bis,
//! section 6.2.5.2), and the initialization segments, segments and parts that they name. Bytes are sent as they are in
//! the HLS stream.
//!
//! Refuses to know: how an HLS stream is filled.

use crate::{
    app::{
        access::{
            client::Client,
            contract::{AccessRequest, Refusal},
        },
        rooms::hls::{HlsError, HlsStream, ReloadTarget, Track},
    },
    protocol::percent::decode,
    server::problem::problem,
};
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
/// A name always stands for the same bytes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Grants readers access to an HLS stream.
pub trait HlsAccess: Send + Sync + 'static {
    /// The HLS stream for a reader.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn hls_stream(&self, request: &AccessRequest) -> Result<Arc<HlsStream>, Refusal>;
}

/// Everything under `/hls`.
pub fn routes(access: Arc<dyn HlsAccess>) -> BoxedFilter<(Response,)> {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::path!("hls" / String / String / String)
        .and(warp::method())
        .and(query)
        .and(warp::ext::optional())
        .then(move |app: String, room: String, file: String, method: Method, query: String, client: Option<Client>| {
            let access = access.clone();
            async move {
                let peer = client.map(|client| client.address);
                let [app, room] = [app, room].map(|part| decode(&part).unwrap_or_default());
                let mut reader = AccessRequest { app, room, peer, ..AccessRequest::default() };
                for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
                    match &*key {
                        "token" => reader.credential = Some(value.into_owned()),
                        "stream" => reader.stream = Some(value.into_owned()),
                        "layout" => reader.layout = Some(value.into_owned()),
                        _ => {}
                    }
                }
                let mut response = answer(&*access, &reader, &file, &method, &query).await;
                let headers = response.headers_mut();
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
                headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                response
            }
        })
        .boxed()
}

async fn answer(access: &dyn HlsAccess, reader: &AccessRequest, file: &str, method: &Method, query: &str) -> Response {
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
    let hls_stream = match access.hls_stream(reader).map_err(Refusal::general) {
        Ok(hls_stream) => hls_stream,
        Err(Refusal::UnknownRoom) => return error_response(HlsError::Unknown),
        Err(Refusal::Forbidden) => {
            return problem(StatusCode::FORBIDDEN, "forbidden", "The token does not allow this");
        }
        Err(Refusal::Unavailable) => {
            return problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The stream is not available");
        }
        Err(_) => return problem(StatusCode::UNAUTHORIZED, "unauthorized", "A play token is required"),
    };
    if file == "master.m3u8" {
        return match hls_stream.master().await {
            Ok(text) => found(PLAYLIST, FRESH, carry(text.into(), reader)),
            Err(error) => error_response(error),
        };
    }
    let Some(track) = Track::of_playlist(file) else {
        return match hls_stream.file(file).await {
            Ok((Track::Video(_), data)) => found("video/mp4", FOREVER, data),
            Ok((Track::Audio(_), data)) => found("audio/mp4", FOREVER, data),
            Err(error) => error_response(error),
        };
    };
    let Some(reload_target) = reload_target(query) else {
        return problem(StatusCode::BAD_REQUEST, "bad_request", "_HLS_msn and _HLS_part must be whole numbers");
    };
    match hls_stream.playlist(track, reload_target).await {
        Ok(text) => found(PLAYLIST, FRESH, carry(text, reader)),
        Err(error) => error_response(error),
    }
}

/// A playlist with the reader's query on its URLs, so that players send it along unchanged.
fn carry(text: Bytes, reader: &AccessRequest) -> Bytes {
    let carried = [("token", &reader.credential), ("stream", &reader.stream), ("layout", &reader.layout)];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(carried.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))));
    let query = query.finish();
    if query.is_empty() {
        return text;
    }
    let text = String::from_utf8_lossy(&text);
    let line = |line: &str| match line.split_once("URI=\"") {
        _ if !line.starts_with('#') && !line.is_empty() => format!("{line}?{query}\n"),
        Some((before, after)) if line.starts_with('#') => match after.split_once('"') {
            Some((uri, rest)) => format!("{before}URI=\"{uri}?{query}\"{rest}\n"),
            None => format!("{line}\n"),
        },
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect::<String>().into()
}

/// The delivery directives of a query; other parameters are ignored. `None` when they are not numbers or a part comes
/// without its segment.
fn reload_target(query: &str) -> Option<ReloadTarget> {
    let (mut msn, mut part) = (None, None);
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key {
            "_HLS_msn" => msn = Some(value.parse().ok()?),
            "_HLS_part" => part = Some(value.parse().ok()?),
            _ => {}
        }
    }
    match (msn, part) {
        (None, None) => Some(ReloadTarget::Now),
        (Some(msn), None) => Some(ReloadTarget::Segment(msn)),
        (Some(msn), Some(part)) => Some(ReloadTarget::Part(msn, part)),
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

fn error_response(error: HlsError) -> Response {
    match error {
        HlsError::Unknown => problem(StatusCode::NOT_FOUND, "not_found", "There is no such stream or file"),
        HlsError::TooFar => problem(StatusCode::BAD_REQUEST, "bad_request", "That is too far ahead of the live edge"),
        HlsError::TimedOut => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The stream did not go on in time")
        }
    }
}
