//! ffmpeg and GStreamer as publishers.

use super::fixture::{RtmpServer, all, soon};
use lumencast::protocol::packet::{Packet, VideoCodec};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

fn start(program: &str, arguments: &str) -> Child {
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// ffmpeg with `frames` pictures of 25 per second and sound, an hour long at most.
fn ffmpeg(frames: u32, url: &str) -> Child {
    start(
        "ffmpeg",
        &format!(
            "-hide_banner -loglevel error -re -f lavfi -i testsrc=size=320x180:rate=25 \
             -f lavfi -i sine=frequency=440:sample_rate=48000 -frames:v {frames} -shortest \
             -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -sc_threshold 0 -bf 2 -b_strategy 0 \
             -c:a aac -b:a 96k -f flv {url}"
        ),
    )
}

async fn ended(child: Child) -> Output {
    soon(child.wait_with_output()).await.unwrap()
}

/// Checks that an access unit is a chain of 4-byte lengths and NAL units, and returns the unit types.
fn nal_types(mut unit: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let Some((length, rest)) = unit.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        types.push(rest[0] & 0x1f);
        unit = &rest[length..];
    }
    assert!(unit.is_empty());
    types
}

/// The properties of every H.264 and AAC publish; returns the pictures' (decoding time, presentation time, key).
fn check_stream(packets: &[Packet]) -> Vec<(u64, u64, bool)> {
    let is_picture = |packet: &&Packet| matches!(packet, Packet::Video { .. } | Packet::VideoConfig { .. });
    let Some(Packet::VideoConfig { codec: VideoCodec::H264, record }) = packets.iter().find(is_picture) else {
        panic!("no configuration before the picture");
    };
    assert_eq!((record[0], record[4] & 3), (1, 3));
    let is_sound = |packet: &&Packet| matches!(packet, Packet::Audio { .. } | Packet::AudioConfig { .. });
    let Some(Packet::AudioConfig { record, .. }) = packets.iter().find(is_sound) else {
        panic!("no configuration before the sound");
    };
    // AAC LC.
    assert_eq!(record[0] >> 3, 2);
    let millis = |time: &std::time::Duration| time.as_millis() as u64;
    let sound: Vec<u64> = packets
        .iter()
        .filter_map(|packet| match packet {
            Packet::Audio { pts, data, .. } => {
                assert!(data.len() > 1 && data[0] != 0xff, "an ADTS header in a raw unit");
                Some(millis(pts))
            }
            _ => None,
        })
        .collect();
    assert!(sound.is_sorted() && sound.len() > 40, "{sound:?}");
    packets
        .iter()
        .filter_map(|packet| match packet {
            Packet::Video { codec, pts, dts, keyframe, data } => {
                assert_eq!(*codec, VideoCodec::H264);
                let types = nal_types(data);
                assert_eq!(types.contains(&5), *keyframe, "{types:?}");
                Some((millis(dts), millis(pts), *keyframe))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn ffmpeg_publishes_every_frame_with_its_times() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let publisher = ffmpeg(50, &server.url("live/KEY"));
    let packets = all(server.next_lease().await).await;
    let output = ended(publisher).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pictures = check_stream(&packets);
    assert_eq!(pictures.len(), 50);
    let keys: Vec<usize> = (0..50).filter(|frame| pictures[*frame].2).collect();
    assert_eq!(keys, [0, 25]);
    for (frame, (dts, _, _)) in pictures.iter().enumerate() {
        assert_eq!(*dts, pictures[0].0 + frame as u64 * 40);
    }
    assert!(pictures.iter().all(|(dts, pts, _)| pts >= dts));
    assert!(pictures.iter().any(|(dts, pts, _)| pts > dts), "no B-frames");
    // In order of presentation the pictures are 40 ms apart.
    let mut shown: Vec<u64> = pictures.iter().map(|(_, pts, _)| *pts).collect();
    shown.sort_unstable();
    assert!(shown.windows(2).all(|pair| pair[1] - pair[0] == 40), "{shown:?}");
    assert!(!server.leases.is_held("KEY"));
}

#[tokio::test]
async fn ffmpeg_finds_the_key_in_any_notation() {
    let _turn = crate::turn::turn();
    for (url, options) in [
        ("live/KEY?token=1", ""),
        ("live", "-rtmp_playpath KEY"),
        ("x", "-rtmp_app live/ -rtmp_playpath KEY"),
        ("x", "-rtmp_app live/KEY -rtmp_playpath ?"),
    ] {
        let mut server = RtmpServer::open().await;
        let publisher = ffmpeg(60, &format!("{options} {}", server.url(url)));
        let packets = all(server.next_lease().await).await;
        assert!(ended(publisher).await.status.success());
        assert_eq!(check_stream(&packets).len(), 60, "{url} {options}");
    }
}

#[tokio::test]
async fn ffmpeg_says_why_a_wrong_key_is_refused() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::open().await;
    let output = ended(ffmpeg(50, &server.url("live/GUESS"))).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("unknown stream key"), "{said}");
}

#[tokio::test]
async fn ffmpeg_says_which_codec_cannot_be_taken() {
    let _turn = crate::turn::turn();
    let server = RtmpServer::with(|settings| settings.idle_timeout = Duration::from_secs(60)).await;
    let publisher = start(
        "ffmpeg",
        &format!(
            "-hide_banner -loglevel error -re -f lavfi -i testsrc=size=320x180:rate=25 -t 15 -c:v flashsv2 -f flv {}",
            server.url("live/KEY")
        ),
    );
    let output = ended(publisher).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("Screen Video 2"), "{said}");
    assert!(!server.leases.is_held("KEY"));
}

#[tokio::test]
async fn a_second_ffmpeg_is_refused_while_the_first_publishes() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let mut first = ffmpeg(90_000, &server.url("live/KEY"));
    let mut packets = server.next_lease().await;
    assert!(soon(packets.recv()).await.is_some());
    // The first publisher goes on only while its packets are consumed.
    let second = async { ended(ffmpeg(50, &server.url("live/KEY"))).await };
    let taking = async { while packets.recv().await.is_some() {} };
    let output = tokio::select! {
        output = second => output,
        () = taking => panic!("the first publisher was thrown out"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("the stream key is in use"), "{said}");
    assert!(soon(packets.recv()).await.is_some());
    first.kill().await.unwrap();
    all(packets).await;
}

#[tokio::test]
async fn gstreamer_rtmp2sink_publishes_every_frame() {
    let _turn = crate::turn::turn();
    let mut server = RtmpServer::open().await;
    let publisher = start(
        "gst-launch-1.0",
        &format!(
            "videotestsrc num-buffers=50 is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 \
             ! x264enc tune=zerolatency speed-preset=veryfast key-int-max=25 ! queue ! mux. \
             audiotestsrc num-buffers=94 is-live=true ! audio/x-raw,rate=48000,channels=2 ! voaacenc ! queue ! mux. \
             flvmux name=mux streamable=true ! rtmp2sink location={}",
            server.url("live/KEY")
        ),
    );
    let packets = all(server.next_lease().await).await;
    let output = ended(publisher).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pictures = check_stream(&packets);
    assert_eq!(pictures.len(), 50);
    assert!(pictures[0].2 && pictures.is_sorted());
    assert!(pictures.iter().all(|(dts, pts, _)| dts == pts));
}
