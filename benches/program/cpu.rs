//! CPU time of a process over a window, whole and by thread name, from `/proc` (proc(5): utime and stime, in ticks).

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};

/// `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Debian makes.
const TICKS_PER_S: f64 = 100.0;

/// What a process used in a window.
pub struct Usage {
    seconds: f64,
    cpu_s: f64,
    by_thread: BTreeMap<String, f64>,
}

/// Watches a process for a while.
pub async fn watch(pid: u32, window: Duration) -> Usage {
    let (began, before, threads_before) = (Instant::now(), process(pid), threads(pid));
    tokio::time::sleep(window).await; // the measured time itself
    let (seconds, after, threads_after) = (began.elapsed().as_secs_f64(), process(pid), threads(pid));
    let mut by_thread = BTreeMap::new();
    for (id, (name, ticks)) in threads_after {
        let ticks = ticks - threads_before.get(&id).map_or(0.0, |(_, before)| *before);
        *by_thread.entry(name).or_default() += ticks / TICKS_PER_S;
    }
    Usage { seconds, cpu_s: (after - before) / TICKS_PER_S, by_thread }
}

impl Usage {
    /// CPU seconds in 10 s.
    pub fn per_ten(&self) -> f64 {
        self.cpu_s / self.seconds * 10.0
    }

    /// A line for each name of threads that used something, the most first. Threads that came and went are missing.
    pub fn threads(&self) -> String {
        let mut rows: Vec<_> = self.by_thread.iter().map(|(name, s)| (s / self.seconds * 10.0, name)).collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        rows.retain(|(cpu_s, _)| *cpu_s >= 0.005);
        rows.iter().fold(String::new(), |mut text, (cpu_s, name)| {
            let _ = writeln!(text, "    {cpu_s:6.2}  {name}"); // writing to memory
            text
        })
    }
}

fn process(pid: u32) -> f64 {
    stat(&format!("/proc/{pid}/stat")).unwrap_or_else(|| panic!("process {pid} has ended")).1
}

fn threads(pid: u32) -> BTreeMap<String, (String, f64)> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let row = |task: std::fs::DirEntry| {
        let stat = stat(&format!("{}/stat", task.path().display()))?;
        Some((task.file_name().to_string_lossy().into_owned(), stat))
    };
    tasks.filter_map(row).collect() // one that has just ended is passed over
}

/// Name, and ticks in user and system mode.
fn stat(path: &str) -> Option<(String, f64)> {
    let text = std::fs::read_to_string(path).ok()?;
    // The name stands in parentheses and may hold anything; after it come fields 3 and on.
    let (head, tail) = text.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let mut fields = tail.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((name, ticks()? + ticks()?))
}
