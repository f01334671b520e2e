//! Pulls from real servers.

use crate::{
    collector::{Pulled, wait_for},
    peers::{Files, Peer, convert, rtsp, rtsp_as},
    support::{marks::Clip, ports::Port},
};
use lumencast::{
    domain::fault::Blame,
    media::ingest::pull::PullNews,
    protocol::{
        guard::Guard,
        packet::{AudioCodec, VideoCodec},
    },
};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn clip(source: u8) -> Clip {
    Clip { gop: 15, ..Clip::of(source, 3.0).size(640, 360) }
}

#[test]
fn an_mp4_comes_whole_and_in_real_time_and_is_then_complete() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    let clip = Clip { bframes: 2, ..clip(2) };
    std::fs::copy(clip.cached(), files.path("a.mp4")).unwrap();
    let pulled = Pulled::start(&files.url("a.mp4"));
    pulled.wait_complete();
    pulled.got.assert_whole(2, 0, 89);
    pulled.got.assert_even_stamps(MS);
    let pictures = pulled.got.pictures();
    let took = pictures[89].0 - pictures[0].0;
    assert!((Duration::from_millis(2800)..Duration::from_millis(3400)).contains(&took), "took {took:?}");
    let sounds = pulled.got.sounds();
    assert!(sounds.len() > 130, "{} blocks of sound", sounds.len());
    assert_eq!(pulled.got.audio_configs(), [AudioCodec::Aac]);
    assert_eq!(pulled.news(), [PullNews::Buffering, PullNews::Publishing, PullNews::Complete]);
}

#[test]
fn an_mp4_whose_index_is_at_its_end_comes_whole() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    // Long enough that the index is not in what is read at first.
    let clip = Clip { kbps: 12_000, ..clip(3) };
    convert(&clip.cached(), &["-c", "copy", "-movflags", "0", "-f", "mp4"], &files.path("b.mp4"));
    let pulled = Pulled::start(&files.url("b.mp4"));
    pulled.wait_complete();
    pulled.got.assert_whole(3, 0, 89);
    pulled.got.assert_even_stamps(MS);
}

#[test]
fn a_file_that_begins_again_goes_on_with_rising_stamps() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    std::fs::copy(Clip { seconds: 1.0, ..clip(4) }.cached(), files.path("c.mp4")).unwrap();
    let pulled = Pulled::under(Guard::allowing(["127.0.0.1"]).unwrap(), &files.url("c.mp4"), true);
    pulled.got.wait_pictures(75);
    let pictures = pulled.got.pictures();
    assert!(pictures.windows(2).all(|pair| pair[0].2 < pair[1].2), "decoding times go back");
    let again = pulled.got.reading();
    assert_eq!(again.runs()[0].backwards, 2, "{again}");
    assert!(!pulled.news().contains(&PullNews::Complete));
}

