//! The number of a WebRTC peer.

/// Unique for the life of the endpoint; later peers have greater ones.
pub type PeerId = u64;
