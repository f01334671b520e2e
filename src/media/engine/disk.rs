//! Looks at the disk of recordings once a second, and reports when it has more or less room.
//!
//! On a thread of its own: a look at a disk in the network may hang, and the watch over sources must not.

use crate::{
    domain::{
        disk::{Disk, Room},
        order::Report,
    },
    media::survey::free_bytes,
    tasks,
};
use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const LOOK: Duration = Duration::from_secs(1);
/// How long a disk that refused a writer counts as full whatever is free: a quota shows in no figure.
const REFUSED: Duration = Duration::from_secs(10);

/// See the module's text. Clones share the disk.
#[derive(Clone)]
pub(super) struct DiskWatch(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    needed: u64,
    reports: tokio::sync::mpsc::UnboundedSender<Report>,
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    /// `None` before the first look.
    disk: Option<Disk>,
    refused_at: Option<Instant>,
    stopped: bool,
}

impl DiskWatch {
    /// Watches the disk of a folder, of which `needed` bytes must stay free.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        folder: PathBuf,
        needed: u64,
        reports: tokio::sync::mpsc::UnboundedSender<Report>,
    ) -> std::io::Result<Self> {
        let (state, stopped) = Default::default();
        let watch = Self(Arc::new(Shared { folder, needed, reports, state, stopped }));
        let looking = watch.clone();
        tasks::restarting_thread("disk", "disk", move || {
            while !looking.is_stopped_after(LOOK) {
                tasks::fault_point("disk");
                looking.look();
            }
        })?;
        Ok(watch)
    }

    /// The disk as of the last look; `None` before it.
    pub fn latest(&self) -> Option<Disk> {
        self.lock().disk
    }

    /// The warning of a disk on which nothing is to be recorded now.
    pub fn full(&self) -> Option<String> {
        self.latest().filter(|disk| disk.room == Room::Full)?.warning()
    }

    /// Notes that the disk has refused a writer although it looked as if there was room.
    pub fn refused(&self) {
        let free = free_bytes(&self.0.folder).unwrap_or(0);
        let mut state = self.lock();
        state.refused_at = Some(Instant::now());
        self.set(&mut state, Disk { room: Room::Full, free, needed: self.0.needed });
    }

    /// Ends the thread soon.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.0.stopped.notify_all();
    }

    /// Looks at once. A folder that is not there yet, or a disk that is away, is not judged: a recording that begins will
    /// tell. Blocks as long as the disk does.
    pub fn look(&self) {
        let Some(free) = free_bytes(&self.0.folder) else { return };
        let mut state = self.lock();
        let before = state.disk.map_or(Room::Enough, |disk| disk.room);
        let disk = Disk::judge(before, free, self.0.needed);
        let still_refused = state.refused_at.is_some_and(|at| at.elapsed() < REFUSED);
        self.set(&mut state, if still_refused { Disk { room: Room::Full, ..disk } } else { disk });
    }

    fn set(&self, state: &mut State, disk: Disk) {
        let before = state.disk.replace(disk).map_or(Room::Enough, |disk| disk.room);
        if before == disk.room {
            return;
        }
        let folder = self.0.folder.display();
        match (disk.room, disk.warning()) {
            (Room::Full, Some(warning)) => tracing::error!(%folder, "{warning}"),
            (_, Some(warning)) => tracing::warn!(%folder, "{warning}"),
            (_, None) => tracing::info!(%folder, "The disk of recordings has room again"),
        }
        let _ = self.0.reports.send(Report::Disk(disk)); // fails only at shutdown
    }

    fn is_stopped_after(&self, time: Duration) -> bool {
        let state = self.lock();
        let waited = self.0.stopped.wait_timeout_while(state, time, |state| !state.stopped);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
