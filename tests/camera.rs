//! The cameras' endpoint and the MJPEG viewers' endpoints on a loopback port: devices and viewers by hand and from
//! elsewhere.

#[path = "camera/chat.rs"]
mod chat;
#[path = "camera/device.rs"]
mod device;
#[path = "camera/fixture.rs"]
mod fixture;
#[path = "camera/multipart.rs"]
mod multipart;
#[path = "camera/real_clients.rs"]
mod real_clients;
#[path = "camera/refusals.rs"]
mod refusals;
#[path = "camera/session.rs"]
mod session;
#[path = "support/turn.rs"]
mod turn;
#[path = "camera/viewers.rs"]
mod viewers;
