//! Command dialogues, as encoders hold them.

use super::peer::{MAX_MESSAGE, Peer, command};
use bytes::Bytes;
use lumencast::protocol::packet::{MediaKind, Packet, VideoCodec};
use lumencast::protocol::rtmp::chunk::ChunkError;
use lumencast::protocol::rtmp::session::{Denial, Event, Session, SessionError};
use proptest::prelude::*;
use rml_rtmp::messages::{MessagePayload, RtmpMessage, UserControlEventType};
use rml_rtmp::rml_amf0::Amf0Value as Value;
use rml_rtmp::time::RtmpTimestamp;
use std::time::Duration;

fn video(bytes: &'static [u8]) -> RtmpMessage {
    RtmpMessage::VideoData { data: Bytes::from_static(bytes) }
}

fn asks(app: &str, key: &str) -> Result<Vec<Event>, SessionError> {
    Ok(vec![Event::Publish { app: app.into(), key: key.into(), password: None }])
}

#[test]
fn a_connect_is_answered_with_sizes_success_and_the_codecs_we_take() {
    let mut peer = Peer::connected("live");
    let heard = peer.hear();
    let kinds: Vec<u8> = heard.iter().map(|(_, message)| message.get_message_type_id()).collect();
    assert_eq!(kinds, [5, 6, 1, 20]);
    let Some((0, RtmpMessage::Amf0Command { command_name, transaction_id, command_object, additional_arguments })) =
        heard.into_iter().last()
    else {
        panic!("no command");
    };
    assert_eq!((command_name.as_str(), transaction_id), ("_result", 1.0));
    let pictures = ["avc1", "hvc1", "av01", "vp09", "vp08"];
    let sounds = ["mp4a", "Opus", "ac-3", "ec-3", ".mp3", "fLaC"];
    let codecs = pictures.iter().chain(&sounds).map(|code| Value::Utf8String((*code).into()));
    let properties = command_object.get_object_properties().unwrap();
    assert_eq!(properties["fourCcList"], Value::StrictArray(codecs.collect()));
    let decodable = |code: &&str| ((*code).to_owned(), Value::Number(1.0));
    assert_eq!(properties["videoFourCcInfoMap"], Value::Object(pictures.iter().map(decodable).collect()));
    assert_eq!(properties["audioFourCcInfoMap"], Value::Object(sounds.iter().map(decodable).collect()));
    let information = additional_arguments[0].clone().get_object_properties().unwrap();
    assert_eq!(information["code"], Value::Utf8String("NetConnection.Connect.Success".into()));
}

#[test]
fn a_stream_is_created_and_the_announcements_around_it_are_answered() {
    let mut peer = Peer::connected("live");
    peer.hear();
    let key = || vec![Value::Utf8String("KEY".into())];
    peer.say(0, command("releaseStream", 2.0, Value::Null, key())).unwrap();
    peer.say(0, command("FCPublish", 0.0, Value::Null, key())).unwrap();
    peer.say(0, command("createStream", 4.0, Value::Null, vec![])).unwrap();
    let results = [(2.0, Value::Undefined), (4.0, Value::Number(1.0))]
        .map(|(transaction, value)| (0, command("_result", transaction, Value::Null, vec![value])));
    assert_eq!(peer.hear(), results);
}

#[test]
fn the_ways_encoders_write_application_and_key_come_out_the_same() {
    for (app, name) in [
        ("live", "KEY"),
        ("live/", "KEY?user=me&bandwidthtest=true"),
        ("/live?token=1", "/KEY"),
        ("live/KEY", ""),
        ("live/KEY/", "?x"),
    ] {
        assert_eq!(Peer::connected(app).publish(name), asks("live", "KEY"), "{app} {name}");
    }
    assert_eq!(Peer::connected("studio/a").publish("KEY"), asks("studio/a", "KEY"));
    // An address without an application: the key is all there is.
    assert_eq!(Peer::connected("KEY").publish(""), asks("", "KEY"));
    assert_eq!(Peer::connected("").publish("KEY"), asks("", "KEY"));
}

