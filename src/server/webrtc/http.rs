//! The endpoint's HTTP side (RFC 9725, and the same for viewers): offers, fragments and ends of sessions.
//!
//! Refuses to know: what is in a session description.

use super::{
    peer::PatchResult,
    sdp::{Direction, Fault, Fragment},
    session::{Declined, Sessions},
};
use crate::{
    app::access::{
        client::Client,
        contract::{AccessRequest, Refusal},
    },
    protocol::{bearer::bearer, percent::decode},
    server::{http::is_stalled, problem::problem},
};
use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use std::sync::Arc;
use uuid::Uuid;
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, response::Response as HttpResponse},
    reply::Response,
};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
/// Bytes of a body.
const LIMIT: usize = 64 << 10;

/// A request, as far as it matters here.
struct Request {
    method: Method,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    client: Option<Client>,
}

/// Everything under `/whip` and `/whep`.
pub fn routes(sessions: Arc<Sessions>) -> BoxedFilter<(Response,)> {
    one(sessions.clone(), "whip", Direction::In).or(one(sessions, "whep", Direction::Out)).unify().boxed()
}

fn one(sessions: Arc<Sessions>, name: &'static str, direction: Direction) -> BoxedFilter<(Response,)> {
    let request = || {
        let query = warp::query::raw().or(warp::any().map(String::new)).unify();
        warp::method().and(warp::header::headers_cloned()).and(query).and(warp::ext::optional()).map(
            |method, headers, query: String, client| {
                let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
                Request { method, headers, query, client }
            },
        )
    };
    let here = sessions.clone();
    let resource = warp::path(name)
        .and(warp::path("r"))
        .and(warp::path::param())
        .and(warp::path::end())
        .and(request())
        .and(warp::body::stream())
        .then(move |id: String, request: Request, body| {
            let sessions = here.clone();
            async move { open_to_all(on_resource(&sessions, direction, &id, &request, body).await) }
        });
    let endpoint = warp::path(name)
        .and(warp::path::param())
        .and(warp::path::param())
        .and(warp::path::end())
        .and(request())
        .and(warp::body::stream())
        .then(move |app: String, room: String, request: Request, body| {
            let sessions = sessions.clone();
            async move { open_to_all(on_endpoint(&sessions, (direction, name), [&app, &room], &request, body).await) }
        });
    resource.or(endpoint).unify().boxed()
}

async fn on_endpoint(
    sessions: &Sessions,
    (direction, name): (Direction, &str),
    path: [&str; 2],
    request: &Request,
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Response {
    match request.method {
        Method::POST => {}
        // Clients ask here what they may do with a session too.
        Method::OPTIONS => return options(request, "POST, PATCH, DELETE, OPTIONS", ("accept-post", SDP)),
        _ => return not_allowed("POST, OPTIONS"),
    }
    if !request.is_of(SDP) {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "An offer is application/sdp");
    }
    if !request.accepts(SDP) {
        return problem(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "The answer is application/sdp");
    }
    let [Some(app), Some(room)] = path.map(decode) else {
        return problem(StatusCode::NOT_FOUND, "not_found", "There is no such room");
    };
    let offer = match text(&request.headers, body).await {
        Ok(offer) => offer,
        Err(refused) => return refused,
    };
    let [token, stream, layout] = ["token", "stream", "layout"].map(|key| request.asked(key));
    let credential = request.bearer().or(token);
    let client = request.client.as_ref();
    let peer = client.map(|client| client.address);
    let asked = AccessRequest { app, room, credential, stream, layout, peer, ..AccessRequest::default() };
    let opened = sessions.open(direction, asked, &offer).await;
    if let (Ok(_), Direction::In, Some(client)) = (&opened, direction, client) {
        client.mark_authenticated(); // its publisher comes back from here
    }
    match opened {
        Ok(opened) => HttpResponse::builder()
            .status(StatusCode::CREATED)
            .header(header::CONTENT_TYPE, SDP)
            .header(header::LOCATION, format!("/{name}/r/{}", opened.resource.simple()))
            .header(header::ETAG, opened.etag)
            .header("accept-patch", FRAGMENT)
            .body(opened.answer)
            .into_response(),
        Err(declined) => declined_by(&declined),
    }
}

