//! What leaves, and when: real sockets on loopback, time as an argument.

use super::sockets::{PacketReceiver, colours, output};
use lumencast::{
    lighting::{
        output::Outputs,
        patch::{ColourOrder, OutputSpec, Protocol},
    },
    protocol::lighting::{
        artnet, ddp,
        sacn::{self, Data, Packet},
    },
};
use std::{io, net::UdpSocket, time::Duration};

const CID: [u8; 16] = [7; 16];

fn open(specs: Vec<OutputSpec>) -> Outputs {
    Outputs::open(specs, CID, "Lumencast").unwrap()
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn data(packet: &[u8]) -> Data<'_> {
    match sacn::parse(packet) {
        Ok(Packet::Data(data)) => data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_universe_gets_its_leds_and_counts_by_itself() {
    let receiver = PacketReceiver::open();
    let mut outputs = open(vec![output(Protocol::Sacn, 300, 400, receiver.address())]);
    for frame in 0..300 {
        outputs.send(&colours(400, frame), ms(frame as u64 * 17));
        let packets = receiver.receive_some(3);
        let pixels = colours(400, frame);
        for (place, packet) in packets.iter().enumerate() {
            let data = data(packet);
            let leds = &pixels[place * 170..(place * 170 + 170).min(400)];
            assert_eq!((data.universe, data.sequence), (300 + place as u16, frame as u8));
            assert_eq!((data.slots, data.start_code), (leds.as_flattened(), 0));
            assert_eq!((data.cid, data.source_name().as_str(), data.priority), (CID, "Lumencast", 100));
        }
    }
    let stats = outputs.stats();
    assert_eq!((stats.packets, stats.errors, stats.universes), (901, 0, 3), "and one that announces the universes");
}

#[test]
fn outputs_that_share_a_universe_leave_in_one_packet() {
    let receiver = PacketReceiver::open();
    let first = OutputSpec { order: ColourOrder::Grb, ..output(Protocol::Sacn, 1, 2, receiver.address()) };
    let second = OutputSpec { channel: 10, start: 1, order: ColourOrder::Brg, length: 1, ..first.clone() };
    let mut outputs = open(vec![second, first]);
    outputs.send(&[[1, 2, 3], [4, 5, 6]], ms(0));
    assert_eq!(data(&receiver.receive()).slots, [2, 1, 3, 5, 4, 6, 0, 0, 0, 6, 4, 5]);
    assert_eq!(outputs.stats().packets, 2, "and one that announces the universe");
    outputs.send(&[[1, 2, 3]], ms(17));
    assert_eq!(data(&receiver.receive()).slots[3..6], [5, 4, 6], "an LED that is not there stays as it was");
}

#[test]
fn a_frame_that_stays_is_sent_three_times_more_and_then_once_in_a_while() {
    let receiver = PacketReceiver::open();
    let specs = vec![output(Protocol::Sacn, 1, 340, receiver.address())];
    let mut outputs = open(specs);
    let mut pixels = colours(340, 0);
    let mut sent: Vec<(u64, u16)> = Vec::new();
    for frame in 0..300 {
        let now = frame * 1000 / 60;
        if frame == 150 {
            pixels[339] = [255; 3];
        }
        outputs.send(&pixels, ms(now));
        sent.extend(receiver.receive_all().iter().map(|packet| (now, data(packet).universe)));
    }
    let times = |universe| sent.iter().filter(move |(_, other)| *other == universe).map(|(now, _)| *now);
    let still: Vec<u64> = times(1).collect();
    assert_eq!(still[..4], [0, 16, 33, 50]);
    let gaps: Vec<u64> = still[3..].windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() == 5 && gaps.iter().all(|gap| (800..=1000).contains(gap)), "{gaps:?}");
    let changed: Vec<u64> = times(2).filter(|now| (2500..3000).contains(now)).collect();
    assert_eq!(changed, [2500, 2516, 2533, 2550], "only the universe that changed is sent again");
    assert!(!still.contains(&2500));
}

#[test]
fn the_end_is_told_three_times_for_each_universe_of_sacn_alone() {
    let (receiver, other) = (PacketReceiver::open(), PacketReceiver::open());
    let specs = vec![
        output(Protocol::Sacn, 1, 340, receiver.address()),
        output(Protocol::Artnet, 1, 10, other.address()),
        output(Protocol::Ddp, 1, 10, other.address()),
    ];
    let mut outputs = open(specs);
    let pixels = colours(340, 1);
    outputs.send(&pixels, ms(0));
    assert_eq!((receiver.receive_some(2).len(), other.receive_some(2).len()), (2, 2));
    outputs.terminate();
    let packets = receiver.receive_all();
    let ends: Vec<_> = packets.iter().map(|packet| data(packet)).map(|data| (data.universe, data.sequence)).collect();
    assert_eq!(ends, [(1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (2, 3)]);
    assert!(packets.iter().all(|packet| data(packet).is_terminated()));
    assert_eq!(other.receive_all().len(), 0, "no last frame");
    outputs.send(&pixels, ms(17));
    let again = data(&receiver.receive()).options;
    assert_eq!(again, 0, "a frame after the end begins anew");
}

#[test]
fn synchronisation_follows_the_last_universe_of_a_frame() {
    let receiver = PacketReceiver::open();
    let spec = OutputSpec { sync: Some(9000), ..output(Protocol::Sacn, 1, 340, receiver.address()) };
    let art = OutputSpec { sync: Some(1), ..output(Protocol::Artnet, 7, 340, receiver.address()) };
    let mut outputs = open(vec![spec, art]);
    for frame in 0..2_u8 {
        outputs.send(&colours(340, frame.into()), ms(0));
        let packets = receiver.receive_some(6);
        assert_eq!((data(&packets[0]).sync, data(&packets[1]).sync), (9000, 9000));
        for (packet, address) in packets[2..4].iter().zip([7, 8]) {
            let Ok(artnet::Packet::Dmx(dmx)) = artnet::parse(packet) else { panic!() };
            assert_eq!((dmx.address, dmx.sequence), (address, frame + 1));
        }
        let sync = Packet::Synchronisation { cid: CID, sequence: frame, universe: 9000 };
        assert_eq!(sacn::parse(&packets[4]), Ok(sync));
        assert_eq!(artnet::parse(&packets[5]), Ok(artnet::Packet::Sync));
    }
    for now in [20, 40, 60] {
        outputs.send(&colours(340, 1), ms(now));
    }
    assert_eq!(receiver.receive_all().len(), 18);
    outputs.send(&colours(340, 1), ms(80));
    assert_eq!(receiver.receive_all().len(), 0, "without data there is nothing to synchronise");
}

#[test]
fn art_net_counts_from_1_to_255_and_fills_slots_up_to_pairs() {
    let receiver = PacketReceiver::open();
    let mut outputs = open(vec![output(Protocol::Artnet, 0, 1, receiver.address())]);
    let mut sequences = Vec::new();
    for frame in 0..257 {
        outputs.send(&[[frame as u8, 1, 2]], ms(0));
        let packet = receiver.receive();
        let Ok(artnet::Packet::Dmx(dmx)) = artnet::parse(&packet) else { panic!() };
        assert_eq!(dmx.slots, [frame as u8, 1, 2, 0]);
        sequences.push(dmx.sequence);
    }
    assert_eq!((sequences[0], sequences[254], sequences[255], sequences[256]), (1, 255, 1, 2));
}

#[test]
fn a_ddp_display_is_filled_packet_by_packet_and_pushed_by_the_last() {
    let receiver = PacketReceiver::open();
    let first = output(Protocol::Ddp, 0, 500, receiver.address());
    let second = OutputSpec { start: 600, length: 500, order: ColourOrder::Bgr, ..first.clone() };
    let mut outputs = open(vec![first, second]);
    let pixels = colours(1100, 3);
    let shown: Vec<u8> =
        pixels[..500].iter().copied().chain(pixels[600..].iter().map(|[r, g, b]| [*b, *g, *r])).flatten().collect();
    let (mut display, mut sequences) = (vec![0; 3000], Vec::new());
    for now in [0, 17, 34, 51, 68, 900, 1051, 1060] {
        outputs.send(&pixels, ms(now));
        let packets = receiver.receive_all();
        let read: Vec<_> = packets.iter().map(|packet| ddp::parse(packet).unwrap()).collect();
        let expected = if [68, 900, 1060].contains(&now) { 0 } else { 3 };
        assert_eq!(read.len(), expected, "at {now} ms");
        for data in &read {
            let at = data.offset as usize;
            display[at..at + data.bytes.len()].copy_from_slice(data.bytes);
            assert_eq!(data.push, at + data.bytes.len() == 3000);
            sequences.push(data.sequence);
        }
    }
    assert_eq!(display, shown);
    assert_eq!(sequences, (1..=15).collect::<Vec<u8>>());
}

#[test]
fn one_destination_that_cannot_be_reached_does_not_stop_the_others() {
    let (first, last) = (PacketReceiver::open(), PacketReceiver::open());
    // A port that was just closed again: what goes there comes back as an ICMP message.
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // The system sends nothing to port 0.
    let refused = "127.0.0.1:0".parse().unwrap();
    let to = [first.address(), closed, refused, last.address()];
    let mut outputs = open(to.map(|to| output(Protocol::Sacn, 1, 170, to)).to_vec());
    for frame in 0..5 {
        outputs.send(&colours(170, frame), ms(0));
        for receiver in [&first, &last] {
            assert_eq!(data(&receiver.receive()).sequence, frame as u8);
        }
    }
    let stats = outputs.stats();
    assert_eq!((stats.packets, stats.errors, stats.failing), (16, 5, 1), "one announces the universe");
}

#[test]
fn a_patch_that_is_wrong_is_not_opened() {
    let receiver = PacketReceiver::open();
    let wrong = output(Protocol::Sacn, 0, 1, receiver.address());
    let error = Outputs::open(vec![wrong], CID, "x").err().unwrap();
    assert_eq!((error.kind(), error.to_string().contains("universe")), (io::ErrorKind::InvalidInput, true));
    assert_eq!(open(Vec::new()).stats().universes, 0);
}

#[test]
fn leds_with_white_take_four_channels() {
    let receiver = PacketReceiver::open();
    let spec = OutputSpec { order: ColourOrder::Grbw, ..output(Protocol::Sacn, 1, 130, receiver.address()) };
    let mut outputs = open(vec![spec.clone()]);
    outputs.send(&[[255, 100, 40]; 130], ms(0));
    let packets = receiver.receive_some(2);
    let (first, second) = (data(&packets[0]), data(&packets[1]));
    assert_eq!((first.slots.len(), second.slots.len()), (512, 8), "128 LEDs to a universe");
    assert!(first.slots.chunks_exact(4).chain(second.slots.chunks_exact(4)).all(|led| led == [60, 215, 0, 40]));

    let display = OutputSpec { protocol: Protocol::Ddp, order: ColourOrder::Rgbw, length: 400, ..spec };
    let mut outputs = open(vec![display]);
    outputs.send(&[[9, 9, 10]; 400], ms(0));
    let packets = receiver.receive_some(2);
    let parts: Vec<_> = packets.iter().map(|packet| ddp::parse(packet).unwrap()).collect();
    assert_eq!((parts[0].data_type, parts[0].offset, parts[0].bytes.len()), (ddp::RGBW8, 0, 1440));
    assert_eq!((parts[1].offset, parts[1].bytes.len(), parts[1].push), (1440, 160, true));
    assert!(parts.iter().flat_map(|part| part.bytes.chunks_exact(4)).all(|led| led == [0, 0, 1, 9]));
}

#[test]
fn brightness_and_current_of_one_output_leave_the_others_alone() {
    let (dim, limited, whole) = (PacketReceiver::open(), PacketReceiver::open(), PacketReceiver::open());
    let specs = vec![
        OutputSpec { brightness: 51, ..output(Protocol::Sacn, 1, 100, dim.address()) },
        OutputSpec { current_ma: Some(1000), ..output(Protocol::Sacn, 1, 100, limited.address()) },
        output(Protocol::Sacn, 1, 100, whole.address()),
    ];
    let mut outputs = open(specs);
    outputs.send(&[[255, 100, 0]; 100], ms(0));
    assert_eq!(data(&dim.receive()).slots[..3], [51, 20, 0]);
    assert_eq!(data(&whole.receive()).slots[..3], [255, 100, 0]);
    let packet = limited.receive();
    let slots = data(&packet).slots;
    let drawn = 100 + slots.iter().map(|level| u32::from(*level)).sum::<u32>() * 20 / 255;
    assert!((900..=1000).contains(&drawn), "{drawn} mA: {:?}", &slots[..3]);
}

#[test]
fn sacn_moves_44_times_a_second() {
    let receiver = PacketReceiver::open();
    let spec = OutputSpec { fps: 44, ..output(Protocol::Sacn, 1, 10, receiver.address()) };
    let (mut outputs, mut sent) = (open(vec![spec]), 0);
    for frame in 0..600_u64 {
        outputs.send(&colours(10, frame as usize), Duration::from_nanos(frame * 1_000_000_000 / 60));
        // So that the socket holds them.
        sent += receiver.receive_all().len();
    }
    assert!((439..=441).contains(&sent), "{sent} packets in 10 s");
}

#[test]
fn outputs_that_take_over_go_on_with_the_sequence_and_end_what_goes() {
    let (kept, gone, new) = (PacketReceiver::open(), PacketReceiver::open(), PacketReceiver::open());
    let to = |receiver: &PacketReceiver| output(Protocol::Sacn, 1, 10, receiver.address());
    let mut outputs = open(vec![to(&kept), to(&gone)]);
    for frame in 0..5 {
        outputs.send(&colours(10, frame), ms(0));
    }
    drop((kept.receive_all(), gone.receive_all()));
    let mut next = open(vec![to(&new), to(&kept)]).replacing(&mut outputs);
    next.send(&colours(10, 9), ms(100));
    let ended = gone.receive_all();
    assert!(ended.len() == 3 && ended.iter().all(|packet| data(packet).is_terminated()), "{}", ended.len());
    let packet = kept.receive();
    assert_eq!((data(&packet).sequence, data(&packet).options), (5, 0), "it goes on");
    assert_eq!(data(&new.receive()).sequence, 0);
    assert!(kept.receive_all().is_empty());
    assert_eq!(next.stats().packets, 10 + 1 + 3 + 2 + 1, "frames, the end, and the announcements");
}

#[test]
fn unicast_universes_are_announced_where_they_leave() {
    let (receiver, listener) = (PacketReceiver::open(), listener());
    let mut outputs = open(vec![output(Protocol::Sacn, 300, 400, receiver.address())]);
    outputs.send(&colours(400, 0), ms(0));
    let deadline = std::time::Instant::now() + super::sockets::DEADLINE;
    loop {
        let mut bytes = [0; 1500];
        let length = listener.recv(&mut bytes).expect("an announcement before the deadline");
        if let Ok(Packet::Discovery(found)) = sacn::parse(&bytes[..length])
            && found.universes().eq([300, 301, 302])
        {
            assert_eq!(found.source_name(), "Lumencast");
            return;
        }
        assert!(std::time::Instant::now() < deadline, "no announcement");
    }
}

/// Joined to the group of discovery on loopback, beside whatever else of this machine listens there.
fn listener() -> UdpSocket {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    let group = sacn::group(sacn::DISCOVERY);
    socket.bind(&std::net::SocketAddr::from((group, sacn::PORT)).into()).unwrap();
    socket.join_multicast_v4(&group, &std::net::Ipv4Addr::LOCALHOST).unwrap();
    let socket: UdpSocket = socket.into();
    socket.set_read_timeout(Some(super::sockets::DEADLINE)).unwrap();
    socket
}
