//! What a caller, a viewer or a publisher may do: keys, logins, join tokens, permissions, and the lease that gives one
//! publisher at a time its place on a stream.
//!
//! Refuses to know: protocols, how a refusal is worded.

pub mod admission;
pub mod auth;
pub mod join;
pub mod keys;
pub mod permissions;
pub mod publish_lease;
pub mod room_access;
