//! The HTTP endpoint: an accept loop of our own under the planes' routes, because its clients are untrusted.
//!
//! ```text
//! accept ─ ConnectionLimiter (shares of connections) ─► ClientStream (closed when not read) ─► HTTP/1.1: heads in 10 s
//!   ─► path and host? (400) ─► Client (address, origin; once for all) ─► RequestBody (minimum rate) ─► routes
//! ```
//!
//! Refuses to know: routes, planes, credentials.

mod body;
mod progress;
mod stream;

use crate::app::access::{
    client::{Client, Origins},
    client_address::ClientAddress,
    connection_limiter::{ConnectionLimiter, ConnectionSlot, turn_away},
    trusted_proxies::TrustedProxies,
};
use body::RequestBody;
pub use body::is_stalled;
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};
use stream::ClientStream;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use warp::{
    Reply,
    filters::BoxedFilter,
    http::{HeaderMap, Method, Request, StatusCode, Version, header, uri::Authority},
    reply::Response,
};

/// The first and the longest pause after a failed accept, e.g. without file descriptors.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));
/// How long responses in progress may take after shutdown.
const DRAIN: Duration = Duration::from_secs(2);
/// Bytes of a head, and of the buffered part of a response.
const BUFFER: usize = 64 * 1024;
/// The response to a connection beyond the limits.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 21\r\nconnection: close\r\n\r\nToo many connections\n";

/// How long clients may keep the server waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From the connection, or the end of the previous response, to the end of a request's head.
    pub head: Duration,
    /// The longest time in which a request body may deliver less than 16 KiB.
    pub body: Duration,
    /// The longest time in which a blocked response may progress by less than 16 KiB.
    pub unread: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { head: Duration::from_secs(10), body: Duration::from_secs(20), unread: Duration::from_secs(20) }
    }
}

/// Settings of the endpoint. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Shares of connections.
    pub limiter: ConnectionLimiter,
    /// The proxies with a trusted `X-Forwarded-For`.
    pub proxies: TrustedProxies,
    /// The origins of pages that may change things.
    pub origins: Origins,
    pub deadlines: Deadlines,
}

impl Settings {
    /// No proxies, no other origins, the usual deadlines.
    pub fn new(limiter: ConnectionLimiter) -> Self {
        let (proxies, origins) = (TrustedProxies::default(), Origins::default());
        Self { limiter, proxies, origins, deadlines: Deadlines::default() }
    }
}

/// Serves routes until `shutdown` fires; responses in progress then get a moment to end.
pub async fn serve(
    listener: TcpListener,
    routes: BoxedFilter<(Response,)>,
    settings: Settings,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let mut pause = PAUSE.0;
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // The client has left already, which is no reason to wait.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTP connection");
                shutdown.run_until_cancelled(sleep(pause)).await;
                pause = (pause * 2).min(PAUSE.1);
                continue;
            }
        };
        pause = PAUSE.0;
        match settings.limiter.enter_evictable(peer.ip()) {
            Ok(slot) => {
                let serving = connection(stream, peer, slot, routes.clone(), settings.clone(), shutdown.clone());
                connections.spawn(crate::tasks::catch_panic_async("http-connection", serving));
                // The connection that makes room for it can end before the next one is let in.
                tokio::task::yield_now().await;
            }
            Err(_) => turn_away(stream, FULL),
        }
    }
    drop(listener);
    connections.close();
    if timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::debug!(left = connections.len(), "HTTP connections did not end in time");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    slot: ConnectionSlot,
    routes: BoxedFilter<(Response,)>,
    settings: Settings,
    shutdown: CancellationToken,
) {
    // Answers are small and awaited; the socket works without this option too.
    let _ = stream.set_nodelay(true);
    let slot = Arc::new(slot);
    let stream = ClientStream::new(stream, settings.deadlines.unread, slot.clone());
    let evicted = slot.evicted();
    let head = settings.deadlines.head;
    let routes = TowerToHyperService::new(warp::service(routes));
    let service = RequestService { peer: peer.ip(), slot, settings, routes };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(BUFFER);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
        () = evicted => {
            tracing::debug!(%peer, "an HTTP connection makes room for a new one of its address");
            return;
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "an HTTP connection broke off");
    }
}

/// Checks a request before its route.
struct RequestService<R> {
    peer: IpAddr,
    slot: Arc<ConnectionSlot>,
    settings: Settings,
    routes: R,
}

type Answering<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

impl<R> Service<Request<Incoming>> for RequestService<R>
where
    R: Service<Request<RequestBody>, Response = Response>,
    R::Error: Send + 'static,
    R::Future: Send + 'static,
{
    type Response = Response;
    type Error = R::Error;
    type Future = Answering<R::Error>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.slot.mark_heard();
        if let Some(fault) = malformed(&request) {
            return Box::pin(async move { Ok(bad_request(fault)) });
        }
        let client = self.client(request.headers());
        request.extensions_mut().insert(client);
        let timeout = self.settings.deadlines.body;
        Box::pin(self.routes.call(request.map(|body| RequestBody::new(body, timeout))))
    }
}

impl<R> RequestService<R> {
    fn client(&self, headers: &HeaderMap) -> Client {
        let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or_default());
        let forwarded = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
        let trusted = self.settings.proxies.trusts(self.peer);
        let mut address = self.settings.proxies.client(self.peer, forwarded);
        let origin = self.settings.origins.judge(text(header::ORIGIN), text(header::HOST));
        let relays = ["x-forwarded-for", "forwarded", "x-real-ip"].into_iter().any(|name| headers.contains_key(name));
        if trusted && relays && !headers.contains_key("x-forwarded-for") {
            // The proxy forwards somebody, and names them in fields that a client may have written as well.
            address = ClientAddress::Unknown { behind: Some(self.peer.to_canonical()) };
        }
        let relayed = relays && !trusted;
        Client::new(address, origin, relayed, Some(self.slot.clone()))
    }
}

/// What makes a request unanswerable, in words for its client: a target that is no path of this server, which is no proxy
/// and has nothing but paths (RFC 9112, 3.2); without exactly one valid `Host` (the same section). HTTP/1.0 knew no `Host`.
fn malformed<B>(request: &Request<B>) -> Option<&'static str> {
    let uri = request.uri();
    let has_path = request.method() != Method::CONNECT && uri.path_and_query().is_some() && uri.path().starts_with('/');
    if !has_path {
        return Some("The request's target must be a path\n");
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => None,
        (None, _) => Some("A request of HTTP/1.1 must have a Host\n"),
        (Some(_), Some(_)) => Some("A request must have one Host\n"),
        (Some(host), None) if is_host(host.as_bytes()) => None,
        (Some(_), None) => Some("The request's Host is malformed\n"),
    }
}

/// Whether it is a host with an optional port, or empty, as for a target without an authority (RFC 9110, 7.2).
fn is_host(value: &[u8]) -> bool {
    value.is_empty() || (!value.contains(&b'@') && Authority::try_from(value).is_ok())
}

fn bad_request(text: &'static str) -> Response {
    let reply = warp::reply::with_status(text, StatusCode::BAD_REQUEST);
    warp::reply::with_header(reply, header::CONNECTION, "close").into_response()
}
