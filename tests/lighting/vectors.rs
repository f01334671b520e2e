//! Packets byte for byte, as the tables of the standards have them.

use lumencast::protocol::lighting::{
    Broken,
    artnet::{self, Dmx},
    ddp,
    sacn::{self, Header, Packet},
};

const CID: [u8; 16] = [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f];

/// Bytes written as hexadecimal digits with spaces; `*` and a number repeat the byte before.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for word in text.split_whitespace() {
        match word.strip_prefix('*') {
            Some(count) => bytes.resize(bytes.len() + count.parse::<usize>().unwrap() - 1, *bytes.last().unwrap()),
            None => bytes.push(u8::from_str_radix(word, 16).unwrap()),
        }
    }
    bytes
}

/// E1.31-2018 tables 4-1, 5-5, 6-1 and 7-1.
fn full_universe() -> Vec<u8> {
    bytes(
        "00 10 00 00 41 53 43 2d 45 31 2e 31 37 00 00 00 72 6e 00 00 00 04
         10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f
         72 58 00 00 00 02 48 61 6c 6c 65 20 c3 9c 00 *56 96 1f 40 00 00 12 34
         72 0b 02 a1 00 00 00 01 02 01 00
         00 *512",
    )
}

const HALL: Header<'_> = Header { cid: CID, source: "Halle Ü", priority: 150, sync: 8000, universe: 0x1234 };

#[test]
fn an_sacn_universe_is_as_the_tables_of_e131_have_it() {
    let expected = full_universe();
    assert_eq!(expected.len(), 638);
    assert_eq!(sacn::data(&HALL, 512), expected);
    let Ok(Packet::Data(data)) = sacn::parse(&expected) else { panic!() };
    assert_eq!((data.cid, data.source_name().as_str(), data.priority), (CID, "Halle Ü", 150));
    assert_eq!((data.sync, data.sequence, data.options, data.universe), (8000, 0, 0, 0x1234));
    assert_eq!((data.start_code, data.slots), (0, &[0; 512][..]));
}

#[test]
fn what_a_sender_rewrites_is_where_the_constants_say() {
    let mut packet = sacn::data(&HALL, 3);
    assert_eq!(packet[16..18], [0x70, 0x71], "129 bytes without the preamble's 16");
    packet[sacn::SEQUENCE] = 200;
    packet[sacn::OPTIONS] = sacn::TERMINATED | sacn::FORCE_SYNC;
    packet[sacn::FIRST_SLOT..].copy_from_slice(&[1, 2, 3]);
    let Ok(Packet::Data(data)) = sacn::parse(&packet) else { panic!() };
    assert_eq!((data.sequence, data.options, data.slots), (200, 0x60, &[1, 2, 3][..]));
    assert!(data.is_terminated() && !data.is_preview());
}

#[test]
fn a_long_name_is_cut_between_characters() {
    let source = format!("{}Ü", "x".repeat(62));
    let packet = sacn::data(&Header { source: &source, ..HALL }, 1);
    assert_eq!(packet[106..108], [0, 0], "the half of a character is not sent");
    let Ok(Packet::Data(data)) = sacn::parse(&packet) else { panic!() };
    assert_eq!(data.source_name(), "x".repeat(62));
}

#[test]
fn an_sacn_synchronisation_packet_is_as_table_6_2_has_it() {
    let expected = bytes(
        "00 10 00 00 41 53 43 2d 45 31 2e 31 37 00 00 00 70 21 00 00 00 08
         10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 70 0b 00 00 00 01 00 1f 40 00 00",
    );
    assert_eq!(expected.len(), 49);
    let mut packet = sacn::synchronisation(&CID, 8000);
    assert_eq!(packet, expected);
    packet[sacn::SYNC_SEQUENCE] = 9;
    assert_eq!(sacn::parse(&packet), Ok(Packet::Synchronisation { cid: CID, sequence: 9, universe: 8000 }));
}

