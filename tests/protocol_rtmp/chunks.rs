//! Chunks to messages.

use bytes::Bytes;
use lumencast::protocol::rtmp::chunk::{ChunkError, Message, Reader};
use proptest::prelude::*;
use rml_rtmp::chunk_io::ChunkSerializer;
use rml_rtmp::messages::MessagePayload;
use rml_rtmp::time::RtmpTimestamp;

/// A type 0 header; what does not fit into the 24-bit time is written as extended time.
fn full(id: u8, timestamp: u32, length: u32, kind: u8) -> Vec<u8> {
    let [_, a, b, c] = timestamp.min(0xff_ffff).to_be_bytes();
    let [_, d, e, f] = length.to_be_bytes();
    let mut bytes = vec![id, a, b, c, d, e, f, kind, 1, 0, 0, 0];
    if timestamp >= 0xff_ffff {
        bytes.extend(timestamp.to_be_bytes());
    }
    bytes
}

fn read(reader: &mut Reader, bytes: &[u8]) -> Result<Vec<Message>, ChunkError> {
    reader.feed(bytes);
    let mut messages = Vec::new();
    while let Some(message) = reader.next()? {
        messages.push(message);
    }
    Ok(messages)
}

fn brief(messages: &[Message]) -> Vec<(u32, u8, usize)> {
    messages.iter().map(|m| (m.timestamp, m.kind, m.body.len())).collect()
}

#[test]
fn messages_interleaved_on_two_chunk_streams_are_put_together() {
    let (picture, sound) = ([1u8; 300], [2u8; 100]);
    let wire = [
        &full(6, 40, 300, 9)[..],
        &picture[..128],
        &full(4, 41, 100, 8),
        &sound,
        &[0xc6],
        &picture[128..256],
        &[0xc6],
        &picture[256..],
    ]
    .concat();
    let messages = read(&mut Reader::new(1000), &wire).unwrap();
    assert_eq!(brief(&messages), [(41, 8, 100), (40, 9, 300)]);
    assert_eq!((&messages[0].body[..], &messages[1].body[..]), (&sound[..], &picture[..]));
}

#[test]
fn deltas_add_up_and_a_bare_chunk_repeats_the_last_one() {
    let wire =
        [&full(4, 1000, 1, 8)[..], &[0], &[0x44, 0, 0, 23, 0, 0, 2, 8, 1, 1], &[0x84, 0, 0, 20, 2, 2], &[0xc4, 3, 3]]
            .concat();
    let messages = read(&mut Reader::new(1000), &wire).unwrap();
    assert_eq!(brief(&messages), [(1000, 8, 1), (1023, 8, 2), (1043, 8, 2), (1063, 8, 2)]);
}

#[test]
fn extended_time_is_taken_with_and_without_its_repetition() {
    let time = 0x0100_0000u32;
    let head = [&full(6, time, 200, 9)[..], &[7; 128]].concat();
    let tail = [7; 72];
    let with = [&head[..], &[0xc6], &time.to_be_bytes(), &tail].concat();
    let without = [&head[..], &[0xc6], &tail].concat();
    for wire in [with, without] {
        let messages = read(&mut Reader::new(1000), &wire).unwrap();
        assert_eq!(brief(&messages), [(time, 9, 200)]);
        assert!(messages[0].body.iter().all(|byte| *byte == 7));
    }
}

#[test]
fn an_extended_delta_below_its_threshold_does_no_harm() {
    let wire = [&full(4, 5, 1, 8)[..], &[0], &[0x84, 0xff, 0xff, 0xff, 0, 0, 0, 9, 1]].concat();
    assert_eq!(brief(&read(&mut Reader::new(9), &wire).unwrap()), [(5, 8, 1), (14, 8, 1)]);
}

#[test]
fn a_message_above_the_limit_is_refused_by_its_header() {
    let error = read(&mut Reader::new(1000), &full(6, 0, 1001, 9)).unwrap_err();
    assert_eq!(error, ChunkError::TooLarge { length: 1001, limit: 1000 });
}

#[test]
fn unfinished_messages_together_stay_below_the_limit() {
    let mut reader = Reader::new(1000);
    let begin = |id| [&full(id, 0, 1000, 9)[..], &[0; 128]].concat();
    let mut outcome = Ok(Vec::new());
    let opened = (3..20).take_while(|id| {
        outcome = read(&mut reader, &begin(*id));
        outcome.is_ok()
    });
    assert_eq!(opened.count(), 7);
    assert_eq!(outcome, Err(ChunkError::TooLarge { length: 1024, limit: 1000 }));
}

