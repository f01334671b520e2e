//! What these tests listen with, and the outputs they send by.

use lumencast::lighting::patch::{ColourOrder, Destination, OutputSpec, Protocol};
use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// Nothing here takes longer, even on a machine that is busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A socket on a free port of loopback that gives up after the deadline.
pub struct PacketReceiver(UdpSocket);

impl PacketReceiver {
    pub fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(socket)
    }

    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// The next packet.
    pub fn receive(&self) -> Vec<u8> {
        let mut buffer = vec![0; 2000];
        let length = self.0.recv(&mut buffer).expect("a packet before the deadline");
        buffer.truncate(length);
        buffer
    }

    /// The next packets, so many.
    pub fn receive_some(&self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.receive()).collect()
    }

    /// What has come and was not heard yet. On loopback a packet is there as soon as it was sent.
    pub fn receive_all(&self) -> Vec<Vec<u8>> {
        self.0.set_nonblocking(true).unwrap();
        let mut buffer = [0; 2000];
        let mut packets = Vec::new();
        while let Ok(length) = self.0.recv(&mut buffer) {
            packets.push(buffer[..length].to_vec());
        }
        self.0.set_nonblocking(false).unwrap();
        packets
    }
}

/// An output of LEDs 0 to `length` in RGB, with priority 100, unsynchronised.
pub fn output(protocol: Protocol, universe: u16, length: u16, to: SocketAddr) -> OutputSpec {
    OutputSpec {
        protocol,
        universe,
        channel: 1,
        start: 0,
        length,
        order: ColourOrder::Rgb,
        to: Destination::Unicast(to),
        priority: 100,
        sync: None,
        interface: None,
        fps: 60,
        brightness: 255,
        current_ma: None,
    }
}

/// Colours that differ from LED to LED and from frame to frame.
pub fn colours(leds: usize, frame: usize) -> Vec<[u8; 3]> {
    (0..leds).map(|led| [led as u8, (led / 256 + 1) as u8, frame as u8]).collect()
}

/// Asks again and again until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < DEADLINE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}
