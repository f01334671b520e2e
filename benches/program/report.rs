//! The evaluation of the files, and the table.

use crate::{Job, Outcome};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    process::Command,
};

/// The output of a job.
pub struct Read {
    /// Frames written for each second that passed.
    pub fps: f64,
    /// The settings of x264, one entry for each.
    x264: BTreeSet<String>,
}

/// Reads the output of a job.
pub fn read(outcome: &Outcome) -> Read {
    let probed = Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-select_streams", "v:0"])
        .args(["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"])
        .arg(&outcome.file)
        .output()
        .expect("ffprobe starts");
    let frames = String::from_utf8_lossy(&probed.stdout).trim().trim_end_matches(',').parse::<f64>();
    let frames = frames.unwrap_or_else(|_| panic!("no frames: {}", String::from_utf8_lossy(&probed.stderr)));
    Read { fps: frames / outcome.written_s, x264: x264(&outcome.file) }
}

/// The settings that x264 writes into the first access unit.
fn x264(file: &Path) -> BTreeSet<String> {
    const MARK: &[u8] = b" - options: ";
    let bytes = std::fs::read(file).expect("read what was written");
    let at = bytes.windows(MARK.len()).position(|window| window == MARK).map(|at| at + MARK.len());
    let text = at.and_then(|at| bytes.get(at..)).unwrap_or_default();
    let end = text.iter().position(|byte| !(b' '..=b'~').contains(byte)).unwrap_or(0);
    String::from_utf8_lossy(&text[..end]).split_whitespace().map(str::to_owned).collect()
}

/// All rounds of all jobs.
#[derive(Default)]
pub struct Table {
    runs: BTreeMap<Job, Vec<f64>>,
    fps: BTreeMap<Job, f64>,
    x264: BTreeMap<Job, BTreeSet<String>>,
}

impl Table {
    /// A round of a job.
    pub fn add(&mut self, job: Job, outcome: &Outcome, read: Read) {
        self.runs.entry(job).or_default().push(outcome.usage.per_ten());
        let least = self.fps.entry(job).or_insert(f64::INFINITY);
        *least = least.min(read.fps);
        self.x264.insert(job, read.x264);
    }

    fn median(&self, job: Job) -> Option<f64> {
        let mut runs = self.runs.get(&job)?.clone();
        runs.sort_by(f64::total_cmp);
        let middle = runs.len() / 2;
        Some(if runs.len() % 2 == 1 { runs[middle] } else { (runs[middle - 1] + runs[middle]) / 2.0 })
    }

    fn ratio(&self, f: &mut fmt::Formatter<'_>, ours: Job, theirs: Job, aim: f64) -> fmt::Result {
        let (Some(a), Some(b)) = (self.median(ours), self.median(theirs)) else { return Ok(()) };
        writeln!(f, "{} : {}\n    {:.3} (aim: at most {aim:.2})", ours.name(), theirs.name(), a / b)?;
        let told = |job| self.x264.get(&job).cloned().unwrap_or_default();
        let (a, b) = (told(ours), told(theirs));
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join(" ");
        match a == b {
            true => writeln!(f, "    x264 was told the same ({} settings)", a.len()),
            false => writeln!(f, "    x264 was NOT told the same: [{}] against [{}]", only(&a, &b), only(&b, &a)),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| CPU seconds per 10 s of 1080p30 | median | least | most | frames/s |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        for (job, runs) in &self.runs {
            let (least, most) = runs.iter().fold((f64::MAX, 0.0_f64), |(a, b), run| (a.min(*run), b.max(*run)));
            let (median, fps) = (self.median(*job).unwrap_or_default(), self.fps[job]);
            writeln!(f, "| {} | {median:.2} | {least:.2} | {most:.2} | {fps:.1} |", job.name())?;
        }
        writeln!(f)?;
        self.ratio(f, Job::Keyed, Job::KeyedFfmpeg, 1.0)?;
        self.ratio(f, Job::Single, Job::SingleGst, 1.05)?;
        // A job that falls behind real time does less than it seems; its CPU is that of fewer frames.
        for (job, fps) in self.fps.iter().filter(|(_, fps)| **fps < 28.5) {
            writeln!(f, "WARNING: {} made only {fps:.1} frames/s", job.name())?;
        }
        Ok(())
    }
}
