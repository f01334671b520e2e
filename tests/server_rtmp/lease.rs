//! How a publisher gets its lease, feeds it and loses it.

use super::encoder::{Encoder, Status};
use super::fixture::{RtmpServer, all, soon};
use lumencast::protocol::packet::{Packet, VideoCodec};
use rml_rtmp::rml_amf0::Amf0Value as Value;
use std::time::{Duration, Instant};

const BAD_NAME: &str = "NetStream.Publish.BadName";
const UNIT: &[u8] = b"\x27\x01\x00\x00\x00\x00\x00\x00\x01\x41";

#[tokio::test]
async fn a_wrong_key_and_an_input_that_cannot_be_are_refused_in_their_own_words() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::open().await;
    let mut unauthenticated = Encoder::asking(server.address, "GUESS").await;
    assert_eq!(unauthenticated.status().await, Status::error(BAD_NAME, "unknown stream key"));
    unauthenticated.closed().await;
    let mut unlucky = Encoder::asking(server.address, "BROKEN").await;
    let rejected = Status::error("NetStream.Publish.Rejected", "the input is not available");
    assert_eq!(unlucky.status().await, rejected);
    unlucky.closed().await;
}

#[tokio::test]
async fn enhanced_hevc_arrives_as_hevc() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut encoder = Encoder::publishing(server.address).await;
    let mut packets = server.next_lease().await;
    let mut record = [1; 23];
    record[21] = 0xff;
    encoder.video(0, [&b"\x90hvc1"[..], &record].concat()).await;
    encoder.video(40, b"\x91hvc1\x00\x00\x50\x00\x00\x00\x02\x26\x01").await;
    encoder.video(80, b"\xa3hvc1\x00\x00\x00\x02\x02\x01").await;
    let codec = VideoCodec::Hevc;
    let config = Packet::VideoConfig { codec, record: record.to_vec().into() };
    assert_eq!(soon(packets.recv()).await, Some(config));
    let frame = |keyframe, dts, pts, data: &'static [u8]| Packet::Video {
        codec,
        keyframe,
        dts: Duration::from_millis(dts),
        pts: Duration::from_millis(pts),
        data: data.into(),
    };
    let key = frame(true, 40, 120, b"\x00\x00\x00\x02\x26\x01");
    assert_eq!(soon(packets.recv()).await, Some(key));
    let inter = frame(false, 80, 80, b"\x00\x00\x00\x02\x02\x01");
    assert_eq!(soon(packets.recv()).await, Some(inter));
}

/// Publishes these tags again and again, sound where they begin with an S, until the endpoint answers.
async fn answer_to(server: &RtmpServer, tags: &[&[u8]]) -> (Option<Status>, Duration) {
    let mut encoder = Encoder::publishing(server.address).await;
    let begun = Instant::now();
    let publishing = async {
        for time in 0.. {
            for tag in tags {
                match tag {
                    [b'S', body @ ..] => encoder.audio(time * 40, body).await,
                    body => encoder.video(time * 40, body).await,
                }
            }
            if let Ok(status) = tokio::time::timeout(Duration::from_millis(40), encoder.status()).await {
                return status;
            }
        }
        None
    };
    let status = soon(publishing).await;
    let waited = begun.elapsed();
    encoder.closed().await;
    (status, waited)
}

#[tokio::test]
async fn a_publisher_of_which_nothing_can_be_decoded_is_answered_at_once_with_the_reason() {
    let _turn = crate::turn::turn();
    // What is idle has a minute: none of these is waited for so long.
    let mut server = RtmpServer::with(|settings| settings.idle_timeout = Duration::from_secs(60)).await;
    let cases: [(&[&[u8]], &str); 4] = [
        (&[b"\x91vvc1rest"], "the codec vvc1 is not supported"),
        (&[b"S\x91alacrest"], "the codec alac is not supported"),
        (&[b"\x91vvc1rest", b"S\x91alacrest"], "the codec alac is not supported"),
        (&[b"\x17\x00"], "a video tag is cut short"),
    ];
    for (tags, reason) in cases {
        let (status, waited) = answer_to(&server, tags).await;
        assert_eq!(status, Status::error("NetStream.Publish.Failed", reason), "{waited:?}");
        assert_eq!(all(server.next_lease().await).await, []);
        assert!(!server.leases.is_held("KEY"), "{reason}");
    }
}

#[tokio::test]
async fn a_publisher_of_data_alone_is_answered_after_the_idle_time() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::with(|settings| settings.idle_timeout = Duration::from_millis(300)).await;
    // A frame of a video command carries no picture.
    let (status, _) = answer_to(&server, &[b"\x57\x00"]).await;
    assert_eq!(status, Status::error("NetStream.Publish.Failed", "neither picture nor sound came in time"));
    assert!(!server.leases.is_held("KEY"));
}

