//! Received data: which source is used, for how long, and on which LEDs.

use super::sockets::{colours, eventually, output};
use lumencast::{
    lighting::{
        input::{InputStatus, Layout, Merge, Receiver, Refused, SacnInput, SacnInputSpec},
        output::Outputs,
        patch::{Destination, OutputSpec, Protocol},
    },
    protocol::lighting::sacn::{self, Header},
};
use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

const ONE: Layout = Layout { universe: 10, universes: 1, channel: 1 };

/// A packet of a source.
struct Sent {
    who: u8,
    universe: u16,
    priority: u8,
    sequence: u8,
    options: u8,
    slots: Vec<u8>,
}

impl Sent {
    fn new(who: u8, sequence: u8, level: u8) -> Self {
        Self { who, universe: 10, priority: 100, sequence, options: 0, slots: vec![level; 510] }
    }

    fn bytes(&self) -> Vec<u8> {
        let source = format!("desk {}", self.who);
        let header =
            Header { cid: [self.who; 16], source: &source, priority: self.priority, sync: 0, universe: self.universe };
        let mut bytes = sacn::data(&header, self.slots.len());
        bytes[sacn::SEQUENCE] = self.sequence;
        bytes[sacn::OPTIONS] = self.options;
        bytes[sacn::FIRST_SLOT..].copy_from_slice(&self.slots);
        bytes
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn receive(receiver: &mut Receiver, sent: &Sent, at: u64) -> Result<(), Refused> {
    receiver.packet(&sent.bytes(), ms(at))
}

fn first_led(receiver: &mut Receiver, at: u64) -> Option<[u8; 3]> {
    receiver.frame(ms(at)).map(|frame| frame[0])
}

#[test]
fn data_overrides_for_five_seconds() {
    let mut receiver = Receiver::new(ONE, 170).unwrap();
    assert_eq!(receiver.status(ms(0)), InputStatus::default());
    assert_eq!(receive(&mut receiver, &Sent::new(1, 0, 9), 1000), Ok(()));
    assert_eq!(first_led(&mut receiver, 5999), Some([9; 3]));
    let status = receiver.status(ms(5999));
    assert_eq!((status.receiving, status.packets), (true, 1));
    assert_eq!((status.source.as_deref(), status.priority), (Some("desk 1"), Some(100)));
    assert_eq!(first_led(&mut receiver, 6000), None);
    assert_eq!(receiver.status(ms(6000)), InputStatus { packets: 1, ..InputStatus::default() });
    let short = Sent { slots: vec![5; 3], ..Sent::new(1, 1, 0) };
    assert_eq!(receive(&mut receiver, &short, 7000), Ok(()));
    assert_eq!(receiver.frame(ms(7000)).unwrap()[..2], [[5; 3], [0; 3]], "what was there before is gone");
}

#[test]
fn the_higher_priority_wins_until_it_is_silent_for_two_and_a_half_seconds() {
    let mut receiver = Receiver::new(ONE, 170).unwrap();
    let high = |sequence| Sent { priority: 150, ..Sent::new(2, sequence, 20) };
    assert_eq!(receive(&mut receiver, &Sent::new(1, 0, 10), 0), Ok(()));
    assert_eq!(receive(&mut receiver, &high(0), 10), Ok(()));
    assert_eq!(receive(&mut receiver, &Sent::new(1, 1, 11), 20), Err(Refused::Outranked));
    assert_eq!(first_led(&mut receiver, 20), Some([20; 3]));
    assert_eq!(receive(&mut receiver, &Sent::new(1, 2, 12), 2509), Err(Refused::Outranked));
    assert_eq!(receive(&mut receiver, &Sent::new(1, 3, 13), 2510), Ok(()));
    assert_eq!(first_led(&mut receiver, 2510), Some([13; 3]));
    assert_eq!(receiver.status(ms(2510)).priority, Some(100));
    // A source may also lower its own priority.
    assert_eq!(receive(&mut receiver, &high(1), 2600), Ok(()));
    assert_eq!(receive(&mut receiver, &Sent { priority: 50, ..high(2) }, 2610), Err(Refused::Outranked));
    assert_eq!(receive(&mut receiver, &Sent::new(1, 4, 14), 2620), Ok(()));
}

#[test]
fn among_equals_the_last_one_to_send_wins() {
    let mut receiver = Receiver::new(ONE, 170).unwrap();
    for (turn, (who, level)) in [(1, 10), (2, 20), (1, 30), (2, 40)].into_iter().enumerate() {
        assert_eq!(receive(&mut receiver, &Sent::new(who, turn as u8, level), turn as u64), Ok(()));
        assert_eq!(first_led(&mut receiver, turn as u64), Some([level; 3]));
    }
}

#[test]
fn four_sources_are_told_apart_and_a_fifth_waits() {
    let mut receiver = Receiver::new(ONE, 170).unwrap();
    for who in 1..=4 {
        assert_eq!(receive(&mut receiver, &Sent::new(who, 0, who), u64::from(who)), Ok(()));
    }
    assert_eq!(receive(&mut receiver, &Sent::new(5, 0, 5), 2000), Err(Refused::Crowded));
    assert_eq!(receive(&mut receiver, &Sent { priority: 101, ..Sent::new(5, 1, 5) }, 2000), Ok(()), "a higher one");
    assert_eq!(first_led(&mut receiver, 2000), Some([5; 3]));
    assert_eq!(receive(&mut receiver, &Sent { priority: 101, ..Sent::new(6, 0, 6) }, 2010), Ok(()));
    assert_eq!(receive(&mut receiver, &Sent::new(7, 0, 7), 2502), Err(Refused::Crowded));
    assert_eq!(receive(&mut receiver, &Sent { priority: 101, ..Sent::new(7, 1, 7) }, 2503), Ok(()), "one is forgotten");
}

#[test]
fn what_is_not_live_or_not_levels_is_dropped() {
    let mut receiver = Receiver::new(ONE, 170).unwrap();
    for (options, refused) in [(sacn::PREVIEW, Refused::NotLive), (sacn::TERMINATED, Refused::Ended)] {
        assert_eq!(receive(&mut receiver, &Sent { options, ..Sent::new(1, 0, 9) }, 0), Err(refused));
    }
    let mut other = Sent::new(1, 0, 9).bytes();
    other[125] = 0xdd;
    assert_eq!(receiver.packet(&other, ms(0)), Err(Refused::NoLevels), "priority of each address");
    assert_eq!(receiver.packet(&sacn::synchronisation(&[1; 16], 10), ms(0)), Err(Refused::NoLevels));
    assert!(matches!(receiver.packet(b"no packet", ms(0)), Err(Refused::Broken(_))));
    for universe in [9, 11] {
        assert_eq!(receive(&mut receiver, &Sent { universe, ..Sent::new(1, 0, 9) }, 0), Err(Refused::Elsewhere));
    }
    assert_eq!(receiver.status(ms(0)).packets, 0);
}

#[test]
fn a_stream_that_says_its_end_is_gone_at_once_with_its_sequence() {
    let mut receiver = Receiver::new(ONE, 170).unwrap();
    let end = |who, sequence| Sent { options: sacn::TERMINATED, ..Sent::new(who, sequence, 0) };
    assert_eq!(receive(&mut receiver, &Sent::new(1, 100, 9), 10), Ok(()));
    assert_eq!(receive(&mut receiver, &Sent { priority: 50, ..Sent::new(2, 0, 4) }, 15), Err(Refused::Outranked));
    for sequence in 101..104 {
        assert_eq!(receive(&mut receiver, &end(1, sequence), 20), Err(Refused::Ended));
    }
    assert_eq!(receive(&mut receiver, &Sent { priority: 50, ..Sent::new(2, 1, 4) }, 30), Ok(()), "nothing outranks it");
    assert_eq!(first_led(&mut receiver, 30), Some([4; 3]));
    assert_eq!(receive(&mut receiver, &Sent::new(1, 90, 7), 40), Ok(()), "an earlier number is no late packet");
    assert_eq!(receive(&mut receiver, &end(1, 91), 50), Err(Refused::Ended));
    assert_eq!(first_led(&mut receiver, 50), Some([7; 3]), "another source is there still");
    assert_eq!(receive(&mut receiver, &end(2, 2), 60), Err(Refused::Ended));
    assert_eq!(first_led(&mut receiver, 60), None, "effects are back at once");
}

#[test]
fn highest_takes_precedence_among_equals_where_that_is_asked_for() {
    let mut receiver = Receiver::new(ONE, 170).unwrap().merging(Merge::Htp);
    let slots = |levels: [u8; 3]| levels.repeat(170);
    let send = |receiver: &mut Receiver, who, sequence, priority, levels, at| {
        receive(receiver, &Sent { slots: slots(levels), priority, ..Sent::new(who, sequence, 0) }, at)
    };
    assert_eq!(send(&mut receiver, 1, 0, 100, [200, 10, 0], 0), Ok(()));
    assert_eq!(send(&mut receiver, 2, 0, 100, [50, 90, 0], 1000), Ok(()));
    assert_eq!(first_led(&mut receiver, 1000), Some([200, 90, 0]));
    assert_eq!(send(&mut receiver, 3, 0, 99, [255; 3], 1100), Err(Refused::Outranked));
    assert_eq!(first_led(&mut receiver, 1100), Some([200, 90, 0]), "a lower priority is not merged");
    assert_eq!(send(&mut receiver, 1, 1, 100, [20, 10, 0], 1200), Ok(()));
    assert_eq!(first_led(&mut receiver, 1200), Some([50, 90, 0]));
    assert_eq!(first_led(&mut receiver, 3499), Some([50, 90, 0]));
    assert_eq!(first_led(&mut receiver, 3500), Some([20, 10, 0]), "the second is silent for 2.5 s");
}

#[test]
fn a_packet_that_is_1_to_19_behind_is_late() {
    for (step, taken) in [(0_i8, true), (1, true), (127, true), (-1, false), (-19, false), (-20, true), (-128, true)] {
        for before in [0_u8, 5, 130, 250] {
            let mut receiver = Receiver::new(ONE, 170).unwrap();
            assert_eq!(receive(&mut receiver, &Sent::new(1, before, 1), 0), Ok(()));
            let next = before.wrapping_add(step as u8);
            let expected = if taken { Ok(()) } else { Err(Refused::Late) };
            assert_eq!(receive(&mut receiver, &Sent::new(1, next, 2), 10), expected, "{before} and then {next}");
        }
    }
}

#[test]
fn the_start_channel_shifts_the_first_universe_alone() {
    let layout = Layout { universe: 10, universes: 3, channel: 4 };
    let mut receiver = Receiver::new(layout, 400).unwrap();
    let slots = |first: u8| (0..512).map(|slot| (slot % 250) as u8 ^ first).collect::<Vec<u8>>();
    for universe in 10..13 {
        let sent = Sent { universe, slots: slots(universe as u8), ..Sent::new(1, 0, 0) };
        assert_eq!(receive(&mut receiver, &sent, 0), Ok(()));
    }
    let frame = receiver.frame(ms(0)).unwrap();
    assert_eq!(frame.len(), 400);
    assert_eq!(frame[..169].as_flattened(), &slots(10)[3..510]);
    assert_eq!(frame[169..339].as_flattened(), &slots(11)[..510]);
    assert_eq!(frame[339..].as_flattened(), &slots(12)[..183], "the strip ends here");
}

#[test]
fn a_layout_has_ranges() {
    let wrong = [
        Layout { universe: 0, ..ONE },
        Layout { universes: 0, ..ONE },
        Layout { universes: 9, ..ONE },
        Layout { channel: 0, ..ONE },
        Layout { channel: 513, ..ONE },
        Layout { universe: 63_999, universes: 2, channel: 1 },
    ];
    for layout in wrong {
        assert!(Receiver::new(layout, 10).is_none(), "{layout:?}");
    }
    let last = Layout { universe: 63_992, universes: 8, channel: 512 };
    let mut receiver = Receiver::new(last, 10).unwrap();
    let sent = Sent { universe: 63_993, ..Sent::new(1, 0, 6) };
    assert_eq!(receive(&mut receiver, &sent, 0), Ok(()));
    assert_eq!(first_led(&mut receiver, 0), Some([6; 3]), "no LED fits into the one channel of the first universe");
}

#[test]
fn what_goes_out_comes_in_over_a_socket() {
    let _turn = crate::turn::turn();
    let origin = Instant::now();
    let layout = Layout { universe: 20, universes: 2, channel: 1 };
    let spec =
        SacnInputSpec { address: "127.0.0.1:0".parse().unwrap(), layout, unicast: true, merge: Merge::Ltp, own: None };
    let input = SacnInput::open(spec, 300, origin).unwrap();
    let mut received = vec![[1; 3]; 301];
    assert!(!input.copy_frame(origin.elapsed(), &mut received));
    assert_eq!(received, vec![[1; 3]; 301], "untouched without data");
    let pixels = colours(300, 5);
    let mut outputs =
        Outputs::open(vec![output(Protocol::Sacn, 20, 300, input.local_addr())], [3; 16], "Lumencast").unwrap();
    outputs.send(&pixels, Duration::ZERO);
    eventually("both universes", || (input.status(origin.elapsed()).packets == 2).then_some(()));
    assert!(input.copy_frame(origin.elapsed(), &mut received));
    assert_eq!((&received[..300], received[300]), (&pixels[..], [1; 3]));
    assert_eq!(input.status(origin.elapsed()).source.as_deref(), Some("Lumencast"));
    let much_later = origin.elapsed() + Duration::from_secs(5);
    assert!(!input.copy_frame(much_later, &mut received));
}

#[test]
fn the_group_of_the_first_universe_is_joined() {
    let _turn = crate::turn::turn();
    let origin = Instant::now();
    let layout = Layout { universe: 47_001, universes: 1, channel: 1 };
    let address = (Ipv4Addr::LOCALHOST, sacn::PORT).into();
    let input =
        SacnInput::open(SacnInputSpec { address, layout, unicast: false, merge: Merge::Ltp, own: None }, 10, origin)
            .unwrap();
    let any = "127.0.0.1:1".parse().unwrap();
    let spec = OutputSpec {
        to: Destination::Multicast,
        interface: Some(Ipv4Addr::LOCALHOST),
        ..output(Protocol::Sacn, 47_001, 10, any)
    };
    let mut outputs = Outputs::open(vec![spec], [3; 16], "Lumencast").unwrap();
    outputs.send(&[[9; 3]; 10], Duration::ZERO);
    eventually("a packet to the group", || input.status(origin.elapsed()).receiving.then_some(()));
    assert_eq!(outputs.stats().packets, 2, "the universe, and a packet that announces it");
    drop(input);
    assert!(
        SacnInput::open(SacnInputSpec { address, layout, unicast: false, merge: Merge::Ltp, own: None }, 10, origin)
            .is_ok()
    );
}

#[test]
fn what_we_send_ourselves_is_not_taken_for_a_desk() {
    let layout = Layout { universe: 20, universes: 1, channel: 1 };
    let mut receiver = Receiver::new(layout, 10).unwrap().ignoring_cid([3; 16]);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = socket.local_addr().unwrap();
    for (cid, received) in [(3, Err(Refused::Own)), (4, Ok(()))] {
        let mut outputs = Outputs::open(vec![output(Protocol::Sacn, 20, 10, to)], [cid; 16], "Lumencast").unwrap();
        outputs.send(&[[9; 3]; 10], Duration::ZERO);
        let mut bytes = [0; 1500];
        let length = socket.recv(&mut bytes).unwrap();
        assert_eq!(receiver.packet(&bytes[..length], Duration::ZERO), received);
    }
}
