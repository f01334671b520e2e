//! The viewers' data socket: what is said in a room goes to everybody in it, whoever said it included. It begins with
//! `{"topic":"hello"}`, which tells what is switched on; `{"topic":"viewers"}` tells how many look on.
//!
//! Refuses to know: what may be said ([`Talk`]).

use super::{
    Door,
    socket::{BYE, Close, GOING, PING, enter, leave, refusal, send, ticks},
    talk::Talk,
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

/// How often a viewer is told how many look on, when that has changed.
const LOOK: Duration = Duration::from_secs(2);

/// What a viewer knows of the number of viewers.
struct Counts {
    /// Whether it is to know at all.
    shown: bool,
    told: Option<usize>,
}

/// Passes messages on both ways until the viewer leaves.
pub async fn serve(mut socket: WebSocket, query: &str, door: Door) {
    let close = match enter(query, &door).await {
        Ok(viewing) => {
            let mut heard = door.rooms.hear(&viewing.app, &viewing.room);
            let (app, room) = (viewing.app, viewing.room);
            let mut talk = Talk::new(viewing.identity, viewing.sender, viewing.chat, viewing.reactions);
            let hello = json!({
                "topic": "hello", "chat": viewing.chat, "reactions": viewing.reactions, "viewers": viewing.counter,
            });
            let counts = Counts { shown: viewing.counter, told: None };
            if send(&mut socket, Message::text(hello.to_string())).await.is_none() {
                return;
            }
            talk_on(&mut socket, &door, (&app, &room), &mut talk, &mut heard, counts).await
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

async fn talk_on(
    socket: &mut WebSocket,
    door: &Door,
    (app, room): (&str, &str),
    talk: &mut Talk,
    heard: &mut broadcast::Receiver<Arc<DataMessage>>,
    mut counts: Counts,
) -> Option<Close> {
    let began = Instant::now();
    let mut ping = ticks(PING);
    let mut unanswered = 0;
    let mut looks = ticks(LOOK);
    loop {
        let answer = tokio::select! {
            biased;
            () = door.shutdown.cancelled() => return Some(GOING),
            said = socket.next() => {
                let said = said?.ok()?;
                unanswered = 0;
                if said.is_close() {
                    return Some(BYE);
                }
                let Ok(text) = said.to_str() else { continue };
                match talk.said(text, began.elapsed(), SystemTime::now()) {
                    // It comes back to this viewer too, as everybody hears it.
                    Ok(message) => {
                        door.rooms.say(app, room, message);
                        continue;
                    }
                    Err(unsaid) => Message::text(unsaid.text()),
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
                let count = door.rooms.viewers(room);
                if counts.told.replace(count) == Some(count) {
                    continue;
                }
                Message::text(json!({"topic": "viewers", "count": count}).to_string())
            }
            message = heard.recv() => match message {
                Ok(message) => match talk.heard(&message) {
                    Some(text) => Message::text(text),
                    None => continue,
                },
                // Who reads too slowly misses what was said meanwhile.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return Some(GOING),
            },
        };
        send(socket, answer).await?;
    }
}
