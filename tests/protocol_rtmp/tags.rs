//! FLV tag bodies.

use bytes::Bytes;
use lumencast::protocol::packet::{AudioCodec, Packet, VideoCodec};
use lumencast::protocol::rtmp::enhanced::TrackChoice;
use lumencast::protocol::rtmp::sound;
use lumencast::protocol::rtmp::tag::{self, AudioTag, TagError, VideoTag};
use lumencast::protocol::rtmp::unpack::Unpacker;
use proptest::prelude::*;
use std::time::Duration;

const AVC_RECORD: [u8; 8] = [1, 0x64, 0, 31, 0xff, 0xe1, 0, 0];

fn hevc_record() -> Vec<u8> {
    let mut record = vec![1; 23];
    record[21] = 0xfb;
    record
}

fn body(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

fn video(body: Bytes) -> Result<VideoTag, TagError> {
    tag::video(body, &mut TrackChoice::default())
}

fn audio(body: Bytes) -> Result<AudioTag, TagError> {
    sound::audio(body, &mut TrackChoice::default())
}

fn read_video(parts: &[&[u8]]) -> Result<VideoTag, TagError> {
    video(body(parts))
}

fn read_audio(parts: &[&[u8]]) -> Result<AudioTag, TagError> {
    audio(body(parts))
}

#[test]
fn an_avc_sequence_header_is_a_configuration() {
    let record = Bytes::copy_from_slice(&AVC_RECORD);
    let tag = read_video(&[&[0x17, 0, 0, 0, 0], &AVC_RECORD]);
    assert_eq!(tag, Ok(VideoTag::Config { codec: VideoCodec::H264, record }));
}

#[test]
fn avc_units_carry_their_kind_and_a_signed_offset() {
    let frame = |keyframe, offset| {
        let data = Bytes::from_static(&[0, 0, 0, 1, 9]);
        Ok(VideoTag::Frame { codec: VideoCodec::H264, keyframe, offset, data })
    };
    let unit = [0, 0, 0, 1, 9];
    assert_eq!(read_video(&[&[0x17, 1, 0, 0, 80], &unit]), frame(true, 80));
    assert_eq!(read_video(&[&[0x27, 1, 0xff, 0xff, 0xd8], &unit]), frame(false, -40));
    assert_eq!(read_video(&[&[0x27, 1, 0x80, 0, 0], &unit]), frame(false, -8_388_608));
    assert_eq!(read_video(&[&[0x37, 1, 0x7f, 0xff, 0xff], &unit]), frame(false, 8_388_607));
}

#[test]
fn enhanced_hevc_comes_with_and_without_an_offset() {
    let record = Bytes::from(hevc_record());
    let codec = VideoCodec::Hevc;
    let config = read_video(&[&[0x90], b"hvc1", &record]);
    assert_eq!(config, Ok(VideoTag::Config { codec, record }));
    let data = Bytes::from_static(&[0, 0, 0, 1, 0x26]);
    let coded = read_video(&[&[0x91], b"hvc1", &[0xff, 0xff, 0xfe], &data]);
    let frame = VideoTag::Frame { codec, keyframe: true, offset: -2, data: data.clone() };
    assert_eq!(coded, Ok(frame));
    let coded_x = read_video(&[&[0xa3], b"hvc1", &data]);
    assert_eq!(coded_x, Ok(VideoTag::Frame { codec, keyframe: false, offset: 0, data }));
}

#[test]
fn enhanced_avc_is_h264() {
    let data = Bytes::from_static(&[0, 0, 0, 1, 0x65]);
    let tag = read_video(&[&[0x91], b"avc1", &[0, 0, 3], &data]);
    let codec = VideoCodec::H264;
    assert_eq!(tag, Ok(VideoTag::Frame { codec, keyframe: true, offset: 3, data }));
}

#[test]
fn hevc_under_the_old_codec_id_is_hevc() {
    let record = Bytes::from(hevc_record());
    let tag = read_video(&[&[0x1c, 0, 0, 0, 0], &record]);
    assert_eq!(tag, Ok(VideoTag::Config { codec: VideoCodec::Hevc, record }));
}

#[test]
fn modifiers_before_the_packet_type_are_skipped() {
    let data = Bytes::from_static(&[1, 2, 3]);
    // A frame in nanoseconds (3 bytes), then a long modifier of 257 bytes, then coded frames without offset.
    let long = [[0xff, 1, 0].as_slice(), &[7; 257], &[0x03]].concat();
    let tag = read_video(&[&[0x97, 2, 0, 1, 2, 0x07], &long, b"hvc1", &data]);
    let codec = VideoCodec::Hevc;
    assert_eq!(tag, Ok(VideoTag::Frame { codec, keyframe: true, offset: 0, data }));
}

#[test]
fn aac_is_read_in_both_forms() {
    let (codec, record, data) =
        (AudioCodec::Aac, Bytes::from_static(&[0x11, 0x90]), Bytes::from_static(&[0x21, 0x10, 4]));
    let config = Ok(AudioTag::Config { codec, record: record.clone() });
    let frame = Ok(AudioTag::Frame { codec, data: data.clone() });
    assert_eq!(read_audio(&[&[0xaf, 0], &record]), config);
    assert_eq!(read_audio(&[&[0xaf, 1], &data]), frame);
    assert_eq!(read_audio(&[&[0x90], b"mp4a", &record]), config);
    assert_eq!(read_audio(&[&[0x91], b"mp4a", &data]), frame);
}

#[test]
fn ends_commands_metadata_and_empty_bodies_hold_nothing() {
    let picture: [&[u8]; 8] = [
        b"",
        b"\x17\x02\x00\x00\x00",
        b"\x57\x00",
        b"\x94\x02\x00\x09colorInfo",
        b"\x92hvc1",
        b"\xd1\x00",
        b"\x17\x00\x00\x00\x00",
        b"\x27\x01\x00\x00\x00",
    ];
    for bytes in picture {
        let tag = video(Bytes::from_static(bytes));
        assert_eq!(tag, Ok(VideoTag::Nothing), "{bytes:x?}");
    }
    let sound: [&[u8]; 5] = [b"", b"\xaf\x01", b"\xaf\x00", b"\x92mp4a", b"\x94mp4a\x01\x02"];
    for bytes in sound {
        let tag = audio(Bytes::from_static(bytes));
        assert_eq!(tag, Ok(AudioTag::Nothing), "{bytes:x?}");
    }
}

#[test]
fn an_unsupported_codec_is_named() {
    let text = |error: TagError| error.to_string();
    let picture = [
        (vec![0x14, 0], "On2 VP6"),
        (b"\x90vvc1".to_vec(), "vvc1"),
        (b"\x90\xff\x00a\n".to_vec(), r"\xff\x00a\n"),
        ([&[0x17, 0, 0, 0, 0], &[1, 0x64, 0, 31, 0xfd, 0xe1, 0][..]].concat(), "2-byte length"),
    ];
    for (bytes, name) in picture {
        let said = text(video(bytes.into()).unwrap_err());
        assert!(said.contains(name) && said.contains("not supported"), "{said}");
    }
    for (bytes, name) in [(vec![0xff, 0], "FLV audio id 15"), (vec![0xc2, 0], "id 12"), (b"\x90alac".to_vec(), "alac")]
    {
        let said = text(audio(bytes.into()).unwrap_err());
        assert!(said.contains(name), "{said}");
    }
}

#[test]
fn every_shortened_header_is_reported_and_not_guessed() {
    let avc: &[u8] = &[0x17, 1, 0, 0];
    let ex: &[u8] = b"\x91hvc1\x00\x00";
    for whole in [avc, ex, b"\x97\x02\x00\x01\x02"] {
        for end in 1..=whole.len() {
            let cut = video(Bytes::copy_from_slice(&whole[..end]));
            assert_eq!(cut, Err(TagError::Truncated("video")), "{:x?}", &whole[..end]);
        }
    }
    let short_record = read_video(&[&[0x17, 0, 0, 0, 0], &AVC_RECORD[..6]]);
    assert_eq!(short_record, Err(TagError::Truncated("video configuration")));
    assert_eq!(read_audio(&[&[0xaf]]), Err(TagError::Truncated("audio")));
    assert_eq!(read_audio(&[&[0xaf, 0, 0x11]]), Err(TagError::Truncated("audio configuration")));
}

#[test]
fn presentation_times_are_decoding_times_plus_offset_over_the_wrap() {
    let mut unpacker = Unpacker::default();
    let mut times = |timestamp: u32, offset: u8| {
        let unit = body(&[&[0x27, 1, 0, 0, offset], &[9]]);
        match unpacker.video(timestamp, unit).as_deref() {
            Ok([Packet::Video { pts, dts, .. }]) => (*dts, *pts),
            other => panic!("{other:?}"),
        }
    };
    let at = |time| Duration::from_millis((1u64 << 32) - 40 + time);
    assert_eq!(times(0u32.wrapping_sub(40), 80), (at(0), at(80)));
    assert_eq!(times(0, 0), (at(40), at(40)));
    // A step back is believed.
    assert_eq!(times(0u32.wrapping_sub(20), 10), (at(20), at(30)));
    assert_eq!(times(40, 40), (at(80), at(120)));
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Legacy,
    Enhanced,
}

/// The bytes of a tag, written independently of the reader.
fn write_video(tag: &VideoTag, form: Form) -> Bytes {
    let (codec, kind, packet_type, offset, data) = match tag {
        VideoTag::Config { codec, record } => (codec, 1, 0, None, record),
        VideoTag::Frame { codec, keyframe, offset, data } => {
            (codec, if *keyframe { 1 } else { 2 }, 1, Some(*offset), data)
        }
        VideoTag::Nothing => panic!("nothing to write"),
    };
    let offset_bytes = |offset: i32| offset.to_be_bytes()[1..].to_vec();
    let mut bytes = match form {
        Form::Legacy => {
            let id = if *codec == VideoCodec::H264 { 7 } else { 12 };
            let mut bytes = vec![kind << 4 | id, packet_type];
            bytes.extend(offset_bytes(offset.unwrap_or(0)));
            bytes
        }
        Form::Enhanced => {
            let mut bytes = vec![0x80 | kind << 4 | packet_type];
            bytes.extend(if *codec == VideoCodec::H264 { b"avc1" } else { b"hvc1" });
            bytes.extend(offset.map(offset_bytes).unwrap_or_default());
            bytes
        }
    };
    bytes.extend(data);
    bytes.into()
}

fn any_video() -> impl Strategy<Value = VideoTag> {
    let codec = prop_oneof![Just(VideoCodec::H264), Just(VideoCodec::Hevc)];
    let payload = prop::collection::vec(any::<u8>(), 1..200);
    (codec, any::<bool>(), any::<bool>(), -(1 << 23)..(1i32 << 23), payload).prop_map(
        |(codec, config, keyframe, offset, payload)| {
            if config {
                let head = if codec == VideoCodec::H264 { AVC_RECORD.to_vec() } else { hevc_record() };
                VideoTag::Config { codec, record: [head, payload].concat().into() }
            } else {
                VideoTag::Frame { codec, keyframe, offset, data: payload.into() }
            }
        },
    )
}

proptest! {
    #[test]
    fn what_an_encoder_writes_is_read_back(
        tag in any_video(),
        form in prop_oneof![Just(Form::Legacy), Just(Form::Enhanced)],
    ) {
        prop_assert_eq!(video(write_video(&tag, form)), Ok(tag));
    }

    #[test]
    fn arbitrary_tag_bodies_never_panic(first in any::<u8>(), rest in prop::collection::vec(any::<u8>(), 0..64)) {
        let bytes = Bytes::from([vec![first], rest].concat());
        let _ = video(bytes.clone());
        let _ = audio(bytes);
    }

    #[test]
    fn arbitrary_enhanced_bodies_never_panic(
        first in any::<u8>(),
        fourcc in prop_oneof![Just(*b"hvc1"), Just(*b"avc1"), Just(*b"mp4a")],
        rest in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let bytes = |head: u8| Bytes::from([vec![head], fourcc.to_vec(), rest.clone()].concat());
        let _ = video(bytes(first | 0x80));
        let _ = audio(bytes(0x90 | first & 0x0f));
    }
}
