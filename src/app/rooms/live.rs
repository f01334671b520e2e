//! Live streams as the endpoints see them: a place to push packets into, and one to listen to them.

pub use crate::media::live::{Listener, Live, LiveStats, Picture, Publishing, Start, StreamForm, Unit};
