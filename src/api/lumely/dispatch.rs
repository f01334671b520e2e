//! What every request passes: path, credential, limit, route, body, handler, and what every answer carries.
//!
//! Refuses to know: what handlers do.

use super::{
    LumelyState, credits,
    error::{Again, Refusal},
    hooks,
    intake::Intake,
    jobs, keys, limits, new_job,
    path::{CLAIMED, NoRoute, Place, Route},
    reply::{Answer, Reply},
    upload,
};
use crate::{
    api::{iso::iso, limits::Level},
    app::{
        access::client::Client,
        imaging::accounts::{Account, STANDARD_RPM},
    },
};
use bytes::Buf;
use futures::Stream;
use std::time::{Duration, SystemTime};
use warp::{
    Filter,
    filters::{BoxedFilter, path::FullPath},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    reply::Response,
};

const PREFIX: &str = "/api/v1/";
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
        let own = below.filter(|below| below.split('/').next().is_some_and(|first| CLAIMED.contains(&first)));
        own.map(str::to_owned).ok_or_else(warp::reject::not_found)
    });
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    path.and(query)
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .and(warp::body::stream())
        .then(move |path, query, method, headers, client, body| {
            let (state, request) = (state.clone(), Request { method, path, query, headers, client });
            async move { serve(&state, request, body).await }
        })
        .boxed()
}

async fn serve<S, B>(state: &LumelyState, request: Request, stream: S) -> Response
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    let mut body = Intake::new(stream, &request.headers);
    let (answer, level) = answer(state, &request, &mut body).await;
    let mut response = match answer {
        Ok(reply) => reply.response(),
        Err(refusal) => refusal.response(again(&request)),
    };
    body.drain().await;
    let headers = response.headers_mut();
    headers.extend(level);
    // Credits, keys, secrets: nothing of it is for caches.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Pages of other sites may ask with a token of theirs; cookies are not taken from there.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let shown = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(shown));
    if request.method == Method::OPTIONS {
        headers.extend(invitation(&request.path));
    }
    response
}

/// The answer, and the headers that tell of limits.
async fn answer<S, B>(state: &LumelyState, request: &Request, body: &mut Intake<S>) -> (Answer, Shown)
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    // Browsers ask this without a credential before they let a page ask more.
    if request.method == Method::OPTIONS {
        let known = Place::of(&request.path).map(|_| Reply::nothing()).ok_or(Refusal::UnknownPath);
        return (known, uncounted());
    }
    let account = match identify(state, request).await {
        Ok(account) => account,
        // A stranger's request is counted on no account.
        Err(refusal) => return (Err(refusal), uncounted()),
    };
    match state.limits.take(&account.id, account.rate_limit_rpm, state.began.elapsed()) {
        Err(level) => (Err(Refusal::TooMany(level.reset_seconds().max(1))), shown(level)),
        Ok(level) => (carry_out(state, request, &account, body).await, shown(level)),
    }
}

async fn carry_out<S, B>(state: &LumelyState, request: &Request, account: &Account, body: &mut Intake<S>) -> Answer
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    let route = Route::parse(&request.method, &request.path).map_err(|none| match none {
        NoRoute::UnknownPath => Refusal::UnknownPath,
        NoRoute::WrongMethod(place) => Refusal::WrongMethod(place),
    })?;
    let (parts, door) = (&*state.parts, &*state.door);
    match route {
        Route::Credits => credits::read(parts, account).await,
        Route::Services => credits::services(account),
        Route::Upload => upload::put(parts, account, body.understood(door, upload::picture).await?).await,
        Route::ListJobs => jobs::list(parts, account, &request.query).await,
        Route::CreateJob => jobs::create(parts, account, body.understood(door, new_job::read).await?).await,
        Route::ReadJob(id) => jobs::read(parts, account, &id).await,
        Route::ActOnJob(id) => jobs::act(parts, account, &id, body.understood(door, jobs::deed).await?).await,
        Route::ListKeys => keys::list(parts, account).await,
        Route::CreateKey => keys::create(parts, account, &body.understood(door, keys::name).await?).await,
        Route::ChangeKey(id) => keys::update(parts, account, &id, body.understood(door, keys::change).await?).await,
        Route::DeleteKey(id) => keys::delete(parts, account, &id).await,
        Route::ListHooks => hooks::list(parts, account).await,
        Route::CreateHook => hooks::create(parts, account, body.understood(door, hooks::read).await?).await,
        Route::ChangeHook(id) => hooks::update(parts, account, &id, body.understood(door, hooks::change).await?).await,
        Route::DeleteHook(id) => hooks::delete(parts, account, &id).await,
    }
}

/// Whose request it is.
async fn identify(state: &LumelyState, request: &Request) -> Result<Account, Refusal> {
    let text = |name| request.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let bearer = text(header::AUTHORIZATION).and_then(|value| {
        let (scheme, credential) = value.split_once(' ').unwrap_or((value, ""));
        scheme.eq_ignore_ascii_case("bearer").then_some(credential.trim())
    });
    let account = state.parts.callers.identify(bearer, text(header::COOKIE)).await.map_err(Refusal::Caller)?;
    if let Some(client) = &request.client {
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        if bearer.is_none() && !reads && !client.may_write() {
            return Err(Refusal::ForeignPage);
        }
        client.prove();
    }
    // Browsers send cookies along with forms of any site, but of other sites no JSON without asking first.
    let form =
        || !text(header::CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if bearer.is_none() && request.method == Method::POST && form() {
        return Err(Refusal::Form);
    }
    Ok(account)
}

/// What sending the request once more would mean.
fn again(request: &Request) -> Again {
    match Place::of(&request.path) {
        Some((Place::Jobs, _)) if request.method == Method::POST => Again::Job,
        // A picture that was kept twice is one that nobody asks for.
        Some((Place::Upload, _)) => Again::Harmless,
        _ if request.method == Method::POST => Again::Twice,
        _ => Again::Harmless,
    }
}

type Shown = [(HeaderName, HeaderValue); 3];

fn uncounted() -> Shown {
    shown(limits::stranger(usize::try_from(STANDARD_RPM).unwrap_or(usize::MAX)))
}

/// A level as headers. The moment is rounded up: by then a request is surely let through.
fn shown(level: Level) -> Shown {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let reset = (now + level.reset + Duration::from_nanos(999_999)).as_millis();
    let reset = iso(i64::try_from(reset).unwrap_or(i64::MAX));
    let reset = HeaderValue::try_from(reset).unwrap_or(HeaderValue::from_static(""));
    [(LIMIT, level.limit.into()), (REMAINING, level.remaining.into()), (RESET, reset)]
}

/// What an `OPTIONS` is told beside the usual.
fn invitation(path: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let allow = Place::of(path).and_then(|(place, _)| HeaderValue::try_from(place.allow()).ok());
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Content-Type"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    headers
}
