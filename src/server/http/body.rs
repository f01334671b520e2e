//! A request's body that breaks off when its sender does not go on. Planes have limits of their own for small bodies;
//! this one holds for all, and lets a long upload take as long as it goes on.
//!
//! Refuses to know: what is in the body.

use super::progress::Progress;
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    error::Error,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

type Failure = Box<dyn Error + Send + Sync>;

/// Whether a body ended with this error because its sender did not go on: the answer is 408 (RFC 9110, 15.5.9).
pub fn is_stalled(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// See the module's text.
#[derive(Debug)]
pub struct RequestBody {
    body: Incoming,
    began: Instant,
    arriving: Progress,
    /// Wakes the reader when the sender's time is over.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// `timeout`: the longest time in which the sender may deliver less than the minimum.
    pub fn new(body: Incoming, timeout: Duration) -> Self {
        Self { body, began: Instant::now(), arriving: Progress::new(timeout), alarm: None }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let now = Instant::now();
        let passed = now - self.began;
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Buf::remaining));
                self.arriving.pass(bytes.unwrap_or(0), passed);
                self.alarm = None;
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let left = self.arriving.wait(passed);
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(now + left)));
                if alarm.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                metrics::counter!("lumencast_stalled_bodies_total").increment(1);
                let late = io::Error::new(io::ErrorKind::TimedOut, "the body does not go on");
                Poll::Ready(Some(Err(late.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
