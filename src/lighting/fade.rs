//! The nightlight: brightness that goes to its end in whole seconds.

use crate::domain::lights::Nightlight;
use std::time::Duration;

/// A fade that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fade {
    began: Duration,
    /// What had passed of it then: in an earlier run of the server.
    earlier: Duration,
    from: u8,
    /// The brightness to come back with.
    wakes: u8,
    order: Nightlight,
}

/// How far a fade has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: f64,
    /// What it does.
    pub order: Nightlight,
    /// The brightness it began with.
    pub from: u8,
    /// Since it began, without the time in which the server did not run.
    pub passed: Duration,
}

impl Fade {
    /// One that begins now.
    pub fn new(order: Nightlight, from: u8, now: Duration) -> Self {
        Self { began: now, earlier: Duration::ZERO, from, wakes: from, order }
    }

    /// The same, of which this much had passed when it began.
    pub fn after(self, earlier: Duration) -> Self {
        Self { earlier, ..self }
    }

    /// The same, after which the light comes back so bright.
    pub fn waking(self, wakes: u8) -> Self {
        Self { wakes, ..self }
    }

    /// How bright the light comes back after it.
    pub fn wakes(&self) -> u8 {
        self.wakes
    }

    /// The brightness as of now: a new one each whole second.
    pub fn brightness(&self, now: Duration) -> u8 {
        let whole = i64::from(self.order.seconds.max(1));
        let passed = i64::try_from(self.passed(now).as_secs()).unwrap_or(whole).min(whole);
        let (from, target) = (i64::from(self.from), i64::from(self.order.target));
        // Rounded to the nearer; it lies between two bytes.
        let doubled = 2 * (target - from) * passed;
        let moved = (doubled + doubled.signum() * whole) / (2 * whole);
        u8::try_from(from + moved).unwrap_or(self.order.target)
    }

    /// Whether it has come to its end.
    pub fn is_over(&self, now: Duration) -> bool {
        self.passed(now) >= Duration::from_secs(self.order.seconds.into())
    }

    /// How far it has come.
    pub fn progress(&self, now: Duration) -> Progress {
        let whole = f64::from(self.order.seconds.max(1));
        let passed = self.passed(now);
        let percent = (passed.as_secs_f64() / whole * 100.0).clamp(0.0, 100.0);
        Progress { percent, order: self.order, from: self.from, passed }
    }

    /// Whether it ends in the dark.
    pub fn ends_dark(&self) -> bool {
        self.order.target == 0
    }

    fn passed(&self, now: Duration) -> Duration {
        self.earlier + now.saturating_sub(self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_moves_once_a_second_and_ends_on_its_target() {
        let start = Duration::from_secs(7);
        let fade = Fade::new(Nightlight { seconds: 10, target: 0 }, 200, start);
        let after = |ms: u64| fade.brightness(start + Duration::from_millis(ms));
        assert_eq!((after(0), after(999), after(1000), after(5500), after(10_000)), (200, 200, 180, 100, 0));
        assert!(!fade.is_over(start + Duration::from_millis(9999)) && fade.is_over(start + Duration::from_secs(10)));
        assert!((fade.progress(start + Duration::from_millis(4550)).percent - 45.5).abs() < 1e-9);
    }

    #[test]
    fn it_goes_up_as_well_as_down() {
        let fade = Fade::new(Nightlight { seconds: 4, target: 255 }, 0, Duration::ZERO);
        let steps: Vec<_> = (0..=4).map(|s| fade.brightness(Duration::from_secs(s))).collect();
        assert_eq!(steps, [0, 64, 128, 191, 255]);
    }
}
