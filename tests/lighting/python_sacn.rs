//! The Python package `sacn` at the other end: as a receiver of what goes out, and as a sender of what comes in.

use super::sockets::{DEADLINE, colours, eventually, output};
use lumencast::{
    lighting::{
        input::{Layout, Merge, SacnInput, SacnInputSpec},
        output::Outputs,
        patch::{OutputSpec, Protocol},
    },
    protocol::lighting::sacn,
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, UdpSocket},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// The peer: it prints each result as a line of JSON, and follows the commands on its standard input.
struct Peer {
    child: Child,
    input: ChildStdin,
    lines: Receiver<Value>,
}

impl Peer {
    fn start(arguments: &[&str]) -> Self {
        let root = env!("CARGO_MANIFEST_DIR");
        let made = Command::new("timeout").args(["300", "scripts/python.sh"]).current_dir(root).status().unwrap();
        assert!(made.success(), "scripts/python.sh");
        let mut child = Command::new("timeout")
            .args(["60", "target/python/bin/python", "tests/lighting/sacn_peer.py"])
            .args(arguments)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                drop(send.send(serde_json::from_str(&line).unwrap()));
            }
        });
        Self { input: child.stdin.take().unwrap(), child, lines }
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(DEADLINE).expect("a line from the peer before the deadline")
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Lets it go: it ends with its input.
    fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn python_receives_every_universe_in_order_with_its_priority_and_its_end() {
    let _turn = crate::turn::turn();
    // Free now; the peer takes it at once.
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let peer = Peer::start(&["receive", &port.to_string(), "101", "102"]);
    assert_eq!(peer.next()["ready"], true);
    let to = (Ipv4Addr::LOCALHOST, port).into();
    let spec = OutputSpec { priority: 140, ..output(Protocol::Sacn, 101, 340, to) };
    let mut outputs = Outputs::open(vec![spec], *b"lumencast-cid-16", "Lumencast Ü").unwrap();
    let mut available = Vec::new();
    for frame in 0..260 {
        let pixels = colours(340, frame);
        outputs.send(&pixels, Duration::from_millis(17 * frame as u64));
        for place in 0..2 {
            let mut said = peer.next();
            if said["change"] == "available" {
                available.push(said["universe"].clone());
                said = peer.next();
            }
            let leds = pixels[place * 170..][..170].as_flattened();
            assert_eq!((&said["universe"], &said["sequence"]), (&(101 + place).into(), &((frame % 256).into())));
            assert_eq!((&said["priority"], &said["source"]), (&140.into(), &"Lumencast Ü".into()));
            assert_eq!(said["cid"], "6c756d656e636173742d6369642d3136");
            let slots: Vec<u64> = said["slots"].as_array().unwrap().iter().map(|slot| slot.as_u64().unwrap()).collect();
            let expected: Vec<u64> = leds.iter().map(|level| u64::from(*level)).chain([0, 0]).collect();
            assert_eq!(slots, expected, "frame {frame}, universe {place}");
        }
    }
    assert_eq!(available, [101, 102]);
    let told = Instant::now();
    outputs.terminate();
    let mut ended = [peer.next(), peer.next()].map(|said| (said["change"].clone(), said["universe"].clone()));
    ended.sort_by_key(|(_, universe)| universe.as_u64());
    assert_eq!(ended, [("timeout".into(), 101.into()), ("timeout".into(), 102.into())]);
    assert!(told.elapsed() < Duration::from_millis(2500), "told, not guessed from silence: {:?}", told.elapsed());
    peer.end();
}

#[test]
fn of_two_python_senders_the_one_with_the_higher_priority_is_shown() {
    let _turn = crate::turn::turn();
    let origin = Instant::now();
    let layout = Layout { universe: 47_011, universes: 1, channel: 1 };
    let address = (Ipv4Addr::LOCALHOST, sacn::PORT).into();
    let input =
        SacnInput::open(SacnInputSpec { address, layout, unicast: false, merge: Merge::Ltp, own: None }, 4, origin)
            .unwrap();
    let shown = || {
        let mut out = [[0; 3]; 4];
        input.copy_frame(origin.elapsed(), &mut out).then_some(out)
    };
    let level = |level: u8| eventually(&format!("level {level}"), || shown().filter(|out| *out == [[level; 3]; 4]));
    let mut low = Peer::start(&["send", "47011", "90", "low"]);
    low.tell("10");
    level(10);
    let status = input.status(origin.elapsed());
    assert_eq!((status.source.as_deref(), status.priority), (Some("low"), Some(90)));
    let mut high = Peer::start(&["send", "47011", "120", "high"]);
    high.tell("20");
    level(20);
    low.tell("11");
    assert_eq!(low.next()["sent"], 10);
    assert_eq!(low.next()["sent"], 11);
    high.tell("21");
    level(21);
    let status = input.status(origin.elapsed());
    assert_eq!((status.source.as_deref(), status.priority), (Some("high"), Some(120)));
    high.end();
    let gone = Instant::now();
    // The low one repeats its level each second; it is believed again once the high one is forgotten.
    level(11);
    assert!(gone.elapsed() > Duration::from_millis(1500), "the end of a stream goes by time: {:?}", gone.elapsed());
    low.end();
}
