//! A client's TCP stream that is given up when the client does not read: whatever is written to it, an answer, a
//! picture of a motion stream, or a message of a socket after an upgrade. It also ends when its slot is evicted.
//!
//! Refuses to know: what is written.

use super::progress::Progress;
use crate::app::access::connection_limiter::ConnectionSlot;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// See the module's text. It holds the connection's slot to its end, which is the end of an upgraded socket too.
#[derive(Debug)]
pub struct ClientStream {
    stream: TcpStream,
    began: Instant,
    unread: Progress,
    /// Wakes the writer when the client's time is over.
    alarm: Option<Pin<Box<Sleep>>>,
    evicted: Pin<Box<WaitForCancellationFutureOwned>>,
    _slot: Arc<ConnectionSlot>,
}

impl ClientStream {
    /// `timeout`: the longest time in which the client may read less than the minimum.
    pub fn new(stream: TcpStream, timeout: Duration, slot: Arc<ConnectionSlot>) -> Self {
        let evicted = Box::pin(slot.evicted());
        Self { stream, began: Instant::now(), unread: Progress::new(timeout), alarm: None, evicted, _slot: slot }
    }

    /// What came of writing: bytes are counted, waiting is timed.
    fn track_write(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        if let Poll::Ready(result) = written {
            self.unread.pass(*result.as_ref().unwrap_or(&0), now - self.began);
            self.alarm = None;
            return Poll::Ready(result);
        }
        let left = self.unread.wait(now - self.began);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(now + left)));
        ready!(alarm.as_mut().poll(context));
        metrics::counter!("lumencast_unread_connections_total").increment(1);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A socket after an upgrade is read all along, so it learns of its eviction here.
        if self.evicted.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "evicted for a newer connection",
            )));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.track_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.track_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