#[tokio::test]
async fn a_picture_that_cannot_be_decoded_leaves_its_sound_on_air() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut encoder = Encoder::publishing(server.address).await;
    let mut packets = server.next_lease().await;
    encoder.video(0, b"\x91vvc1rest").await;
    encoder.audio(0, b"\xaf\x00\x11\x90").await;
    assert!(matches!(soon(packets.recv()).await, Some(Packet::AudioConfig { .. })));
    // Beyond the time in which something else must come.
    let mut ticks = tokio::time::interval(Duration::from_millis(40));
    for n in 1..40 {
        ticks.tick().await;
        encoder.video(n * 40, b"\x91vvc1rest").await;
        encoder.audio(n * 40, b"\xaf\x01\x21\x10").await;
        assert!(matches!(soon(packets.recv()).await, Some(Packet::Audio { .. })), "{n}");
    }
    assert!(server.leases.is_held("KEY"));
}

#[tokio::test]
async fn a_damaged_tag_is_skipped_and_the_stream_goes_on() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut encoder = Encoder::publishing(server.address).await;
    encoder.video(0, b"\x27\x01").await;
    encoder.video(40, UNIT).await;
    drop(encoder);
    assert_eq!(all(server.next_lease().await).await.len(), 1);
}

#[tokio::test]
async fn an_ended_publish_frees_the_key_on_the_same_connection() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut encoder = Encoder::publishing(server.address).await;
    encoder.video(5000, UNIT).await;
    encoder.command(1, "FCUnpublish", 4.0, Value::Null, vec![]).await;
    assert_eq!(encoder.status().await.unwrap().code, "NetStream.Unpublish.Success");
    assert_eq!(all(server.next_lease().await).await.len(), 1);
    assert!(!server.leases.is_held("KEY"));
    let arguments = vec![Value::Utf8String("KEY".into())];
    encoder.command(1, "publish", 5.0, Value::Null, arguments).await;
    assert_eq!(encoder.status().await.unwrap().code, "NetStream.Publish.Start");
    assert!(server.leases.is_held("KEY"));
}

#[tokio::test]
async fn a_silent_publisher_is_replaced_within_a_second() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut silent = Encoder::publishing(server.address).await;
    silent.video(0, UNIT).await;
    let mut first = server.next_lease().await;
    assert!(soon(first.recv()).await.is_some());
    let start = Instant::now();
    let mut challenger = Encoder::publishing(server.address).await;
    let waited = start.elapsed();
    // 900 ms of grace, and some for two handshakes on a busy machine; the exact times are tested with the register.
    assert!((Duration::from_millis(900)..Duration::from_millis(1400)).contains(&waited), "{waited:?}");
    let status = silent.status().await.unwrap();
    assert_eq!(status.code, "NetStream.Publish.Failed");
    silent.closed().await;
    assert_eq!(all(first).await, []);
    let mut second = server.next_lease().await;
    challenger.video(0, UNIT).await;
    assert!(soon(second.recv()).await.is_some());
    assert!(server.leases.is_held("KEY"));
}

#[tokio::test]
async fn a_challenger_is_refused_while_the_publisher_delivers() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut publisher = Encoder::publishing(server.address).await;
    let mut packets = server.next_lease().await;
    let mut challenger = Encoder::asking(server.address, "KEY").await;
    let sending = async {
        for frame in 0.. {
            publisher.video(frame * 40, UNIT).await;
            soon(packets.recv()).await.unwrap();
        }
    };
    let status = tokio::select! {
        () = sending => unreachable!(),
        status = challenger.status() => status,
    };
    assert_eq!(status, Status::error(BAD_NAME, "the stream key is in use"));
    challenger.closed().await;
    publisher.video(u32::MAX / 2, UNIT).await;
    assert!(soon(packets.recv()).await.is_some());
}

#[tokio::test]
async fn a_challenger_gets_the_lease_at_once_when_the_publisher_leaves() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let publisher = Encoder::publishing(server.address).await;
    let _packets = server.next_lease().await;
    let mut challenger = Encoder::asking(server.address, "KEY").await;
    let start = Instant::now();
    drop(publisher);
    assert_eq!(challenger.status().await.unwrap().code, "NetStream.Publish.Start");
    assert!(start.elapsed() < Duration::from_millis(850), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_publisher_is_read_on_whatever_becomes_of_its_packets() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut encoder = Encoder::publishing(server.address).await;
    let packets = server.next_lease().await;
    let unit = [UNIT, &[7; 60_000]].concat();
    // Far more than the buffers of both sockets hold, and without a consumer.
    let writing = async {
        for frame in 0..400u32 {
            encoder.video(frame * 40, &unit).await;
        }
        encoder.command(1, "FCUnpublish", 4.0, Value::Null, vec![]).await;
        encoder.status().await
    };
    assert_eq!(soon(writing).await.unwrap().code, "NetStream.Unpublish.Success");
    let received = all(packets).await;
    assert_eq!(received.len(), 400);
    for (frame, packet) in received.iter().enumerate() {
        let Packet::Video { dts, data, .. } = packet else {
            panic!("{packet:?}");
        };
        assert_eq!((dts.as_millis(), data.len()), (frame as u128 * 40, 60_005));
    }
}

#[tokio::test]
async fn a_shutdown_ends_publishers_and_the_door() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut encoder = Encoder::publishing(server.address).await;
    let packets = server.next_lease().await;
    server.shutdown.cancel();
    assert_eq!(encoder.status().await.unwrap().code, "NetStream.Publish.Failed");
    encoder.closed().await;
    drop(encoder);
    soon(&mut server.running).await.unwrap();
    assert_eq!(all(packets).await, []);
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}