#[test]
fn a_publish_without_its_type_and_one_in_the_amf3_envelope_are_understood() {
    let arguments = || vec![Value::Utf8String("KEY".into())];
    let mut peer = Peer::connected("live");
    assert_eq!(peer.say(1, command("publish", 5.0, Value::Null, arguments())), asks("live", "KEY"));
    let mut peer = Peer::connected("live");
    let plain =
        MessagePayload::from_rtmp_message(command("publish", 5.0, Value::Null, arguments()), RtmpTimestamp::new(0), 1);
    let data = [&[0], &plain.unwrap().data[..]].concat().into();
    assert_eq!(peer.say(1, RtmpMessage::Unknown { type_id: 17, data }), asks("live", "KEY"));
}

#[test]
fn a_granted_publisher_is_told_so_on_its_stream() {
    let mut peer = Peer::connected("live");
    peer.publish("KEY").unwrap();
    peer.hear();
    peer.session.grant().unwrap();
    let heard = peer.hear();
    assert!(heard.iter().any(|(_, message)| matches!(
        message,
        RtmpMessage::UserControl { event_type: UserControlEventType::StreamBegin, stream_id: Some(1), .. }
    )));
    let mut peer = Peer::connected("live");
    peer.publish("KEY").unwrap();
    peer.session.grant().unwrap();
    let (name, level, code, _, stream) = peer.answers().pop().unwrap();
    assert_eq!((name.as_str(), level.as_str(), stream), ("onStatus", "status", 1));
    assert_eq!(code, "NetStream.Publish.Start");
}

#[test]
fn a_refusal_is_an_error_status_with_its_code_and_description() {
    for (denial, code) in [
        (Denial::BadName, "NetStream.Publish.BadName"),
        (Denial::Rejected, "NetStream.Publish.Rejected"),
        (Denial::Failed, "NetStream.Publish.Failed"),
    ] {
        let mut peer = Peer::connected("live");
        peer.publish("KEY").unwrap();
        peer.hear();
        peer.session.refuse(denial, "because").unwrap();
        let said = ["onStatus", "error", code, "because"].map(str::to_owned);
        let [name, level, code, description] = said;
        assert_eq!(peer.answers(), [(name, level, code, description, 1)]);
    }
}

#[test]
fn nothing_is_read_between_the_question_and_its_answer() {
    let mut peer = Peer::connected("live");
    peer.publish("KEY").unwrap();
    assert_eq!(peer.say_at(40, 1, video(b"\x17\x01\x00\x00\x00unit")), Ok(vec![]));
    peer.session.grant().unwrap();
    let time = Duration::from_millis(40);
    let packet = Packet::Video {
        codec: VideoCodec::H264,
        pts: time,
        dts: time,
        keyframe: true,
        data: Bytes::from_static(b"unit"),
    };
    assert_eq!(peer.events(), Ok(vec![Event::Packet(packet)]));
    let mut peer = Peer::connected("live");
    peer.publish("KEY").unwrap();
    peer.session.refuse(Denial::BadName, "no").unwrap();
    assert_eq!(peer.say_at(40, 1, video(b"\x17\x01\x00\x00\x00unit")), Ok(vec![]));
}

#[test]
fn media_outside_of_a_publish_is_ignored_and_metadata_always() {
    let mut peer = Peer::connected("live");
    assert_eq!(peer.say(1, video(b"\x17\x01\x00\x00\x00unit")), Ok(vec![]));
    let mut peer = Peer::publishing();
    // A data message with a name and nothing behind it.
    let values = vec![Value::Utf8String("@setDataFrame".into())];
    assert_eq!(peer.say(1, RtmpMessage::Amf0Data { values }), Ok(vec![]));
}

