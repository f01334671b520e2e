//! A full disk ends recordings, and they go on in a next part when there is room.
//!
//! ```text
//! Running ─ full ─► Suspended (its file is finished) ─ room ─► Starting ─► Running
//!                       └─ stop ─► Idle, answered with the files
//! ```

use super::Show;
use crate::domain::{
    command::{RecordingInfo, Reply, Ticket},
    disk::{Disk, Room},
    event::Event,
    fault::Fault,
    order::Order,
    output::Recording,
};

/// A recording that a full disk has ended.
#[derive(Debug)]
pub(super) struct Suspended {
    /// Of its start.
    start: Ticket,
    /// What there is of it; `None` while its file is being finished.
    pub(super) kept: Option<RecordingInfo>,
    /// A stop that waits for the file.
    stop: Option<Ticket>,
}

impl Show {
    pub(super) fn disk_changed(&mut self, disk: Disk) {
        let was_full = std::mem::replace(&mut self.disk, disk).room == Room::Full;
        self.events.push(Event::DiskChanged);
        let recorders: Vec<_> = self.recorders.iter().map(|recorder| recorder.number).collect();
        for number in recorders {
            match disk.room {
                Room::Full => self.suspend(number),
                Room::Low | Room::Enough if was_full => self.go_on(number),
                Room::Low | Room::Enough => {}
            }
        }
    }

    /// Ends a running recording while there is room for its index.
    pub(super) fn suspend(&mut self, number: u8) {
        let Some(start) = self.recordings.begun.get(&number).copied() else { return };
        let reason = self.disk.warning();
        let Ok(recorder) = self.recorder(number) else { return };
        let Recording::Running { file } = &recorder.state else { return };
        recorder.state = Recording::Suspended { file: file.clone() };
        recorder.error = reason;
        self.recordings.suspended.insert(number, Suspended { start, kept: None, stop: None });
        self.orders.push_back(Order::StopRecording { ticket: start, recorder: number });
        self.events.push(Event::RecorderChanged { recorder: number });
    }

    /// Begins the next part of a suspended recording whose file is whole.
    fn go_on(&mut self, number: u8) {
        let Some(Suspended { start, kept: Some(kept), stop: None }) = self.recordings.suspended.get(&number) else {
            return;
        };
        let (start, kept) = (*start, kept.clone());
        let stream = self.recorder(number).map(|recorder| recorder.stream.clone());
        // What it records may have gone meanwhile.
        let begun = stream
            .and_then(|stream| self.known_stream(stream))
            .and_then(|stream| self.begin_recording(start, number, stream, Some(kept)));
        if let Err(fault) = begun {
            self.recording_over(number, Some(fault.detail));
        }
    }

    /// The file of a recording that the show ended is whole.
    pub(super) fn suspended_is_whole(&mut self, ticket: Ticket, info: RecordingInfo) {
        let number = info.recorder;
        let Some(suspended) = self.recordings.suspended.get_mut(&number).filter(|s| s.start == ticket) else { return };
        suspended.kept = Some(info.clone());
        match suspended.stop {
            Some(stop) => {
                self.recording_over(number, None);
                self.ack(stop, Ok(Reply::Recording(info)));
            }
            None if self.disk.room != Room::Full => self.go_on(number),
            None => {}
        }
    }

    /// The file of a recording that the show ended could not be finished.
    pub(super) fn suspended_failed(&mut self, ticket: Ticket, number: u8, reason: String) {
        let Some(suspended) = self.recordings.suspended.get(&number) else { return };
        let Suspended { start, kept: None, stop } = suspended else { return };
        if *start != ticket {
            return;
        }
        let stop = *stop;
        self.recording_over(number, Some(reason.clone()));
        if let Some(stop) = stop {
            self.ack(stop, Err(Fault::failed("recording", number.to_string(), reason)));
        }
    }

    /// The end of a suspended recording; its answer waits until the file is whole.
    pub(super) fn stop_suspended(&mut self, ticket: Ticket, number: u8) -> Option<Reply> {
        let suspended = self.recordings.suspended.get_mut(&number)?;
        match suspended.kept.take() {
            Some(info) => {
                self.recording_over(number, None);
                Some(Reply::Recording(info))
            }
            None => {
                if let Some(before) = suspended.stop.replace(ticket) {
                    let text = format!("Recorder {number} is being stopped by another command");
                    self.ack(before, Err(Fault::conflict("not_recording", number.to_string(), text)));
                }
                None
            }
        }
    }

    /// A writer learnt that the disk takes no more before the look that would have told.
    pub(super) fn out_of_space(&mut self, start: Ticket, number: u8, reason: String, kept: Option<RecordingInfo>) {
        let pending = self.recordings.pending.get(&number).copied();
        let begun = self.recordings.begun.get(&number) == Some(&start);
        let Ok(state) = self.recorder(number).map(|recorder| recorder.state.clone()) else { return };
        match (state, kept) {
            (Recording::Running { file }, Some(info)) if begun => {
                self.recordings.suspended.insert(number, Suspended { start, kept: Some(info), stop: None });
                self.rest(number, file, reason);
            }
            (Recording::Suspended { .. }, Some(info)) => self.suspended_is_whole(start, info),
            (Recording::Starting, kept) if pending == Some(start) => {
                let Some(suspended) = self.recordings.suspended.get_mut(&number) else {
                    return self.recording_failed(Some(start), number, reason);
                };
                suspended.kept = kept.or_else(|| suspended.kept.take());
                let file = suspended.kept.as_ref().map(|info| info.file.clone()).unwrap_or_default();
                self.recordings.pending.remove(&number);
                self.rest(number, file, reason);
            }
            (Recording::Stopping { .. }, _) if begun => self.recording_failed(None, number, reason),
            _ => {}
        }
    }

    fn rest(&mut self, number: u8, file: String, reason: String) {
        if let Ok(recorder) = self.recorder(number) {
            recorder.state = Recording::Suspended { file };
            recorder.error = Some(reason);
            self.events.push(Event::RecorderChanged { recorder: number });
        }
    }
}
