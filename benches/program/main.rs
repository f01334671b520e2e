//! CPU seconds per 10 s of a 1080p30 program, beside tools that do the same job in the same run.
//!
//! ```text
//! two clips ─► ffmpeg -re -c copy ─► RTMP ─► lumencast ─► recording   (the pushers are not counted)
//! two clips ─► one ffmpeg: decode both, select, overlay, encode ─► file
//! one clip  ─► one gst-launch: decode, encode ─► file
//! ```
//!
//! Every job runs in real time and is measured over the same window after it has settled. The settings of x264 are read
//! from the files afterwards and compared. Settings by environment: `BENCH_ROUNDS` (1), `BENCH_WINDOW_S` (20),
//! `BENCH_ONLY` (part of a job's name), `BENCH_THREADS` (1 lists CPU by thread).

#[path = "../../tests/support/mod.rs"]
mod support;

mod clips;
mod cpu;
mod report;
mod rivals;
mod show;

use clips::Clips;
use cpu::Usage;
use std::{path::PathBuf, time::Duration};

/// A job runs this long before it is measured.
const SETTLE: Duration = Duration::from_secs(6);

/// The result of one run of a job.
pub struct Outcome {
    pub usage: Usage,
    /// Its output, readable although it may have been cut off.
    pub file: PathBuf,
    /// Seconds from the beginning of writing to the end of the run.
    pub written_s: f64,
    /// Keeps the file.
    pub home: Option<tempfile::TempDir>,
}

/// A job that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    Keyed,
    KeyedFfmpeg,
    Single,
    SingleGst,
    Ready,
    Fade,
}

impl Job {
    const ALL: [Self; 6] = [Self::Keyed, Self::KeyedFfmpeg, Self::Single, Self::SingleGst, Self::Ready, Self::Fade];

    pub fn name(self) -> &'static str {
        match self {
            Self::Keyed => "two inputs, lower third: lumencast",
            Self::KeyedFfmpeg => "two inputs, lower third: ffmpeg",
            Self::Single => "one input, nothing keyed: lumencast",
            Self::SingleGst => "one input, nothing keyed: decode + encode by gst-launch",
            Self::Ready => "two inputs, nothing keyed: lumencast",
            Self::Fade => "two inputs, fading all the time: lumencast",
        }
    }

    async fn run(self, clips: &Clips, window: Duration) -> Outcome {
        match self {
            Self::KeyedFfmpeg => rivals::ffmpeg(clips, window).await,
            Self::SingleGst => rivals::gst_launch(clips, window).await,
            Self::Keyed | Self::Single | Self::Ready | Self::Fade => show::run(self, clips, window).await,
        }
    }
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is not understood")),
        Err(_) => default,
    }
}

async fn measure() {
    let rounds: u32 = setting("BENCH_ROUNDS", 1);
    let window = Duration::from_secs(setting("BENCH_WINDOW_S", 20));
    let only: String = setting("BENCH_ONLY", String::new());
    let by_thread = setting("BENCH_THREADS", 0) > 0;
    assert!(rounds > 0 && (5..=60).contains(&window.as_secs()), "at least a round, and 5 to 60 s of window");
    let clips = Clips::make();
    let mut table = report::Table::default();
    for round in 1..=rounds {
        for job in Job::ALL.into_iter().filter(|job| job.name().contains(&only)) {
            let outcome = job.run(&clips, window).await;
            let read = report::read(&outcome);
            println!(
                "round {round}: {:<58} {:5.2} CPU s per 10 s, {:.2} frames/s",
                job.name(),
                outcome.usage.per_ten(),
                read.fps
            );
            if by_thread {
                print!("{}", outcome.usage.threads());
            }
            table.add(job, &outcome, read);
        }
    }
    println!("\n{table}");
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals");
        // Whatever ends the measuring drops the jobs, and a job that is dropped kills its processes.
        tokio::select! {
            () = measure() => {}
            _ = ended.recv() => eprintln!("bench: terminated"),
            _ = tokio::signal::ctrl_c() => eprintln!("bench: interrupted"),
        }
    });
}
