//! RTMP and FLV bytes: a publisher's messages, converted into [`Packet`](super::packet::Packet)s, and the replies to
//! it.
//!
//! Refuses to know: sockets, clocks and permissions to publish. The caller feeds bytes, polls events, answers them and
//! sends the output.
//!
//! ```text
//! bytes ─► handshake ─► link (chunk) ─► session ─► unpack (tag, sound, timeline) ─► Packet
//!                                          └─► reply ─► link ─► bytes
//! ```
//!
//! The other way round, [`publisher`] publishes to a server.
//!
//! rml_rtmp provides the handshake, the message encoding and the chunk writer. Its chunk reader and its server session
//! are not used: the reader panics on interleaved chunk streams and on small extended timestamp deltas and keeps
//! whatever length a peer declares, its AMF0 parser recurses as deep as a peer likes, and the session answers a refusal
//! with `_error` where encoders look for `onStatus`. Only `link`, `reply`, `session`, `publisher` and `amf` use the
//! crate.

mod amf;
pub mod chunk;
pub mod enhanced;
mod link;
pub mod publisher;
mod reply;
pub mod session;
pub mod sound;
pub mod tag;
pub mod timeline;
pub mod unpack;
