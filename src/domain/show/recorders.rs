//! Recorders: one recording each, begun and ended by commands. What a full disk does to them is in [`super::disk`].

use super::{Show, disk::Suspended};
use crate::domain::{
    command::{RecordingInfo, Reply, Ticket},
    disk::Room,
    event::Event,
    fault::Fault,
    order::Order,
    output::{OUTPUTS, OutputSource, Recorder, Recording},
    time::{ShowTime, Slot},
};
use std::{collections::BTreeMap, sync::Arc};

type Answer = Result<Option<Reply>, Fault>;

/// What is known of recordings beside their recorders' state, by recorder.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    /// The command that the engine is to answer: the start of one that is starting, the stop of one that is being
    /// stopped or cancelled.
    pub(super) pending: BTreeMap<u8, Ticket>,
    /// The start of the recording that is running, stopping or suspended.
    pub(super) begun: BTreeMap<u8, Ticket>,
    /// Those that a full disk has ended, until they go on.
    pub(super) suspended: BTreeMap<u8, Suspended>,
    /// The start that waits for the end of the recording before it.
    next: BTreeMap<u8, (Ticket, OutputSource)>,
}

impl Show {
    /// Without a stream it records program, whatever the recorder recorded before. While it stops, the next recording
    /// waits for that.
    pub(super) fn start_recording(&mut self, ticket: Ticket, number: u8, stream: Option<OutputSource>) -> Answer {
        let stream = self.known_stream(stream.unwrap_or(OutputSource::Program))?;
        let state = self.recorder(number)?.state.clone();
        match state {
            Recording::Idle => self.begin_recording(ticket, number, stream, None)?,
            Recording::Stopping { .. } | Recording::Cancelling if !self.recordings.next.contains_key(&number) => {
                self.recordings.next.insert(number, (ticket, stream));
            }
            Recording::Suspended { .. } => {
                let text = format!("Recorder {number} goes on by itself when the disk has room; stop it first");
                return Err(Fault::conflict("recording", number.to_string(), text));
            }
            _ => {
                let text = format!("Recorder {number} is recording already");
                return Err(Fault::conflict("recording", number.to_string(), text));
            }
        }
        Ok(None)
    }

    pub(super) fn begin_recording(
        &mut self,
        ticket: Ticket,
        number: u8,
        stream: OutputSource,
        after: Option<RecordingInfo>,
    ) -> Result<(), Fault> {
        let recorder = self.recorder(number)?;
        recorder.stream = stream.clone();
        recorder.state = Recording::Starting;
        recorder.error = None;
        self.recordings.pending.insert(number, ticket);
        self.orders.push_back(Order::StartRecording { ticket, recorder: number, stream, after });
        self.events.push(Event::RecorderChanged { recorder: number });
        Ok(())
    }

    /// A recording that is only beginning is cancelled, and so is one that waits for the end of another.
    pub(super) fn stop_recording(&mut self, ticket: Ticket, number: u8) -> Answer {
        let (state, cancelled) = match self.recorder(number)?.state.clone() {
            Recording::Running { file } => (Recording::Stopping { file }, None),
            Recording::Starting => (Recording::Cancelling, self.recordings.pending.get(&number).copied()),
            Recording::Suspended { .. } => return Ok(self.stop_suspended(ticket, number)),
            Recording::Stopping { .. } | Recording::Cancelling | Recording::Idle => {
                let Some((next, _)) = self.recordings.next.remove(&number) else {
                    let text = format!("Recorder {number} is not recording");
                    return Err(Fault::conflict("not_recording", number.to_string(), text));
                };
                self.ack(next, Err(cancelled_fault(number)));
                return Ok(Some(Reply::Done));
            }
        };
        self.recordings.pending.insert(number, ticket);
        self.recorder(number)?.state = state;
        self.orders.push_back(Order::StopRecording { ticket, recorder: number });
        self.events.push(Event::RecorderChanged { recorder: number });
        if let Some(start) = cancelled {
            self.ack(start, Err(cancelled_fault(number)));
        }
        Ok(None)
    }

