//! The MJPEG viewers' endpoints and the viewers' messages, open to every page.
//!
//! ```text
//! GET /live/{app}/{room}/mjpeg      multipart, one part for each picture; before a camera comes and across cameras
//! GET /live/{app}/{room}/frame.jpg  the last picture of a camera that is live
//! GET /live/{app}/{room}/about      display names, and whether there is such a room, as JSON for the pages
//! GET /live/ws?app=&room=           pictures as binary WebSocket messages
//! GET /live/data?app=&room=         chat and reactions as JSON WebSocket messages
//! ```
//!
//! `?token=` is required where playback is not public. A picture goes out as it came in; a viewer that cannot follow
//! skips pictures and delays no other. A room with streams other than JPEG has no `mjpeg` and no `ws` (404; they are
//! played by WHEP or HLS); its `frame.jpg` is a snapshot if the server makes them.
//!
//! Refuses to know: tokens and settings ([`ViewerAccess`]), and where pictures come from.

mod chat;
mod data;
mod frames;
mod multipart;
mod socket;
mod viewer_access;

pub(in crate::server) use chat::ChatMember;
pub use viewer_access::ViewerAccess;

use crate::{
    app::{
        access::contract::{AccessRequest, Refusal, ViewGrant},
        rooms::{Rooms, Viewer, ViewerGuard, ViewerKind, about::About},
    },
    server::problem::problem,
};
use bytes::Bytes;
use frames::Frames;
use metrics::{Gauge, gauge};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use viewer_access::Sight;
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{HeaderValue, Method, StatusCode, header, response::Response as HttpResponse},
    reply::Response,
    ws::Ws,
};

/// No response here may be cached.
const FRESH: &str = "no-store, no-cache, must-revalidate";

/// The state that all viewers share.
#[derive(Clone)]
struct MjpegEndpoint {
    viewer_access: Arc<dyn ViewerAccess>,
    rooms: Rooms,
    shutdown: CancellationToken,
}

/// Everything under `/live`. Sockets are closed when `shutdown` fires.
pub fn routes(
    viewer_access: Arc<dyn ViewerAccess>,
    rooms: Rooms,
    shutdown: CancellationToken,
) -> BoxedFilter<(Response,)> {
    let endpoint = MjpegEndpoint { viewer_access, rooms, shutdown };
    let query = || warp::query::raw().or(warp::any().map(String::new)).unify();

    let h = endpoint.clone();
    let pictures = warp::path!("live" / String / String / String).and(warp::method()).and(query()).then(
        move |app: String, room: String, file: String, method: Method, query: String| {
            let endpoint = h.clone();
            async move { open_to_all(endpoint.answer([&app, &room, &file], &method, &query).await) }
        },
    );
    let h = endpoint.clone();
    let watch = warp::path!("live" / "ws").and(warp::ws()).and(query()).map(move |ws: Ws, query: String| {
        let endpoint = h.clone();
        let serve = move |socket| async move { socket::serve(socket, &query, endpoint).await };
        ws.max_message_size(socket::LARGEST).max_frame_size(socket::LARGEST).on_upgrade(serve).into_response()
    });
    let chat = warp::path!("live" / "data").and(warp::ws()).and(query()).map(move |ws: Ws, query: String| {
        let endpoint = endpoint.clone();
        let serve = move |socket| async move { data::serve(socket, &query, endpoint).await };
        ws.max_message_size(data::CAP).max_frame_size(data::CAP).on_upgrade(serve).into_response()
    });
    let plain = warp::path!("live" / String).map(|name: String| match name.as_str() {
        "ws" | "data" => {
            let mut response = problem(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "This is a WebSocket");
            response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            open_to_all(response)
        }
        _ => open_to_all(problem(StatusCode::NOT_FOUND, "not_found", "There is no such address")),
    });
    pictures.or(watch).unify().or(chat).unify().or(plain).unify().boxed()
}

