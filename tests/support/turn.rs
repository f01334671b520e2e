//! One test at a time: tests in which media, light or timers run in real time take turns within their binary, so that
//! none is judged by how much another one keeps the machine busy. Cargo runs one binary after the other, and tests that
//! need no clock run beside them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A test's turn, until it is dropped; declare it first, so that it goes last.
#[must_use]
pub struct Turn {
    _held: MutexGuard<'static, ()>,
}

/// Waits for the turn. Blocks its thread, so an asynchronous test calls it before it begins anything: each has a thread
/// and a runtime of its own.
pub fn turn() -> Turn {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed had its turn.
    Turn { _held: TURN.lock().unwrap_or_else(PoisonError::into_inner) }
}
