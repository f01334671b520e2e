//! What it costs to keep 64 universes of sACN changing 60 times a second, and how evenly they leave; beside the package
//! `sacn` of Python in the same run.
//!
//! ```text
//! this process: the engine, its thread, an effect ──┐
//! rival.py: the package, as in its guide ───────────┴─► receiver.py on loopback: kernel times of what arrives
//! ```
//!
//! CPU time is that of the engine's thread, effects, brightness and sending with what the kernel does in it (the rival's:
//! of its process, without its start; it makes no effects). Jitter is by how much the time between two packets of the
//! first universe, as the kernel stamped them on arrival, differs from a 60th of a second. The engine's thread is urgent (a
//! real-time policy) where the system allows it. Settings by environment: `BENCH_SECONDS` (15), `BENCH_PYTHON` (a Python
//! with `sacn`).

mod receiver;
mod sender;

use lumencast::domain::lights::Effect;
use receiver::{PacketReceiver, Received};
use std::process::{Command, Stdio};

/// What is sent, how often.
const UNIVERSES: u16 = 64;
const RATE: u32 = 60;

fn main() {
    let setting = |name: &str| std::env::var(name).ok();
    let seconds: u32 = setting("BENCH_SECONDS").and_then(|text| text.parse().ok()).unwrap_or(15);
    let python = setting("BENCH_PYTHON").unwrap_or_else(|| "target/python/bin/python".into());
    println!("{UNIVERSES} universes of sACN, each frame another, {RATE} a second for {seconds} s, to loopback");
    for effect in [Effect::Rainbow, Effect::Noise] {
        let receiver = PacketReceiver::listen();
        let used = sender::run(receiver.address(), effect, seconds);
        report(&format!("Lumencast, {}", effect.id()), used, &receiver.end());
    }
    let receiver = PacketReceiver::listen();
    let used = rival(&python, receiver.port(), seconds);
    report("Python sacn", used, &receiver.end());
    println!("aim: at most 4 % of a core, and a jitter of at most 1 ms at p99");
}

fn report(who: &str, used: f64, received: &Received) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let Received { packets, lost, seconds, jitter_ms: [p50, p99, most] } = received;
    println!(
        "{who:<18} {:4.1} % of a core  {:5.0} packets/s, {lost} lost  jitter p50 {p50:.3}, p99 {p99:.3}, max {most:.3} ms  \
         (load {load})",
        100.0 * used,
        *packets as f64 / seconds,
    );
}

/// Lets the package do the same. Seconds of CPU for each second.
fn rival(python: &str, port: u16, seconds: u32) -> f64 {
    let numbers = [u32::from(port), UNIVERSES.into(), RATE, seconds].map(|number| number.to_string());
    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/lighting/rival.py")).args(numbers);
    let output = command.stderr(Stdio::inherit()).output().expect("a Python with sacn; scripts/python.sh makes one");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of the rival")
}
