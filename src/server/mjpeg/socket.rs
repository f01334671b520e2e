//! Pictures as binary WebSocket messages, and the opening and closing of both sockets of these endpoints.
//!
//! Refuses to know: permissions to watch.

use super::{
    Counted, MjpegEndpoint,
    frames::Frames,
    parameter,
    viewer_access::{self, Sight},
};
use crate::app::{
    access::contract::{AccessRequest, Refusal, ViewGrant},
    rooms::{ViewerKind, live::Live},
};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use warp::ws::{Message, WebSocket};

/// The largest message that a viewer may send, in bytes; none is read.
pub const LARGEST: usize = 64 * 1024;
/// How long a viewer may leave one message unread before it is disconnected.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
/// How long it gets to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Interval of pings, which detect a lost viewer while no picture is sent.
pub const PING: Duration = Duration::from_secs(15);

/// Why a socket is closed: the code and the reason.
pub type Close = (u16, &'static str);

/// The server goes down (RFC 6455, 7.4.1).
pub const GOING: Close = (1001, "the server is going down");

/// The viewer closed the connection.
pub const BYE: Close = (1000, "");

/// Sends a room's pictures to a viewer until it leaves.
///
/// A picture is fetched only when the previous one has been handed to the system, so at most one waits here for a slow
/// reader: less than the 512 KiB that the sheet allows.
pub async fn serve(mut socket: WebSocket, query: &str, endpoint: MjpegEndpoint) {
    let entered = enter(query, &endpoint).and_then(|viewing| {
        match viewer_access::sight(&endpoint.rooms, &viewing.app, &viewing.room) {
            Sight::Live(live) => Ok((viewing, live)),
            Sight::Other => Err((4401, "not_mjpeg")),
        }
    });
    let close = match entered {
        Ok((viewing, live)) => watch(&mut socket, viewing, &live, &endpoint).await,
        Err(close) => {
            let _ = socket.feed(Message::text(refusal(close))).await; // a broken socket shows in the next line
            Some(close)
        }
    };
    if let Some(close) = close {
        leave(socket, close).await;
    }
}

async fn watch(
    socket: &mut WebSocket,
    viewing: ViewGrant,
    live: &Arc<Live>,
    endpoint: &MjpegEndpoint,
) -> Option<Close> {
    let _counted = Counted::new(&endpoint.rooms, viewing, ViewerKind::Ws);
    let mut frames = Frames::of(live);
    let mut ping = ticks(PING);
    let mut unanswered = 0;
    loop {
        let message = tokio::select! {
            biased;
            () = endpoint.shutdown.cancelled() => return Some(GOING),
            // Pongs and the viewer's close frame arrive here.
            message = socket.next() => match message?.ok()? {
                message if message.is_close() => return Some(BYE),
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
            jpeg = frames.next() => Message::binary(jpeg?),
        };
        send(socket, message).await?;
    }
}

/// Asks for viewer access with the query's `app`, `room` and `token`.
///
/// # Errors
/// How the socket is to be closed.
pub fn enter(query: &str, endpoint: &MjpegEndpoint) -> Result<ViewGrant, Close> {
    let app = parameter(query, "app").unwrap_or_default();
    let room = parameter(query, "room").unwrap_or_default();
    let request = AccessRequest { app, room, credential: parameter(query, "token"), ..AccessRequest::default() };
    endpoint.viewer_access.view(&request).map_err(|reason| match reason.general() {
        Refusal::UnknownRoom => (4401, "unknown_app"),
        Refusal::Forbidden => (4401, "room_mismatch"),
        Refusal::Unavailable => (1013, "unavailable"),
        _ => (4401, "play token required"),
    })
}

/// The text of a refusal, in the form that cameras get.
pub fn refusal((code, reason): Close) -> String {
    serde_json::json!({"type": "error", "code": code.to_string(), "message": reason}).to_string()
}

/// Sends a message; `None` when it is not read in time.
pub async fn send(socket: &mut WebSocket, message: Message) -> Option<()> {
    timeout(SEND_TIMEOUT, socket.send(message)).await.ok()?.ok()
}

/// Closes, and waits a moment for the answer.
pub async fn leave(mut socket: WebSocket, close: Close) {
    let last = async {
        // Where the viewer closed first, the library has the answer ready, and only has to send it.
        if close == BYE {
            return socket.close().await;
        }
        let (code, reason) = close;
        socket.send(Message::close_with(code, reason)).await?;
        while let Some(Ok(_)) = socket.next().await {}
        socket.close().await
    };
    let _ = timeout(CLOSE_TIMEOUT, last).await; // a late answer is not needed
}

/// Ticks every `period`, the first after one period.
pub fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
