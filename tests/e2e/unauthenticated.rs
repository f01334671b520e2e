//! Many unauthenticated clients at all endpoints: authenticated clients are admitted all the same.

use crate::fixture::{self, LIMIT};
use crate::support::livewing::LiveWing;
use crate::support::marks::Reader;
use crate::support::publisher::Publisher;
use crate::support::server::Server;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Time limit of anything that takes a second at most on a quiet machine.
const SOON: Duration = Duration::from_secs(5);
/// Pause between two attempts of an unauthenticated client that was disconnected.
const AGAIN: Duration = Duration::from_secs(1);

const HALF_HEAD: &[u8] = b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ";
const HALF_BODY: &[u8] = b"POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
    content-length: 1000\r\n\r\n{\"username\":";

/// Unauthenticated clients of one address: each connects, sends a little, and waits; a disconnected one comes back.
#[derive(Default)]
struct Crowd(JoinSet<()>);

impl Crowd {
    fn come(&mut self, count: usize, host: u8, port: u16, says: &'static [u8]) {
        for _ in 0..count {
            self.0.spawn(async move {
                loop {
                    if let Ok(mut socket) = connect(host, port).await {
                        let _ = socket.write_all(says).await;
                        let _ = socket.read_to_end(&mut Vec::new()).await;
                    }
                    sleep(AGAIN).await;
                }
            });
        }
    }
}

async fn connect(host: u8, port: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), 0).into())?;
    socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await
}

/// The test holds one end of each connection.
fn raise_own_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("the limit of the test's own files");
}

/// Waits until the log shows that an endpoint has refused a connection: then it is full for unauthenticated clients,
/// perhaps for this test too.
async fn until_refused(server: &Server, endpoint: &str) {
    let end = Instant::now() + LIMIT;
    let refused = |line: &str| line.contains("connections were refused") && line.contains(&format!("door={endpoint}"));
    while !server.log().lines().any(refused) {
        assert!(Instant::now() < end, "nothing was refused at {endpoint}:\n{}", server.log());
        sleep(Duration::from_millis(50)).await;
    }
}

