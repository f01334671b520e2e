//! The viewers' data socket: each message goes to every viewer of the room, its sender included. It begins with
//! `{"topic":"hello"}`, which names what is switched on; `{"topic":"viewers"}` carries the number of viewers.
//!
//! Refuses to know: which messages are allowed ([`ChatMember`]).

use super::{
    MjpegEndpoint,
    chat::ChatMember,
    socket::{BYE, Close, GOING, PING, enter, leave, refusal, send, ticks},
};
use crate::app::rooms::DataMessage;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::Instant,
};
use warp::ws::{Message, WebSocket};

/// The largest message that is read at all, in bytes; those that are only too long are answered.
pub const CAP: usize = 64 * 1024;

/// How often the number of viewers is sent, when it has changed.
const LOOK: Duration = Duration::from_secs(2);

/// The number of viewers as a viewer has it.
struct Counts {
    /// Whether it is sent at all.
    shown: bool,
    sent: Option<usize>,
}

/// Passes messages on both ways until the viewer leaves.
pub async fn serve(mut socket: WebSocket, query: &str, endpoint: MjpegEndpoint) {
    let close = match enter(query, &endpoint) {
        Ok(viewing) => {
            let mut messages = endpoint.rooms.messages(&viewing.app, &viewing.room);
            let (app, room) = (viewing.app, viewing.room);
            let mut chat = ChatMember::new(viewing.identity, viewing.sender, viewing.chat, viewing.reactions);
            let hello = json!({
                "topic": "hello", "chat": viewing.chat, "reactions": viewing.reactions, "viewers": viewing.counter,
            });
            let counts = Counts { shown: viewing.counter, sent: None };
            if send(&mut socket, Message::text(hello.to_string())).await.is_none() {
                return;
            }
            exchange(&mut socket, &endpoint, (&app, &room), &mut chat, &mut messages, counts).await
        }
        Err(close) => {
            let _ = socket.feed(Message::text(refusal(close))).await; // a broken socket shows in the next line
            Some(close)
        }
    };
    if let Some(close) = close {
        leave(socket, close).await;
    }
}

async fn exchange(
    socket: &mut WebSocket,
    endpoint: &MjpegEndpoint,
    (app, room): (&str, &str),
    chat: &mut ChatMember,
    messages: &mut broadcast::Receiver<Arc<DataMessage>>,
    mut counts: Counts,
) -> Option<Close> {
    let began = Instant::now();
    let mut ping = ticks(PING);
    let mut unanswered = 0;
    let mut looks = ticks(LOOK);
    loop {
        let answer = tokio::select! {
            biased;
            () = endpoint.shutdown.cancelled() => return Some(GOING),
            received = socket.next() => {
                let received = received?.ok()?;
                unanswered = 0;
                if received.is_close() {
                    return Some(BYE);
                }
                let Ok(text) = received.to_str() else { continue };
                match chat.submit(text, began.elapsed(), SystemTime::now()) {
                    // Its sender gets it too, by the same way as the others.
                    Ok(message) => {
                        endpoint.rooms.send_message(app, room, message);
                        continue;
                    }
                    Err(refusal) => Message::text(refusal.text()),
                }
            }
            _ = ping.tick() => {
                if unanswered == 2 {
                    return None;
                }
                unanswered += 1;
                Message::ping(Bytes::new())
            }
            _ = looks.tick(), if counts.shown => {
                let count = endpoint.rooms.viewers(room);
                if counts.sent.replace(count) == Some(count) {
                    continue;
                }
                Message::text(json!({"topic": "viewers", "count": count}).to_string())
            }
            message = messages.recv() => match message {
                Ok(message) => match chat.text_for_viewer(&message) {
                    Some(text) => Message::text(text),
                    None => continue,
                },
                // A viewer that reads too slowly misses messages.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return Some(GOING),
            },
        };
        send(socket, answer).await?;
    }
}
