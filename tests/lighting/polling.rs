//! Art-Net controllers that look for nodes: polls over real sockets.

use super::sockets::{DEADLINE, PacketReceiver, output};
use lumencast::{
    domain::lights::{Effect, Strip},
    lighting::{Engine, OutputSpec, Protocol, SavedState, Settings},
};
use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

fn engine(listen: SocketAddr, outputs: Vec<OutputSpec>) -> Engine {
    let settings = Settings {
        strip: Strip::new(400, Effect::Solid),
        gamma: 1.0,
        seed: 1,
        saved_state: SavedState::default(),
        outputs,
        cid: [7; 16],
        name: "Studio 2".to_owned(),
        artnet_listen: Some(listen),
    };
    Engine::start(settings).unwrap()
}

fn free() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// ArtPoll, for port addresses within a range where one is given.
fn poll(targets: Option<(u16, u16)>) -> Vec<u8> {
    let mut bytes = b"Art-Net\0\x00\x20\x00\x0e".to_vec();
    bytes.extend([if targets.is_some() { 0x20 } else { 0 }, 0x10]);
    let (least, most) = targets.unwrap_or_default();
    bytes.extend(most.to_be_bytes());
    bytes.extend(least.to_be_bytes());
    bytes
}

#[test]
fn a_controller_finds_what_is_sent_by_art_net() {
    let _turn = crate::turn::turn();
    let (lamp, listen) = (PacketReceiver::open(), free());
    let engine = engine(listen, vec![output(Protocol::Artnet, 0x123, 400, lamp.address())]);
    let controller = UdpSocket::bind("127.0.0.1:0").unwrap();
    controller.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut bytes = [0; 600];
    for targets in [None, Some((0x124, 0x200))] {
        controller.send_to(&poll(targets), listen).unwrap();
        let length = controller.recv(&mut bytes).expect("a reply before the deadline");
        let reply = &bytes[..length];
        assert_eq!((length, &reply[..10]), (239, &b"Art-Net\0\x00\x21"[..]));
        assert_eq!((&reply[10..14], &reply[26..34]), (&[127, 0, 0, 1][..], &b"Studio 2"[..]));
        assert_eq!((reply[18], reply[19], reply[173]), (1, 2, 3), "net, sub-net, ports");
        assert_eq!((&reply[174..178], &reply[186..190]), (&[0x40, 0x40, 0x40, 0][..], &[3, 4, 5, 0][..]));
    }
    controller.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    controller.send_to(&poll(Some((0, 0x122))), listen).unwrap();
    assert!(controller.recv(&mut bytes).is_err(), "others are looked for");
    // The port is let go when nothing is sent by Art-Net any more, and not before.
    assert!(UdpSocket::bind(listen).is_err());
    engine.set_outputs(Vec::new()).unwrap();
    assert!(UdpSocket::bind(listen).is_ok());
}
