//! Good answers. Refuses to know: routes.

use super::error::Refusal;
use serde::Serialize;

pub use crate::api::answer::Reply;

/// What a handler answers.
pub type Answer = Result<Reply, Refusal>;

#[derive(Serialize)]
struct Success {
    success: bool,
}

/// 200 `{"success":true}`.
pub fn success() -> Reply {
    Reply::ok(&Success { success: true })
}
