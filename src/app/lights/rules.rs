//! Rules as JSON, as requests, settings and rows hold them.
//!
//! ```json
//! {"id": "on-air", "segment": 0, "priority": 0,
//!  "when": {"tally": "program", "source": 1},
//!  "look": {"effect": "solid", "primaryColor": [255, 0, 0]}}
//! ```
//!
//! | `when` | then |
//! |---|---|
//! | `{"tally": "program" or "preview", "source": N}` | `look` while the input is on that bus |
//! | `{"tally": "program", "channel": "cg1"}` | `look` while a graphic of the channel is seen on program |
//! | `{"graphic": "on" or "off", "id": "welcome", "channel": "cg1"}` | `look` for `durationMs` (1 to 60000); `id` and `channel` may be left out |
//! | `{"level": "program"}`, `{"level": "input", "source": N}` | brightness of the segment between `floorDb` and `ceilingDb` |
//! | `{"ambient": "program"}` | the colours of the picture's edges; `tint` multiplies them |
//!
//! What the show does not have yet (replay, score, audio buses …) is refused by its name.

use crate::domain::{fault::Fault, lights::Rule};
use serde_json::Value;

/// Reads a rule.
///
/// # Errors
/// `invalid`; its subject is the field as the request names it (`when`, `look`, `durationMs` …).
pub fn parse(_rule: &Value) -> Result<Rule, Fault> {
    todo!()
}

/// A rule as [`parse`] reads it.
pub fn write(_rule: &Rule) -> Value {
    todo!()
}
