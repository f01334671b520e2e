//! Sources: how media gets from a door to the mixer's slots.
//!
//! ```text
//! door ─► Packet ─► publisher ─► appsrc ! parse ┬► coded Feed ─► outputs (passed through)
//!          (anchor: arrival time)               └► decode ! fit ─► grid ─► Shelf of slots ─► mixer
//! ```
//!
//! A [`source::Source`] lives as long as the show; publishers come and go on it.

pub mod anchor;
pub mod attach;
pub mod grid;
pub mod pattern;
pub mod publisher;
pub mod raw;
pub mod reel;
pub mod sound;
pub mod source;
