//! Outputs: what they carry and where they push it.

use super::Show;
use crate::domain::{
    command::Reply,
    event::Event,
    fault::Fault,
    order::Order,
    output::{LinkState, OUTPUTS, Output, OutputSource, Push},
    push_url::PushUrl,
};
use std::sync::Arc;

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

    pub(super) fn configure_push(&mut self, number: u8, url: PushUrl) -> Answer {
        let output = output(&mut self.outputs, number)?;
        if let Err(text) = url.parts() {
            return Err(Fault::invalid("url", text));
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
}

fn output(outputs: &mut Arc<Vec<Output>>, number: u8) -> Result<&mut Output, Fault> {
    Arc::make_mut(outputs).iter_mut().find(|o| o.number == number).ok_or_else(|| {
        Fault::not_found("output", number.to_string(), format!("There is no output {number}; they are 1 to {OUTPUTS}"))
    })
}
