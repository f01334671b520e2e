//! The documented limits, counted for each connection by itself.

use super::error::{ApiError, Code};
use crate::api::limits::Bucket;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What one connection may still do.
#[derive(Debug)]
pub struct Limits {
    commands: Bucket,
    subscriptions: Bucket,
    states: Bucket,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            commands: Bucket::new(100, SECOND),
            subscriptions: Bucket::new(30, MINUTE),
            states: Bucket::new(5, MINUTE),
        }
    }
}

impl Limits {
    /// Every message counts, whatever is in it.
    pub fn command(&mut self, now: Duration) -> Result<(), ApiError> {
        spend(&mut self.commands, now, "100 commands per second")
    }

    /// A subscribe or an unsubscribe, however many topics it names.
    pub fn subscription(&mut self, now: Duration) -> Result<(), ApiError> {
        spend(&mut self.subscriptions, now, "30 subscription changes per minute")
    }

    /// `system.getState`.
    pub fn state(&mut self, now: Duration) -> Result<(), ApiError> {
        spend(&mut self.states, now, "5 system.getState per minute")
    }
}

fn spend(bucket: &mut Bucket, now: Duration, limit: &str) -> Result<(), ApiError> {
    if bucket.take(now) {
        return Ok(());
    }
    // No documented code is about limits; a sound command that is not carried out comes nearest.
    let wait = bucket.level(now).reset.as_secs_f64();
    Err(ApiError::new(Code::CommandFailed, format!("Rate limit reached: {limit}; try again in {wait:.1} s")))
}
