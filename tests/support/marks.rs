//! Marked media: clips with an identifying mark in every frame, and the reader that gets it back out of any recording
//! or stream, so that a test judges content and not the existence of a file.
//!
//! A frame carries its source and number in [`code`], flashes once a second with a beep
//! ([`clip`]), and is read back through an ffmpeg child process ([`read`], [`sound`]) into a
//! [`Reading`], which answers questions about it ([`timeline`]). It knows nothing of the server.

pub mod clip;
pub mod code;
mod decoder_log;
mod picture;
mod probe;
pub mod read;
mod report;
pub mod sound;
pub mod timeline;
mod wav;

pub use clip::{Clip, make};
pub use code::Unread;
pub use read::{Reader, Region, read};
pub use timeline::{Cut, Frame, Gap, Reading, Run, Skew};