#[test]
fn a_finished_hls_playlist_of_ts_and_of_fmp4_comes_whole() {
    let _turn = crate::support::shared_turn(30);
    for (kind, source) in [("mpegts", 5), ("fmp4", 6)] {
        let files = Files::serve();
        let list = files.path("list.m3u8");
        let options = ["-c", "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "-hls_playlist_type", "vod"];
        convert(&clip(source).cached(), &[&options[..], &["-hls_segment_type", kind]].concat(), &list);
        let pulled = Pulled::start(&files.url("list.m3u8"));
        pulled.wait_complete();
        pulled.got.assert_whole(source, 0, 89);
        pulled.got.assert_even_stamps(MS);
        assert_eq!(pulled.got.audio_configs(), [AudioCodec::Aac], "{kind}");
    }
}

#[test]
fn segments_in_aes_128_come_whole_with_the_vector_of_the_playlist_and_with_their_numbers() {
    let _turn = crate::support::shared_turn(30);
    for (source, vector) in [(9, "\n00112233445566778899aabbccddeeff"), (10, "")] {
        let files = Files::serve();
        let (key, info) = (files.path("key.bin"), files.path("key.info"));
        std::fs::write(&key, b"sixteen bytes  !").unwrap();
        std::fs::write(&info, format!("key.bin\n{}{vector}\n", key.display())).unwrap();
        let info = info.to_string_lossy();
        let options = ["-c", "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "-hls_key_info_file", &info];
        convert(&clip(source).cached(), &options, &files.path("list.m3u8"));
        let list = std::fs::read_to_string(files.path("list.m3u8")).unwrap();
        assert!(list.contains("METHOD=AES-128"), "{list}");
        let pulled = Pulled::start(&files.url("list.m3u8"));
        pulled.wait_complete();
        pulled.got.assert_whole(source, 0, 89);
        // Another key than the right one.
        std::fs::write(&key, b"sixteen others !").unwrap();
        let pulled = Pulled::start(&files.url("list.m3u8"));
        pulled.wait_news("a failure", |news| {
            matches!(news, PullNews::Error { text, blame: Blame::Peer } if text.contains("decrypted") || text.contains("no media"))
        });
    }
}

#[test]
fn hls_with_sound_apart_keeps_both_together() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    let options = "-c copy -map 0:v -map 0:a -f hls -hls_time 1 -hls_list_size 0 -hls_playlist_type vod \
                   -hls_segment_type fmp4 -master_pl_name master.m3u8 -var_stream_map";
    let mut options: Vec<&str> = options.split_whitespace().collect();
    options.push("v:0,agroup:a a:0,agroup:a,default:yes");
    let init = files.path("init_%v.mp4");
    let init = init.file_name().unwrap().to_string_lossy().into_owned();
    options.extend(["-hls_fmp4_init_filename", &init]);
    convert(&clip(7).cached(), &options, &files.path("list_%v.m3u8"));
    let pulled = Pulled::start(&files.url("master.m3u8"));
    pulled.wait_complete();
    pulled.got.assert_whole(7, 0, 89);
    let (first, sounds) = (pulled.got.pictures()[0].1, pulled.got.sounds());
    assert!(sounds.len() > 130, "{} blocks of sound", sounds.len());
    assert!(sounds[0].abs_diff(first) < Duration::from_millis(50), "sound at {:?}, picture at {first:?}", sounds[0]);
}

#[test]
fn a_live_hls_playlist_is_followed() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    let list = files.path("live.m3u8");
    let list = list.to_string_lossy();
    let output = ["-c", "copy", "-f", "hls", "-hls_time", "0.5", "-hls_list_size", "6", &list];
    let _sender = Peer::ffmpeg(&clip(8).cached(), &["-stream_loop", "-1"], &output);
    wait_for("three segments", || std::fs::read_to_string(&*list).ok().filter(|text| text.matches(".ts").count() >= 3));
    let pulled = Pulled::start(&files.url("live.m3u8"));
    pulled.got.wait_pictures(150);
    pulled.got.assert_even_stamps(Duration::from_millis(40)); // ffmpeg's loop is not even where it begins again
    let reading = pulled.got.reading();
    assert!(reading.runs().iter().all(|run| run.source == 8), "{reading}");
    let lost: u32 = reading.runs().windows(2).map(|pair| u32::from(pair[0].last_n != 89 || pair[1].first_n != 0)).sum();
    assert_eq!(lost, 0, "{reading}");
}

#[test]
fn a_transport_stream_over_http_srt_and_udp_comes_whole() {
    let _turn = crate::support::shared_turn(30);
    for kind in ["http", "srt", "udp"] {
        let port = Port::take();
        let (input, output, url) = match kind {
            "http" => (vec![], format!("http://{}/a.ts", port.address()), format!("http://{}/a.ts", port.address())),
            "srt" => (vec![], format!("srt://{}?mode=listener", port.address()), format!("srt://{}", port.address())),
            _ => (vec![], format!("udp://{}?pkt_size=1316", port.address()), format!("udp://{}", port.address())),
        };
        let start = || {
            let mut options = vec!["-c", "copy", "-f", "mpegts"];
            if kind == "http" {
                options.extend(["-listen", "1"]);
            }
            options.push(&output);
            Peer::ffmpeg(&clip(9).cached(), &input, &options)
        };
        // Over UDP the reader must be there first; elsewhere it may come before the server, and tries again.
        let pulled = Pulled::start(&url);
        if kind == "udp" {
            wait_for("the UDP port to be open", || std::net::UdpSocket::bind(port.address()).err());
        }
        let _sender = start();
        pulled.got.wait_pictures(if kind == "udp" { 75 } else { 85 });
        let reading = pulled.got.reading();
        let run = &reading.runs()[0];
        assert_eq!((run.source, run.first_n), (9, 0), "{kind}: {reading}");
        assert_eq!(reading.flaws(), (0, 0, 0), "{kind}: {reading}");
        assert!(pulled.got.sounds().len() > 60, "{kind}");
        pulled.got.assert_even_stamps(Duration::from_millis(12));
    }
}

