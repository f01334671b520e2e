//! One SRT caller: its messages to the demuxer, the demuxer's packets to the lease. Runs on a thread of its own.
//!
//! Refuses to know: how it was let in.

use super::{
    PendingLease,
    libsrt::{Received, Socket},
};
use crate::app::{
    access::{admission::PublishLease, connection_limiter::ConnectionSlot, contract::Refusal},
    rooms::demux::TsReader,
};
use bytes::Bytes;
use metrics::{counter, gauge};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// The longest message: SRT's payload is 1456 bytes at most.
const MESSAGE: usize = 2048;
/// What the demuxer may have waiting before the caller is not read on.
const WAITING: u64 = 4_000_000;
/// How long what a caller that left had sent may still come out: it is let out a latency behind its arrival.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(400);
/// Between two looks whether there is room, or something more, again.
const PAUSE: Duration = Duration::from_millis(5);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the caller left")]
    Left,
    #[error("{0}")]
    Refused(Refusal),
    #[error("the caller fell silent")]
    Silent,
    #[error("{0}")]
    Media(String),
    #[error("the stream key was given to another publisher or taken away")]
    Evicted,
    #[error("the server is going down")]
    Shutdown,
}

/// Serves a caller to its end.
pub(super) fn serve(
    socket: &Socket,
    (peer, slot): (SocketAddr, &ConnectionSlot),
    lease: PendingLease,
    idle: Duration,
    runtime: &Handle,
    shutdown: &CancellationToken,
) {
    gauge!("lumencast_srt_connections").increment(1.0);
    let end = publish(socket, (lease, slot), idle, runtime, shutdown);
    gauge!("lumencast_srt_connections").decrement(1.0);
    tracing::info!(%peer, %end, "SRT publishing ended");
}

fn publish(
    socket: &Socket,
    (lease, slot): (PendingLease, &ConnectionSlot),
    idle: Duration,
    runtime: &Handle,
    shutdown: &CancellationToken,
) -> End {
    let lease = match lease {
        PendingLease::PublishLease(lease) => *lease,
        PendingLease::Deferred(answer) => match runtime.block_on(answer) {
            Ok(Ok(lease)) => {
                slot.mark_authenticated();
                lease
            }
            Ok(Err(refusal)) => return End::Refused(refusal),
            Err(_) => return End::Refused(Refusal::Unavailable),
        },
    };
    let (evicted, lease) = (lease.evicted.clone(), Arc::new(lease));
    // What is still in the demuxer when the connection was ended is not published.
    let over = Arc::new(AtomicBool::new(false));
    // What comes out after the caller left is no sign of life: the next caller gets the key.
    let gone = Arc::new(AtomicBool::new(false));
    let (taking, ended, left) = (lease.clone(), over.clone(), gone.clone());
    let reader = TsReader::start(move |packet| {
        if !left.load(Ordering::Relaxed) {
            taking.alive();
        }
        !ended.load(Ordering::Relaxed) && taking.push(packet).is_ok()
    });
    let reader = match reader {
        Ok(reader) => reader,
        Err(failure) => return End::Media(failure.text),
    };
    let end = read(socket, (&reader, &lease), (&evicted, &gone), idle, shutdown);
    if !matches!(end, End::Left) {
        over.store(true, Ordering::Relaxed);
    }
    // A caller that left is read to its end, but not for ever.
    reader.finish(Duration::from_millis(300));
    over.store(true, Ordering::Relaxed);
    end
}

fn read(
    socket: &Socket,
    (reader, lease): (&TsReader, &PublishLease),
    (evicted, gone): (&CancellationToken, &AtomicBool),
    idle: Duration,
    shutdown: &CancellationToken,
) -> End {
    let bytes = counter!("lumencast_srt_bytes_total");
    let (mut buffer, mut last_received) = (vec![0; MESSAGE], Instant::now());
    let begun = Instant::now();
    let mut left: Option<Instant> = None;
    let mut unsupported = Vec::new();
    loop {
        if shutdown.is_cancelled() {
            return End::Shutdown;
        }
        if evicted.is_cancelled() {
            return End::Evicted;
        }
        if reader.waiting() > WAITING {
            std::thread::park_timeout(PAUSE);
            continue;
        }
        match socket.receive(&mut buffer) {
            Received::Bytes(message) => {
                last_received = Instant::now();
                bytes.increment(message.len() as u64);
                if let Err(failure) = reader.push(Bytes::copy_from_slice(message)) {
                    return End::Media(failure.text);
                }
            }
            Received::Nothing => {}
            Received::Gone if left.get_or_insert_with(Instant::now).elapsed() > DRAIN_TIMEOUT => return End::Left,
            Received::Gone => {
                gone.store(true, Ordering::Relaxed);
                std::thread::park_timeout(PAUSE);
            }
        }
        let found = reader.unsupported();
        if found != unsupported {
            found.iter().for_each(|(kind, codec)| lease.unsupported(*kind, codec));
            unsupported = found;
        }
        // Bytes alone are no media: what cannot be demuxed holds no lease.
        let silent = reader.idle().unwrap_or_else(|| begun.elapsed()).max(last_received.elapsed()) > idle;
        if silent {
            return match reader.unknown() {
                Some(what) => End::Media(what),
                None => End::Silent,
            };
        }
    }
}
