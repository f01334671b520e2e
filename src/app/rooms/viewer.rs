//! Viewers.

use super::Inner;
use std::sync::Weak;

/// The protocol of a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewerKind {
    Whep,
    Hls,
    Mjpeg,
    Ws,
}

/// A viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub identity: String,
    pub kind: ViewerKind,
    /// Does not count: quality control and recorders.
    pub hidden: bool,
}

/// A counted viewer; dropping it counts as leaving.
pub struct ViewerGuard {
    pub(super) rooms: Weak<Inner>,
    pub(super) room: String,
    pub(super) id: u64,
}

impl Drop for ViewerGuard {
    fn drop(&mut self) {
        let Some(rooms) = self.rooms.upgrade() else { return };
        let mut pending = super::PendingEvents::now();
        {
            let mut all = rooms.lock();
            if let Some(room) = all.get_mut(&self.room) {
                room.go(self.id, &mut pending);
            }
            rooms.tell(pending);
        }
        rooms.sweep(&self.room);
    }
}
