//! The filter and what each request passes: key, limit, route, show.

use super::{
    error::ApiError,
    limits::{Limits, Plan},
    map::Answer,
    table::{Call, ROUTES},
};
use crate::{
    api::{
        limits::Level,
        routing::{self, NoRoute},
    },
    app::{
        access::{
            client::Client,
            keys::{KeyError, KeyService, Plane},
        },
        show::conductor::ShowHandle,
    },
    domain::fault::Fault,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use warp::{
    Filter,
    filters::{BoxedFilter, path::Tail},
    http::{HeaderMap, Method, StatusCode, header},
    reply::{Reply, Response, json, with_status},
};

/// What the plane works with. Clones share the limits.
#[derive(Clone)]
pub struct LumoraState {
    show: ShowHandle,
    keys: KeyService,
    limits: Arc<Mutex<Limits>>,
    /// The limits count from here.
    began: Instant,
}

impl LumoraState {
    /// The plane of the one workspace there is.
    pub fn new(show: ShowHandle, keys: KeyService, plan: Plan) -> Self {
        Self { show, keys, limits: Arc::new(Mutex::new(Limits::new(plan))), began: Instant::now() }
    }

    fn limited<T>(&self, with: impl FnOnce(&mut Limits, Duration) -> T) -> T {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut limits, self.began.elapsed())
    }
}

/// `/api/v1/{trigger,status,tally,refresh-all}` with all below; rejects every other path and nothing else.
pub fn routes(state: LumoraState) -> BoxedFilter<(Response,)> {
    let claimed = |first: &'static str| {
        warp::path(first).and(warp::path::tail()).map(move |tail: Tail| match tail.as_str() {
            "" => format!("/{first}"),
            tail => format!("/{first}/{tail}"),
        })
    };
    let path = claimed("trigger")
        .or(claimed("status"))
        .unify()
        .or(claimed("tally"))
        .unify()
        .or(claimed("refresh-all"))
        .unify();
    warp::path("api")
        .and(warp::path("v1"))
        .and(path)
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .then(move |path: String, method: Method, headers: HeaderMap, client: Option<Client>| {
            serve(state.clone(), path, method, headers, client)
        })
        .boxed()
}

async fn serve(
    state: LumoraState,
    path: String,
    method: Method,
    headers: HeaderMap,
    client: Option<Client>,
) -> Response {
    // A request without the key is not counted: it must not use up what the workspace may ask.
    if let Err(error) = authenticate(&state.keys, &headers).await {
        let level = state.limited(Limits::level);
        return respond(Err(error), level);
    }
    if let Some(client) = client {
        client.mark_authenticated();
    }
    match state.limited(Limits::take) {
        Err(level) => {
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
            let mut response = respond(Err(error), level);
            response.headers_mut().insert(header::RETRY_AFTER, level.reset_seconds().into());
            response
        }
        Ok(level) => {
            let answer = carry_out(state.show, &method, &path).await;
            respond(answer, level)
        }
    }
}

/// The header is taken by the letter: a blank too many makes the key another one, as the document warns.
async fn authenticate(keys: &KeyService, headers: &HeaderMap) -> Result<(), ApiError> {
    let unauthorized = |text: &str| ApiError::new(StatusCode::UNAUTHORIZED, text);
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else { return Err(unauthorized("Missing or malformed Authorization header")) };
    match keys.verify(key, Plane::Lumora).await {
        Ok(_) => Ok(()),
        Err(KeyError::Malformed | KeyError::Unknown | KeyError::Revoked | KeyError::WrongPlane | KeyError::Address) => {
            Err(unauthorized("Invalid API key"))
        }
        Err(KeyError::Store(error)) => {
            tracing::error!(%error, "an API key could not be looked up");
            Err(Fault::unavailable("The key could not be checked").into())
        }
    }
}

/// The answer of the row for a request. A path with a segment that is empty or cannot be decoded is unknown.
async fn carry_out(show: ShowHandle, method: &Method, path: &str) -> Answer {
    let not_found = || ApiError::not_found("Not found");
    if path[1..].split('/').any(str::is_empty) || !routing::is_decodable(path) {
        return Err(not_found());
    }
    match routing::find(&ROUTES, method, path) {
        Ok((row, params)) => (row.run)(Call { show, params }).await,
        Err(NoRoute::WrongMethod(verbs)) => {
            let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
            Err(ApiError { allow: Some(routing::allow(&verbs)), ..error })
        }
        Err(NoRoute::UnknownPath | NoRoute::Undecodable(_)) => Err(not_found()),
    }
}

fn respond(answer: Answer, level: Level) -> Response {
    let mut response = match &answer {
        Ok(body) => json(body).into_response(),
        Err(error) => with_status(json(&error.body), error.status).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert("ratelimit-limit", level.limit.into());
    headers.insert("ratelimit-remaining", level.remaining.into());
    headers.insert("ratelimit-reset", level.reset_seconds().into());
    if let Err(ApiError { status, allow, .. }) = answer {
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = allow.and_then(|allow| header::HeaderValue::try_from(allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
    }
    response
}
