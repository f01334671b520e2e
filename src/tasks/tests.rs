use super::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(10);

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn of(task: &str) -> TaskReport {
    report().0.get(task).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_restarting_task_is_down_while_it_waits_and_goes_on_until_it_returns() {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = tries.clone();
    let task = restarting("test-kept", move || {
        let tries = counted.clone();
        async move { assert!(tries.fetch_add(1, Ordering::Relaxed) >= 2, "not yet") }
    });
    until("down", || of("test-kept").down == 1).await;
    tokio::time::timeout(LIMIT, task).await.unwrap().unwrap();
    assert_eq!(of("test-kept"), TaskReport { panics: 2, restarts: 2, down: 0 });
    assert_eq!(tries.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_restarting_task_that_is_aborted_while_it_waits_is_down_no_longer() {
    let task = restarting("test-aborted", || async { panic!("always") });
    until("down", || of("test-aborted").down == 1).await;
    task.abort();
    until("forgotten", || of("test-aborted").down == 0).await;
    assert_eq!(of("test-aborted").restarts, 0);
}

#[test]
fn a_restarting_thread_goes_on_with_what_it_had() {
    let mut turns = 0;
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let thread = restarting_thread("test-thread", "test", move || {
        turns += 1;
        sender.send(turns).unwrap();
        assert!(turns > 1, "the first turn fails");
    });
    thread.unwrap().join().unwrap();
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(of("test-thread"), TaskReport { panics: 1, restarts: 1, down: 0 });
}

#[tokio::test]
async fn a_piece_of_work_that_panics_is_counted_and_its_owner_gets_the_words() {
    let message = once("test-once", async { panic!("the {} words", "very") }).await.unwrap().map(|(): ()| ());
    assert_eq!(message, Err(Panicked { task: "test-once", message: "the very words".into() }));
    assert_eq!(catch_panic("test-once", || 7), Ok(7));
    assert_eq!(of("test-once").panics, 1);
}

/// The one test of the process with a watcher: the registry is shared.
#[tokio::test]
async fn an_indispensable_task_that_panics_or_returns_is_reported_once_and_with_its_reason() {
    vital("test-unwatched", async {}).await.unwrap();
    let mut watcher = watch();
    assert_eq!(report().1, None);
    vital_thread("test-vital", "test", || panic!("the show is dead")).unwrap().join().unwrap();
    vital("test-later", async {}).await.unwrap();
    let broken = tokio::time::timeout(LIMIT, watcher.vital_task_ended()).await.unwrap();
    assert_eq!(broken, VitalTaskEnded { task: "test-vital", reason: "the show is dead".into() });
    assert_eq!(report().1, Some(broken));
    assert_eq!(of("test-vital").panics, 1);
}
