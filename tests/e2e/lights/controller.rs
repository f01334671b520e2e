//! A controller of LEDs: receives E1.31 packets at a socket of its own and keeps them.

use crate::fixture::LIMIT;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The content of a data packet (ANSI E1.31-2018, table 4-1).
#[derive(Debug, Clone)]
pub struct Packet {
    pub at: Instant,
    pub universe: u16,
    pub priority: u8,
    pub sequence: u8,
    pub terminated: bool,
    pub start_code: u8,
    slots: Vec<u8>,
}

impl Packet {
    fn read(bytes: &[u8], at: Instant) -> Option<Self> {
        let sound = bytes.get(4..16)? == b"ASC-E1.17\0\0\0"
            && bytes.get(18..22)? == [0, 0, 0, 4]
            && bytes.get(40..44)? == [0, 0, 0, 2];
        let two = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        sound.then_some(())?;
        let count = usize::from(two(123)?);
        Some(Self {
            at,
            universe: two(113)?,
            priority: *bytes.get(108)?,
            sequence: *bytes.get(111)?,
            terminated: bytes.get(112)? & 0x40 != 0,
            start_code: *bytes.get(125)?,
            slots: bytes.get(126..125 + count)?.to_vec(),
        })
    }

    /// The first so many LEDs.
    pub fn leds(&self, count: usize) -> Vec<[u8; 3]> {
        self.slots.chunks_exact(3).take(count).map(|led| [led[0], led[1], led[2]]).collect()
    }

    /// Whether so many LEDs have this colour.
    pub fn all(&self, colour: [u8; 3], count: usize) -> bool {
        let leds = self.leds(count);
        leds.len() == count && leds.iter().all(|led| *led == colour)
    }
}

/// See the module's text.
pub struct Controller {
    address: String,
    heard: Arc<Mutex<Vec<Packet>>>,
}

impl Controller {
    /// One on a free port of loopback.
    pub fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out");
        let address = socket.local_addr().expect("its address").to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::downgrade(&heard);
        std::thread::spawn(move || {
            let mut bytes = [0; 1500];
            while let Some(into) = into.upgrade() {
                if let Ok(length) = socket.recv(&mut bytes)
                    && let Some(packet) = Packet::read(&bytes[..length], Instant::now())
                {
                    into.lock().unwrap_or_else(PoisonError::into_inner).push(packet);
                }
            }
        });
        Self { address, heard }
    }

    /// Where packets are to be sent.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// All that was heard.
    pub fn packets(&self) -> Vec<Packet> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first packet from now on that fits; panics after [`LIMIT`].
    pub async fn until(&self, what: &str, fits: impl Fn(&Packet) -> bool) -> Packet {
        self.after(Instant::now(), what, fits).await
    }

    /// The first packet after a moment that fits; panics after [`LIMIT`].
    pub async fn after(&self, moment: Instant, what: &str, fits: impl Fn(&Packet) -> bool) -> Packet {
        let end = Instant::now() + LIMIT;
        loop {
            let found = {
                let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
                let since = heard.partition_point(|packet| packet.at <= moment);
                heard[since..].iter().find(|packet| fits(packet)).cloned()
            };
            if let Some(packet) = found {
                return packet;
            }
            assert!(Instant::now() < end, "no packet is {what}; the last one was {:?}", self.packets().pop());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