#[test]
fn rtsp_comes_over_udp_and_tcp_with_decoding_times_and_falls_back() {
    let _turn = crate::support::turn();
    for (lower, query, bframes) in [("udp", "?transport=udp", 0), ("tcp", "?transport=tcp", 2), ("tcp", "", 0)] {
        let port = Port::take();
        let clip = Clip { bframes, ..clip(10) };
        let _server = rtsp(&port, &clip.cached(), lower);
        let pulled = Pulled::start(&format!("rtsp://{}/clip{query}", port.address()));
        pulled.got.wait_pictures(80);
        let reading = pulled.got.reading();
        let run = &reading.runs()[0];
        assert_eq!(run.source, 10, "{lower}{query}: {reading}");
        assert!(run.first_n < 15 && run.last_n >= 75, "{lower}{query}: {reading}");
        assert_eq!(reading.flaws(), (0, 0, 0), "{lower}{query}: {reading}");
        // Once, when the server's first report comes, the two streams are moved against each other.
        pulled.got.assert_even_stamps(Duration::from_millis(15));
        assert!(pulled.got.sounds().len() > 90, "{lower}{query}");
        assert_eq!(pulled.got.audio_configs()[0], AudioCodec::Aac);
    }
}

#[test]
fn the_sound_of_cameras_is_coded_anew() {
    let _turn = crate::support::shared_turn(30);
    let port = Port::take();
    let sound = "decodebin ! audioconvert ! audioresample ! alawenc ! rtppcmapay";
    let _server = rtsp_as(&port, &clip(11).cached(), "tcp", sound);
    let pulled = Pulled::start(&format!("rtsp://{}/clip?transport=tcp", port.address()));
    pulled.got.wait_pictures(80);
    assert_eq!(pulled.got.audio_configs()[0], AudioCodec::Aac);
    assert!(pulled.got.sounds().len() > 90, "{} blocks", pulled.got.sounds().len());
}

#[test]
fn a_server_that_was_killed_is_found_again() {
    let _turn = crate::support::shared_turn(30);
    let port = Port::take();
    let mut server = rtsp(&port, &clip(12).cached(), "tcp");
    let pulled = Pulled::start(&format!("rtsp://{}/clip?transport=tcp", port.address()));
    pulled.got.wait_pictures(30);
    server.kill();
    pulled.wait_news("the break", |news| matches!(news, PullNews::Error { blame: Blame::Peer, .. }));
    let before = pulled.got.pictures().len();
    let _server = rtsp(&port, &clip(13).cached(), "tcp");
    pulled.got.wait_pictures(before + 30);
    let reading = pulled.got.reading();
    assert!(reading.runs().iter().any(|run| run.source == 13), "{reading}");
    let pictures = pulled.got.pictures();
    assert!(pictures.windows(2).all(|pair| pair[0].2 < pair[1].2), "decoding times go back");
}

#[test]
fn hevc_opus_and_mp3_are_told_apart() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    let clip = clip(14).cached();
    convert(
        &clip,
        &["-c:v", "libx265", "-preset", "ultrafast", "-c:a", "libopus", "-f", "mpegts"],
        &files.path("h.ts"),
    );
    convert(&clip, &["-c:v", "copy", "-c:a", "libmp3lame", "-f", "mpegts"], &files.path("m.ts"));
    let hevc = Pulled::start(&files.url("h.ts"));
    hevc.wait_complete();
    assert_eq!((hevc.got.video_configs(), hevc.got.audio_configs()), (vec![VideoCodec::Hevc], vec![AudioCodec::Opus]));
    let (pictures, sounds) = (hevc.got.pictures().len(), hevc.got.sounds().len());
    assert!(pictures >= 89 && sounds > 140, "{pictures} pictures, {sounds} blocks of sound");
    let mp3 = Pulled::start(&files.url("m.ts"));
    mp3.wait_complete();
    assert_eq!(mp3.got.audio_configs(), [AudioCodec::Aac]);
    assert!(mp3.got.sounds().len() > 130, "{} blocks", mp3.got.sounds().len());
    mp3.got.assert_whole(14, 0, 89);
}

