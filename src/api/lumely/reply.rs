//! Good answers, without the empty fields that the document leaves out. Refuses to know: routes.

use super::{compact::compact, error::Refusal};
use serde::Serialize;

pub use crate::api::answer::Reply;

/// What a handler answers.
pub type Answer = Result<Reply, Refusal>;

/// 200 with a body.
pub fn ok(body: &impl Serialize) -> Reply {
    Reply::text(compact(body))
}
