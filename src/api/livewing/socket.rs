//! One client's socket: handshake, frames in and out, a bounded queue of unread messages, closing.
//!
//! Refuses to know: the content of messages.

use super::{
    Plane,
    session::{End, Session},
};
use crate::app::access::connection_limiter::ConnectionSlot;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config,
    tungstenite::protocol::{CloseFrame, Message, WebSocketConfig},
};
use tokio_util::sync::CancellationToken;

/// The largest incoming message, in bytes.
const LARGEST: usize = 256 * 1024;
/// Messages that wait for a slow client.
const QUEUE: usize = 256;
/// How long a client may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The close code of a server that has no room (registry of WebSocket close codes, RFC 6455, 11.7).
const TRY_AGAIN_LATER: u16 = 1013;

type Reading = SplitStream<WebSocketStream<TcpStream>>;
type Writing = SplitSink<WebSocketStream<TcpStream>, Message>;

/// Serves one client until the client or the server closes.
pub async fn run(
    stream: TcpStream,
    (peer, slot): (SocketAddr, ConnectionSlot),
    plane: Arc<Plane>,
    shutdown: CancellationToken,
) {
    let _ = stream.set_nodelay(true); // only slower without
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let shaken = timeout(plane.settings.auth_timeout, accept_async_with_config(stream, Some(config)));
    let mut evicted = pin!(slot.evicted());
    let shaken = tokio::select! {
        shaken = shaken => shaken,
        () = evicted.as_mut() => {
            tracing::debug!(%peer, "a livewing connection makes room for a new one of its address");
            return;
        }
    };
    let Ok(Ok(socket)) = shaken else {
        tracing::debug!(%peer, "no websocket handshake");
        return;
    };
    slot.mark_heard();
    let (sink, mut incoming) = socket.split();
    let (out, queue) = mpsc::channel(QUEUE);
    let gone = CancellationToken::new();
    let mut writer = tokio::spawn(write(sink, queue, plane.settings.send_timeout, gone.clone()));
    tracing::info!(%peer, "livewing client came");
    let session = Session::new(plane, slot, out.clone());
    let end = tokio::select! {
        end = session.run(&mut incoming, &gone, &shutdown) => end,
        () = evicted => End::Close(TRY_AGAIN_LATER, "A new connection of this address took its place"),
    };
    tracing::info!(%peer, ?end, "livewing client leaves");
    if let End::Close(code, reason) = end {
        let close = Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }));
        let leave = take_leave(close, out, &mut writer, incoming);
        let _ = timeout(CLOSE_TIMEOUT, leave).await; // a late answer is not needed
    }
    writer.abort();
}

/// Sends a close and waits until the client is gone. Remaining data of the client is read and discarded: unread bytes
/// would make the system reset the connection, and the client would lose the closing message.
async fn take_leave(
    close: Message,
    out: mpsc::Sender<Message>,
    writer: &mut JoinHandle<Writing>,
    mut reading: Reading,
) {
    if out.send(close).await.is_err() {
        return;
    }
    while let Some(Ok(_)) = reading.next().await {}
    let Ok(writing) = writer.await else { return };
    let Ok(mut socket) = reading.reunite(writing) else { return };
    let stream = socket.get_mut();
    let _ = stream.shutdown().await; // a failure shows in the next line
    let _ = tokio::io::copy(stream, &mut tokio::io::sink()).await; // either end is fine
}

/// Writes until the queue ends or the client does not read.
async fn write(
    mut sink: Writing,
    mut queue: mpsc::Receiver<Message>,
    send_timeout: Duration,
    gone: CancellationToken,
) -> Writing {
    while let Some(message) = queue.recv().await {
        let last = message.is_close();
        match timeout(send_timeout, sink.send(message)).await {
            Ok(Ok(())) if !last => {}
            Ok(_) => break,
            Err(_) => {
                tracing::warn!(patience = ?send_timeout, "a livewing client does not read and is dropped");
                break;
            }
        }
    }
    gone.cancel();
    sink
}
