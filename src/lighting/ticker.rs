//! The thread that advances the strip's state 60 times a second, on a steady clock.

use super::{output::Outputs, realtime::set_realtime_priority, shared::Shared};
use crate::{domain::lights::Rgb, tasks};
use rustix::thread::{ClockId, Timespec, clock_nanosleep_absolute};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Frames a second.
pub const FPS: u64 = 60;

/// The running thread. Dropping it ends the frames.
pub struct Ticker {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread.
///
/// # Errors
/// When none can be started.
pub fn start(shared: Arc<Shared>, outputs: Outputs) -> io::Result<Ticker> {
    let over = Arc::new(AtomicBool::new(false));
    let ended = over.clone();
    let mut outputs = outputs;
    let thread = tasks::restarting_thread("lights", "lights", move || run(&shared, &mut outputs, &ended))?;
    Ok(Ticker { over, thread: Some(thread) })
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic was logged already
        }
    }
}

fn run(shared: &Shared, outputs: &mut Outputs, over: &AtomicBool) {
    if let Err(error) = set_realtime_priority() {
        tracing::debug!(%error, "the lights' thread is as any other; on a busy machine frames leave less evenly");
    }
    let began = monotonic();
    let mut figures = shared.figures(); // continues the counters after a restart
    let mut frame: Vec<Rgb> = Vec::new();
    let mut second = (Duration::ZERO, figures.frames);
    let mut tick = 0;
    while !over.load(Ordering::Relaxed) {
        let due = Duration::from_nanos(tick * 1_000_000_000 / FPS);
        wait_until(began + due);
        tasks::fault_point("lights");
        let now = shared.now();
        // Copied, so that the state is not locked while packets are sent.
        let mut length = 0;
        shared.turn(now, |strip_state| {
            frame.clear();
            frame.extend_from_slice(strip_state.sent());
            length = strip_state.pixels().len();
        });
        if let Some(next) = shared.take_outputs() {
            *outputs = next.replacing(outputs);
        }
        outputs.send(&frame, now);
        if shared.frames.receiver_count() > 0 {
            shared.frames.send_replace(Arc::from(&frame[..length]));
        }
        figures.frames += 1;
        let passed = monotonic().saturating_sub(began);
        // Late frames are skipped: the next one is the present one.
        let next = (passed.as_nanos() as u64 * FPS / 1_000_000_000).max(tick) + 1;
        figures.late += next - tick - 1;
        tick = next;
        let (since, frames) = second;
        if passed >= since + Duration::from_secs(1) {
            figures.fps = (figures.frames - frames) as f64 / (passed - since).as_secs_f64();
            second = (passed, figures.frames);
        }
        figures.output = outputs.stats();
        shared.measured(figures);
    }
    outputs.terminate();
}

fn monotonic() -> Duration {
    let Timespec { tv_sec, tv_nsec } = rustix::time::clock_gettime(ClockId::Monotonic);
    Duration::new(tv_sec.unsigned_abs(), u32::try_from(tv_nsec).unwrap_or_default())
}

fn wait_until(time: Duration) {
    let at = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
    // A signal may end the wait early; the time is absolute, so the same wait is repeated.
    while clock_nanosleep_absolute(ClockId::Monotonic, &at) == Err(rustix::io::Errno::INTR) {}
}
