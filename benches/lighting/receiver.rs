//! The receiver: `receiver.py` as a child, which reports the received packets.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, ChildStdout, Command, Stdio},
};

/// The received packets.
#[derive(Debug)]
pub struct Received {
    pub packets: u64,
    /// By the gaps in the sequences.
    pub lost: u64,
    /// From the first packet to the last.
    pub seconds: f64,
    /// At the middle, at 99 %, at most.
    pub jitter_ms: [f64; 3],
}

pub struct PacketReceiver {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

impl PacketReceiver {
    pub fn listen() -> Self {
        let mut command = Command::new("python3");
        command.args([
            "-B",
            concat!(env!("CARGO_MANIFEST_DIR"), "/benches/lighting/receiver.py"),
            &crate::RATE.to_string(),
        ]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let port = line(&mut lines).trim().parse().expect("a port");
        Self { child, lines, port }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Ends it.
    pub fn end(mut self) -> Received {
        drop(self.child.stdin.take());
        let text = line(&mut self.lines);
        self.child.wait().expect("the receiver");
        let said: serde_json::Value = serde_json::from_str(&text).expect("what the receiver heard");
        let number = |key: &str| said[key].as_f64().expect("a number");
        Received {
            packets: number("packets") as u64,
            lost: number("lost") as u64,
            seconds: number("seconds"),
            jitter_ms: ["p50", "p99", "max"].map(number),
        }
    }
}

fn line(lines: &mut BufReader<ChildStdout>) -> String {
    let mut text = String::new();
    lines.read_line(&mut text).expect("a line of the receiver");
    text
}
