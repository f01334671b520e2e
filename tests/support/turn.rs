//! Tests in which media, light or timers run in real time take turns within their binary, so that none is judged by how
//! much another one keeps the machine busy. Cargo runs one binary after the other, and tests that need no clock run
//! beside them.
//!
//! A test that measures times, loads the machine, or counts what its process holds, has its turn [alone](turn). One that
//! is judged by content alone [shares](shared_turn) it: it says how much of a core it takes, and as many begin as the
//! machine bears. The test harness must be given more threads than there are cores for that (`make test` does).

// Each test binary compiles its own copy and uses its own part of it.
#![allow(dead_code)]

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

/// The test that is next; others wait behind it, so that one that needs much is not passed for ever.
static NEXT: Mutex<()> = Mutex::new(());
/// Percent of a core that the tests which have their turn take.
static TAKEN: Mutex<usize> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

/// A test's turn, until it is dropped; declare it first, so that it goes last.
#[must_use]
pub struct Turn {
    percent: usize,
}

/// Percent of a core that all tests together may take: half a core is left to the harness and to bursts.
fn capacity() -> usize {
    available_parallelism().map_or(1, usize::from) * 100 - 50
}

/// A test that failed had its turn.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a turn alone. Blocks its thread, so an asynchronous test calls it before it begins anything: each has a
/// thread and a runtime of its own.
pub fn turn() -> Turn {
    take(capacity())
}

/// Waits for a turn beside others, for a test that takes so many percent of a core (user and system time, its server
/// and clients included); see [`turn`].
pub fn shared_turn(percent: usize) -> Turn {
    take(percent.min(capacity()))
}

fn take(percent: usize) -> Turn {
    let _next = lock(&NEXT);
    let taken = lock(&TAKEN);
    let is_over = |taken: &mut usize| *taken + percent > capacity();
    *GIVEN_BACK.wait_while(taken, is_over).unwrap_or_else(PoisonError::into_inner) += percent;
    Turn { percent }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock(&TAKEN) -= self.percent;
        GIVEN_BACK.notify_all();
    }
}
