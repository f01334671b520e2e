//! The RTMP endpoint on a loopback port: real encoders and hand-written ones against a show of one key.

#[path = "server_rtmp/bounds.rs"]
mod bounds;
#[path = "server_rtmp/encoder.rs"]
mod encoder;
#[path = "server_rtmp/fixture.rs"]
mod fixture;
#[path = "server_rtmp/lease.rs"]
mod lease;
#[path = "server_rtmp/real_encoders.rs"]
mod real_encoders;
#[path = "support/turn.rs"]
mod turn;