#[test]
fn an_unsupported_codec_is_reported_by_name() {
    let mut peer = Peer::publishing();
    let unsupported = |codec: &str| Event::Unsupported { kind: MediaKind::Picture, codec: codec.into() };
    assert_eq!(peer.say(1, video(b"\x90vvc1rest")), Ok(vec![unsupported("vvc1")]));
    assert_eq!(peer.say(1, video(b"\x91vvc1rest")), Ok(vec![]), "once");
    assert_eq!(peer.say(1, video(b"\x91abcdrest")), Ok(vec![unsupported("abcd")]));
}

#[test]
fn a_player_is_told_that_there_is_nothing_to_play() {
    let mut peer = Peer::connected("live");
    peer.hear();
    let play = command("play", 4.0, Value::Null, vec![Value::Utf8String("KEY".into())]);
    assert!(matches!(peer.say(1, play), Err(SessionError::Protocol(_))));
    let (name, level, code, _, stream) = peer.answers().pop().unwrap();
    assert_eq!((name.as_str(), level.as_str(), stream), ("onStatus", "error", 1));
    assert_eq!(code, "NetStream.Play.Failed");
}

#[test]
fn each_way_to_end_a_publish_ends_it_once_and_another_may_follow_from_zero() {
    let key = Value::Utf8String("KEY".into());
    for (name, argument) in [("FCUnpublish", key), ("deleteStream", Value::Number(1.0)), ("closeStream", Value::Null)] {
        let mut peer = Peer::publishing();
        peer.say_at(9000, 1, video(b"\x27\x01\x00\x00\x00unit")).unwrap();
        let end = || command(name, 6.0, Value::Null, vec![argument.clone()]);
        assert_eq!(peer.say(1, end()), Ok(vec![Event::Finished]), "{name}");
        assert_eq!(peer.say(1, end()), Ok(vec![]), "{name}");
        assert_eq!(peer.publish("OTHER"), asks("live", "OTHER"));
        peer.session.grant().unwrap();
        let events = peer.say_at(0, 1, video(b"\x27\x01\x00\x00\x00unit")).unwrap();
        assert!(matches!(events[..], [Event::Packet(Packet::Video { dts: Duration::ZERO, .. })]), "{events:?}");
    }
    let other = command("deleteStream", 6.0, Value::Null, vec![Value::Number(7.0)]);
    assert_eq!(Peer::publishing().say(0, other), Ok(vec![]));
}

#[test]
fn commands_out_of_order_or_in_excess_end_the_connection() {
    let connect = || command("connect", 1.0, Value::Null, vec![]);
    assert!(matches!(Peer::shaken().publish("KEY"), Err(SessionError::Protocol(_))));
    assert!(matches!(Peer::connected("live").say(0, connect()), Err(SessionError::Protocol(_))));
    assert!(matches!(Peer::publishing().publish("KEY"), Err(SessionError::Protocol(_))));
    let mut peer = Peer::connected("live");
    let create = || command("createStream", 4.0, Value::Null, vec![]);
    let created = (0..100).take_while(|_| peer.say(0, create()).is_ok()).count();
    assert_eq!(created, 16);
}

#[test]
fn an_unauthenticated_client_gets_less_room_than_a_publisher_and_nobody_more_than_allowed() {
    let header = |length: u32| {
        let [_, a, b, c] = length.to_be_bytes();
        [7, 0, 0, 0, a, b, c, 9, 1, 0, 0, 0]
    };
    let mut outcomes = Vec::new();
    for (mut peer, length) in
        [(Peer::connected("live"), 16_385), (Peer::publishing(), 16_385), (Peer::publishing(), 100_001)]
    {
        peer.session.feed(&header(length)).unwrap();
        outcomes.push(peer.events());
    }
    let above = |length, limit| Err(SessionError::Chunk(ChunkError::TooLarge { length, limit }));
    assert_eq!(outcomes, [above(16_385, 16_384), Ok(vec![]), above(100_001, MAX_MESSAGE)]);
}

