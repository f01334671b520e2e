//! Sources: how media gets from a door to the mixer's slots.
//!
//! ```text
//! door ─► Packet ─► publisher ─► appsrc ! parse ! decode ! fit ─► grid ─► frame_queue of slots ─► mixer
//!              └─► Live (outputs take it as it came)
//! ```
//!
//! A [`source::Source`] lives as long as the show; publishers come and go on it.

pub mod anchor;
pub mod attach;
pub mod capture;
pub mod demux;
pub mod frame_queue;
pub mod grid;
pub mod lights;
pub mod pattern;
pub mod publisher;
pub mod pull;
pub mod raw;
pub mod sound;
pub mod source;
