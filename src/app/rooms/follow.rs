//! A stream that follows the current publisher of a room.
//!
//! ```text
//! camera-1 ─┐
//! camera-2 ─┴─ the present one ─► Live of the room ─► viewers
//! ```

use crate::{
    media::{
        clock::ShowClock,
        live::{Live, Start},
    },
    tasks,
};
use std::sync::Arc;
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

/// A stream that passes on the units of the watched one, while it has listeners.
pub(super) fn follow(
    name: String,
    clock: &ShowClock,
    runtime: &Handle,
    watched: watch::Receiver<Option<Arc<Live>>>,
) -> Arc<Live> {
    let runtime = runtime.clone();
    Live::lazy(name, clock.clone(), move |live| {
        let publishing = Arc::new(live.begin());
        let watched = watched.clone();
        let _runtime = runtime.enter();
        let task = tasks::restarting("room-stream", move || {
            let (publishing, mut watched) = (publishing.clone(), watched.clone());
            watched.mark_changed();
            async move {
                let mut present = None;
                while watched.changed().await.is_ok() {
                    let next = watched.borrow_and_update().clone();
                    drop(present.take());
                    present = next.map(|next| {
                        let place = publishing.clone();
                        publishing.ask_keyframes_of(&next);
                        next.listen(Start::Backlog, move |unit| {
                            place.pass(unit);
                        })
                    });
                }
            }
        });
        Ok(Box::new(Task(task)))
    })
}

struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
