//! HLS playlists, letter by letter.

use lumencast::protocol::m3u8::{
    Audio, Master, Media, Part, Report, Segment, Variant, aac_codec, avc_codec, date_time, hevc_codec,
};
use std::time::Duration;

fn master() -> Master {
    Master {
        independent: true,
        variants: vec![variant()],
        audio: vec![Audio { uri: "audio.m3u8".into(), name: "Main".into(), channels: 2 }],
    }
}

fn variant() -> Variant {
    Variant {
        uri: "video.m3u8".into(),
        bandwidth: 3_412_000,
        average_bandwidth: 2_900_500,
        codecs: vec!["avc1.64001f".into(), "mp4a.40.2".into()],
        resolution: Some((1280, 720)),
        frame_rate: 30_000.0 / 1001.0,
    }
}

#[test]
fn a_master_playlist_names_the_variant_and_its_sound() {
    assert_eq!(
        master().write(),
        "#EXTM3U\n\
         #EXT-X-VERSION:7\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Main\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio.m3u8\"\n\
         #EXT-X-STREAM-INF:BANDWIDTH=3412000,AVERAGE-BANDWIDTH=2900500,CODECS=\"avc1.64001f,mp4a.40.2\",\
         RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO=\"audio\"\n\
         video.m3u8\n"
    );
}

#[test]
fn a_silent_stream_has_no_audio_group() {
    let variant = Variant { codecs: vec!["hvc1.1.6.L93.B0".into()], ..variant() };
    let silent = Master { audio: Vec::new(), independent: false, variants: vec![variant] };
    assert_eq!(
        silent.write(),
        "#EXTM3U\n\
         #EXT-X-VERSION:7\n\
         #EXT-X-STREAM-INF:BANDWIDTH=3412000,AVERAGE-BANDWIDTH=2900500,CODECS=\"hvc1.1.6.L93.B0\",\
         RESOLUTION=1280x720,FRAME-RATE=29.970\n\
         video.m3u8\n"
    );
}

#[test]
fn a_media_playlist_has_parts_a_discontinuity_and_the_part_to_come() {
    let wall = 1_700_000_000_123_456_789;
    let part = |uri: &str, ms, independent| Part { uri: uri.into(), duration: Duration::from_millis(ms), independent };
    let segment = |uri: Option<&str>, ms, n: u64| Segment {
        uri: uri.map(str::to_owned),
        duration: Duration::from_millis(ms),
        map: "init1.mp4".into(),
        wall_ns: wall + n * 2_000_000_000,
        ..Default::default()
    };
    let media = Media {
        independent: true,
        target_s: 2,
        part_target: Duration::from_millis(220),
        first_msn: 41,
        discontinuity_sequence: 3,
        segments: vec![
            segment(Some("41.m4s"), 2000, 0),
            Segment {
                breaks: 1,
                map: "init2.mp4".into(),
                parts: vec![part("42.0.m4s", 200, true), part("42.1.m4s", 150, false)],
                ..segment(Some("42.m4s"), 350, 1)
            },
            Segment { map: "init2.mp4".into(), parts: vec![part("43.0.m4s", 200, true)], ..segment(None, 200, 2) },
        ],
        preload: Some("43.1.m4s".into()),
        reports: vec![Report { uri: "audio.m3u8".into(), last_msn: 43, last_part: Some(0) }],
    };
    assert_eq!(
        media.write(),
        "#EXTM3U\n\
         #EXT-X-VERSION:9\n\
         #EXT-X-TARGETDURATION:2\n\
         #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.66000\n\
         #EXT-X-PART-INF:PART-TARGET=0.22000\n\
         #EXT-X-MEDIA-SEQUENCE:41\n\
         #EXT-X-DISCONTINUITY-SEQUENCE:3\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-MAP:URI=\"init1.mp4\"\n\
         #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.123Z\n\
         #EXTINF:2.00000,\n\
         41.m4s\n\
         #EXT-X-DISCONTINUITY\n\
         #EXT-X-MAP:URI=\"init2.mp4\"\n\
         #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:22.123Z\n\
         #EXT-X-PART:DURATION=0.20000,URI=\"42.0.m4s\",INDEPENDENT=YES\n\
         #EXT-X-PART:DURATION=0.15000,URI=\"42.1.m4s\"\n\
         #EXTINF:0.35000,\n\
         42.m4s\n\
         #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:24.123Z\n\
         #EXT-X-PART:DURATION=0.20000,URI=\"43.0.m4s\",INDEPENDENT=YES\n\
         #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"43.1.m4s\"\n\
         #EXT-X-RENDITION-REPORT:URI=\"audio.m3u8\",LAST-MSN=43,LAST-PART=0\n"
    );
}

#[test]
fn dates_follow_the_gregorian_calendar() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (1_709_164_799, "2024-02-28T23:59:59.000Z"),
        (1_709_251_200, "2024-03-01T00:00:00.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        (1_735_689_599, "2024-12-31T23:59:59.000Z"),
    ] {
        assert_eq!(date_time(seconds * 1_000_000_000), text);
    }
}

#[test]
fn codecs_are_named_from_their_configuration_records() {
    assert_eq!(avc_codec("avc1", &[1, 0x64, 0, 0x1f, 0xff]).as_deref(), Some("avc1.64001f"));
    assert_eq!(avc_codec("avc1", &[1, 0x42, 0xc0, 0x1e, 0xff]).as_deref(), Some("avc1.42c01e"));
    let main = [1, 0x01, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93, 0xf0];
    assert_eq!(hevc_codec("hvc1", &main).as_deref(), Some("hvc1.1.6.L93.B0"));
    let high_tier = [1, 0x22, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 120];
    assert_eq!(hevc_codec("hvc1", &high_tier).as_deref(), Some("hvc1.2.4.H120"));
    assert_eq!(aac_codec(&[0x11, 0x90]).as_deref(), Some("mp4a.40.2"));
    assert_eq!(aac_codec(&[0x2b, 0x92]).as_deref(), Some("mp4a.40.5"));
    assert_eq!(aac_codec(&[0xf9, 0x40]).as_deref(), Some("mp4a.40.42"));
}

#[test]
fn records_cut_short_have_no_name() {
    assert_eq!(avc_codec("avc1", &[1, 0x64, 0]), None);
    assert_eq!(hevc_codec("hvc1", &[1; 12]), None);
    assert_eq!(aac_codec(&[]), None);
    assert_eq!(aac_codec(&[0xf9]), None);
}
