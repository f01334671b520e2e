//! One camera's socket: messages in, pings and texts out, closing.
//!
//! Refuses to know: what a message means ([`Session`](super::session)).

use super::{
    Caller, CameraEndpoint, Grant,
    session::{Due, End, Session, Verdict},
    wire::{self, CameraRefusal, CloseReason},
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
const SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a replaced connection's lease waits for the next holder.
const HANDOVER: Duration = Duration::from_secs(5);
/// The longest text that is parsed, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;

/// Serves a camera until the camera or the server closes.
pub async fn serve(mut socket: WebSocket, caller: Caller, endpoint: Arc<CameraEndpoint>) {
    let (peer, client) = (caller.address(), caller.client.clone());
    let admitted = match endpoint.request(caller) {
        Ok(request) => endpoint.access.verify(request).await.map_err(CameraRefusal::from),
        Err(refusal) => Err(refusal),
    };
    let (close_reason, lease) = match admitted {
        Ok(mut grant) => {
            if let Some(client) = client {
                client.mark_authenticated();
            }
            let cameras = gauge!("streamhub_ws_ingest_cameras", "app" => grant.app.clone());
            cameras.increment(1.0);
            tracing::info!(%peer, app = grant.app, room = grant.room, identity = grant.identity, "a camera came");
            let close_reason = publish(&mut socket, &mut grant, &endpoint).await;
            cameras.decrement(1.0);
            let why = close_reason.as_ref().map_or("gone without a word", |close_reason| close_reason.reason);
            tracing::info!(%peer, room = grant.room, identity = grant.identity, why, "a camera leaves");
            // The room is left before the close frame is sent, unless a newer connection is about to take over.
            let lease = (close_reason.as_ref() == Some(&CloseReason::REPLACED)).then_some(grant.lease);
            (close_reason, lease)
        }
        Err(refusal) => {
            if refusal != CameraRefusal::RateLimited {
                tracing::info!(%peer, %refusal, "a camera was refused");
            }
            (Some(CloseReason::refused(refusal)), None)
        }
    };
    let closing = async {
        if let Some(close_reason) = close_reason {
            close(socket, close_reason, endpoint.settings.close_timeout).await;
        }
    };
    tokio::join!(closing, hand_over(lease));
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
async fn publish(socket: &mut WebSocket, grant: &mut Grant, endpoint: &CameraEndpoint) -> Option<CloseReason> {
    let began = Instant::now();
    let mut session = Session::new(grant.max_fps, grant.max_frame_bytes, endpoint.settings.timeouts);
    let counters = Counters::new();
    let ready = wire::ready(
        &grant.room,
        &grant.identity,
        grant.max_fps,
        grant.max_frame_bytes,
        endpoint.settings.timeouts.idle,
    );
    send(socket, Message::text(ready)).await?;
    if grant.lease.push(Packet::VideoConfig { codec: VideoCodec::Jpeg, record: Bytes::new() }).is_err() {
        return Some(lost(grant));
    }
    loop {
        tokio::select! {
            biased;
            ending = &mut grant.ended => return Some(ended(ending)),
            () = endpoint.shutdown.cancelled() => return Some(CloseReason::GOING),
            () = grant.lease.evicted.cancelled() => return Some(CloseReason::EVICTED),
            () = sleep_until(began + session.next()) => match session.due(began.elapsed()) {
                Due::Nothing => {}
                Due::Ping => send(socket, Message::ping(Bytes::new())).await?,
                Due::End(end) => return CloseReason::ended(end),
            },
            message = socket.next() => {
                let message = match message? {
                    Ok(message) => message,
                    Err(error) if is_too_large(&error) => {
                        Counters::dropped("too_large");
                        return CloseReason::ended(End::FrameTooLarge);
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
                            return CloseReason::ended(end);
                        }
                    }
                } else if message.is_pong() {
                    session.pong();
                } else if message.is_close() {
                    return Some(CloseReason::BYE);
                } else if let Ok(text) = message.to_str()
                    && text.len() <= LONGEST_TEXT
                    && session.figures(now)
                {
                    let viewers = endpoint.access.viewers(&grant.room);
                    if let Some(stats) = wire::stats(text, &session, viewers, SystemTime::now()) {
                        endpoint.access.stats(&grant.app, &grant.room, &grant.identity, stats);
                    }
                }
            }
        }
    }
}

/// Why a lease is gone: the state of the key gives the more precise reason.
fn lost(grant: &mut Grant) -> CloseReason {
    (&mut grant.ended).now_or_never().map_or(CloseReason::EVICTED, ended)
}

fn ended(ending: CameraEnd) -> CloseReason {
    match ending {
        CameraEnd::Revoked => CloseReason::REVOKED,
        CameraEnd::Replaced => CloseReason::REPLACED,
    }
}

/// Sends a small message; `None` when it is not read in time.
async fn send(socket: &mut WebSocket, message: Message) -> Option<()> {
    timeout(SEND_TIMEOUT, socket.send(message)).await.ok()?.ok()
}

fn is_too_large(error: &warp::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<tungstenite::Error>());
    matches!(cause, Some(tungstenite::Error::Capacity(_)))
}

/// Sends the reason, closes, and waits for the answer. Remaining data of the camera is read and discarded: unread bytes
/// would make the system reset the connection, and the camera would lose the closing message.
async fn close(mut socket: WebSocket, close_reason: CloseReason, close_timeout: Duration) {
    let deadline = Instant::now() + close_timeout;
    let last = async {
        if let Some(text) = &close_reason.text {
            socket.feed(Message::text(text.as_str())).await?;
        }
        // Where the camera closed first, the library has the answer ready, and only has to send it.
        if close_reason == CloseReason::BYE {
            return socket.close().await;
        }
        socket.send(Message::close_with(close_reason.code, close_reason.reason)).await?;
        loop {
            match socket.next().await {
                Some(Ok(message)) if message.is_close() => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                // After a message that was too large nothing can be read any more; the camera gets time to read the
                // close frame.
                None if close_reason.code == 4413 => sleep_until(deadline).await,
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