#[test]
fn an_sacn_discovery_packet_is_as_tables_6_3_and_8_1_have_it() {
    let expected = bytes(
        "00 10 00 00 41 53 43 2d 45 31 2e 31 37 00 00 00 70 6e 00 00 00 08
         10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 70 58 00 00 00 02 48 00 *63 00 *4
         70 0e 00 00 00 01 00 00 00 01 00 02 f9 ff",
    );
    let packet = sacn::discovery(&CID, "H", &[1, 2, 63_999]);
    assert_eq!(packet, expected);
    let Ok(Packet::Discovery(discovery)) = sacn::parse(&packet) else { panic!() };
    assert_eq!(discovery.universes().collect::<Vec<_>>(), [1, 2, 63_999]);
    assert_eq!((discovery.source_name().as_str(), discovery.page, discovery.last_page), ("H", 0, 0));
    assert_eq!(sacn::group(sacn::DISCOVERY).octets(), [239, 255, 250, 214]);
}

#[test]
fn only_what_e131_allows_is_read() {
    let read = |at: usize, value: u8| {
        let mut packet = full_universe();
        packet[at] = value;
        sacn::parse(&packet).map(|_| ())
    };
    assert_eq!(read(4, 0x42), Err(Broken::Foreign));
    for vector in [21, 43] {
        assert_eq!(read(vector, 3), Err(Broken::Value("vector")));
    }
    for layer in [117, 118, 120, 122] {
        assert_eq!(read(layer, 9), Err(Broken::Value("DMP layer")), "byte {layer}");
    }
    assert_eq!(read(108, 200), Ok(()));
    assert_eq!(read(108, 201), Err(Broken::Value("priority")));
    assert_eq!(read(123, 3), Err(Broken::Value("property count")));
    assert_eq!(read(124, 2), Err(Broken::Value("property count")), "514: one slot too many");
    let whole = full_universe();
    for length in [0, 15, 30, 48, 100, 125, 637] {
        assert!(sacn::parse(&whole[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn an_artdmx_is_as_art_net_4_has_it() {
    let expected = bytes("41 72 74 2d 4e 65 74 00 00 50 00 0e 00 00 34 12 00 04 00 00 00 00");
    let mut packet = artnet::dmx(0x1234, 3);
    assert_eq!(packet, expected, "slots come in pairs");
    packet[artnet::SEQUENCE] = 7;
    packet[artnet::FIRST_SLOT..].copy_from_slice(&[1, 2, 3, 4]);
    let dmx = Dmx { sequence: 7, physical: 0, address: 0x1234, slots: &[1, 2, 3, 4] };
    assert_eq!(artnet::parse(&packet), Ok(artnet::Packet::Dmx(dmx)));
    assert_eq!(artnet::dmx(0, 600).len(), 18 + 512);
    packet[16] = 2;
    assert_eq!(artnet::parse(&packet), Err(Broken::Value("length")), "516 slots");
    packet[11] = 13;
    assert_eq!(artnet::parse(&packet), Err(Broken::Value("version")));
}

#[test]
fn an_artsync_is_as_art_net_4_has_it() {
    let expected = bytes("41 72 74 2d 4e 65 74 00 00 52 00 0e 00 00");
    assert_eq!(artnet::sync(), expected);
    assert_eq!(artnet::parse(&expected), Ok(artnet::Packet::Sync));
}

#[test]
fn a_ddp_packet_is_as_3waylabs_has_it() {
    let expected = bytes("41 00 0b 01 00 00 05 a0 00 06 00 *6");
    let mut packet = ddp::data(1440, 6, true, ddp::RGB8);
    assert_eq!(packet, expected);
    assert_eq!(ddp::data(0, 1440, false, ddp::RGB8)[..10], bytes("40 00 0b 01 00 00 00 00 05 a0"));
    packet[ddp::SEQUENCE] = 15;
    packet[ddp::FIRST_BYTE..].copy_from_slice(&[1, 2, 3, 4, 5, 6]);
    let read = ddp::parse(&packet).unwrap();
    assert_eq!((read.push, read.sequence, read.data_type, read.display), (true, 15, ddp::RGB8, 1));
    assert_eq!((read.offset, read.bytes), (1440, &[1, 2, 3, 4, 5, 6][..]));
    let timed = bytes("51 01 0b 01 00 00 00 00 00 03 aa bb cc dd 01 02 03");
    assert_eq!(ddp::parse(&timed).map(|data| data.bytes), Ok(&[1, 2, 3][..]), "a time code lies before the data");
    assert_eq!(ddp::parse(&bytes("81 01 0b 01 00 00 00 00 00 00")), Err(Broken::Foreign));
    assert_eq!(ddp::parse(&bytes("43 01 0b 01 00 00 00 00 00 00")), Err(Broken::Value("kind")), "a query");
}
