//! Resources whose names and content types mislead: each is read as what its bytes are, or refused with a reason.

use crate::{
    collector::{Pulled, wait_for},
    peers::convert,
    support::marks::Clip,
};
use lumencast::{
    domain::fault::Blame,
    media::ingest::pull::PullNews,
    protocol::{
        guard::Guard,
        packet::{AudioCodec, VideoCodec},
    },
};
use std::{
    collections::HashMap,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use warp::{Filter, http::Response};

type Answer = (&'static str, Vec<u8>);

/// A server that answers each path with a content type and bytes of the test's choice.
struct Server {
    address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let answers: Arc<Mutex<HashMap<String, Answer>>> = Arc::default();
        let known = answers.clone();
        let routes = warp::path::full().map(move |path: warp::path::FullPath| {
            let answer = known.lock().unwrap().get(path.as_str()).cloned();
            match answer {
                Some((kind, bytes)) => Response::builder().header("content-type", kind).body(bytes).unwrap(),
                None => Response::builder().status(404).body(Vec::new()).unwrap(),
            }
        });
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(warp::serve(routes).incoming(listener).run());
        Self { address, answers, _runtime: runtime }
    }

    fn put(&self, path: &str, kind: &'static str, bytes: Vec<u8>) {
        self.answers.lock().unwrap().insert(path.to_owned(), (kind, bytes));
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// An address that the guard forbids, and how often it was connected to.
fn forbidden() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    (address, count)
}

fn pull(url: &str) -> Pulled {
    Pulled::under(Guard::allowing(["127.0.0.1"]).unwrap(), url, false)
}

fn clip(source: u8) -> Clip {
    Clip { gop: 15, ..Clip::of(source, 2.0).size(320, 180) }
}

/// The clip in another form.
fn form(folder: &Path, source: u8, name: &str, options: &str) -> Vec<u8> {
    let to = folder.join(name);
    convert(&clip(source).cached(), &options.split_whitespace().collect::<Vec<_>>(), &to);
    std::fs::read(to).unwrap()
}

/// Why a pull failed.
fn reason(pulled: &Pulled) -> (String, Blame) {
    match pulled.wait_news("a failure", |news| matches!(news, PullNews::Error { .. })) {
        PullNews::Error { text, blame } => (text, blame),
        other => panic!("{other:?}"),
    }
}

#[test]
fn pictures_are_read_as_what_they_are_under_any_name() {
    let _turn = crate::support::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let ts = "-c copy -f mpegts";
    let mut cut_off = form(folder.path(), 3, "b.ts", ts);
    cut_off.drain(..100);
    let whole = [
        (1, "/get.php", "text/html", form(folder.path(), 1, "a.ts", ts)),
        (2, "/live.m3u8", "application/vnd.apple.mpegurl", form(folder.path(), 2, "a.mp4", "-c copy -f mp4")),
        (4, "/a.mp4", "video/mp4", form(folder.path(), 4, "a.flv", "-c copy -f flv")),
        (5, "/a.ts", "video/mp2t", form(folder.path(), 5, "a.mkv", "-c copy -f matroska")),
        (
            6,
            "/list.m3u",
            "audio/x-mpegurl",
            form(folder.path(), 6, "f.mp4", "-c copy -f mp4 -movflags frag_keyframe+empty_moov"),
        ),
    ];
    for (source, path, kind, bytes) in whole {
        server.put(path, kind, bytes);
        let pulled = pull(&server.url(path));
        pulled.wait_complete();
        pulled.got.assert_whole(source, 0, 59);
        assert_eq!(pulled.got.audio_configs(), [AudioCodec::Aac], "{path}");
        assert!(pulled.got.sounds().len() > 80, "{path}: {} blocks of sound", pulled.got.sounds().len());
    }
    server.put("/picture.jpg", "image/jpeg", cut_off);
    let pulled = pull(&server.url("/picture.jpg"));
    pulled.wait_complete();
    let reading = pulled.got.reading();
    assert_eq!((reading.runs().len(), reading.runs()[0].source, reading.runs()[0].last_n), (1, 3, 59), "{reading}");
}

#[test]
fn other_codecs_and_sound_alone_are_read_as_what_they_are_under_any_name() {
    let _turn = crate::support::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let pictures = [
        (
            "/a.flv",
            form(folder.path(), 1, "a.webm", "-c:v libvpx -deadline realtime -c:a libopus -f webm"),
            VideoCodec::Vp8,
        ),
        ("/b.mp4", form(folder.path(), 1, "a.mpjpeg", "-an -c:v mjpeg -f mpjpeg"), VideoCodec::Jpeg),
        ("/c.m3u8", form(folder.path(), 1, "a.mjpeg", "-an -c:v mjpeg -f mjpeg"), VideoCodec::Jpeg),
    ];
    for (path, bytes, codec) in pictures {
        server.put(path, "application/octet-stream", bytes);
        let pulled = pull(&server.url(path));
        pulled.wait_complete();
        assert_eq!((pulled.got.video_configs(), pulled.got.pictures().len()), (vec![codec], 60), "{path}");
    }
    let sounds = [
        ("/d.mp4", form(folder.path(), 1, "a.aac", "-vn -c copy -f adts"), AudioCodec::Aac),
        ("/e.m3u8", form(folder.path(), 1, "a.mp3", "-vn -c:a libmp3lame -f mp3"), AudioCodec::Aac),
        ("/f.ts", form(folder.path(), 1, "a.ogg", "-vn -c:a libopus -f ogg"), AudioCodec::Opus),
        ("/g.ts", form(folder.path(), 1, "a3.ts", "-vn -c:a ac3 -f mpegts"), AudioCodec::Aac),
        ("/h.jpg", form(folder.path(), 1, "m2.ts", "-vn -c:a mp2 -f mpegts"), AudioCodec::Aac),
    ];
    for (path, bytes, codec) in sounds {
        server.put(path, "video/mp4", bytes);
        let pulled = pull(&server.url(path));
        pulled.wait_complete();
        assert_eq!(pulled.got.audio_configs(), [codec], "{path}");
        let stamps = pulled.got.sounds();
        let took = stamps.iter().max().unwrap().saturating_sub(*stamps.iter().min().unwrap()).as_millis();
        assert!((1850..2150).contains(&took), "{path}: sound of {took} ms");
    }
}

#[test]
fn a_playlist_without_a_mark_is_played_and_never_leads_where_the_guard_forbids() {
    let _turn = crate::support::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.put("/seg/0.bin", "application/octet-stream", form(folder.path(), 7, "s.ts", "-c copy -f mpegts"));
    let list = |segment: &str| {
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{segment}\n#EXT-X-ENDLIST\n").into_bytes()
    };
    for (segment, kind) in [("seg/0.bin".to_owned(), "text/html"), (server.url("/seg/0.bin"), "video/mp4")] {
        server.put("/get.php", kind, list(&segment));
        let pulled = pull(&server.url("/get.php?id=3"));
        pulled.wait_complete();
        pulled.got.assert_whole(7, 0, 59);
    }
    let (inside, count) = forbidden();
    let map =
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"http://{inside}/i.mp4\"\n#EXTINF:2,\n/seg/0.bin\n");
    let key = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://{inside}/key\"\n#EXTINF:2,\n/seg/0.bin\n"
    );
    let variant = format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100\nhttp://{inside}/v.m3u8\n");
    for text in [list(&format!("http://{inside}/0.ts")), map.into_bytes(), key.into_bytes(), variant.into_bytes()] {
        server.put("/get.php", "text/plain", text.clone());
        let pulled = pull(&server.url("/get.php?id=3"));
        let (text, blame) = (String::from_utf8(text).unwrap(), reason(&pulled));
        assert_eq!(blame.1, Blame::Caller, "{text} {blame:?}");
        assert!(pulled.got.all().is_empty(), "{text}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0, "connections to the forbidden host");
}

#[test]
fn what_is_no_media_is_refused_with_what_it_is() {
    let _turn = crate::support::shared_turn(30);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    let random: Vec<u8> = (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let others: [(&str, Vec<u8>, &str); 10] = [
        ("/a.mp4", b"<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>".to_vec(), "DASH"),
        ("/b.m3u8", b"<!DOCTYPE html><html><body>Not here</body></html>".to_vec(), "web page"),
        ("/c.ts", b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=video 5004 RTP/AVP 96\r\n".to_vec(), "SDP"),
        ("/d.flv", b"{\"error\":\"gone\"}".to_vec(), "JSON"),
        ("/e.mp4", random, "unknown format"),
        ("/f.mp4", Vec::new(), "empty"),
        ("/g.mp4", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "PNG"),
        ("/h.m3u8", b"[playlist]\nNumberOfEntries=1\nFile1=http://127.0.0.2/x\n".to_vec(), "PLS"),
        ("/i.ts", b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "gzip"),
        ("/k.mp4", form(folder.path(), 1, "a.mkv", "-an -c:v ffv1 -f matroska"), "not supported"),
    ];
    for (path, bytes, word) in others {
        server.put(path, "video/mp4", bytes);
        let pulled = pull(&server.url(path));
        println!("{path} must be refused with {word}");
        let (text, blame) = reason(&pulled);
        assert!(text.contains(word), "{path}: {text}, not {word}");
        assert_eq!(blame, Blame::Peer, "{path}: {text}");
    }
    // A server that is alive after all this still takes what is media.
    server.put("/z", "text/plain", form(folder.path(), 8, "z.ts", "-c copy -f mpegts"));
    let pulled = pull(&server.url("/z"));
    wait_for("pictures", || (pulled.got.pictures().len() > 10).then_some(()));
}