#[test]
fn nonsense_headers_are_errors() {
    let next = |wire: &[u8]| read(&mut Reader::new(1000), wire).unwrap_err();
    assert_eq!(next(&[0xc5]), ChunkError::NoPrevious(5));
    let within = [&full(6, 0, 200, 9)[..], &[0; 128], &full(6, 0, 200, 9)].concat();
    assert_eq!(next(&within), ChunkError::Unfinished(6));
    let streams: Vec<u8> = (0..65).flat_map(|id| [&[0, id][..], &full(0, 0, 0, 8)[1..]].concat()).collect();
    assert_eq!(next(&streams), ChunkError::TooManyStreams);
    let mut reader = Reader::new(1000);
    assert_eq!(reader.set_chunk_size(0), Err(ChunkError::ChunkSize(0)));
    assert_eq!(reader.set_chunk_size(1 << 31), Err(ChunkError::ChunkSize(1 << 31)));
}

#[test]
fn a_chunk_stream_may_begin_with_a_header_of_type_1() {
    // Set Chunk Size on chunk stream 2, as some encoders send it first.
    let wire = [&[0x42, 0, 0, 0, 0, 0, 4, 1][..], &[0, 0, 16, 0]].concat();
    let mut reader = Reader::new(1000);
    let messages = read(&mut reader, &wire).unwrap();
    assert_eq!((brief(&messages), messages[0].stream), (vec![(0, 1, 4)], 0));
    assert_eq!(read(&mut Reader::new(1000), &[0x82, 0, 0, 0]).unwrap_err(), ChunkError::NoPrevious(2), "type 2");
}

#[test]
fn an_aborted_message_is_forgotten() {
    let mut reader = Reader::new(1000);
    let begun = [&full(6, 0, 200, 9)[..], &[1; 128]].concat();
    assert_eq!(read(&mut reader, &begun), Ok(vec![]));
    reader.abort(6);
    let whole = [&full(6, 40, 3, 9)[..], &[2; 3]].concat();
    assert_eq!(brief(&read(&mut reader, &whole).unwrap()), [(40, 9, 3)]);
}

#[test]
fn chunk_streams_with_two_and_three_byte_ids_are_told_apart() {
    let wire = [
        &[0, 10][..],
        &full(0, 1, 1, 8)[1..],
        &[0xaa],
        &[1, 10, 1],
        &full(0, 2, 1, 9)[1..],
        &[0xbb],
        &[0xc0, 10, 0xcc],
    ]
    .concat();
    let messages = read(&mut Reader::new(9), &wire).unwrap();
    assert_eq!(brief(&messages), [(1, 8, 1), (2, 9, 1), (2, 8, 1)]);
}

proptest! {
    #[test]
    fn what_a_serializer_writes_is_read_in_any_pieces(
        sent in prop::collection::vec(
            (0u32..0x0200_0000, prop_oneof![Just(8u8), Just(9), Just(20)], prop::collection::vec(any::<u8>(), 1..700)),
            1..12,
        ),
        chunk_size in 1u32..600,
        piece in 1usize..97,
    ) {
        let (mut serializer, mut reader) = (ChunkSerializer::new(), Reader::new(1000));
        serializer.set_max_chunk_size(chunk_size, RtmpTimestamp::new(0)).unwrap();
        reader.set_chunk_size(chunk_size).unwrap();
        let (mut wire, mut expected) = (Vec::new(), Vec::new());
        for (timestamp, kind, body) in sent {
            let body = Bytes::from(body);
            let payload = MessagePayload {
                timestamp: RtmpTimestamp::new(timestamp),
                type_id: kind,
                message_stream_id: 1,
                data: body.clone(),
            };
            wire.extend(serializer.serialize(&payload, false, false).unwrap().bytes);
            expected.push(Message { timestamp, kind, stream: 1, body });
        }
        let mut messages = Vec::new();
        for bytes in wire.chunks(piece) {
            messages.extend(read(&mut reader, bytes).unwrap());
        }
        prop_assert_eq!(messages, expected);
    }

    #[test]
    fn arbitrary_chunks_never_panic_nor_hold_more_than_allowed(
        wire in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..8, 0xc0u8..0xc8], 0..4000),
        chunk_size in 1u32..300,
    ) {
        let mut reader = Reader::new(500);
        reader.set_chunk_size(chunk_size).unwrap();
        if let Ok(messages) = read(&mut reader, &wire) {
            prop_assert!(messages.iter().all(|message| message.body.len() <= 500));
        }
    }
}
