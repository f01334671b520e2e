//! Test support: marked media, the server as a child process, and its clients.
//!
//! A test binary takes it in with `mod support;` (or `#[path = "../support/mod.rs"]`). It knows the
//! server only from outside: its command line, its ports and its wire formats; never the crate's
//! modules. Everything that waits, waits with a deadline and fails with what it saw until then.

// Each test binary compiles its own copy and uses its own part of it.
#![allow(dead_code, unused_imports)]

pub mod child;
pub mod config;
pub mod encoder;
pub mod livewing;
pub mod marks;
pub mod ports;
pub mod postgres;
pub mod publisher;
pub mod s3;
pub mod server;
pub mod sink;
pub mod tagged;
pub mod turn;

pub use turn::{shared_turn, turn};
