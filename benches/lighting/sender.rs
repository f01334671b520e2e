//! Our side: the engine of the lights as the server runs it, effects and all.

use crate::UNIVERSES;
use lumencast::{
    domain::lights::{ControllerChange, Effect, LookChange, SegmentChange, Strip},
    lighting::{ColourOrder, Destination, Engine, OutputSpec, Protocol, SavedState, Settings, patch::PIXELS},
};
use std::{
    fs,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

/// Lets the engine send an effect that changes every LED in each frame. Seconds of CPU for each second, of its thread.
pub fn run(to: SocketAddr, effect: Effect, seconds: u32) -> f64 {
    let output = OutputSpec {
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
        fps: 60,
        brightness: 255,
        current_ma: None,
    };
    let engine = Engine::start(Settings {
        strip: Strip::new(UNIVERSES * PIXELS, effect),
        gamma: 2.2,
        seed: 1,
        saved_state: SavedState::default(),
        outputs: vec![output],
        cid: [1; 16],
        name: "Lumencast".into(),
        artnet_listen: None,
    });
    let engine = engine.expect("an engine");
    // Brightness is work too; at the highest speed no frame is like the one before.
    engine.set_controller(ControllerChange { power: None, brightness: Some(200) });
    let look = LookChange { speed: Some(255), ..LookChange::default() };
    engine.update_segment(0, SegmentChange { look, ..SegmentChange::default() }).expect("segment 0");
    // Its thread has its name once it runs.
    while engine.figures().frames == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    let first = engine.figures().frames;
    let (before, began) = (thread_seconds(), Instant::now());
    thread::sleep(Duration::from_secs(seconds.into()));
    let used = (thread_seconds() - before) / began.elapsed().as_secs_f64();
    let figures = engine.figures();
    assert_eq!(figures.output.errors, 0, "everything leaves");
    assert!(figures.frames - first >= u64::from(seconds) * 59, "60 frames a second: {figures:?}");
    used
}

/// CPU time of the thread `lights` of this process, to the nanosecond (proc(5), schedstat).
fn thread_seconds() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").expect("proc").flatten().map(|task| task.path());
    let lights =
        |path: &std::path::PathBuf| fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "lights");
    let task = tasks.into_iter().find(lights).expect("the engine's thread");
    let text = fs::read_to_string(task.join("schedstat")).expect("schedstat");
    let nanoseconds: f64 = text.split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
    nanoseconds / 1e9
}
