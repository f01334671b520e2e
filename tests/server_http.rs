//! The HTTP endpoint with clients that keep it waiting, send no path, or are too many.

use bytes::{Buf, Bytes};
use futures::{SinkExt, Stream, StreamExt, stream};
use lumencast::{
    app::access::{
        client::{Client, Origins},
        connection_limiter::ConnectionLimiter,
        trusted_proxies::TrustedProxies,
    },
    server::http::{Deadlines, Settings, serve},
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{client_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;
use warp::{Filter, Reply, ws::Ws};

/// Nothing that is waited for here takes nearly as long.
const TIMEOUT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(400);

struct HttpServer {
    address: SocketAddr,
    limiter: ConnectionLimiter,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl HttpServer {
    /// An endpoint with so many places, and short deadlines.
    async fn open(places: usize) -> Self {
        Self::with(places, Deadlines { head: SHORT, body: SHORT, unread: SHORT }).await
    }

    async fn with(places: usize, deadlines: Deadlines) -> Self {
        let limiter = ConnectionLimiter::alone("http", places);
        let settings = Settings {
            proxies: TrustedProxies::new(["127.0.0.9/32".parse().unwrap()]),
            origins: Origins::new(["https://panel.example".to_owned()]),
            deadlines,
            ..Settings::new(limiter.clone())
        };
        let hello = warp::path!("hello").map(|| "hello".into_response());
        let took = warp::path!("took").and(warp::body::stream()).then(|body| async move {
            let (bytes, whole) = counted(body).await;
            format!("{bytes} {whole}").into_response()
        });
        let endless = warp::path!("endless").map(|| {
            let zeros = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[0; 65_536])));
            warp::reply::stream(zeros).into_response()
        });
        let echo = warp::path!("echo").and(warp::ws()).map(|ws: Ws| {
            let echo = |socket: warp::ws::WebSocket| async move {
                let (mut out, mut incoming) = socket.split();
                while let Some(Ok(message)) = incoming.next().await {
                    if message.is_close() || out.send(message).await.is_err() {
                        return;
                    }
                }
            };
            ws.on_upgrade(echo).into_response()
        });
        let who = warp::path!("who")
            .and(warp::ext::get())
            .map(|client: Client| format!("{} {:?} {}", client.address, client.origin, client.relayed).into_response());
        let routes = hello.or(took).unify().or(endless).unify().or(echo).unify().or(who).unify().boxed();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let running = tokio::spawn(serve(listener, routes, settings, shutdown.clone()));
        Self { address, limiter, shutdown, running }
    }

    /// A connection from 127.0.0.`host`.
    async fn connect(&self, host: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), 0).into()).unwrap();
        soon(socket.connect(self.address)).await.unwrap()
    }

    /// The response to exactly these bytes.
    async fn say(&self, host: u8, text: &str) -> String {
        let mut socket = self.connect(host).await;
        socket.write_all(text.as_bytes()).await.unwrap();
        all(&mut socket).await
    }

    async fn until_open(&self, count: usize) {
        let end = Instant::now() + TIMEOUT;
        while self.limiter.open() != count {
            assert!(Instant::now() < end, "{} connections are open, not {count}", self.limiter.open());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// How many bytes of a body came, and whether it did not break off.
async fn counted<B: Buf>(body: impl Stream<Item = Result<B, warp::Error>>) -> (usize, bool) {
    let (mut body, mut bytes) = (std::pin::pin!(body), 0);
    while let Some(part) = body.next().await {
        match part {
            Ok(part) => bytes += part.remaining(),
            Err(_) => return (bytes, false),
        }
    }
    (bytes, true)
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, what).await.expect("it happens soon")
}

/// All that comes until the endpoint closes; a reset is an end too.
async fn all(socket: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(size @ 1..) = soon(socket.read(&mut buffer)).await {
        got.extend_from_slice(&buffer[..size]);
    }
    String::from_utf8_lossy(&got).into_owned()
}

#[tokio::test]
async fn heads_that_do_not_come_or_trickle_are_cut_off_and_so_is_an_idle_connection() {
    let server = HttpServer::open(64).await;
    let began = Instant::now();
    assert_eq!(server.say(1, "").await, "");
    assert!(began.elapsed() >= SHORT - Duration::from_millis(50));
    server.say(1, "GET /hello HTTP/1.1\r\nhost: x\r\n").await;
    let mut slow = server.connect(1).await;
    let trickle = async {
        while slow.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(trickle).await;
    let mut kept = server.connect(1).await;
    kept.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(all(&mut kept).await.ends_with("hello"), "it is answered, and closed when nothing more comes");
    server.until_open(0).await;
}

#[tokio::test]
async fn a_body_that_stops_or_trickles_breaks_off_and_a_long_one_that_goes_on_comes_through() {
    let server = HttpServer::open(64).await;
    let head = "POST /took HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nabc";
    assert!(server.say(1, head).await.ends_with("3 false"));
    let mut trickling = server.connect(1).await;
    trickling.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = trickling.into_split();
    let trickle = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = [0; 12];
    soon(reading.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200", "it was told that the body broke off");
    drop(reading);
    soon(trickle).await.unwrap();
    // Three times as long as the deadline, and fast enough all along.
    let mut upload = server.connect(1).await;
    upload.write_all(b"POST /took HTTP/1.1\r\nhost: x\r\ncontent-length: 1228800\r\n\r\n").await.unwrap();
    for _ in 0..60 {
        upload.write_all(&[7; 20_480]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(all(&mut upload).await.ends_with("1228800 true"));
    server.until_open(0).await;
}

#[tokio::test]
async fn readers_that_do_not_read_are_dropped_and_slow_ones_are_not() {
    let server = HttpServer::open(64).await;
    let mut deaf = server.connect(1).await;
    deaf.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut slow = server.connect(1).await;
    slow.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut buffer = vec![0; 256 * 1024];
    for _ in 0..30 {
        soon(slow.read_exact(&mut buffer)).await.expect("it is served on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.until_open(1).await;
    drop(slow);
    server.until_open(0).await;
    // A socket after an upgrade is no different.
    let stream = server.connect(1).await;
    let (mut socket, _) = client_async("ws://x/echo", stream).await.unwrap();
    let flood = async { while socket.feed(Message::binary(vec![0; 65_536])).await.is_ok() {} };
    soon(flood).await;
    server.until_open(0).await;
}

#[tokio::test]
async fn a_socket_lives_on_without_a_word_and_keeps_its_place() {
    let server = HttpServer::open(64).await;
    let (mut socket, _) = client_async("ws://x/echo", server.connect(1).await).await.unwrap();
    tokio::time::sleep(SHORT * 3).await;
    assert_eq!(server.limiter.open(), 1);
    socket.send(Message::text("still here")).await.unwrap();
    assert_eq!(soon(socket.next()).await.unwrap().unwrap(), Message::text("still here"));
    drop(socket);
    server.until_open(0).await;
}

#[tokio::test]
async fn targets_without_a_path_are_bad_requests() {
    let server = HttpServer::open(64).await;
    for target in ["CONNECT example.org:443", "CONNECT /hello", "OPTIONS *", "GET *", "GET example.org:80"] {
        let answer = server.say(1, &format!("{target} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{target}: {answer}");
    }
    for target in ["GET /hello", "GET http://example.org/hello"] {
        let answer = server.say(1, &format!("{target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{target}: {answer}");
    }
}

#[tokio::test]
async fn a_request_without_exactly_one_valid_host_is_a_bad_request() {
    let server = HttpServer::open(64).await;
    let ask = async |version: &str, hosts: &str| {
        let text = format!("GET /hello HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        let answer = server.say(1, &text).await;
        answer.get(9..12).map(str::to_owned).unwrap_or(answer)
    };
    for host in ["x", "", "live.example:8080", "[::1]:8080", "127.0.0.1"] {
        assert_eq!(ask("1.1", &format!("host: {host}\r\n")).await, "200", "{host}");
    }
    assert_eq!(ask("1.0", "").await, "200", "HTTP/1.0 knew no Host");
    for hosts in
        ["", "host: a\r\nhost: b\r\n", "host: a\r\nhost: a\r\n", "host: a b\r\n", "host: a/b\r\n", "host: u@a\r\n"]
    {
        assert_eq!(ask("1.1", hosts).await, "400", "{hosts:?}");
    }
    assert_eq!(ask("1.0", "host: a\r\nhost: b\r\n").await, "400");
}

#[tokio::test]
async fn pages_are_only_read_and_another_method_is_told_which_read_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
    let settings = Settings::new(ConnectionLimiter::alone("http", 64));
    let _end = shutdown.clone().drop_guard();
    tokio::spawn(serve(listener, lumencast::server::pages::routes(), settings, shutdown));
    let ask = async |method: &str, path: &str| {
        let mut socket = soon(TcpStream::connect(address)).await.unwrap();
        let text = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        socket.write_all(text.as_bytes()).await.unwrap();
        all(&mut socket).await.to_lowercase()
    };
    for path in ["/", "/play/live/demo", "/embed/live/demo", "/publish/live/demo", "/assets/none.js"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let refused = ask(method, path).await;
            assert!(refused.starts_with("http/1.1 405 ") && refused.contains("\r\nallow: get, head\r\n"), "{refused}");
        }
        for method in ["GET", "HEAD"] {
            let found = ask(method, path).await;
            assert!(!found.starts_with("http/1.1 405 "), "{method} {path}: {found}");
        }
    }
    for path in ["/play", "/play/live", "/play/live/demo/more", "/nothing"] {
        let refused = ask("POST", path).await;
        assert!(refused.starts_with("http/1.1 404 "), "{path}: {refused}");
    }
}

#[tokio::test]
async fn one_address_takes_its_share_and_another_gets_in() {
    // No connection goes by itself while the test looks on.
    let server = HttpServer::with(64, Deadlines { head: TIMEOUT * 10, ..Deadlines::default() }).await;
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(server.connect(2).await);
    }
    server.until_open(16).await;
    let refused = server.say(2, "").await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.ends_with("Too many connections\n"), "{refused}");
    let answer = server.say(3, "GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn half_heads_of_an_authenticated_address_make_room_and_a_socket_of_it_stays() {
    let server = HttpServer::with(64, Deadlines { head: TIMEOUT * 10, ..Deadlines::default() }).await;
    server.limiter.enter(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))).unwrap().mark_authenticated();
    let (mut echo, _) = client_async("ws://x/echo", server.connect(2).await).await.unwrap();
    let mut half = Vec::new();
    for _ in 0..60 {
        let mut socket = server.connect(2).await;
        socket.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        half.push(socket);
    }
    // One request beside 60 half ones; it takes the place of the oldest of them.
    let answer = server.say(2, "GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("hello"), "{answer}");
    assert_eq!(all(&mut half[0]).await, "", "it was closed");
    assert!(server.limiter.open() <= 24, "{}", server.limiter.open());
    echo.send(Message::text("still here")).await.unwrap();
    assert_eq!(soon(echo.next()).await.unwrap().unwrap(), Message::text("still here"));
}

#[tokio::test]
async fn a_request_knows_where_it_comes_from() {
    let server = HttpServer::open(64).await;
    let ask = async |host: u8, lines: &str| {
        let text = format!("GET /who HTTP/1.1\r\nhost: live.example\r\nconnection: close\r\n{lines}\r\n");
        server.say(host, &text).await.rsplit("\r\n").next().unwrap().to_owned()
    };
    assert_eq!(ask(2, "").await, "127.0.0.2 Own false");
    assert_eq!(ask(2, "x-forwarded-for: 192.0.2.1\r\n").await, "127.0.0.2 Own true", "it is no trusted proxy");
    assert_eq!(ask(9, "x-forwarded-for: 10.0.0.1\r\nx-forwarded-for: 192.0.2.1\r\n").await, "192.0.2.1 Own false");
    for unreadable in
        ["x-forwarded-for: unknown", "x-forwarded-for: ", "x-forwarded-for: \u{e9}", "forwarded: for=192.0.2.1"]
    {
        assert_eq!(ask(9, &format!("{unreadable}\r\n")).await, "unknown behind 127.0.0.9 Own false", "{unreadable}");
    }
    assert_eq!(ask(9, "").await, "127.0.0.9 Own false", "the proxy's own request");
    assert_eq!(ask(2, "origin: https://panel.example\r\n").await, "127.0.0.2 Listed false");
    assert_eq!(ask(2, "origin: http://live.example\r\n").await, "127.0.0.2 Own false");
    assert_eq!(ask(2, "origin: http://evil.example\r\n").await, "127.0.0.2 Foreign false");
}

#[tokio::test]
async fn shutdown_ends_the_door_though_clients_hang_on() {
    let server = HttpServer::open(64).await;
    let idle = server.connect(1).await;
    let mut reader = server.connect(1).await;
    reader.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.until_open(2).await;
    server.shutdown.cancel();
    soon(server.running).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
    drop(idle);
}
