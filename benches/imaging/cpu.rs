//! CPU time and peak memory of child processes, as measured by the kernel.
//!
//! Refuses to know: what they do.

use std::{fs, path::Path, process::Command, thread, time::Duration};

/// Of some runs of the same command.
pub struct Usage {
    rounds: u32,
    /// User and system time of all rounds, in seconds.
    cpu_s: f64,
    /// The largest resident set that was seen, in kilobytes: read every millisecond, so it may miss a last rise.
    peak_kb: u64,
}

impl Usage {
    pub fn print(&self, name: &str, made: &Path) {
        println!(
            "  {name:14} {:6.2} pictures per CPU second, peak {:5.1} MB, {} KB",
            f64::from(self.rounds) / self.cpu_s,
            self.peak_kb as f64 / 1000.0,
            fs::metadata(made).map_or(0, |made| made.len() / 1000)
        );
    }
}

/// Runs a command some times, one after the other; `None` where it does not run or fails.
pub fn run(rounds: u32, command: impl Fn() -> Command) -> Option<Usage> {
    let before = children_cpu_s();
    let mut peak_kb = 0;
    for _ in 0..rounds {
        let mut child = command().spawn().ok()?;
        let status = loop {
            peak_kb = peak_kb.max(peak_of(child.id()).unwrap_or(0));
            match child.try_wait().ok()? {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        if !status.success() {
            return None;
        }
    }
    Some(Usage { rounds, cpu_s: children_cpu_s() - before, peak_kb })
}

/// User and system time of all children that have ended, in seconds; the kernel counts in hundredths.
fn children_cpu_s() -> f64 {
    // proc(5): fields 16 and 17, cutime and cstime.
    cpu_s(16)
}

/// User and system time of this process, in seconds.
pub fn own_cpu_s() -> f64 {
    // proc(5): fields 14 and 15, utime and stime.
    cpu_s(14)
}

/// The sum of a field of `/proc/self/stat`, counted from 1, and the next one.
fn cpu_s(field: usize) -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("the kernel says what we used");
    // The second field is the name, in brackets, and may hold blanks; the third one follows it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(field - 3).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
