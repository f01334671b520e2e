//! The address that a connection or a request counts for.
//!
//! Refuses to know: permissions of addresses, limits.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// See the module's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientAddress {
    /// The client's own.
    Known(IpAddr),
    /// It cannot be told. All clients that a trusted proxy (`behind`) forwards without a readable address count as one,
    /// and never as the proxy itself, which may be on this machine.
    Unknown { behind: Option<IpAddr> },
}

impl ClientAddress {
    /// A client of which nothing is known.
    pub const UNKNOWN: Self = Self::Unknown { behind: None };

    /// The client's address, if it is known.
    pub fn known(self) -> Option<IpAddr> {
        match self {
            Self::Known(address) => Some(address),
            Self::Unknown { .. } => None,
        }
    }

    /// What counts as one client: see [`network`].
    pub fn network(self) -> Self {
        match self {
            Self::Known(address) => Self::Known(network(address)),
            unknown @ Self::Unknown { .. } => unknown,
        }
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self::Known(address)
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(address) => address.fmt(f),
            Self::Unknown { behind: Some(proxy) } => write!(f, "unknown behind {proxy}"),
            Self::Unknown { behind: None } => f.write_str("unknown"),
        }
    }
}

/// The address that counts. A subscriber has 2^64 addresses of IPv6, so the network counts (RFC 4291, 2.5.4); an IPv4
/// address that came in IPv6 form is that IPv4 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_network_of_ipv6_are_one() {
        let address = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
