//! Lumora: the graphics plane, `/api/v1/{trigger,status,tally,refresh-all}`.
//!
//! ```text
//! routes (key, limit) ─ table (method, path, handler) ─ map (show -> wire) ─ error (fault -> status)
//! ```
//!
//! The filter claims these four first segments and nothing else of `/api/v1`, which other planes share. Refuses to
//! know: how a graphic is drawn, other planes.

pub mod error;
pub mod limits;
mod map;
mod routes;
mod table;
mod wire;

pub use limits::Plan;
pub use routes::{LumoraState, routes};
