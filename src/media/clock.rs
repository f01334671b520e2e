//! The engine's clock: show time for every pipeline.
//!
//! All pipelines get the same system clock, no start time of their own and the same base time; so the running time of
//! each is show time, and a buffer may go from one to another with its stamps untouched.

use crate::domain::time::ShowTime;
use gst::prelude::*;

/// Show time as GStreamer sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ShowClock {
    clock: gst::Clock,
    base: gst::ClockTime,
}

impl ShowClock {
    /// A clock whose show time begins now.
    pub fn start() -> Self {
        let clock = gst::SystemClock::obtain();
        let base = clock.time();
        Self { clock, base }
    }

    /// Show time as of now.
    pub fn now(&self) -> ShowTime {
        ShowTime(self.clock.time().saturating_sub(self.base).nseconds())
    }

    /// Puts a pipeline on show time. Call before it leaves `Null`.
    pub fn adopt(&self, pipeline: &gst::Pipeline) {
        pipeline.use_clock(Some(&self.clock));
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(self.base);
    }

    /// Blocks the calling thread until a show time; returns at once when it has passed.
    pub fn wait_until(&self, time: ShowTime) {
        let id = self.clock.new_single_shot_id(self.base + gst::ClockTime::from_nseconds(time.0));
        let _ = id.wait(); // early and unscheduled both mean: go on
    }
}