impl MjpegEndpoint {
    async fn answer(&self, [app, room, file]: [&str; 3], method: &Method, query: &str) -> Response {
        match *method {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => return preflight(),
            _ => {
                let message = "Only GET and HEAD";
                let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
                return response;
            }
        }
        if !matches!(file, "mjpeg" | "frame.jpg" | "about") {
            return problem(StatusCode::NOT_FOUND, "not_found", "There is no such address");
        }
        let credential = parameter(query, "token");
        let request = AccessRequest { app: app.into(), room: room.into(), credential, ..AccessRequest::default() };
        let viewing = match self.viewer_access.view(&request) {
            Ok(viewing) => viewing,
            Err(Refusal::UnknownRoom) if file == "about" => {
                return problem(StatusCode::NOT_FOUND, "unknown_room", &Refusal::UnknownRoom.to_string());
            }
            Err(reason) => return refusal(reason),
        };
        match file {
            "mjpeg" => self.mjpeg(viewing, *method == Method::HEAD),
            "about" => self.about(&viewing).await,
            _ => self.frame(&viewing).await,
        }
    }

    fn mjpeg(&self, viewing: ViewGrant, head: bool) -> Response {
        let Sight::Live(live) = viewer_access::sight(&self.rooms, &viewing.app, &viewing.room) else {
            return not_jpeg();
        };
        let mut response = if head {
            Response::default()
        } else {
            let guard = Counted::new(&self.rooms, viewing, ViewerKind::Mjpeg);
            warp::reply::stream(multipart::body(Frames::of(&live), guard)).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(multipart::CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FRESH));
        // A proxy that collects a whole body before it passes it on would wait for ever.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }

    async fn about(&self, viewing: &ViewGrant) -> Response {
        let About { app, room, known } = self.viewer_access.about(viewing).await;
        let body = serde_json::json!({"data": {"app": app, "room": room, "known": known}}).to_string();
        HttpResponse::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CACHE_CONTROL, FRESH)
            .body(Bytes::from(body))
            .into_response()
    }

    async fn frame(&self, viewing: &ViewGrant) -> Response {
        let camera = viewer_access::camera(&self.rooms, &viewing.app, &viewing.room);
        let jpeg = match camera.and_then(|live| frames::last(&live)) {
            Some(jpeg) => Some(jpeg),
            None => self.viewer_access.snapshot(&viewing.app, &viewing.room).await,
        };
        let Some(jpeg) = jpeg else {
            return problem(StatusCode::NOT_FOUND, "not_found", "There is no picture of this room");
        };
        HttpResponse::builder()
            .header(header::CONTENT_TYPE, "image/jpeg")
            .header(header::CACHE_CONTROL, FRESH)
            .body(jpeg)
            .into_response()
    }
}

/// A viewer that is counted while it watches.
struct Counted {
    _guard: ViewerGuard,
    gauge: Gauge,
}

impl Counted {
    fn new(rooms: &Rooms, viewing: ViewGrant, kind: ViewerKind) -> Self {
        let word = if kind == ViewerKind::Ws { "ws" } else { "http" };
        let gauge = gauge!("streamhub_ws_ingest_viewers", "app" => viewing.app.clone(), "kind" => word);
        gauge.increment(1.0);
        let viewer = Viewer { identity: viewing.identity, kind, hidden: viewing.hidden };
        Self { _guard: rooms.view(&viewing.app, &viewing.room, viewer), gauge }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.decrement(1.0);
    }
}

/// The first value of a query's parameter; an empty one counts as absent.
fn parameter(query: &str, name: &str) -> Option<String> {
    let (_, value) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name)?;
    (!value.is_empty()).then(|| value.into_owned())
}

fn open_to_all(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn preflight() -> Response {
    [(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"), (header::ACCESS_CONTROL_ALLOW_HEADERS, "*")]
        .into_iter()
        .fold(HttpResponse::builder().status(StatusCode::NO_CONTENT), |b, (k, v)| b.header(k, v))
        .body(Bytes::new())
        .into_response()
}

/// A token for another room gets the same answer as a missing one: its bearer must not learn whether the room exists.
fn refusal(reason: Refusal) -> Response {
    let (status, code) = match reason {
        Refusal::UnknownRoom => (StatusCode::NOT_FOUND, "not_found"),
        Refusal::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        _ => (StatusCode::UNAUTHORIZED, "unauthorized"),
    };
    problem(status, code, &reason.to_string())
}

fn not_jpeg() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "The streams of this room are not MJPEG; play them by WHEP or HLS")
}