#[test]
fn received_bytes_are_acknowledged_in_total_each_window() {
    let mut peer = Peer::publishing();
    peer.say(0, RtmpMessage::WindowAcknowledgement { size: 70_000 }).unwrap();
    peer.say(0, RtmpMessage::SetChunkSize { size: 90_000 }).unwrap();
    peer.serializer.set_max_chunk_size(90_000, RtmpTimestamp::new(0)).unwrap();
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let data = Bytes::from(vec![0x27; 80_000]);
        peer.say(1, RtmpMessage::VideoData { data }).unwrap();
        acknowledged.extend(peer.hear().into_iter().filter_map(|(_, message)| match message {
            RtmpMessage::Acknowledgement { sequence_number } => Some(sequence_number),
            _ => None,
        }));
    }
    let [first, second, third] = acknowledged[..] else {
        panic!("{acknowledged:?}");
    };
    assert!((80_000..82_000).contains(&first), "{first}");
    assert!((80_000..80_100).contains(&(second - first)) && (80_000..80_100).contains(&(third - second)));
}

#[test]
fn a_ping_comes_back_with_its_timestamp() {
    let mut peer = Peer::publishing();
    let control = |event_type| RtmpMessage::UserControl {
        event_type,
        stream_id: None,
        buffer_length: None,
        timestamp: Some(RtmpTimestamp::new(77)),
    };
    peer.say(0, control(UserControlEventType::PingRequest)).unwrap();
    assert_eq!(peer.hear(), [(0, control(UserControlEventType::PingResponse))]);
    // An unknown event does not end the connection.
    let data = Bytes::from_static(&[0, 99, 1]);
    assert_eq!(peer.say(0, RtmpMessage::Unknown { type_id: 4, data }), Ok(vec![]));
}

#[test]
fn what_is_not_rtmp_is_refused_by_its_first_byte() {
    let error = Session::new(MAX_MESSAGE).feed(b"GET / HTTP/1.1\r\n").unwrap_err();
    assert!(matches!(error, SessionError::Handshake(_)));
}

proptest! {
    #[test]
    fn arbitrary_first_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
        let _ = Session::new(MAX_MESSAGE).feed(&bytes);
        if let Some(first) = bytes.first_mut() {
            *first = 3;
        }
        let mut session = Session::new(MAX_MESSAGE);
        if session.feed(&bytes).is_ok() {
            let _ = session.poll();
        }
    }

    #[test]
    fn arbitrary_bytes_after_the_handshake_never_panic(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..10, 0xc0u8..0xc8], 0..3000),
        publishing in any::<bool>(),
    ) {
        let mut peer = if publishing { Peer::publishing() } else { Peer::connected("live") };
        peer.session.feed(&bytes).unwrap();
        let _ = peer.events();
    }

    #[test]
    fn arbitrary_messages_never_panic(
        messages in prop::collection::vec((0u8..24, prop::collection::vec(any::<u8>(), 1..100)), 0..20),
    ) {
        let mut peer = Peer::publishing();
        for (type_id, data) in messages {
            let data = Bytes::from(data);
            // A changed chunk size or a protocol error ends the dialogue.
            if peer.say(1, RtmpMessage::Unknown { type_id, data }).is_err() || type_id == 1 {
                break;
            }
        }
    }

    #[test]
    fn the_pieces_a_stream_comes_in_change_nothing(piece in 1usize..300) {
        let unit: Vec<u8> = (0..=255).cycle().take(400).collect();
        let data = Bytes::from([b"\x27\x01\x00\x00\x00", &unit[..]].concat());
        let mut peer = Peer::publishing();
        let mut wire = Vec::new();
        for frame in 0..20 {
            wire.extend(peer.bytes(frame * 40, 1, RtmpMessage::VideoData { data: data.clone() }));
        }
        let mut events = Vec::new();
        for bytes in wire.chunks(piece) {
            peer.session.feed(bytes).unwrap();
            events.extend(peer.events().unwrap());
        }
        for (frame, event) in events.iter().enumerate() {
            let Event::Packet(Packet::Video { dts, data, .. }) = event else {
                panic!("{event:?}");
            };
            prop_assert_eq!(dts.as_millis(), frame as u128 * 40);
            prop_assert_eq!(&data[..], &unit[..]);
        }
        prop_assert_eq!(events.len(), 20);
    }
}