#[test]
fn program_streams_of_discs_and_recorders_come_whole() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    let clip = clip(5).cached();
    let old = ["-c:v", "mpeg2video", "-q:v", "3", "-g", "15", "-bf", "2"];
    for (name, sound) in [("disc.vob", ["-c:a", "ac3", "-f", "vob"]), ("tape.mpg", ["-c:a", "mp2", "-f", "mpeg"])] {
        convert(&clip, &[&old[..], &sound].concat(), &files.path(name));
        let pulled = Pulled::start(&files.url(name));
        pulled.wait_complete();
        assert_eq!(pulled.got.video_configs(), [VideoCodec::Mpeg2], "{name}");
        assert_eq!(pulled.got.audio_configs(), [AudioCodec::Aac], "{name}");
        pulled.got.assert_whole(5, 0, 89);
        pulled.got.assert_even_stamps(MS);
        assert!(pulled.got.sounds().len() > 130, "{name}: {} blocks of sound", pulled.got.sounds().len());
    }
}

#[test]
fn a_picture_that_is_not_supported_is_named() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    convert(&clip(15).cached(), &["-c:v", "ffv1", "-an", "-f", "matroska"], &files.path("old.mkv"));
    let pulled = Pulled::start(&files.url("old.mkv"));
    let news = pulled.wait_news("an error", |news| matches!(news, PullNews::Error { .. }));
    let PullNews::Error { text, blame } = news else { unreachable!() };
    assert_eq!((text.as_str(), blame), ("its picture (video/x-ffv) is not supported", Blame::Peer));
}

#[test]
fn what_the_guard_forbids_is_not_connected_to_not_even_by_a_redirect() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    let forbidden = |pulled: &Pulled| {
        let news = pulled.wait_news("an error", |news| matches!(news, PullNews::Error { .. }));
        assert!(
            matches!(&news, PullNews::Error { text, blame: Blame::Caller } if text.contains("not allowed")),
            "{news:?}"
        );
    };
    forbidden(&Pulled::under(Guard::default(), &files.url("a.mp4"), false));
    let port = Port::take();
    for url in ["rtsp", "srt", "rtmp"].map(|scheme| format!("{scheme}://{}/x", port.address())) {
        forbidden(&Pulled::under(Guard::default(), &url, false));
    }
    assert_eq!(files.requests.load(std::sync::atomic::Ordering::SeqCst), 0);
    // The first host is allowed, the one it refers to is not.
    let away = files.url("away?to=http://127.0.0.2:80/secret.mp4");
    forbidden(&Pulled::under(Guard::allowing(["127.0.0.1"]).unwrap(), &away, false));
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.2/a.ts\n#EXT-X-ENDLIST\n";
    std::fs::write(files.path("evil.m3u8"), list).unwrap();
    forbidden(&Pulled::under(Guard::allowing(["127.0.0.1"]).unwrap(), &files.url("evil.m3u8"), false));
}

#[test]
fn nothing_comes_after_a_pull_was_dropped() {
    let _turn = crate::support::shared_turn(30);
    let files = Files::serve();
    std::fs::copy(clip(1).cached(), files.path("a.mp4")).unwrap();
    let mut pulled = Pulled::start(&files.url("a.mp4"));
    pulled.got.wait_pictures(20);
    pulled.pull = None;
    let mut count = pulled.got.all().len();
    let calm = || {
        std::thread::park_timeout(Duration::from_millis(300));
        let now = pulled.got.all().len();
        let same = std::mem::replace(&mut count, now) == now;
        same.then_some(())
    };
    wait_for("silence", calm);
    assert!(pulled.got.pictures().len() < 60, "it went on to the end");
    assert!(!pulled.news().contains(&PullNews::Complete));
}