/// How long a panel, a reader and a publisher's greeting took; panics if one is refused.
async fn enter(server: &Server) -> Duration {
    let began = Instant::now();
    let url = server.livewing_url();
    let panel = timeout(SOON, LiveWing::open(&url, server.token()));
    drop(panel.await.expect("a panel gets in"));
    let page = timeout(SOON, fixture::get(server, "/health")).await.expect("a viewer gets in");
    assert!(page.contains("\"ok\""), "{page}");
    let [_, rtmp, ..] = server.ports();
    let greeting = async {
        let mut socket = connect(1, rtmp).await.expect("a connection");
        socket.write_all(&[&[3][..], &[0; 1536]].concat()).await.expect("it is sent");
        socket.read_exact(&mut [0; 1 + 1536]).await.expect("the endpoint greets");
    };
    timeout(SOON, greeting).await.expect("a publisher gets in");
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthenticated_clients_of_one_address_fill_no_endpoint() {
    let _turn = crate::support::turn();
    raise_own_limit();
    let clip = fixture::first().cached();
    let server = Server::start(fixture::two_cameras().set("http.max_connections", 256)).await;
    let [http, rtmp, livewing, _] = server.ports();
    let mut crowd = Crowd::default();
    crowd.come(300, 2, http, HALF_HEAD);
    crowd.come(300, 2, http, HALF_BODY);
    crowd.come(64, 2, rtmp, b"");
    crowd.come(256, 2, livewing, b"");
    for endpoint in ["\"http\"", "\"rtmp\"", "\"livewing\""] {
        until_refused(&server, endpoint).await;
    }
    let mut longest = Duration::ZERO;
    // Longer than a head or a silent connection is waited for, so that places come free and are taken again.
    let end = Instant::now() + Duration::from_secs(11);
    while Instant::now() < end {
        longest = longest.max(enter(&server).await);
        sleep(Duration::from_millis(200)).await;
    }
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    camera.sent(camera.sent_seconds() + 2.0, LIMIT).await;
    let frames = fixture::stop(&mut wing, &recording).await;
    longest = longest.max(enter(&server).await);
    crowd.0.shutdown().await;
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{reading}");
    assert!(reading.marks().any(|(_, source, _)| source == 1), "the camera is in it\n{reading}");
    let warned = server.log().lines().filter(|line| line.contains("connections were refused")).count();
    assert!((3..=9).contains(&warned), "a line a minute for each endpoint, not {warned}:\n{}", server.log());
    println!(
        "among 920 other clients a panel, a viewer and a publisher took {longest:.2?} at most, one after the other"
    );
}

/// A studio behind one address: a client of it that misbehaves does not lock out its panel and its camera.
#[tokio::test(flavor = "multi_thread")]
async fn unauthenticated_clients_of_its_own_address_do_not_lock_out_a_panel_and_a_publisher() {
    /// How long a panel, a page and a publisher's greeting may take together.
    const PROMPT: Duration = Duration::from_secs(2);
    let _turn = crate::support::turn();
    raise_own_limit();
    let clip = fixture::first().cached();
    let server = Server::start(fixture::two_cameras()).await;
    let [http, rtmp, livewing, _] = server.ports();
    // Both were here before, from 127.0.0.1 as all that follow.
    drop(fixture::panel(&server).await);
    let mut before = Publisher::start(&clip, &server.rtmp_url("cam1"));
    before.sent(1.0, LIMIT).await;
    drop(before);
    let mut crowd = Crowd::default();
    crowd.come(1200, 1, http, HALF_HEAD);
    crowd.come(100, 1, livewing, b"");
    crowd.come(40, 1, rtmp, b"");
    let evicted = |page: &str, endpoint: &str| {
        let line = format!("lumencast_connections_evicted_total{{door=\"{endpoint}\"}} ");
        page.lines().any(|text| text.strip_prefix(&line).is_some_and(|count| count != "0"))
    };
    let end = Instant::now() + LIMIT;
    loop {
        let page = timeout(PROMPT, fixture::get(&server, "/metrics")).await.expect("figures are shown meanwhile");
        if ["http", "livewing", "rtmp"].iter().all(|endpoint| evicted(&page, endpoint)) {
            break;
        }
        assert!(Instant::now() < end, "the crowd does not fill the places of its address:\n{page}");
        sleep(Duration::from_millis(50)).await;
    }
    let mut longest = Duration::ZERO;
    // Longer than a half head is waited for, so that all that is there has come while the places were taken.
    let end = Instant::now() + Duration::from_secs(11);
    while Instant::now() < end {
        let entering = timeout(PROMPT, enter(&server)).await;
        longest = longest.max(entering.expect("panel, page and publisher get in promptly"));
        sleep(Duration::from_millis(200)).await;
    }
    let began = Instant::now();
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    camera.sent(0.1, SOON).await;
    let published = began.elapsed();
    let mut wing = fixture::panel(&server).await;
    fixture::until_seen(&mut wing, 0).await;
    crowd.0.shutdown().await;
    println!(
        "among 1340 unauthenticated clients of its own address panel, page and publisher took {longest:.2?} at most, one \
         after the other; ffmpeg published after {published:.2?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_opens_its_file_beside_1100_half_requests_where_1024_files_may_be_open() {
    let _turn = crate::support::turn();
    raise_own_limit();
    let clip = fixture::first().cached();
    let server = Server::start_with_files(fixture::two_cameras(), 1024).await;
    let [http, ..] = server.ports();
    let mut crowd = Crowd::default();
    for host in 2..13 {
        crowd.come(100, host, http, HALF_HEAD);
    }
    until_refused(&server, "\"http\"").await;
    let mut wing = fixture::panel(&server).await;
    let mut camera = Publisher::start(&clip, &server.rtmp_url("cam0"));
    fixture::until_seen(&mut wing, 0).await;
    let recording = fixture::record(&server, &mut wing, json!({})).await;
    camera.sent(camera.sent_seconds() + 2.0, LIMIT).await;
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("the server's files").count();
    let frames = fixture::stop(&mut wing, &recording).await;
    crowd.0.shutdown().await;
    let reading = Reader::of(&recording.path).read_async().await;
    assert_eq!((reading.frames.len() as u64, reading.errors), (frames, 0), "{reading}");
    assert!(open < 1024, "{open}");
    assert!(!server.log().contains("Too many open files"), "{}", server.log());
    println!("{open} of 1024 files were open while it recorded");
}
