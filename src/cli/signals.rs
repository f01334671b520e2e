//! SIGTERM, SIGINT and SIGHUP (a closed terminal): the server ends in order.

use std::future::Future;
use tokio::signal::unix::{SignalKind, signal};

/// Ends on one of them. It listens from this call on, so that no signal is lost once an endpoint is open.
pub(super) fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}
