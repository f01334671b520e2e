//! What every request passes: path, token, body, handler, and what every answer carries.
//!
//! Refuses to know: what handlers do.

use super::{
    LumeState, config, controller,
    error::Refusal,
    fields::Fields,
    info,
    intake::Intake,
    nightlight,
    path::{self, Place},
    permission::{self, Permission, Shown},
    pixels, preview, prompt, push,
    reply::{Answer, Reply},
    rules, segments, socket, status, v1,
    wire::{EffectsBody, PalettesBody, effects},
};
use crate::app::access::client::Client;
use bytes::Buf;
use futures::Stream;
use std::net::{IpAddr, Ipv4Addr};
use warp::{
    Filter,
    filters::{BoxedFilter, path::FullPath},
    http::{HeaderMap, HeaderValue, Method, header},
    reply::{Reply as _, Response},
    ws::Ws,
};

struct Request {
    method: Method,
    /// Raw.
    path: String,
    query: String,
    headers: HeaderMap,
    client: Option<Client>,
}

impl Request {
    /// Its method, where a `HEAD` is a `GET` without a body.
    fn verb(&self) -> &str {
        if self.method == Method::HEAD { "GET" } else { self.method.as_str() }
    }

    /// Whether it changes something.
    fn writes(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }
}

/// See [`super::routes`].
pub fn routes(state: LumeState) -> BoxedFilter<(Response,)> {
    let request = warp::path::full()
        .and_then(|full: FullPath| async move {
            path::claimed(full.as_str()).then(|| full.as_str().to_owned()).ok_or_else(warp::reject::not_found)
        })
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .map(|path, query, method, headers, client| Request { method, path, query, headers, client })
        .boxed();
    let served = state.clone();
    // Only sockets are upgraded; who asks that of anything else gets it plain (RFC 9110, 7.8).
    let socket = |request: Request| async move {
        let place = Place::of(&request.path).map(|(place, _)| place);
        let socket = place.filter(|place| matches!(place, Place::Push | Place::Preview));
        socket.map(|place| (place, request)).ok_or_else(warp::reject::not_found)
    };
    let sockets = request.clone().and_then(socket).untuple_one().and(warp::ws());
    let sockets = sockets.then(move |place, request: Request, ws| {
        let state = served.clone();
        async move { upgrade(&state, place, &request, ws).await }
    });
    let others = request.and(warp::body::stream()).then(move |request: Request, body| {
        let state = state.clone();
        async move { serve(&state, &request, body).await }
    });
    sockets.or(others).unify().boxed()
}

async fn serve<S, B>(state: &LumeState, request: &Request, stream: S) -> Response
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    let mut body = Intake::new(stream, &request.headers);
    let answer = answer(state, request, &mut body).await;
    body.drain().await;
    let mut response = answer.map_or_else(Refusal::response, Reply::response);
    dress(&mut response);
    if request.method == Method::OPTIONS {
        response.headers_mut().extend(invitation(&request.path));
    }
    response
}

async fn answer<S, B>(state: &LumeState, request: &Request, body: &mut Intake<S>) -> Answer
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    let (place, id) = Place::of(&request.path).ok_or(Refusal::UnknownPath)?;
    // Browsers ask this without a credential before they let a page ask more.
    if request.method == Method::OPTIONS {
        return Ok(Reply::nothing());
    }
    let permission = identify(state, request, place).await?;
    if request.writes() && request.client.as_ref().is_some_and(|client| !client.may_write()) {
        return Err(Refusal::ForeignPage);
    }
    if (place, request.verb()) == (Place::Segments, "PUT") {
        return Err(Refusal::NoSegmentId);
    }
    if !place.allowed().contains(&request.verb()) {
        return Err(Refusal::WrongMethod(place));
    }
    let body = body.whole().await?;
    if request.writes() && !body.is_empty() && !is_json(&request.headers) {
        return Err(Refusal::NotJsonType);
    }
    carry_out(state, (place, permission), request.verb(), &id, &body).await
}

