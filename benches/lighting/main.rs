//! What it costs to keep 64 universes of sACN changing 60 times a second, and how evenly they leave; beside the package
//! `sacn` of Python in the same run.
//!
//! ```text
//! this process: Outputs, one thread, clock_nanosleep ──┐
//! rival.py: the package, as its guide says ────────────┴─► ear.py on loopback: kernel times of what arrives
//! ```
//!
//! CPU time is that of the sending thread (the rival's: of its process, without its start), with what the kernel does
//! in it. Jitter is by how much the time between two packets of the first universe, as the kernel stamped them on
//! arrival, differs from a 60th of a second. On a busy machine it is the scheduler's: an urgent thread (a real-time policy,
//! where the system allows it) does not wait for its turn. Settings by environment: `BENCH_SECONDS` (15), `BENCH_PYTHON` (a Python with
//! `sacn`).

mod ear;
mod sender;

use ear::{Ear, Heard};
use std::process::{Command, Stdio};

/// What is sent, how often.
const UNIVERSES: u16 = 64;
const RATE: u32 = 60;

fn main() {
    let setting = |name: &str| std::env::var(name).ok();
    let seconds: u32 = setting("BENCH_SECONDS").and_then(|text| text.parse().ok()).unwrap_or(15);
    let python = setting("BENCH_PYTHON").unwrap_or_else(|| "target/python/bin/python".into());
    println!("{UNIVERSES} universes of sACN, each frame another, {RATE} a second for {seconds} s, to loopback");
    for (who, urgent) in [("Lumencast, urgent", true), ("Lumencast", false)] {
        let ear = Ear::listen();
        match sender::run(ear.address(), seconds * RATE, urgent) {
            Some(used) => report(who, used, &ear.end()),
            None => println!("{who}: not without the right to a real-time policy"),
        }
    }
    let ear = Ear::listen();
    let used = rival(&python, ear.port(), seconds);
    report("Python sacn", used, &ear.end());
    println!("aim: at most 4 % of a core, and a jitter of at most 1 ms at p99");
}

fn report(who: &str, used: f64, heard: &Heard) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let Heard { packets, lost, seconds, jitter_ms: [p50, p99, most] } = heard;
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
