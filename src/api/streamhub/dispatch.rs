//! The processing of every request: route, credential, guard, body, handler, and the common headers of answers.
//!
//! Refuses to know: which routes there are.

use super::{
    StreamHubState,
    call::Call,
    error::ApiError,
    guard::{self, Denied, Target},
    reply::Answer,
    route::Run,
    table::ROUTES,
    time::now,
};
use crate::{
    api::routing::{self, NoRoute},
    app::access::{auth::Principal, client::Client, client_address::ClientAddress},
    protocol::bearer::bearer,
};
use bytes::{Buf, BytesMut};
use futures::{Stream, StreamExt};
use serde_json::{Map, Value};
use std::{pin::pin, time::Duration};
use warp::{
    Filter,
    filters::{BoxedFilter, path::FullPath},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    reply::Response,
};

/// The first segments below `/api/v1` that are this plane's.
const CLAIMED: [&str; 5] = ["apps", "auth", "tokens", "health", "stats"];
const PREFIX: &str = "/api/v1";
/// The largest body, in bytes (StreamHub, "HTTP conventions").
const BODY_LIMIT: usize = 100 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);

struct Request {
    method: Method,
    /// Raw, below the prefix.
    path: String,
    query: String,
    headers: HeaderMap,
    client: Option<Client>,
}

/// See [`super::routes`].
pub fn routes(state: StreamHubState) -> BoxedFilter<(Response,)> {
    let path = warp::path::full().and_then(|full: FullPath| async move {
        let below = full.as_str().strip_prefix(PREFIX).filter(|below| {
            let first = below.strip_prefix('/').and_then(|path| path.split('/').next());
            first.is_some_and(|first| CLAIMED.contains(&first))
        });
        below.map(str::to_owned).ok_or_else(warp::reject::not_found)
    });
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    path.and(query)
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .and(warp::body::stream())
        .then(move |path, query, method, headers, client, body| {
            let (state, request) = (state.clone(), Request { method, path, query, headers, client });
            async move {
                let mut response = match answer(state, request, body).await {
                    Ok(reply) => reply.response(),
                    Err(error) => error.response(),
                };
                // Tokens and permissions must not be cached.
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
        })
        .boxed()
}

async fn answer<S, B>(state: StreamHubState, request: Request, body: S) -> Answer
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    let (route, params) =
        routing::find(ROUTES, &request.method, &request.path).map_err(|none| refuse(&request, none))?;
    let from = request.client.as_ref().map(|client| client.address);
    let principal = identify(&state, &request.headers, from).await?;
    if let (Some(_), Some(client)) = (&principal, &request.client) {
        client.mark_authenticated();
    }
    let named = params.get("app");
    let app = named.and_then(|name| state.parts.apps.find(name));
    let target = named.map(|name| Target { name, tenant: app.as_deref().map(|app| app.tenant.as_deref()) });
    guard::check(route.access, principal.as_ref(), target).map_err(|denied| match denied {
        Denied::Unknown => ApiError::unauthorized(),
        Denied::Forbidden => ApiError::forbidden("Forbidden resource"),
        Denied::NoApp => ApiError::not_found("App not found"),
    })?;
    let body = if route.verb.has_body() { read(&request.headers, body).await? } else { Map::new() };
    let call = Call { state, principal, params, query: request.query, body, from };
    match (route.run, app) {
        (Run::Plain(run), _) => run(call).await,
        (Run::App(run), Some(app)) => run(call, app).await,
        (Run::App(_), None) => Err(ApiError::not_found("App not found")),
    }
}

fn refuse(request: &Request, none: NoRoute) -> ApiError {
    let asked = format!("Cannot {} {PREFIX}{}", request.method, request.path);
    match none {
        NoRoute::UnknownPath => ApiError::not_found(asked),
        NoRoute::Undecodable(segment) => ApiError::bad_request(format!("Failed to decode param '{segment}'")),
        NoRoute::WrongMethod(allowed) => {
            let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, asked);
            match HeaderValue::try_from(routing::allow(&allowed)) {
                Ok(allowed) => error.with(header::ALLOW, allowed),
                Err(_) => error,
            }
        }
    }
}

/// The caller; none without a credential or with a bad one. Public routes ignore a bad one.
async fn identify(
    state: &StreamHubState,
    headers: &HeaderMap,
    from: Option<ClientAddress>,
) -> Result<Option<Principal>, ApiError> {
    use crate::app::access::auth::AuthFault;
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(bearer) = header.and_then(bearer) else { return Ok(None) };
    match state.parts.auth.identify(bearer, from.and_then(ClientAddress::known), now()).await {
        Ok(principal) => Ok(Some(principal)),
        Err(AuthFault::Refused) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// The JSON object of a body, whatever its type is called; nothing at all is an empty one.
async fn read<S, B>(headers: &HeaderMap, body: S) -> Result<Map<String, Value>, ApiError>
where
    S: Stream<Item = Result<B, warp::Error>> + Send,
    B: Buf + Send,
{
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        return Err(ApiError::too_large());
    }
    let gather = async {
        let mut body = pin!(body);
        let mut whole = BytesMut::new();
        while let Some(part) = body.next().await {
            let mut part = part.map_err(|_| ApiError::bad_request("request aborted"))?;
            let length = part.remaining();
            if whole.len().saturating_add(length) > BODY_LIMIT {
                return Err(ApiError::too_large());
            }
            whole.extend_from_slice(&part.copy_to_bytes(length));
        }
        Ok(whole)
    };
    let late = |_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "request timeout");
    let whole = tokio::time::timeout(BODY_TIME, gather).await.map_err(late)??;
    if whole.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&whole) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(ApiError::bad_request("The body must be a JSON object")),
        Err(error) => Err(ApiError::bad_request(format!("The body is not JSON: {error}"))),
    }
}
