//! The meeting place: conductor, event bus, telemetry and services. Says neither `gst` nor `sqlx`.

pub mod admission;
pub mod apps;
pub mod auth;
pub mod bus;
pub mod cameras;
pub mod conductor;
pub mod demux;
pub mod departed;
pub mod gate;
pub mod hls;
pub mod imaging;
pub mod ingress;
pub mod inputs;
pub mod intake;
pub mod join;
pub mod keys;
pub mod lights;
pub mod live;
pub mod outbox;
pub mod permissions;
pub mod rooms;
pub mod seats;
pub mod snapshots;
pub mod stream_log;
pub mod survey;
pub mod telemetry;
