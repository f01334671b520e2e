//! Outputs and recorders.

use super::Show;
use crate::domain::{
    command::{RecordingInfo, Reply, Ticket},
    event::Event,
    fault::Fault,
    order::Order,
    output::{LinkState, OUTPUTS, Output, OutputSource, Push, Recorder, Recording},
    time::{ShowTime, Slot},
};
use std::{collections::BTreeMap, sync::Arc};

type Answer = Result<Option<Reply>, Fault>;

impl Show {
    pub(super) fn set_output_stream(&mut self, number: u8, stream: OutputSource) -> Answer {
        let stream = self.known_stream(stream)?;
        let output = output(&mut self.outputs, number)?;
        output.stream = stream.clone();
        let running = output.push.as_ref().filter(|p| p.is_running()).map(|p| p.url.clone());
        if let Some(url) = running {
            self.orders.push_back(Order::StopPush { output: number });
            self.orders.push_back(Order::StartPush { output: number, stream, url });
        }
        self.events.push(Event::OutputChanged { output: number });
        Ok(Some(Reply::Done))
    }

    pub(super) fn configure_push(&mut self, number: u8, url: String) -> Answer {
        let output = output(&mut self.outputs, number)?;
        if !(url.starts_with("rtmp://") || url.starts_with("rtmps://")) {
            return Err(Fault::invalid("url", "The destination must begin with rtmp:// or rtmps://"));
        }
        if output.push.as_ref().is_some_and(Push::is_running) {
            let text = format!("Output {number} is running; stop it first");
            return Err(Fault::conflict("output_running", number.to_string(), text));
        }
        output.push = Some(Push { url, state: LinkState::Idle, error: None });
        self.events.push(Event::OutputChanged { output: number });
        Ok(Some(Reply::Done))
    }

    pub(super) fn start_push(&mut self, number: u8) -> Answer {
        // The input that it carries may have been removed since.
        let stream = output(&mut self.outputs, number)?.stream.clone();
        let stream = self.known_stream(stream)?;
        let output = output(&mut self.outputs, number)?;
        let Some(push) = output.push.as_mut() else {
            let text = format!("Output {number} has no destination");
            return Err(Fault::failed("no_destination", number.to_string(), text));
        };
        if !push.is_running() {
            push.state = LinkState::Connecting;
            push.error = None;
            let url = push.url.clone();
            self.orders.push_back(Order::StartPush { output: number, stream, url });
            self.events.push(Event::OutputChanged { output: number });
        }
        Ok(Some(Reply::Done))
    }

    pub(super) fn stop_push(&mut self, number: u8) -> Answer {
        let output = output(&mut self.outputs, number)?;
        if let Some(push) = output.push.as_mut().filter(|p| p.state != LinkState::Idle) {
            push.state = LinkState::Idle;
            push.error = None;
            self.orders.push_back(Order::StopPush { output: number });
            self.events.push(Event::OutputChanged { output: number });
        }
        Ok(Some(Reply::Done))
    }

    pub(super) fn push_changed(&mut self, number: u8, state: LinkState, error: Option<String>) {
        let Ok(output) = output(&mut self.outputs, number) else { return };
        // A report that was on its way when the push was stopped is ignored.
        let Some(push) = output.push.as_mut().filter(|p| p.state != LinkState::Idle) else { return };
        if push.state != state || push.error != error {
            push.state = state;
            push.error = error;
            self.events.push(Event::OutputChanged { output: number });
        }
    }

    /// Without a stream it records program, whatever the recorder recorded before. While it stops, the next recording
    /// waits for that.
    pub(super) fn start_recording(&mut self, ticket: Ticket, number: u8, stream: Option<OutputSource>) -> Answer {
        let stream = self.known_stream(stream.unwrap_or(OutputSource::Program))?;
        match recorder(&mut self.recorders, number)?.state {
            Recording::Idle => self.begin_recording(ticket, number, stream)?,
            Recording::Stopping { .. } | Recording::Cancelling if !self.recordings.next.contains_key(&number) => {
                self.recordings.next.insert(number, (ticket, stream));
            }
            _ => {
                let text = format!("Recorder {number} is recording already");
                return Err(Fault::conflict("recording", number.to_string(), text));
            }
        }
        Ok(None)
    }

    fn begin_recording(&mut self, ticket: Ticket, number: u8, stream: OutputSource) -> Result<(), Fault> {
        let recorder = recorder(&mut self.recorders, number)?;
        recorder.stream = stream.clone();
        recorder.state = Recording::Starting;
        recorder.error = None;
        self.recordings.starting.insert(number, ticket);
        self.orders.push_back(Order::StartRecording { ticket, recorder: number, stream });
        self.events.push(Event::RecorderChanged { recorder: number });
        Ok(())
    }

