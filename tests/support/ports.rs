//! Ports on 127.0.0.1 that no other test uses, in this process or another, for as long as they are
//! held.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which Linux takes ports for outgoing connections, so a port that is free
/// now does not get lost to a client before the server opens it.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port, free for TCP and UDP, reserved among tests until dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Takes the next free port. Panics if there is none.
    pub fn take() -> Self {
        let folder = std::env::temp_dir().join("lumencast-test-ports");
        std::fs::create_dir_all(&folder).expect("folder for port locks");
        let offset = (std::process::id() as u16).wrapping_mul(97);
        for _ in 0..COUNT {
            let turn = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(offset);
            let number = FIRST + turn % COUNT;
            let name = folder.join(number.to_string());
            let Ok(lock) = File::create(name) else {
                continue;
            };
            let free = lock.try_lock().is_ok()
                && TcpListener::bind(("127.0.0.1", number)).is_ok()
                && UdpSocket::bind(("127.0.0.1", number)).is_ok();
            if free {
                return Self { number, _lock: lock };
            }
        }
        panic!("no free port in {FIRST}..{}", FIRST + COUNT);
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// `127.0.0.1:<number>`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.number)
    }
}

/// Whether some process listens on this TCP port of 127.0.0.1 or of all addresses. Asks the kernel's
/// table, since a trial connection would use up the one that `ffmpeg -listen` accepts.
pub fn is_listening(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("kernel's table of sockets");
    let local = [format!("0100007F:{port:04X}"), format!("00000000:{port:04X}")];
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let address = fields.next().unwrap_or_default();
        let state = fields.nth(1).unwrap_or_default();
        state == "0A" && local.iter().any(|wanted| wanted == address)
    })
}
