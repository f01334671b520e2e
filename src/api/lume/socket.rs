//! One client's socket, on which only we speak: pings, patience, leave-taking.
//!
//! ```text
//! Source (state, LEDs) ─ one message at a time ─► client        client ─► read away
//! ```
//!
//! The next message is made only when the one before is with the system, so nothing piles up for a slow reader.
//! Refuses to know: what is said.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use warp::ws::{Message, WebSocket};

/// The largest message that a client may send, in bytes; it has nothing to say.
pub const LARGEST: usize = 4096;
/// How long a client may leave one message unread before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between pings; a client that answers none of two is gone.
const PING: Duration = Duration::from_secs(15);
/// How long a client gets to answer a close.
const GOODBYE: Duration = Duration::from_secs(1);
/// The server goes down (RFC 6455, 7.4.1).
const GOING_AWAY: u16 = 1001;

/// What a socket tells.
pub trait Source: Send {
    /// The next message, as soon as there is one; `None` when there will be none any more. May be dropped half way.
    fn next(&mut self) -> impl Future<Output = Option<Message>> + Send;
}

/// Tells a client what there is until it leaves, does not read, or the server goes down.
pub async fn run(mut socket: WebSocket, mut source: impl Source, shutdown: CancellationToken) {
    if tell(&mut socket, &mut source, &shutdown).await.is_some() {
        let last = async {
            socket.send(Message::close_with(GOING_AWAY, "the server is going down")).await?;
            while let Some(Ok(_)) = socket.next().await {}
            socket.close().await
        };
        let _ = timeout(GOODBYE, last).await; // it had its time
    } else {
        let _ = timeout(GOODBYE, socket.close()).await; // a broken socket is closed already
    }
}

/// `Some` when it is us who leave.
async fn tell(socket: &mut WebSocket, source: &mut impl Source, shutdown: &CancellationToken) -> Option<()> {
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    loop {
        let message = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Some(()),
            // Pongs and the client's goodbye are seen here.
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
        timeout(PATIENCE, socket.send(message)).await.ok()?.ok()?;
    }
}
