//! The processing of every request: route, token, body, handler, and the common headers of answers.
//!
//! Refuses to know: what handlers do.

use super::{
    LumeState,
    error::Refusal,
    intake::Intake,
    permission::{self, Permission, Shown},
    preview, push,
    reply::{Answer, Reply},
    socket,
    table::{self, Access, Call, ROUTES, Route, Run, SEGMENTS, Socket},
};
use crate::{
    api::routing::{self, NoRoute, Params},
    app::access::{client::Client, client_address::ClientAddress},
};
use warp::{
    Filter,
    filters::{BoxedFilter, path::FullPath},
    http::{HeaderMap, HeaderValue, Method, header},
    reply::{Reply as _, Response},
    ws::Ws,
};

/// The first segments below `/api` that are this plane's.
const CLAIMED: [&str; 9] = ["v2", "status", "config", "pixels", "prompt", "nightlight", "scenes", "led", "segments"];

struct Request {
    method: Method,
    /// Raw.
    path: String,
    query: String,
    headers: HeaderMap,
    client: Option<Client>,
}

impl Request {
    /// The row for the request. A path with a segment that cannot be decoded is unknown.
    fn route(&self) -> Result<(&'static Route, Params), NoRoute> {
        if !routing::is_decodable(&self.path) {
            return Err(NoRoute::UnknownPath);
        }
        routing::find(&ROUTES, &self.method, &self.path)
    }

    /// Whether its path is this one, with or without a slash at the end.
    fn is_at(&self, path: &str) -> bool {
        self.path.strip_suffix('/').unwrap_or(&self.path) == path
    }

    /// The socket of a handshake on this path.
    fn socket(&self) -> Option<(Socket, Access)> {
        match self.route() {
            Ok((Route { run: Run::Socket(socket), access, .. }, _)) => Some((*socket, *access)),
            _ => None,
        }
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
            claimed(full.as_str()).then(|| full.as_str().to_owned()).ok_or_else(warp::reject::not_found)
        })
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .map(|path, query, method, headers, client| Request { method, path, query, headers, client })
        .boxed();
    let served = state.clone();
    // Only sockets are upgraded; any other request with an upgrade is answered plainly (RFC 9110, 7.8).
    let socket = |request: Request| async move {
        request.socket().map(|socket| (socket, request)).ok_or_else(warp::reject::not_found)
    };
    let sockets = request.clone().and_then(socket).untuple_one().and(warp::ws());
    let sockets = sockets.then(move |socket, request: Request, ws| {
        let state = served.clone();
        async move { upgrade(&state, socket, &request, ws).await }
    });
    let others = request.and(warp::body::stream()).then(move |request: Request, body| {
        let (state, body) = (state.clone(), Intake::new(body, &request.headers));
        async move { serve(&state, &request, body).await }
    });
    sockets.or(others).unify().boxed()
}

async fn serve(state: &LumeState, request: &Request, mut body: Intake) -> Response {
    let answer = answer(state, request, &mut body).await;
    body.drain().await;
    let mut response = answer.map_or_else(Refusal::response, Reply::response);
    add_headers(&mut response);
    if request.method == Method::OPTIONS {
        response.headers_mut().extend(preflight(&request.path));
    }
    response
}

async fn answer(state: &LumeState, request: &Request, body: &mut Intake) -> Answer {
    let route = request.route();
    if matches!(route, Err(NoRoute::UnknownPath | NoRoute::Undecodable(_))) {
        return Err(Refusal::UnknownPath);
    }
    // Browsers send this without a credential before they let a page send the real request.
    if request.method == Method::OPTIONS {
        return Ok(Reply::nothing());
    }
    let access = route.as_ref().map_or_else(|_| table::access_of(&request.path), |(row, _)| row.access);
    let permission = identify(state, request, access).await?;
    if request.writes() && request.client.as_ref().is_some_and(|client| !client.may_write()) {
        return Err(Refusal::ForeignPage);
    }
    let (row, params) = route.map_err(|none| match none {
        NoRoute::WrongMethod(_) if request.method == Method::PUT && request.is_at(SEGMENTS) => Refusal::NoSegmentId,
        NoRoute::WrongMethod(verbs) => Refusal::WrongMethod(routing::allow_with_options(&verbs)),
        NoRoute::UnknownPath | NoRoute::Undecodable(_) => Refusal::UnknownPath,
    })?;
    let body = body.whole().await?;
    if request.writes() && !body.is_empty() && !is_json(&request.headers) {
        return Err(Refusal::NotJsonType);
    }
    row.run.answer(Call { state, params: &params, permission, body: &body }).await
}

