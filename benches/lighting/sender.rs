//! Our side: one thread that sends a frame at each 60th of a second.

use crate::{RATE, UNIVERSES};
use lumencast::lighting::{
    output::Outputs,
    patch::{ColourOrder, Destination, OutputSpec, PIXELS, Protocol},
    urgent::become_urgent,
};
use rustix::{
    thread::{ClockId, clock_nanosleep_absolute},
    time::{ClockId as Clock, Timespec, clock_gettime},
};
use std::{net::SocketAddr, thread, time::Duration};

/// Sends so many frames from a thread of its own, urgent or not. Seconds of CPU for each second, of that thread; none
/// where it may not be urgent.
pub fn run(to: SocketAddr, frames: u32, urgent: bool) -> Option<f64> {
    let sending = move || match urgent.then(become_urgent) {
        Some(Err(_)) => None,
        Some(Ok(())) | None => Some(send(to, frames)),
    };
    thread::spawn(sending).join().expect("the sending thread")
}

fn send(to: SocketAddr, frames: u32) -> f64 {
    let spec = OutputSpec {
        protocol: Protocol::Sacn,
        universe: 1,
        channel: 1,
        start: 0,
        length: UNIVERSES * PIXELS,
        // The order that most LEDs have, and more work than red, green, blue.
        order: ColourOrder::Grb,
        to: Destination::Unicast(to),
        priority: 100,
        sync: None,
        interface: None,
    };
    let mut outputs = Outputs::open(vec![spec], [1; 16], "Lumencast").expect("outputs");
    // Made before, so that only sending is measured.
    let leds = usize::from(UNIVERSES * PIXELS);
    let pictures: Vec<Vec<[u8; 3]>> =
        (0..60_usize).map(|turn| (0..leds).map(|led| [led as u8, turn as u8, (led * turn) as u8]).collect()).collect();
    let (begin, used) = (now(Clock::Monotonic), now(Clock::ThreadCPUTime));
    for frame in 1..=frames {
        let due = begin + Duration::from_secs(1) * frame / RATE;
        let due = Timespec { tv_sec: due.as_secs() as _, tv_nsec: due.subsec_nanos().into() };
        while clock_nanosleep_absolute(ClockId::Monotonic, &due).is_err() {}
        outputs.send(&pictures[frame as usize % pictures.len()], now(Clock::Monotonic));
    }
    let used = now(Clock::ThreadCPUTime) - used;
    assert_eq!(outputs.stats().errors, 0, "everything leaves");
    used.as_secs_f64() / (now(Clock::Monotonic) - begin).as_secs_f64()
}

fn now(clock: Clock) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
