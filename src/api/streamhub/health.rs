//! `/health` of this plane: public, a bare body.

use super::{
    call::Call,
    reply::{Answer, Reply},
    time::{iso, now},
};
use serde_json::json;

/// `GET /health`.
pub async fn get(call: Call) -> Answer {
    Ok(Reply::bare(json!({
        "status": "ok",
        "up": true,
        "version": env!("CARGO_PKG_VERSION"),
        "ts": iso(now().saturating_mul(1000)),
        "uptimeSeconds": call.uptime().as_secs(),
    })))
}
