//! Lumencast: one server for live production.
//!
//! The folders are the layers; `tests/architecture.rs` enforces which layer may use which:
//!
//! ```text
//! main ─► cli ─► api, server ─► app ─► media, imaging, lighting, store ─► domain, protocol
//!              └──────────────────────────► tasks
//! ```

// Input never ends the process, and only the command line writes to the terminal.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod imaging;
pub mod lighting;
pub mod media;
pub mod protocol;
pub mod server;
pub mod store;
pub mod tasks;
