//! The RTMP endpoint on a loopback port: real encoders and hand-written ones against a show of one key.

#[path = "server_rtmp/bounds.rs"]
mod bounds;
#[path = "support/encoder.rs"]
#[allow(dead_code)] // other tests use the rest of it
mod encoder;
#[path = "server_rtmp/fixture.rs"]
mod fixture;
#[path = "server_rtmp/lease.rs"]
mod lease;
#[path = "server_rtmp/real_encoders.rs"]
mod real_encoders;
#[path = "support/turn.rs"]
mod turn;
