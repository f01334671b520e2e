//! SIGTERM and SIGINT.

use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// Ends on SIGTERM or SIGINT. It listens from this call on, so that no signal is lost once an endpoint is open.
pub(super) fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
