//! The running show: the one task that owns its state, the bus that publishes it, and what this machine offers it.
//!
//! Refuses to know: planes, rooms, rows.

pub mod bus;
pub mod conductor;
pub mod inputs;
pub mod survey;
