//! What unauthenticated clients may not take from the endpoint.

use super::encoder::{Encoder, Status};
use super::fixture::{RtmpServer, all, soon};
use lumencast::app::access::connection_limiter::ConnectionLimiter;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A type 0 chunk header of a video message.
fn header(length: u32) -> [u8; 12] {
    let [_, a, b, c] = length.to_be_bytes();
    [7, 0, 0, 0, a, b, c, 9, 1, 0, 0, 0]
}

/// Reads until the endpoint closes; how long that took.
async fn closed(socket: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut buffer = [0; 4096];
    while soon(socket.read(&mut buffer)).await.is_ok_and(|size| size > 0) {}
    start.elapsed()
}

#[tokio::test]
async fn a_declared_size_above_the_limit_closes_before_its_bytes_come() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::with(|settings| settings.max_message = 100_000).await;
    let mut encoder = Encoder::publishing(server.address).await;
    encoder.socket.write_all(&header(100_001)).await.unwrap();
    assert!(closed(&mut encoder.socket).await < Duration::from_secs(5));
    assert_eq!(all(server.next_lease().await).await, []);
    assert!(!server.leases.is_held("KEY"));
}

#[tokio::test]
async fn a_handshake_that_does_not_come_or_trickles_is_cut_off() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::with(|settings| settings.handshake_timeout = Duration::from_millis(300)).await;
    let mut mute = TcpStream::connect(server.address).await.unwrap();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let trickle = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(30));
        slow.write_all(&[3]).await.unwrap();
        while slow.write_all(&[0]).await.is_ok() {
            ticks.tick().await;
        }
    };
    let (mute, ()) = soon(futures::future::join(closed(&mut mute), trickle)).await;
    assert!((Duration::from_millis(250)..Duration::from_secs(3)).contains(&mute), "{mute:?}");
}

#[tokio::test]
async fn one_who_shakes_hands_and_then_does_not_publish_is_cut_off() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::with(|settings| settings.idle_timeout = Duration::from_millis(300)).await;
    let mut encoder = Encoder::shaken(server.address).await;
    let waited = closed(&mut encoder.socket).await;
    assert!((Duration::from_millis(250)..Duration::from_secs(3)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn a_publisher_without_bytes_loses_its_lease() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::with(|settings| settings.idle_timeout = Duration::from_millis(300)).await;
    let mut encoder = Encoder::publishing(server.address).await;
    let waited = closed(&mut encoder.socket).await;
    assert!((Duration::from_millis(250)..Duration::from_secs(3)).contains(&waited), "{waited:?}");
    assert_eq!(all(server.next_lease().await).await, []);
    assert!(!server.leases.is_held("KEY"));
}

#[tokio::test]
async fn garbage_and_port_scans_close_at_once_and_the_door_serves_on() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::open().await;
    for _ in 0..50 {
        drop(TcpStream::connect(server.address).await.unwrap());
        let mut scan = TcpStream::connect(server.address).await.unwrap();
        scan.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert!(closed(&mut scan).await < Duration::from_secs(2));
    }
    let mut noise = Encoder::shaken(server.address).await;
    noise.socket.write_all(&[0xff; 5000]).await.unwrap();
    assert!(closed(&mut noise.socket).await < Duration::from_secs(2));
    Encoder::publishing(server.address).await;
}

#[tokio::test]
async fn connections_above_the_limit_are_closed_and_places_come_back() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::with(|settings| settings.limiter = ConnectionLimiter::alone("rtmp", 1)).await;
    let first = Encoder::shaken(server.address).await;
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert!(closed(&mut second).await < Duration::from_secs(2));
    drop(first);
    let place_is_back = async {
        loop {
            let mut socket = TcpStream::connect(server.address).await.unwrap();
            // A byte that is no handshake is answered by closing either way; a handshake only in a free place.
            let hello = [&[3][..], &[0; 1536]].concat();
            let mut reply = [0];
            if socket.write_all(&hello).await.is_ok() && matches!(socket.read(&mut reply).await, Ok(1)) {
                break;
            }
        }
    };
    soon(place_is_back).await;
}

#[tokio::test]
async fn connections_bytes_and_refusals_are_counted() {
    let _turn = crate::turn::turn();
    // The runtime of a test has one thread, so a recorder of this thread sees the endpoint's tasks too.
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let server = RtmpServer::open().await;
    let encoder = Encoder::publishing(server.address).await;
    let mut unauthenticated = Encoder::asking(server.address, "GUESS").await;
    let refusal = Status::error("NetStream.Publish.BadName", "unknown stream key");
    assert_eq!(unauthenticated.status().await, refusal);
    assert!(handle.render().contains("lumencast_rtmp_connections 2"), "{}", handle.render());
    drop((unauthenticated, encoder));
    let wanted = ["lumencast_rtmp_connections 0", r#"lumencast_rtmp_refused_total{reason="unknown_key"} 1"#];
    let counted = async {
        while !wanted.iter().all(|line| handle.render().contains(line)) {
            tokio::task::yield_now().await;
        }
    };
    soon(counted).await;
    let text = handle.render();
    let bytes = text.lines().find_map(|line| line.strip_prefix("lumencast_rtmp_bytes_total "));
    let bytes: u64 = bytes.unwrap().parse().unwrap();
    assert!((6_146..8_000).contains(&bytes), "{bytes}");
}
