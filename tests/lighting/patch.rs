//! The rules of a patch.

use super::sockets::output;
use lumencast::lighting::patch::{ColourOrder, Destination, OutputSpec, PatchError, Piece, Protocol, check};
use std::net::Ipv4Addr;

fn sacn(universe: u16, length: u16) -> OutputSpec {
    output(Protocol::Sacn, universe, length, "192.0.2.1:5568".parse().unwrap())
}

fn wrong(outputs: &[OutputSpec], led_count: u16) -> (usize, &'static str) {
    let PatchError { output, key, .. } = check(outputs, led_count).expect_err("it is wrong");
    (output, key)
}

#[test]
fn a_universe_takes_170_leds_and_the_next_begins_at_channel_1() {
    let spec = OutputSpec { channel: 4, start: 10, ..sacn(5, 400) };
    let pieces: Vec<_> = spec.pieces().collect();
    let piece = |universe, channel, start, length| Piece { universe, channel, start, length, led_channels: 3 };
    assert_eq!(pieces, [piece(5, 4, 10, 169), piece(6, 1, 179, 170), piece(7, 1, 349, 61)]);
    assert_eq!(pieces[0].last_channel(), 510);
    let third = OutputSpec { channel: 3, ..sacn(5, 170) };
    assert_eq!(third.pieces().map(|piece| piece.last_channel()).collect::<Vec<_>>(), [512]);
}

#[test]
fn each_key_has_its_range() {
    let fine = sacn(1, 10);
    assert_eq!(check(std::slice::from_ref(&fine), 10), Ok(()));
    let art = |spec: OutputSpec| OutputSpec { protocol: Protocol::Artnet, ..spec };
    let ddp = |spec: OutputSpec| OutputSpec { protocol: Protocol::Ddp, ..spec };
    let cases = [
        ("start", OutputSpec { start: 10, ..fine.clone() }),
        ("length", OutputSpec { start: 1, ..fine.clone() }),
        ("length", OutputSpec { length: 0, ..fine.clone() }),
        ("channel", OutputSpec { channel: 0, ..fine.clone() }),
        ("channel", OutputSpec { channel: 511, ..fine.clone() }),
        ("channel", OutputSpec { channel: 2, ..ddp(fine.clone()) }),
        ("universe", OutputSpec { universe: 0, ..fine.clone() }),
        ("universe", OutputSpec { universe: 64_000, ..fine.clone() }),
        ("universe", OutputSpec { universe: 63_999, channel: 508, ..fine.clone() }),
        ("universe", art(OutputSpec { universe: 32_768, ..fine.clone() })),
        ("priority", OutputSpec { priority: 201, ..fine.clone() }),
        ("sync", OutputSpec { sync: Some(0), ..fine.clone() }),
        ("sync", ddp(OutputSpec { sync: Some(1), ..fine.clone() })),
        ("unicast", art(OutputSpec { to: Destination::Multicast, ..fine.clone() })),
        ("interface", OutputSpec { interface: Some(Ipv4Addr::LOCALHOST), ..fine.clone() }),
    ];
    for (key, spec) in cases {
        assert_eq!(wrong(&[fine_elsewhere(), spec.clone()], 10), (1, key), "{spec:?}");
    }
    let fine = art(OutputSpec { universe: 0, sync: Some(0), ..fine });
    assert_eq!(check(&[fine], 10), Ok(()), "Art-Net has a port address 0 and a synchronisation without a universe");
}

/// An output that is no trouble to others.
fn fine_elsewhere() -> OutputSpec {
    OutputSpec { to: Destination::Unicast("192.0.2.9:5568".parse().unwrap()), ..sacn(1, 1) }
}

#[test]
fn outputs_share_a_universe_only_where_their_channels_do_not_overlap() {
    let second = |channel| OutputSpec { channel, start: 10, ..sacn(1, 10) };
    let outputs = |channel| [sacn(1, 10), second(channel)];
    assert_eq!(check(&outputs(31), 20), Ok(()));
    assert_eq!(wrong(&outputs(30), 20), (1, "channel"));
    let tail = [sacn(1, 200), OutputSpec { channel: 90, ..sacn(2, 10) }];
    assert_eq!(wrong(&tail, 200), (1, "channel"), "the first goes on into universe 2");
    let other_protocol = OutputSpec { protocol: Protocol::Artnet, ..second(1) };
    let group = OutputSpec { to: Destination::Multicast, ..second(1) };
    assert_eq!(check(&[sacn(1, 10), other_protocol, group], 20), Ok(()), "these are other universes");
    let louder = OutputSpec { priority: 120, ..second(31) };
    assert_eq!(wrong(&[sacn(1, 10), louder], 20), (1, "priority"));
    let synchronised = OutputSpec { sync: Some(9), ..second(31) };
    assert_eq!(wrong(&[sacn(1, 10), synchronised], 20), (1, "sync"));
    let text = check(&outputs(30), 20).unwrap_err().to_string();
    assert_eq!(text, "output #2.channel: output #1 has channels 1 to 30 of universe 1 already");
}

#[test]
fn at_most_64_universes_go_out() {
    assert_eq!(check(&[sacn(1, 64 * 170)], 10_880), Ok(()));
    let one_more = OutputSpec { start: 0, ..sacn(65, 1) };
    assert_eq!(wrong(&[sacn(1, 64 * 170), one_more.clone()], 10_880), (1, "length"));
    let display = OutputSpec { protocol: Protocol::Ddp, ..one_more };
    assert_eq!(check(&[sacn(1, 63 * 170), display.clone(), display.clone()], 10_880), Ok(()));
    assert_eq!(wrong(&[sacn(1, 64 * 170), display], 10_880), (1, "length"));
}

#[test]
fn every_order_of_colours_is_what_its_name_says() {
    for order in ColourOrder::ALL {
        let white = if order.has_white() { "w" } else { "" };
        let letters: String = order.places().map(|place| ['r', 'g', 'b'][place]).iter().collect();
        assert_eq!((letters + white).parse(), Ok(order));
        assert_eq!(usize::from(order.channels()), order.name().len());
    }
    assert!("wrgb".parse::<ColourOrder>().is_err());
}
