//! The meeting place: conductor, event bus, telemetry and services. Says neither `gst` nor `sqlx`.

pub mod admission;
pub mod bus;
pub mod cameras;
pub mod conductor;
pub mod departed;
pub mod hls;
pub mod ingress;
pub mod intake;
pub mod keys;
pub mod live;
pub mod rooms;
pub mod seats;
pub mod snapshots;
pub mod stream_log;
pub mod survey;
pub mod telemetry;
