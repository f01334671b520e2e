//! The show as pure state: std only, no async, no I/O, no clock, no serde.
//!
//! ```text
//! Command ─►┌──────┐─► Order  (to media)
//! Report  ─►│ Show │─► Event  (facts, to the bus)
//!           └──────┘─► Ack    (to the caller of a command)
//! ```
//!
//! Time comes in with the reports, as slots. [`Show`](show::Show) is owned by one task and is the only writer.

pub mod capture;
pub mod command;
pub mod disk;
pub mod event;
pub mod fault;
pub mod graphic;
pub mod imaging;
pub mod input;
pub mod lights;
pub mod order;
pub mod output;
pub mod push_url;
pub mod show;
pub mod source;
pub mod stats;
pub mod switcher;
pub mod tally;
pub mod time;
pub mod view;