async fn on_resource(
    sessions: &Sessions,
    direction: Direction,
    id: &str,
    request: &Request,
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Response {
    const ALLOWED: &str = "PATCH, DELETE, OPTIONS";
    let unknown = || problem(StatusCode::NOT_FOUND, "not_found", "There is no such session");
    match request.method {
        Method::OPTIONS => return options(request, ALLOWED, ("accept-patch", FRAGMENT)),
        Method::PATCH | Method::DELETE => {}
        _ => return not_allowed(ALLOWED),
    }
    let Ok(resource) = Uuid::try_parse(id) else { return unknown() };
    if request.method == Method::DELETE {
        return if sessions.close(direction, &resource).await { bare(StatusCode::OK) } else { unknown() };
    }
    if !request.is_of(FRAGMENT) {
        let text = "A change is application/trickle-ice-sdpfrag";
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text);
    }
    let fragment = match text(&request.headers, body).await {
        Ok(text) => Fragment::parse(&text),
        Err(refused) => return refused,
    };
    let Some(fragment) = fragment else {
        return problem(StatusCode::BAD_REQUEST, "bad_request", "The body is no session description fragment");
    };
    let if_match = request.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match sessions.patch(direction, &resource, if_match, fragment).await {
        None => unknown(),
        Some(PatchResult::Trickled) => bare(StatusCode::NO_CONTENT),
        Some(PatchResult::Restarted { etag, fragment, .. }) => HttpResponse::builder()
            .header(header::CONTENT_TYPE, FRAGMENT)
            .header(header::ETAG, etag)
            .body(fragment)
            .into_response(),
        Some(PatchResult::Unconditional) => {
            problem(StatusCode::PRECONDITION_REQUIRED, "precondition_required", "If-Match is missing")
        }
        Some(PatchResult::Stale) => {
            problem(StatusCode::PRECONDITION_FAILED, "stale", "The session has another entity tag")
        }
        Some(PatchResult::Nonsense) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", "ICE cannot be restarted with these credentials")
        }
    }
}

impl Request {
    fn is_of(&self, wanted: &str) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
    }

    fn accepts(&self, given: &str) -> bool {
        let Some(wanted) = self.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else { return true };
        let ranges = wanted.split(',').filter_map(|range| range.split(';').next()).map(str::trim);
        let mut ranges = ranges.filter(|range| !range.is_empty()).peekable();
        ranges.peek().is_none()
            || ranges.any(|range| range == "*/*" || range == "application/*" || range.eq_ignore_ascii_case(given))
    }

    fn bearer(&self) -> Option<String> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        bearer(value).map(str::to_owned)
    }

    fn asked(&self, key: &str) -> Option<String> {
        self.query.iter().find(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.clone())
    }
}

/// The body's text. One that announces more than is read is refused before its first byte.
async fn text(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Result<String, Response> {
    let too_long = || problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is longer than 64 KB");
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LIMIT as u64) {
        return Err(too_long());
    }
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.next().await {
        let mut piece = piece.map_err(|error| {
            if is_stalled(&error) {
                problem(StatusCode::REQUEST_TIMEOUT, "timeout", "The body took too long")
            } else {
                problem(StatusCode::BAD_REQUEST, "bad_request", "The body broke off")
            }
        })?;
        if bytes.len() + piece.remaining() > LIMIT {
            return Err(too_long());
        }
        bytes.extend_from_slice(&piece.copy_to_bytes(piece.remaining()));
    }
    String::from_utf8(bytes.into()).map_err(|_| problem(StatusCode::BAD_REQUEST, "bad_request", "The body is no text"))
}

fn declined_by(declined: &Declined) -> Response {
    let (status, code) = match declined {
        Declined::Fault(Fault::Malformed) => (StatusCode::BAD_REQUEST, "bad_request"),
        Declined::Fault(Fault::NoVideoCodec | Fault::NoAudioCodec | Fault::OtherCodec) => {
            (StatusCode::NOT_ACCEPTABLE, "not_acceptable")
        }
        Declined::Fault(Fault::NotAllowed) => (StatusCode::FORBIDDEN, "forbidden"),
        Declined::Fault(Fault::Lacks(_) | Fault::Unanswerable | Fault::Fingerprint | Fault::IceLite) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable")
        }
        Declined::Full | Declined::Refused(Refusal::Unavailable | Refusal::TooMany) => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
        Declined::Refused(Refusal::UnknownRoom) => (StatusCode::NOT_FOUND, "not_found"),
        Declined::Refused(Refusal::InUse) => (StatusCode::CONFLICT, "in_use"),
        Declined::Refused(refusal) if refusal.general() == Refusal::Forbidden => {
            (StatusCode::FORBIDDEN, refusal.code())
        }
        Declined::Refused(Refusal::Disabled | Refusal::QuotaExceeded) => (StatusCode::FORBIDDEN, "forbidden"),
        Declined::Refused(_) => (StatusCode::UNAUTHORIZED, "unauthorized"),
    };
    let mut response = problem(status, code, &declined.to_string());
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Answers OPTIONS, and with it a browser's preflight request: every header that it asks for may be sent.
fn options(request: &Request, allowed: &'static str, (name, kind): (&'static str, &'static str)) -> Response {
    const HEADERS: &str = "Authorization, Content-Type, If-Match";
    let asked = request.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok());
    let all = asked.and_then(|asked| HeaderValue::try_from(format!("{HEADERS}, {asked}")).ok());
    let mut response = bare(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
    headers.insert(name, HeaderValue::from_static(kind));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allowed));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, all.unwrap_or(HeaderValue::from_static(HEADERS)));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

fn not_allowed(allowed: &'static str) -> Response {
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This cannot be done here");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Pages of every origin may come, and see what they need of the answer.
fn open_to_all(mut response: Response) -> Response {
    const SHOWN: &str = "Location, ETag, Link, Accept-Post, Accept-Patch, WWW-Authenticate";
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn bare(status: StatusCode) -> Response {
    HttpResponse::builder().status(status).body(Bytes::new()).into_response()
}