    pub(super) fn recording_started(
        &mut self,
        ticket: Ticket,
        number: u8,
        file: String,
        first: Option<(Slot, ShowTime)>,
    ) {
        // One that was cancelled meanwhile is about to end.
        if self.recordings.pending.get(&number) != Some(&ticket) {
            return;
        }
        let Ok(recorder) = self.recorder(number) else { return };
        recorder.state = Recording::Running { file: file.clone() };
        self.recordings.pending.remove(&number);
        self.recordings.begun.insert(number, ticket);
        self.recordings.suspended.remove(&number);
        self.events.push(Event::RecorderChanged { recorder: number });
        let info = RecordingInfo { recorder: number, file, parts: Vec::new(), first, frames: 0 };
        self.ack(ticket, Ok(Reply::Recording(info)));
        if self.disk.room == Room::Full {
            self.suspend(number);
        }
    }

    pub(super) fn recording_stopped(&mut self, ticket: Ticket, info: RecordingInfo) {
        let number = info.recorder;
        if self.recordings.pending.get(&number) != Some(&ticket) {
            return self.suspended_is_whole(ticket, info);
        }
        self.recording_over(number, None);
        self.ack(ticket, Ok(Reply::Recording(info)));
        self.begin_next_recording(number);
    }

    pub(super) fn recording_failed(&mut self, ticket: Option<Ticket>, number: u8, reason: String) {
        let pending = self.recordings.pending.get(&number).copied();
        let cancelling = self.recorder(number).is_ok_and(|recorder| recorder.state == Recording::Cancelling);
        match ticket {
            // The end of a start that was cancelled.
            Some(ticket) if cancelling && pending == Some(ticket) => {
                let kept = self.recordings.suspended.get_mut(&number).and_then(|suspended| suspended.kept.take());
                self.recording_over(number, None);
                self.ack(ticket, Ok(kept.map_or(Reply::Done, Reply::Recording)));
            }
            // The failure of the start that was cancelled is no news; the answer to the stop ends it.
            _ if cancelling => return,
            Some(ticket) if pending != Some(ticket) => return self.suspended_failed(ticket, number, reason),
            _ => {
                self.recording_over(number, Some(reason.clone()));
                if let Some(ticket) = pending {
                    self.ack(ticket, Err(Fault::failed("recording", number.to_string(), reason)));
                }
            }
        }
        self.begin_next_recording(number);
    }

    pub(super) fn recording_over(&mut self, number: u8, error: Option<String>) {
        self.recordings.pending.remove(&number);
        self.recordings.begun.remove(&number);
        self.recordings.suspended.remove(&number);
        if let Ok(recorder) = self.recorder(number) {
            recorder.state = Recording::Idle;
            recorder.error = error;
            self.events.push(Event::RecorderChanged { recorder: number });
        }
    }

    pub(super) fn begin_next_recording(&mut self, number: u8) {
        let Some((ticket, stream)) = self.recordings.next.remove(&number) else { return };
        // What it is to record may have gone meanwhile.
        let begun = self.known_stream(stream).and_then(|stream| self.begin_recording(ticket, number, stream, None));
        if let Err(fault) = begun {
            self.ack(ticket, Err(fault));
        }
    }

    pub(super) fn recorder(&mut self, number: u8) -> Result<&mut Recorder, Fault> {
        Arc::make_mut(&mut self.recorders).iter_mut().find(|r| r.number == number).ok_or_else(|| {
            let text = format!("There is no recorder {number}; they are 1 to {OUTPUTS}");
            Fault::not_found("recorder", number.to_string(), text)
        })
    }
}

fn cancelled_fault(number: u8) -> Fault {
    Fault::conflict("cancelled", number.to_string(), format!("Recorder {number} was stopped before it began"))
}
