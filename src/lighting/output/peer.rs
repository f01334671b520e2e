//! Destinations of packets, for the log: a failure is logged when it begins and when it ends.
//!
//! Refuses to know: packets, and the reaction to failures (none: the next frame tries again).

use rustix::io::Errno;
use std::{fmt, io, net::SocketAddr};
use tracing::{info, warn};

/// A destination; all multicast groups of one socket are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Unicast(SocketAddr),
    Groups {
        wire: usize,
    },
    /// The group of discovery packets, which nothing on the strip depends on.
    Discovery,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unicast(to) => to.fmt(f),
            Self::Groups { .. } => f.write_str("multicast"),
            Self::Discovery => f.write_str("discovery"),
        }
    }
}

/// See the module's text.
#[derive(Debug)]
pub struct Peer {
    pub name: Name,
    failing: bool,
    /// The frame's result; an error outweighs packets that were sent.
    frame: Option<Result<(), Errno>>,
}

impl Peer {
    pub fn new(name: Name) -> Self {
        Self { name, failing: false, frame: None }
    }

    /// Whether its last packets could not be sent.
    pub fn is_failing(&self) -> bool {
        self.failing
    }

    /// Whether its failures count.
    pub fn counts(&self) -> bool {
        self.name != Name::Discovery
    }

    /// Fails already where the same destination failed before, so that it is not logged again.
    pub fn take_over(&mut self, before: &[Self]) {
        self.failing = before.iter().any(|peer| peer.name == self.name && peer.failing);
    }

    /// A packet was sent, or failed.
    pub fn note(&mut self, outcome: Result<(), Errno>) {
        if self.frame.is_none_or(|before| before.is_ok()) {
            self.frame = Some(outcome);
        }
    }

    /// The frame is over.
    pub fn settle(&mut self) {
        match self.frame.take() {
            _ if self.name == Name::Discovery => {}
            Some(Err(error)) if !self.failing => {
                self.failing = true;
                let error = io::Error::from(error);
                warn!(to = %self.name, %error, "a lighting output cannot be sent; the others go on");
            }
            Some(Ok(())) if self.failing => {
                self.failing = false;
                info!(to = %self.name, "a lighting output is sent again");
            }
            _ => {}
        }
    }
}
