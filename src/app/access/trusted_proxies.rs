//! Proxies that are trusted to name the client they forward for.
//!
//! ```text
//! socket's peer ─┬─ no trusted proxy ───────────────────► the peer
//!                └─ trusted ─ X-Forwarded-For, right to left ─┬─► the first address that is no trusted proxy
//!                                                             └─ not an address ─► unknown, behind the proxy
//! ```
//!
//! Refuses to know: permissions of addresses.

use super::client_address::ClientAddress;
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// Networks of the proxies whose `X-Forwarded-For` counts. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Whether an address is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind `peer`, given its `X-Forwarded-For` fields in their order. Each proxy appends the address that
    /// it saw; so the last address that is no trusted proxy is the last one that can be trusted, and anything before it
    /// may be forged by the client. Where a trusted proxy wrote something else than an address (`unknown`, nothing),
    /// the client is unknown: it is certainly not the proxy, which may be on this machine and have its permissions.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> ClientAddress {
        let mut client = peer.to_canonical();
        for hop in forwarded.rev().flat_map(|field| field.rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            match address(hop.trim()) {
                Some(address) => client = address,
                None => return ClientAddress::Unknown { behind: Some(client) },
            }
        }
        client.into()
    }
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let found = text.parse().ok().or_else(with_port).or_else(bare)?;
    Some(IpAddr::to_canonical(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_up_to_the_last_untrusted_hop() {
        let networks = ["127.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"];
        let trusted = TrustedProxies::new(networks.map(|network| network.parse().expect("a network")));
        let found = |peer: &str, fields: &[&str]| trusted.client(ip(peer), fields.iter().copied());
        let client = |peer: &str, fields: &[&str]| found(peer, fields).known().expect("it is known");
        assert_eq!(client("192.0.2.1", &["198.51.100.1"]), ip("192.0.2.1"), "an untrusted address is not believed");
        assert_eq!(client("127.0.0.1", &[]), ip("127.0.0.1"));
        assert_eq!(client("127.0.0.1", &["203.0.113.9, 198.51.100.1"]), ip("198.51.100.1"), "the first was made up");
        assert_eq!(client("127.0.0.1", &["203.0.113.9, 198.51.100.1,10.1.2.3"]), ip("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["203.0.113.9", "198.51.100.1", "10.1.2.3"]), ip("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["10.1.2.3"]), ip("10.1.2.3"), "all of them are proxies");
        let behind = |proxy: &str| ClientAddress::Unknown { behind: Some(ip(proxy)) };
        for unreadable in ["198.51.100.1, unknown", "garbage", "", " ", "198.51.100.1,", "198.51.100.1.7", "_hidden"] {
            assert_eq!(found("127.0.0.1", &[unreadable]), behind("127.0.0.1"), "{unreadable:?}");
        }
        assert_eq!(found("127.0.0.1", &["198.51.100.1", ""]), behind("127.0.0.1"), "the last field counts");
        assert_eq!(found("127.0.0.1", &["198.51.100.1, unknown, 10.1.2.3"]), behind("10.1.2.3"));
        assert_eq!(client("192.0.2.1", &["unknown"]), ip("192.0.2.1"), "an untrusted address is not believed");
        assert_eq!(client("127.0.0.1", &["198.51.100.1:4711"]), ip("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]:80, [2001:db9::1]"]), ip("2001:db9::1"));
        assert_eq!(client("::ffff:127.0.0.1", &["::ffff:198.51.100.1"]), ip("198.51.100.1"));
        let none = TrustedProxies::default();
        assert_eq!(
            none.client(ip("127.0.0.1"), ["198.51.100.1"].into_iter()),
            ip("127.0.0.1").into(),
            "none by default"
        );
    }
}
