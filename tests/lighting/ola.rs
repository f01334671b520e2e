//! The Open Lighting Architecture at the other end: Debian's `olad`, with its universes read over its HTTP API.

#![expect(unsafe_code, reason = "a network namespace of its own for the child")]

use super::sockets::{colours, eventually, output};
use lumencast::lighting::{
    output::Outputs,
    patch::{OutputSpec, Protocol},
};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::chown,
    path::Path,
    process::{Child, Command},
    time::Duration,
};
use tempfile::TempDir;

/// Every other plugin of olad would look for devices, some of them by broadcast.
const SILENT: [&str; 19] = [
    "dummy",
    "espnet",
    "ftdidmx",
    "gpio",
    "karate",
    "kinet",
    "milinst",
    "opendmx",
    "openpixelcontrol",
    "osc",
    "pathport",
    "renard",
    "sandnet",
    "shownet",
    "spi",
    "stageprofi",
    "uartdmx",
    "usbdmx",
    "usbserial",
];
const SACN: &str = "enabled = true\nip = 127.0.0.1\ninput_ports = 2\noutput_ports = 0\n";
const ARTNET: &str = "enabled = true\nip = 127.0.0.1\nuse_loopback = true\noutput_ports = 0\n";
/// sACN universes 7 and 8, and Art-Net's port address 5.
const PORTS: &str = "11-1-I-0 = 7\n11-1-I-1 = 8\n2-1-I-0 = 5\n";

struct Olad {
    child: Child,
    folder: TempDir,
    http: u16,
}

impl Olad {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| fs::write(folder.path().join(format!("ola-{name}.conf")), text).unwrap();
        SILENT.iter().for_each(|plugin| file(plugin, "enabled = false\n"));
        [("e131", SACN), ("artnet", ARTNET), ("port", PORTS)].iter().for_each(|(name, text)| file(name, text));
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (http, rpc) = (free(), free());
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new("timeout");
        command.arg("60");
        // It refuses to be root; its package has a user for it.
        if geteuid().is_root() {
            give_to_olad(folder.path());
            command.args(["setpriv", "--reuid=olad", "--regid=nogroup", "--clear-groups"]);
        }
        command.args(["olad", "--log-level", "4", "--no-register-with-dns-sd", "--interface", "127.0.0.1"]);
        command.args(["--http-port", &http.to_string(), "--rpc-port", &rpc.to_string(), "--config-dir"]);
        let child = command.arg(folder.path()).stderr(log.try_clone().unwrap()).stdout(log).spawn().unwrap();
        let olad = Self { child, folder, http };
        eventually("olad", || olad.levels(7));
        olad
    }

    /// What a universe of it holds; none while it does not answer.
    fn levels(&self, universe: u16) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.http)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET /get_dmx?u={universe} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        body["dmx"].as_array()?.iter().map(|level| level.as_u64()?.try_into().ok()).collect()
    }

    /// Waits until a universe holds these LEDs.
    fn shows(&self, universe: u16, leds: &[[u8; 3]]) {
        eventually(&format!("{:?} in universe {universe}", leds[0]), || {
            (self.levels(universe)? == leds.as_flattened()).then_some(())
        });
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Olad {
    fn drop(&mut self) {
        // `timeout` hands the signal on.
        let id = Pid::from_child(&self.child);
        // Both fail only when it has ended by itself.
        let _ = kill_process(id, Signal::TERM);
        drop(self.child.wait());
    }
}

fn give_to_olad(folder: &Path) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("olad:")).expect("the package ola is installed");
    let id = line.split(':').nth(2).unwrap().parse().unwrap();
    chown(folder, Some(id), None).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        chown(entry.unwrap().path(), Some(id), None).unwrap();
    }
}

/// Runs on a thread with a network of its own: loopback and a bridge without a port, since olad skips loopback when it
/// joins groups. Nothing leaves the machine. Only root may make one; for others it is the machine's own network.
fn in_a_network_of_its_own(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        if geteuid().is_root() {
            // SAFETY: it moves this thread to a new network and touches no memory.
            assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNET) }, 0, "{}", std::io::Error::last_os_error());
            for arguments in
                ["link set lo up", "link add ola0 type bridge", "address add 192.0.2.1/24 dev ola0", "link set ola0 up"]
            {
                let done = Command::new("ip").args(arguments.split(' ')).status().expect("ip");
                assert!(done.success(), "ip {arguments}");
            }
        }
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn ola_has_the_right_levels_keeps_to_priorities_and_lets_go_at_the_end() {
    let _turn = crate::turn::turn();
    in_a_network_of_its_own(|| levels_priorities_and_the_end(&Olad::start()));
}

fn levels_priorities_and_the_end(olad: &Olad) {
    let local = |port| (Ipv4Addr::LOCALHOST, port).into();
    let outputs = |who, priority| {
        let sacn = OutputSpec { priority, ..output(Protocol::Sacn, 7, 300, local(5568)) };
        let artnet = output(Protocol::Artnet, 5, 100, local(6454));
        Outputs::open(vec![sacn, artnet], [who; 16], "Lumencast").unwrap()
    };
    let shown = |frame| {
        let pixels = colours(300, frame);
        olad.shows(7, &pixels[..170]);
        olad.shows(8, &pixels[170..]);
        olad.shows(5, &pixels[..100]);
    };
    let mut high = outputs(1, 120);
    // More than a round of sequence numbers; the pause lets olad empty its socket.
    for frame in 0..300 {
        high.send(&colours(300, frame), Duration::from_millis(frame as u64));
        if frame % 20 == 19 {
            shown(frame);
        }
    }
    assert!(!olad.log().contains("Old packet"), "{}", olad.log());

    let mut low = outputs(2, 60);
    low.send(&colours(300, 77), Duration::ZERO);
    olad.shows(5, &colours(100, 77));
    assert_eq!(olad.levels(7), Some(colours(170, 299).into_flattened()), "the lower priority is not shown");

    high.send(&colours(300, 78), Duration::from_millis(400));
    shown(78);
    high.terminate();
    let mut frame = 100;
    eventually("the lower priority after the end of the higher", || {
        frame += 1;
        low.send(&colours(300, frame), Duration::from_millis(frame as u64));
        (olad.levels(8)? == colours(300, frame)[170..].as_flattened()).then_some(())
    });
    assert!(olad.log().contains("sent a termination for universe 8"), "{}", olad.log());
}
