//! What a caller, a viewer or a publisher may do: keys, logins, join tokens, permissions, and the lease that gives one
//! publisher at a time its place on a stream; shares of connections, and where a request comes from.
//!
//! Refuses to know: protocols, how a refusal is worded.

pub mod admission;
pub mod auth;
pub mod authenticated_addresses;
pub mod client;
pub mod client_address;
pub mod connection_limiter;
pub mod connection_shares;
pub mod contract;
pub mod join;
pub mod keys;
pub mod passwords;
pub mod permissions;
pub mod publish_lease;
pub mod refusal_log;
pub mod room_access;
pub mod trusted_proxies;