async fn carry_out(
    state: &LumeState,
    (place, permission): (Place, Permission),
    verb: &str,
    id: &str,
    body: &[u8],
) -> Answer {
    let lights = &state.lights;
    match (place, verb) {
        (Place::Controller, "GET") => controller::read(lights),
        (Place::Controller, "PUT") => controller::change(lights, &Fields::of(body)?),
        (Place::Segments, "GET") => segments::list(lights),
        (Place::Segments, "POST") => segments::create(lights, &Fields::of(body)?),
        (Place::Segment, "GET") => segments::read(lights, id),
        (Place::Segment, "PUT") => segments::change(lights, id, &Fields::of(body)?),
        (Place::Segment, "DELETE") => segments::delete(lights, id),
        (Place::Effects, "GET") => Ok(Reply::ok(&EffectsBody { effects: effects() })),
        (Place::Palettes, "GET") => Ok(Reply::ok(&PalettesBody::all())),
        (Place::Info, "GET") => info::read(lights),
        (Place::Rules, "GET") => rules::list(lights),
        (Place::Rules, "POST") => rules::create(lights, Fields::of(body)?).await,
        (Place::Rule, "GET") => rules::read(lights, id),
        (Place::Rule, "PUT") => rules::put(lights, id, Fields::of(body)?).await,
        (Place::Rule, "DELETE") => rules::delete(lights, id).await,
        (Place::Status, "GET") => status::read(lights),
        (Place::Config, "GET") => config::read(lights, permission),
        (Place::Config, "POST") => config::change(lights, &Fields::of(body)?, permission).await,
        (Place::Pixels, "POST") => pixels::set(lights, &Fields::of(body)?),
        (Place::Prompt, "POST") => prompt::ask(state, &Fields::of(body)?).await,
        (Place::Nightlight, "GET") => nightlight::read(lights),
        (Place::Nightlight, "POST") => nightlight::start(lights, &Fields::of_any(body)?),
        (Place::NightlightStop, "POST") => nightlight::stop(lights),
        (Place::Led, "GET") => v1::led(lights),
        (Place::Led, "POST") => v1::change_led(lights, &Fields::of(body)?),
        (Place::SegmentsV1, "GET") => v1::segments(lights),
        (Place::Preview | Place::Push, "GET") => Err(Refusal::NoUpgrade),
        (place, _) => Err(Refusal::WrongMethod(place)),
    }
}

/// What the request may do.
async fn identify(state: &LumeState, request: &Request, place: Place) -> Result<Permission, Refusal> {
    let shown = Shown { headers: &request.headers, query: &request.query, client: request.client.as_ref() };
    permission::of(state, &shown, place.is_open(request.verb()), request.writes()).await
}

/// Whether a body is said to be JSON: what a form of another site cannot say without asking first (Fetch, 2.2.2).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The answer to a WebSocket handshake.
async fn upgrade(state: &LumeState, place: Place, request: &Request, ws: Ws) -> Response {
    let mut response = open(state, place, request, ws).await.unwrap_or_else(Refusal::response);
    dress(&mut response);
    response
}

async fn open(state: &LumeState, place: Place, request: &Request, ws: Ws) -> Result<Response, Refusal> {
    let permission = identify(state, request, place).await?;
    let doorway = if place == Place::Push { &state.pushes } else { &state.previews };
    let from = request.client.as_ref().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.address);
    let taken = doorway.enter(from).map_err(|_| Refusal::NoSocket)?;
    if permission == Permission::Administer {
        taken.prove();
    }
    let (lights, shutdown) = (state.lights.clone(), state.shutdown.clone());
    let serve = move |socket| async move {
        match place {
            Place::Push => socket::run(socket, push::State::of(lights), shutdown).await,
            _ => socket::run(socket, preview::Leds::of(&lights), shutdown).await,
        }
        drop(taken);
    };
    let ws = ws.max_message_size(socket::LARGEST).max_frame_size(socket::LARGEST);
    Ok(ws.on_upgrade(serve).into_response())
}

/// What every answer carries.
fn dress(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// What an `OPTIONS` is told beside the usual.
fn invitation(path: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some((place, _)) = Place::of(path) else { return headers };
    if let Ok(allow) = HeaderValue::try_from(place.allow()) {
        headers.insert(header::ALLOW, allow);
    }
    let shown = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, X-API-Key"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    headers.extend(shown.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers
}
