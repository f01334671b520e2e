//! Art-Net and DDP as crates of others read them.

use super::sockets::{PacketReceiver, colours, output};
use artnet_protocol::ArtCommand;
use ddp_rs::{
    packet::PacketRef,
    protocol::{DataType, ID, PixelFormat},
};
use lumencast::lighting::{output::Outputs, patch::Protocol};
use std::time::Duration;

#[test]
fn artnet_protocol_reads_every_universe() {
    let receiver = PacketReceiver::open();
    let specs = vec![output(Protocol::Artnet, 0x1ffe, 400, receiver.address())];
    let mut outputs = Outputs::open(specs, [0; 16], "x").unwrap();
    for frame in 0..3 {
        let pixels = colours(400, frame);
        outputs.send(&pixels, Duration::ZERO);
        for (place, packet) in receiver.receive_some(3).iter().enumerate() {
            let ArtCommand::Output(read) = ArtCommand::from_buffer(packet).unwrap() else { panic!() };
            let leds = &pixels[place * 170..(place * 170 + 170).min(400)];
            assert_eq!(u16::from(read.port_address), 0x1ffe + place as u16);
            assert_eq!((read.sequence, read.version), (frame as u8 + 1, [0, 14]));
            assert_eq!(read.data.as_ref(), leds.as_flattened());
        }
    }
}

#[test]
fn ddp_rs_reads_a_whole_display() {
    let receiver = PacketReceiver::open();
    let mut outputs = Outputs::open(vec![output(Protocol::Ddp, 0, 1000, receiver.address())], [0; 16], "x").unwrap();
    let pixels = colours(1000, 1);
    outputs.send(&pixels, Duration::ZERO);
    let mut display = vec![0; 3000];
    for (place, packet) in receiver.receive_some(3).iter().enumerate() {
        let read = PacketRef::from_bytes(packet).unwrap();
        let header = read.header;
        assert_eq!((header.packet_type.version, header.packet_type.push), (1, place == 2));
        assert!(!header.packet_type.timecode && !header.packet_type.query && !header.packet_type.reply);
        assert_eq!(
            (header.pixel_config.data_type, header.pixel_config.data_size),
            (DataType::RGB, PixelFormat::Pixel8Bits)
        );
        assert_eq!((header.id, usize::from(header.sequence_number)), (ID::Default, place + 1));
        assert_eq!(usize::from(header.length), read.data.len());
        let at = header.offset as usize;
        display[at..at + read.data.len()].copy_from_slice(read.data);
    }
    assert_eq!(display, pixels.as_flattened());
}
