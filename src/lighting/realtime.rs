//! A thread that goes before the others, so that frames leave on time while the machine is busy.
//!
//! A thread that sleeps most of the time still waits for its turn among those that are busy: up to one slice of the
//! scheduler, some 3 ms. With a real-time policy (SCHED_FIFO, sched(7)) it is woken at once. Refuses to know: what the
//! thread does. It must sleep far more than it runs.

#![expect(unsafe_code, reason = "scheduling calls that no safe crate offers")]

use std::io;

/// Above 1, below what the kernel's own threads have.
const PRIORITY: libc::c_int = 10;

/// Lets the calling thread go before all without a real-time priority. Threads that it starts are as any other.
///
/// # Errors
/// `PermissionDenied` without CAP_SYS_NICE and without a limit for it (`LimitRTPRIO=` of systemd, `ulimit -r`). All
/// goes on as before then, only less evenly on a busy machine.
pub fn set_realtime_priority() -> io::Result<()> {
    // SAFETY: all zeros are a value of this struct of numbers.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = PRIORITY;
    // SAFETY: 0 is the calling thread; the kernel only reads the struct, which outlives the call.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_realtime_priority_or_knows_that_it_may_not() {
        // SAFETY: 0 is the calling thread; nothing is pointed to.
        let policy = || unsafe { libc::sched_getscheduler(0) };
        std::thread::spawn(move || match set_realtime_priority() {
            Ok(()) => {
                assert_eq!(policy() & !libc::SCHED_RESET_ON_FORK, libc::SCHED_FIFO);
                assert_eq!(std::thread::spawn(policy).join().unwrap(), libc::SCHED_OTHER);
            }
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::PermissionDenied),
        })
        .join()
        .unwrap();
    }
}