    /// A recording that is only beginning is cancelled, and so is one that waits for the end of another.
    pub(super) fn stop_recording(&mut self, ticket: Ticket, number: u8) -> Answer {
        let (state, cancelled) = match recorder(&mut self.recorders, number)?.state.clone() {
            Recording::Running { file } => (Recording::Stopping { file }, None),
            Recording::Starting => (Recording::Cancelling, self.recordings.starting.remove(&number)),
            Recording::Stopping { .. } | Recording::Cancelling | Recording::Idle => {
                let Some((next, _)) = self.recordings.next.remove(&number) else {
                    let text = format!("Recorder {number} is not recording");
                    return Err(Fault::conflict("not_recording", number.to_string(), text));
                };
                self.ack(next, Err(cancelled_fault(number)));
                return Ok(Some(Reply::Done));
            }
        };
        if state == Recording::Cancelling {
            self.recordings.cancelling.insert(number, ticket);
        }
        recorder(&mut self.recorders, number)?.state = state;
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
        let Ok(recorder) = recorder(&mut self.recorders, number) else { return };
        // One that was cancelled meanwhile is about to end.
        if self.recordings.starting.get(&number) != Some(&ticket) {
            return;
        }
        self.recordings.starting.remove(&number);
        recorder.state = Recording::Running { file: file.clone() };
        self.events.push(Event::RecorderChanged { recorder: number });
        let info = RecordingInfo { recorder: number, file, parts: Vec::new(), first, frames: 0 };
        self.ack(ticket, Ok(Reply::Recording(info)));
    }

    pub(super) fn recording_stopped(&mut self, ticket: Ticket, info: RecordingInfo) {
        let number = info.recorder;
        self.recording_over(number, None);
        self.ack(ticket, Ok(Reply::Recording(info)));
        self.begin_next_recording(number);
    }

    pub(super) fn recording_failed(&mut self, ticket: Option<Ticket>, number: u8, reason: String) {
        if let Some(stop) = self.recordings.cancelling.get(&number).copied() {
            // The failure of the start that was cancelled is no news; the answer to the stop ends it.
            if ticket == Some(stop) {
                self.recording_over(number, None);
                self.ack(stop, Ok(Reply::Done));
                self.begin_next_recording(number);
            }
            return;
        }
        self.recording_over(number, Some(reason.clone()));
        if let Some(ticket) = ticket {
            self.ack(ticket, Err(Fault::failed("recording", number.to_string(), reason)));
        }
        self.begin_next_recording(number);
    }

    fn recording_over(&mut self, number: u8, error: Option<String>) {
        self.recordings.starting.remove(&number);
        self.recordings.cancelling.remove(&number);
        if let Ok(recorder) = recorder(&mut self.recorders, number) {
            recorder.state = Recording::Idle;
            if error.is_some() {
                recorder.error = error;
            }
            self.events.push(Event::RecorderChanged { recorder: number });
        }
    }

    fn begin_next_recording(&mut self, number: u8) {
        let Some((ticket, stream)) = self.recordings.next.remove(&number) else { return };
        // What it is to record may have gone meanwhile.
        let begun = self.known_stream(stream).and_then(|stream| self.begin_recording(ticket, number, stream));
        if let Err(fault) = begun {
            self.ack(ticket, Err(fault));
        }
    }
}

/// The tickets of recordings that change their state, by recorder.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    /// The start whose first picture is awaited.
    starting: BTreeMap<u8, Ticket>,
    /// The stop that cancelled a start.
    cancelling: BTreeMap<u8, Ticket>,
    /// The start that waits for the end of the recording before it.
    next: BTreeMap<u8, (Ticket, OutputSource)>,
}

fn cancelled_fault(number: u8) -> Fault {
    Fault::conflict("cancelled", number.to_string(), format!("Recorder {number} was stopped before it began"))
}

fn output(outputs: &mut Arc<Vec<Output>>, number: u8) -> Result<&mut Output, Fault> {
    Arc::make_mut(outputs).iter_mut().find(|o| o.number == number).ok_or_else(|| {
        Fault::not_found("output", number.to_string(), format!("There is no output {number}; they are 1 to {OUTPUTS}"))
    })
}

fn recorder(recorders: &mut Arc<Vec<Recorder>>, number: u8) -> Result<&mut Recorder, Fault> {
    Arc::make_mut(recorders).iter_mut().find(|r| r.number == number).ok_or_else(|| {
        let text = format!("There is no recorder {number}; they are 1 to {OUTPUTS}");
        Fault::not_found("recorder", number.to_string(), text)
    })
}
