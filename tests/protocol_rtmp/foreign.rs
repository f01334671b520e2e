//! Sound and pictures that are neither AAC nor H.264: which codec, which bytes, which track.

use bytes::Bytes;
use lumencast::protocol::packet::{AudioCodec, Packet, SoundShape, VideoCodec};
use lumencast::protocol::rtmp::tag::TagError;
use lumencast::protocol::rtmp::unpack::Unpacker;

fn body(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

/// What comes of audio messages, 20 ms apart.
fn sounds(bodies: &[&[&[u8]]]) -> Vec<Packet> {
    let mut unpacker = Unpacker::default();
    let messages = bodies.iter().zip(0u32..).map(|(parts, n)| unpacker.audio(n * 20, body(parts)).unwrap());
    messages.flatten().collect()
}

/// What comes of video messages, 40 ms apart.
fn pictures(bodies: &[&[&[u8]]]) -> Vec<Packet> {
    let mut unpacker = Unpacker::default();
    let messages = bodies.iter().zip(0u32..).map(|(parts, n)| unpacker.video(n * 40, body(parts)).unwrap());
    messages.flatten().collect()
}

/// The codec and bytes of each configuration and of each unit.
fn heard(packets: &[Packet]) -> Vec<(&'static str, AudioCodec, &[u8])> {
    let one = |packet| match packet {
        &Packet::AudioConfig { codec, ref record } => ("config", codec, &record[..]),
        &Packet::Audio { codec, ref data, .. } => ("frame", codec, &data[..]),
        other => panic!("{other:?}"),
    };
    packets.iter().map(one).collect()
}

fn seen(packets: &[Packet]) -> Vec<(&'static str, VideoCodec, &[u8])> {
    let one = |packet| match packet {
        &Packet::VideoConfig { codec, ref record } => ("config", codec, &record[..]),
        &Packet::Video { codec, ref data, .. } => ("frame", codec, &data[..]),
        other => panic!("{other:?}"),
    };
    packets.iter().map(one).collect()
}

#[test]
fn each_sound_of_flv_is_announced_once_in_the_shape_of_its_header() {
    let shape = |rate, channels| SoundShape { rate, channels };
    for (first, codec) in [
        (0x2f, AudioCodec::Mpeg),
        (0xe2, AudioCodec::Mpeg),
        (0x3f, AudioCodec::Pcm16(shape(44_100, 2))),
        (0x0a, AudioCodec::Pcm16(shape(22_050, 1))),
        (0x34, AudioCodec::Pcm8(shape(11_025, 1))),
        (0x1f, AudioCodec::Adpcm(shape(44_100, 2))),
        (0x42, AudioCodec::Nellymoser(shape(16_000, 1))),
        (0x52, AudioCodec::Nellymoser(shape(8_000, 1))),
        (0x6e, AudioCodec::Nellymoser(shape(44_100, 1))),
        (0x72, AudioCodec::ALaw(shape(8_000, 1))),
        // Cameras name a rate that they do not have.
        (0x7e, AudioCodec::ALaw(shape(8_000, 1))),
        (0x83, AudioCodec::MuLaw(shape(8_000, 2))),
        (0xb6, AudioCodec::Speex),
    ] {
        let packets = sounds(&[&[&[first], b"one"], &[&[first], b"two"]]);
        let expected = [("config", codec, &b""[..]), ("frame", codec, b"one"), ("frame", codec, b"two")];
        assert_eq!(heard(&packets), expected, "{first:x}");
    }
}

#[test]
fn each_sound_of_enhanced_rtmp_is_read_with_its_record() {
    let info = [7; 34];
    let stream_header = [b"fLaC".as_slice(), &[0x80, 0, 0, 34], &info].concat();
    let opus = [b"OpusHead\x01\x02".as_slice(), &[0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0]].concat();
    let six = [b"OpusHead\x01\x06".as_slice(), &[0; 8], &[1, 4, 2, 0, 4, 1, 2, 3, 5]].concat();
    for (fourcc, start, codec, record) in [
        (b"Opus", &opus[..], AudioCodec::Opus, &b""[..]),
        (b"Opus", &six, AudioCodec::OpusSurround, &six),
        (b"ac-3", b"", AudioCodec::Ac3, b""),
        (b"ec-3", b"\x01", AudioCodec::Eac3, b""),
        (b".mp3", b"", AudioCodec::Mpeg, b""),
        (b"fLaC", &stream_header, AudioCodec::Flac, &info),
        (b"fLaC", &info, AudioCodec::Flac, &info),
        (b"fLaC", &stream_header[4..], AudioCodec::Flac, &info),
    ] {
        let packets = sounds(&[&[&[0x90], fourcc, start], &[&[0x91], fourcc, b"one"], &[&[0x91], fourcc, b"two"]]);
        let expected = [("config", codec, record), ("frame", codec, b"one"), ("frame", codec, b"two")];
        assert_eq!(heard(&packets), expected, "{}", fourcc.escape_ascii());
    }
    // An encoder that sends no start.
    let packets = sounds(&[&[b"\x91ac-3one"]]);
    assert_eq!(heard(&packets), [("config", AudioCodec::Ac3, &b""[..]), ("frame", AudioCodec::Ac3, b"one")]);
    for cut in [&b"\x90OpusOpusHead\x01"[..], b"\x90OpusOpusHead\x01\x06", b"\x90fLaCfLaC\x80\x00\x00\x22\x01"] {
        let read = Unpacker::default().audio(0, Bytes::copy_from_slice(cut));
        assert_eq!(read, Err(TagError::Truncated("audio configuration")), "{}", cut.escape_ascii());
    }
}

#[test]
fn sound_that_becomes_another_codec_is_announced_anew() {
    let packets = sounds(&[&[b"\x2fmp3"], &[b"\x72law"], &[b"\xaf\x00\x11\x90"], &[b"\xaf\x01aac"], &[b"\x2fmp3"]]);
    let kinds: Vec<_> = heard(&packets).into_iter().map(|(kind, codec, _)| (kind, codec)).collect();
    let law = AudioCodec::ALaw(SoundShape { rate: 8_000, channels: 1 });
    let turns = [AudioCodec::Mpeg, law, AudioCodec::Aac, AudioCodec::Mpeg];
    let expected: Vec<_> = turns.into_iter().flat_map(|codec| [("config", codec), ("frame", codec)]).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn av1_and_vp9_and_the_old_pictures_of_flv_are_read() {
    let av1 = pictures(&[&[b"\x90av01\x81\x00\x0c\x00"], &[b"\x91av01key"], &[b"\xa3av01delta"]]);
    let codec = VideoCodec::Av1;
    let record = &b"\x81\x00\x0c\x00"[..];
    assert_eq!(seen(&av1), [("config", codec, record), ("frame", codec, b"key"), ("frame", codec, b"delta")]);
    assert!(matches!(av1[1], Packet::Video { keyframe: true, pts, dts, .. } if pts == dts));
    assert!(matches!(av1[2], Packet::Video { keyframe: false, .. }));
    assert_eq!(seen(&pictures(&[&[b"\x1d\x01\x00\x00\x00key"]]))[1], ("frame", codec, &b"key"[..]), "codec id 13");
    for (fourcc, codec) in [(b"vp09", VideoCodec::Vp9), (b"vp08", VideoCodec::Vp8)] {
        let packets = pictures(&[&[b"\x90", fourcc, b"vpcC"], &[b"\x91", fourcc, b"key"]]);
        assert_eq!(seen(&packets), [("config", codec, &b""[..]), ("frame", codec, b"key")]);
        let packets = pictures(&[&[b"\x91", fourcc, b"key"]]);
        assert_eq!(seen(&packets), [("config", codec, &b""[..]), ("frame", codec, b"key")], "without a start");
    }
    for (id, codec) in [(2, VideoCodec::Sorenson), (3, VideoCodec::Screen)] {
        let packets = pictures(&[&[&[0x10 | id], b"key"], &[&[0x20 | id], b"inter"]]);
        let expected = [("config", codec, &b""[..]), ("frame", codec, b"key"), ("frame", codec, b"inter")];
        assert_eq!(seen(&packets), expected);
        assert!(matches!(packets[2], Packet::Video { keyframe: false, .. }));
    }
}

#[test]
fn of_several_tracks_the_first_is_read() {
    // Many tracks of one codec in a message, each with its length; then one track in a message.
    let many = pictures(&[&[b"\x96\x11avc1", b"\x01\x00\x00\x04\0\0\0x", b"\x00\x00\x00\x07\0\0\x09main"]]);
    assert_eq!(seen(&many), [("frame", VideoCodec::H264, &b"main"[..])]);
    assert!(matches!(many[0], Packet::Video { pts, .. } if pts.as_millis() == 9));
    let one = pictures(&[
        &[b"\x96\x01avc1\x01\0\0\0other"],
        &[b"\x96\x01avc1\x00\0\0\0main"],
        &[b"\xa6\x01avc1\x01\0\0\0other"],
        &[b"\xa1avc1\0\0\0plain"],
    ]);
    let texts: Vec<_> = seen(&one).into_iter().map(|(_, _, data)| data).collect();
    assert_eq!(texts, [&b"other"[..], b"main", b"plain"], "until the first one comes");
    // Many tracks of many codecs; the one that is not known is not the first.
    let sound = sounds(&[&[b"\x95\x21", b"alac\x01\x00\x00\x02xx", b"ac-3\x00\x00\x00\x03one"]]);
    assert_eq!(heard(&sound)[1], ("frame", AudioCodec::Ac3, &b"one"[..]));
    // A modifier before the tracks, and before each sound.
    let sound = sounds(&[&[b"\x97\x02\0\0\x07\x05\x00mp4a\x00\x11\x90"], &[b"\x97\x00\x00\x01mp4aunit"]]);
    let expected = [("config", AudioCodec::Aac, &b"\x11\x90"[..]), ("frame", AudioCodec::Aac, b"unit")];
    assert_eq!(heard(&sound), expected);
    for cut in [&b"\x96\x11avc1\x00\x00\x00\x09\0\0\0x"[..], b"\x96\x11avc1\x00\x00", b"\x96", b"\x96\x21avc"] {
        let read = Unpacker::default().video(0, Bytes::copy_from_slice(cut));
        assert_eq!(read, Err(TagError::Truncated("video")), "{}", cut.escape_ascii());
    }
}
