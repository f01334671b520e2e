//! One client's socket, on which only the server sends: pings, timeouts, closing.
//!
//! ```text
//! Source (state, LEDs) ─ one message at a time ─► client        client ─► read and dropped
//! ```
//!
//! The next message is made only when the previous one has been handed to the system, so nothing piles up for a slow
//! reader. Refuses to know: the content of messages.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use warp::ws::{Message, WebSocket};

/// The largest incoming message, in bytes; its content is ignored.
pub const LARGEST: usize = 4096;
/// How long a client may leave one message unread before it is disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// Interval of pings; a client that misses two answers is gone.
const PING: Duration = Duration::from_secs(15);
/// How long a client may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The server goes down (RFC 6455, 7.4.1).
const GOING_AWAY: u16 = 1001;

/// The messages of a socket.
pub trait Source: Send {
    /// The next message, as soon as there is one; `None` at the end. May be dropped half way.
    fn next(&mut self) -> impl Future<Output = Option<Message>> + Send;
}

/// Sends a client the messages until it leaves, does not read, or the server goes down.
pub async fn run(mut socket: WebSocket, mut source: impl Source, shutdown: CancellationToken) {
    if tell(&mut socket, &mut source, &shutdown).await.is_some() {
        let last = async {
            socket.send(Message::close_with(GOING_AWAY, "the server is going down")).await?;
            while let Some(Ok(_)) = socket.next().await {}
            socket.close().await
        };
        let _ = timeout(CLOSE_TIMEOUT, last).await; // a late answer is not needed
    } else {
        let _ = timeout(CLOSE_TIMEOUT, socket.close()).await; // a broken socket is closed already
    }
}

/// `Some` when the server closes.
async fn tell(socket: &mut WebSocket, source: &mut impl Source, shutdown: &CancellationToken) -> Option<()> {
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    loop {
        let message = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Some(()),
            // Pongs and the client's close frame arrive here.
            said = socket.next() => match said?.ok()? {
                said if said.is_close() => return None,
                _ => {
                    unanswered = 0;
                    continue;
                }
            },
            _ = ping.tick() => {
                if unanswered == 2 {
                    return None;
                }
                unanswered += 1;
                Message::ping(Bytes::new())
            }
            message = source.next() => match message {
                Some(message) => message,
                None => return Some(()),
            },
        };
        timeout(SEND_TIMEOUT, socket.send(message)).await.ok()?.ok()?;
    }
}