/// The permission of the request.
async fn identify(state: &LumeState, request: &Request, access: Access) -> Result<Permission, Refusal> {
    let shown = Shown { headers: &request.headers, query: &request.query, client: request.client.as_ref() };
    permission::of(state, &shown, access == Access::Open, request.writes()).await
}

/// Whether the body is declared as JSON: a form of another site cannot declare that without a preflight (Fetch, 2.2.2).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The answer to a WebSocket handshake.
async fn upgrade(state: &LumeState, socket: (Socket, Access), request: &Request, ws: Ws) -> Response {
    let mut response = open(state, socket, request, ws).await.unwrap_or_else(Refusal::response);
    add_headers(&mut response);
    response
}

async fn open(
    state: &LumeState,
    (socket, access): (Socket, Access),
    request: &Request,
    ws: Ws,
) -> Result<Response, Refusal> {
    let permission = identify(state, request, access).await?;
    let limiter = if socket == Socket::Push { &state.pushes } else { &state.previews };
    let from = request.client.as_ref().map_or(ClientAddress::UNKNOWN, |client| client.address);
    let taken = limiter.enter(from).map_err(|_| Refusal::NoSocket)?;
    if permission == Permission::Administer {
        taken.mark_authenticated();
    }
    let (lights, shutdown) = (state.lights.clone(), state.shutdown.clone());
    let serve = move |stream| async move {
        match socket {
            Socket::Push => socket::run(stream, push::State::of(lights), shutdown).await,
            Socket::Preview => socket::run(stream, preview::Leds::of(&lights), shutdown).await,
        }
        drop(taken);
    };
    let ws = ws.max_message_size(socket::LARGEST).max_frame_size(socket::LARGEST);
    Ok(ws.on_upgrade(serve).into_response())
}

/// Adds the common headers of all answers.
fn add_headers(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// The additional headers of the answer to an `OPTIONS`.
fn preflight(path: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let verbs = if routing::is_decodable(path) { routing::verbs(&ROUTES, path) } else { Vec::new() };
    if verbs.is_empty() {
        return headers;
    }
    if let Ok(allow) = HeaderValue::try_from(routing::allow_with_options(&verbs)) {
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

/// Whether a raw path belongs to this plane, known or not.
pub fn claimed(path: &str) -> bool {
    let first = path.strip_prefix("/api/").and_then(|below| below.split('/').next());
    first.is_some_and(|first| CLAIMED.contains(&first)) || path.strip_suffix('/').unwrap_or(path) == "/ws"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(path: &str) -> bool {
        routing::is_decodable(path) && !routing::verbs(&ROUTES, path).is_empty()
    }

    #[test]
    fn every_path_of_the_table_is_claimed() {
        for row in &ROUTES {
            let path = row.path.replace(['{', '}'], "");
            for path in [path.clone(), path + "/"] {
                assert!(claimed(&path) && is_known(&path), "{path}");
            }
        }
    }

    #[test]
    fn paths_of_others_are_left_alone() {
        for path in
            ["/", "/api", "/api/", "/api/v1/status/cg1", "/api/v2x", "/api/ledger", "/ws/x", "/health", "/live/ws"]
        {
            assert!(!claimed(path), "{path}");
        }
        for path in ["/api/v2", "/api/v2/", "/api/status/x", "/api/prompt/status", "/api/v2/segments/1/2"] {
            assert!(claimed(path) && !is_known(path), "{path}");
        }
        for path in ["/api/v2/segments//", "/api/v2/segments/%", "/api/v2/segments/%ff", "/api/v2//segments"] {
            assert!(claimed(path) && !is_known(path), "{path}");
        }
    }
}
