//! Sources: how pictures and sound get to the mixer's slots, and what is made or fetched here.
//!
//! ```text
//! endpoint ─► Packet ─► Live ─► its decoder ─┐
//!                                            ├─► Source: grid ─► frame queue, sound ─► mixer
//!     device, pattern, lights ───────────────┘
//! ```
//!
//! A [`source::Source`] lives as long as the show; it shows one live stream after the other.

pub mod capture;
pub mod demux;
pub mod frame_queue;
pub mod grid;
pub mod lights;
pub mod pattern;
pub mod pull;
pub mod raw;
pub mod sound;
pub mod source;
