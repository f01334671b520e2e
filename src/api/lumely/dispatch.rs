//! The processing of every request: route, credential, limit, body, handler, and the common headers of answers.
//!
//! Refuses to know: what handlers do.

use super::{
    LumelyState,
    error::{Refusal, RetrySafety},
    intake::Intake,
    limits,
    reply::{Answer, Reply},
    table::{Call, ROUTES, Route},
};
use crate::{
    api::{
        limits::Level,
        routing::{self, NoRoute, Params},
    },
    app::{
        access::client::Client,
        imaging::accounts::{Account, STANDARD_RPM},
    },
    protocol::{bearer::bearer, iso::iso},
};
use std::time::{Duration, SystemTime};
use warp::{
    Filter,
    filters::{BoxedFilter, path::FullPath},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    reply::Response,
};

const PREFIX: &str = "/api/v1";
/// The first segments below it that are this plane's.
const CLAIMED: [&str; 6] = ["credits", "services", "upload", "jobs", "api-keys", "webhooks"];
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

struct Request {
    method: Method,
    /// Raw, below the prefix.
    path: String,
    query: String,
    headers: HeaderMap,
    client: Option<Client>,
}

/// See [`super::routes`].
pub fn routes(state: LumelyState) -> BoxedFilter<(Response,)> {
    let path = warp::path::full().and_then(|full: FullPath| async move {
        let below = full.as_str().strip_prefix(PREFIX);
        let own = below.filter(|below| below.split('/').nth(1).is_some_and(|first| CLAIMED.contains(&first)));
        own.map(str::to_owned).ok_or_else(warp::reject::not_found)
    });
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    path.and(query)
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .and(warp::body::stream())
        .then(move |path, query, method, headers, client, body| {
            let (state, body) = (state.clone(), Intake::new(body, &headers));
            let request = Request { method, path, query, headers, client };
            async move { serve(&state, request, body).await }
        })
        .boxed()
}

async fn serve(state: &LumelyState, request: Request, mut body: Intake) -> Response {
    let route = request.route();
    let retry_safety = match &route {
        Ok((row, _)) => row.access,
        Err(_) if request.method == Method::POST => RetrySafety::Twice,
        Err(_) => RetrySafety::Harmless,
    };
    let (answer, level) = answer(state, &request, route, &mut body).await;
    let mut response = match answer {
        Ok(reply) => reply.response(),
        Err(refusal) => refusal.response(retry_safety),
    };
    body.drain().await;
    let headers = response.headers_mut();
    headers.extend(level);
    // Credits, keys, secrets: nothing of it is for caches.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Pages of other sites may send a token; cookies are not accepted from there.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let shown = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(shown));
    if request.method == Method::OPTIONS {
        headers.extend(preflight(&request));
    }
    response
}

type Found = Result<(&'static Route, Params), NoRoute>;

impl Request {
    /// The row for the request. A path with a segment that cannot be decoded is unknown.
    fn route(&self) -> Found {
        if !routing::is_decodable(&self.path) {
            return Err(NoRoute::UnknownPath);
        }
        routing::find(&ROUTES, &self.method, &self.path)
    }
}

/// The answer, and the rate-limit headers.
async fn answer(state: &LumelyState, request: &Request, route: Found, body: &mut Intake) -> (Answer, Shown) {
    // Browsers send this without a credential before they let a page send the real request.
    if request.method == Method::OPTIONS {
        let known =
            if matches!(route, Err(NoRoute::UnknownPath)) { Err(Refusal::UnknownPath) } else { Ok(Reply::nothing()) };
        return (known, uncounted());
    }
    let account = match identify(state, request).await {
        Ok(account) => account,
        // A request without an account counts for none.
        Err(refusal) => return (Err(refusal), uncounted()),
    };
    match state.limits.take(&account.id, account.rate_limit_rpm, state.began.elapsed()) {
        Err(level) => (Err(Refusal::TooMany(level.reset_seconds().max(1))), shown(level)),
        Ok(level) => (carry_out(state, request, route, &account, body).await, shown(level)),
    }
}

async fn carry_out(
    state: &LumelyState,
    request: &Request,
    route: Found,
    account: &Account,
    body: &mut Intake,
) -> Answer {
    let (row, params) = route.map_err(|none| match none {
        NoRoute::WrongMethod(verbs) => Refusal::WrongMethod(verbs),
        NoRoute::UnknownPath | NoRoute::Undecodable(_) => Refusal::UnknownPath,
    })?;
    let (parts, large_bodies) = (&*state.parts, &*state.large_bodies);
    (row.run)(Call { parts, account, params: &params, query: &request.query, body, large_bodies }).await
}

/// The account of the request.
async fn identify(state: &LumelyState, request: &Request) -> Result<Account, Refusal> {
    let text = |name| request.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let credential = text(header::AUTHORIZATION).and_then(|value| {
        // A scheme without a credential is a bad credential, which no cookie replaces.
        bearer(value).or_else(|| value.eq_ignore_ascii_case("bearer").then_some(""))
    });
    let account = state.parts.callers.identify(credential, text(header::COOKIE)).await.map_err(Refusal::Caller)?;
    if let Some(client) = &request.client {
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        if credential.is_none() && !reads && !client.may_write() {
            return Err(Refusal::ForeignPage);
        }
        client.mark_authenticated();
    }
    // Browsers send cookies along with forms of any site, but no JSON of other sites without a preflight.
    let form =
        || !text(header::CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if credential.is_none() && request.method == Method::POST && form() {
        return Err(Refusal::Form);
    }
    Ok(account)
}

type Shown = [(HeaderName, HeaderValue); 3];

fn uncounted() -> Shown {
    shown(limits::unauthenticated(usize::try_from(STANDARD_RPM).unwrap_or(usize::MAX)))
}

/// A level as headers. The time is rounded up: by then a request is certainly allowed.
fn shown(level: Level) -> Shown {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let reset = (now + level.reset + Duration::from_nanos(999_999)).as_millis();
    let reset = iso(i64::try_from(reset).unwrap_or(i64::MAX));
    let reset = HeaderValue::try_from(reset).unwrap_or(HeaderValue::from_static(""));
    [(LIMIT, level.limit.into()), (REMAINING, level.remaining.into()), (RESET, reset)]
}

/// The additional headers of the answer to an `OPTIONS`.
fn preflight(request: &Request) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let verbs = if routing::is_decodable(&request.path) { routing::verbs(&ROUTES, &request.path) } else { Vec::new() };
    let allow = Some(verbs).filter(|verbs| !verbs.is_empty());
    let allow = allow.and_then(|verbs| HeaderValue::try_from(routing::allow_with_options(&verbs)).ok());
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Content-Type"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    headers
}
