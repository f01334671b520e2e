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
    pixels, preview, prompt, push,
    reply::{Answer, Reply},
    rules, segments, socket, status, token, v1,
    wire::{EffectsBody, PalettesBody, effects},
};
use bytes::Buf;
use futures::Stream;
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
}

impl Request {
    /// Its method, where a `HEAD` is a `GET` without a body.
    fn verb(&self) -> &str {
        if self.method == Method::HEAD { "GET" } else { self.method.as_str() }
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
        .map(|path, query, method, headers| Request { method, path, query, headers })
        .boxed();
    let served = state.clone();
    // Only sockets are upgraded; who asks that of anything else gets it plain (RFC 9110, 7.8).
    let socket = |request: Request| async move {
        let place = Place::of(&request.path).map(|(place, _)| place);
        let socket = place.filter(|place| matches!(place, Place::Push | Place::Preview));
        socket.map(|place| (place, request)).ok_or_else(warp::reject::not_found)
    };
    let sockets = request.clone().and_then(socket).untuple_one().and(warp::ws());
    let sockets = sockets.map(move |place, request, ws| upgrade(&served, place, &request, ws));
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
    identify(state, request, place)?;
    if (place, request.verb()) == (Place::Segments, "PUT") {
        return Err(Refusal::NoSegmentId);
    }
    if !place.allowed().contains(&request.verb()) {
        return Err(Refusal::WrongMethod(place));
    }
    let body = body.whole().await?;
    carry_out(state, place, request.verb(), &id, &body).await
}

async fn carry_out(state: &LumeState, place: Place, verb: &str, id: &str, body: &[u8]) -> Answer {
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
        (Place::Config, "GET") => config::read(lights),
        (Place::Config, "POST") => config::change(lights, &Fields::of(body)?).await,
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

/// Whether the request may do what it asks for.
fn identify(state: &LumeState, request: &Request, place: Place) -> Result<(), Refusal> {
    let settings = state.lights.settings();
    match &settings.auth_token {
        Some(token) if !place.is_open(request.verb()) && !token::brought(token, &request.headers, &request.query) => {
            Err(Refusal::Unauthorized)
        }
        _ => Ok(()),
    }
}

/// The answer to a WebSocket handshake.
fn upgrade(state: &LumeState, place: Place, request: &Request, ws: Ws) -> Response {
    let mut response = open(state, place, request, ws).unwrap_or_else(Refusal::response);
    dress(&mut response);
    response
}

fn open(state: &LumeState, place: Place, request: &Request, ws: Ws) -> Result<Response, Refusal> {
    identify(state, request, place)?;
    let places = if place == Place::Push { &state.pushes } else { &state.previews };
    let taken = places.take().ok_or(Refusal::NoSocket)?;
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
