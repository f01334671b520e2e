//! One camera's socket: messages in, pings and texts out, closing.
//!
//! Refuses to know: what a message means ([`Session`](super::session)).

use super::{
    Caller, Door, Grant,
    session::{Due, End, Session, Verdict},
    wire::{self, CameraRefusal, Farewell},
};
use crate::{
    app::{access::admission::PublishLease, rooms::cameras::CameraEnd},
    protocol::packet::{Packet, VideoCodec},
};
use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt};
use metrics::{Counter, counter, gauge};
use std::{
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use warp::ws::{Message, WebSocket};

/// How long a camera may leave a few bytes unread before it is disconnected.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a replaced connection's lease waits for the next holder.
const HANDOVER: Duration = Duration::from_secs(5);
/// The longest text that is parsed, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// Serves a camera until the camera or the server closes.
pub async fn serve(mut socket: WebSocket, caller: Caller, door: Arc<Door>) {
    let (peer, client) = (caller.address(), caller.client.clone());
    let admitted = match door.request(caller) {
        Ok(request) => door.access.verify(request).await.map_err(CameraRefusal::from),
        Err(refusal) => Err(refusal),
    };
    let (farewell, lease) = match admitted {
        Ok(mut grant) => {
            if let Some(client) = client {
                client.prove();
            }
            let cameras = gauge!("streamhub_ws_ingest_cameras", "app" => grant.app.clone());
            cameras.increment(1.0);
            tracing::info!(%peer, app = grant.app, room = grant.room, identity = grant.identity, "a camera came");
            let farewell = publish(&mut socket, &mut grant, &door).await;
            cameras.decrement(1.0);
            let why = farewell.as_ref().map_or("gone without a word", |farewell| farewell.reason);
            tracing::info!(%peer, room = grant.room, identity = grant.identity, why, "a camera leaves");
            // The room is left before the close frame is sent, unless a newer connection is about to take over.
            let lease = (farewell.as_ref() == Some(&Farewell::REPLACED)).then_some(grant.lease);
            (farewell, lease)
        }
        Err(refusal) => {
            if refusal != CameraRefusal::RateLimited {
                tracing::info!(%peer, %refusal, "a camera was refused");
            }
            (Some(Farewell::refused(refusal)), None)
        }
    };
    let goodbye = async {
        if let Some(farewell) = farewell {
            take_leave(socket, farewell, door.settings.goodbye).await;
        }
    };
    tokio::join!(goodbye, hand_over(lease));
}

/// Keeps a lease until its next holder has taken it, so that the stream does not end in between.
async fn hand_over(lease: Option<PublishLease>) {
    if let Some(lease) = lease {
        let _ = timeout(HANDOVER, lease.evicted.cancelled()).await; // the next holder may have been refused
    }
}

/// Figures of one camera.
struct Counters {
    frames: Counter,
    bytes: Counter,
}

impl Counters {
    fn new() -> Self {
        Self {
            frames: counter!("streamhub_ws_ingest_frames_total"),
            bytes: counter!("streamhub_ws_ingest_bytes_total"),
        }
    }

    fn dropped(reason: &'static str) {
        counter!("streamhub_ws_ingest_dropped_frames_total", "reason" => reason).increment(1);
    }
}

/// Accepts pictures until the session ends. Gives the closing message; none when the connection is dead.
async fn publish(socket: &mut WebSocket, grant: &mut Grant, door: &Door) -> Option<Farewell> {
    let began = Instant::now();
    let mut session = Session::new(grant.max_fps, grant.max_frame_bytes, door.settings.patience);
    let counters = Counters::new();
    let ready =
        wire::ready(&grant.room, &grant.identity, grant.max_fps, grant.max_frame_bytes, door.settings.patience.idle);
    say(socket, Message::text(ready)).await?;
    if grant.lease.push(Packet::VideoConfig { codec: VideoCodec::Jpeg, record: Bytes::new() }).is_err() {
        return Some(lost(grant));
    }
    loop {
        tokio::select! {
            biased;
            ending = &mut grant.ended => return Some(ended(ending)),
            () = door.shutdown.cancelled() => return Some(Farewell::GOING),
            () = grant.lease.evicted.cancelled() => return Some(Farewell::EVICTED),
            () = sleep_until(began + session.next()) => match session.due(began.elapsed()) {
                Due::Nothing => {}
                Due::Ping => say(socket, Message::ping(Bytes::new())).await?,
                Due::End(end) => return Farewell::ended(end),
            },
            message = socket.next() => {
                let message = match message? {
                    Ok(message) => message,
                    Err(error) if is_too_large(&error) => {
                        Counters::dropped("too_large");
                        return Farewell::ended(End::FrameTooLarge);
                    }
                    Err(_) => return None,
                };
                let now = began.elapsed();
                if message.is_binary() {
                    let data = message.into_bytes();
                    match session.frame(&data, now) {
                        Verdict::Take => {
                            counters.frames.increment(1);
                            counters.bytes.increment(data.len() as u64);
                            let codec = VideoCodec::Jpeg;
                            grant.lease.alive();
                            let picture = Packet::Video { codec, pts: now, dts: now, keyframe: true, data };
                            if grant.lease.push(picture).is_err() {
                                return Some(lost(grant));
                            }
                        }
                        Verdict::TooFast => Counters::dropped("fps"),
                        Verdict::Strange => Counters::dropped("not_jpeg"),
                        Verdict::End(end) => {
                            let large = end == End::FrameTooLarge;
                            Counters::dropped(if large { "too_large" } else { "not_jpeg" });
                            return Farewell::ended(end);
                        }
                    }
                } else if message.is_pong() {
                    session.pong();
                } else if message.is_close() {
                    return Some(Farewell::BYE);
                } else if let Ok(text) = message.to_str()
                    && text.len() <= LONGEST_TEXT
                    && session.figures(now)
                {
                    let viewers = door.access.viewers(&grant.room);
                    if let Some(stats) = wire::stats(text, &session, viewers, SystemTime::now()) {
                        door.access.stats(&grant.app, &grant.room, &grant.identity, stats);
                    }
                }
            }
        }
    }
}

/// Why a lease is gone: the state of the key gives the more precise reason.
fn lost(grant: &mut Grant) -> Farewell {
    (&mut grant.ended).now_or_never().map_or(Farewell::EVICTED, ended)
}

fn ended(ending: CameraEnd) -> Farewell {
    match ending {
        CameraEnd::Revoked => Farewell::REVOKED,
        CameraEnd::Replaced => Farewell::REPLACED,
    }
}

/// Sends a small message; `None` when it is not read in time.
async fn say(socket: &mut WebSocket, message: Message) -> Option<()> {
    timeout(PATIENCE, socket.send(message)).await.ok()?.ok()
}

fn is_too_large(error: &warp::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<tungstenite::Error>());
    matches!(cause, Some(tungstenite::Error::Capacity(_)))
}

/// Sends the reason, closes, and waits for the answer. Remaining data of the camera is read and discarded: unread bytes
/// would make the system reset the connection, and the camera would lose the closing message.
async fn take_leave(mut socket: WebSocket, farewell: Farewell, patience: Duration) {
    let deadline = Instant::now() + patience;
    let last = async {
        if let Some(text) = &farewell.text {
            socket.feed(Message::text(text.as_str())).await?;
        }
        // Where the camera closed first, the library has the answer ready, and only has to send it.
        if farewell == Farewell::BYE {
            return socket.close().await;
        }
        socket.send(Message::close_with(farewell.code, farewell.reason)).await?;
        loop {
            match socket.next().await {
                Some(Ok(message)) if message.is_close() => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                // After a message that was too large nothing can be read any more; the camera gets time to read the close frame.
                None if farewell.code == 4413 => sleep_until(deadline).await,
                None => break,
            }
        }
        socket.close().await
    };
    match tokio::time::timeout_at(deadline, last).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a camera did not hear why it was sent away"),
        Err(_) => tracing::debug!("a camera did not answer a close"),
    }
}
