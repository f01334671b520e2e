//! Where a request comes from: the address that counts, and the page that sends it. Decided once for each request, for
//! all doors and planes alike.
//!
//! ```text
//! socket's peer ─┬─ no trusted proxy ───────────────────► the peer
//!                └─ trusted ─ X-Forwarded-For, right to left ─► the first address that is no trusted proxy
//! Origin ─► none or this server's · listed · foreign
//! ```
//!
//! Refuses to know: what an address may do, and how that is worded.

use super::doorway::Place;
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

    /// The client behind `peer`, whose `X-Forwarded-For` fields are these, in their order. Each proxy adds the address
    /// that it saw at the right; so the last one that is no trusted proxy is where the trust ends. What stands before it,
    /// or before anything that is no address, is whatever the client wrote.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in forwarded.rev().flat_map(|field| field.rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            match address(hop.trim()) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let found = text.parse().ok().or_else(with_port).or_else(bare)?;
    Some(IpAddr::to_canonical(&found))
}

/// The page that sends a request, by its `Origin` (RFC 6454, 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// No page, or one of this server.
    Own,
    /// One that the settings list.
    Listed,
    /// Another one, or one that does not say.
    Foreign,
}

/// The origins that may do more than read. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[String]>);

impl Origins {
    /// These, as browsers send them: `https://panel.example.org`.
    pub fn new(listed: impl IntoIterator<Item = String>) -> Self {
        Self(listed.into_iter().map(|origin| plain(&origin)).collect())
    }

    /// What an `Origin` is to the server that was asked as `host`.
    pub fn judge(&self, origin: Option<&str>, host: Option<&str>) -> Origin {
        let Some(origin) = origin else { return Origin::Own };
        let origin = plain(origin);
        if self.0.contains(&origin) {
            return Origin::Listed;
        }
        let own = host
            .is_some_and(|host| ["http", "https"].iter().any(|scheme| plain(&format!("{scheme}://{host}")) == origin));
        if own { Origin::Own } else { Origin::Foreign }
    }
}

/// An origin without what changes nothing: case, a default port, a slash at the end. `null` stays what it is.
fn plain(origin: &str) -> String {
    match url::Url::parse(origin) {
        Ok(url) if url.host().is_some() => url.origin().ascii_serialization(),
        _ => origin.to_ascii_lowercase(),
    }
}

/// Where a request comes from. It lies in the request's extensions.
#[derive(Debug, Clone)]
pub struct Client {
    /// The address that counts, in canonical form.
    pub address: IpAddr,
    /// The page that sends it.
    pub origin: Origin,
    /// A proxy that is not trusted says that it speaks for another: the address is the proxy's.
    pub relayed: bool,
    place: Option<Arc<Place>>,
}

impl Client {
    /// See the fields; `place` is the connection's.
    pub fn new(address: IpAddr, origin: Origin, relayed: bool, place: Option<Arc<Place>>) -> Self {
        Self { address, origin, relayed, place }
    }

    /// The address, where it is surely the client's own.
    pub fn own_address(&self) -> Option<IpAddr> {
        (!self.relayed).then_some(self.address)
    }

    /// The request brought a credential that opens something: see [`Place::prove`].
    pub fn prove(&self) {
        if let Some(place) = &self.place {
            place.prove();
        }
    }

    /// Whether it may change things on behalf of whoever is logged in: a foreign page may not.
    pub fn may_write(&self) -> bool {
        self.origin != Origin::Foreign
    }
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
        let client = |peer: &str, fields: &[&str]| trusted.client(ip(peer), fields.iter().copied());
        assert_eq!(client("192.0.2.1", &["198.51.100.1"]), ip("192.0.2.1"), "a stranger is not believed");
        assert_eq!(client("127.0.0.1", &[]), ip("127.0.0.1"));
        assert_eq!(client("127.0.0.1", &["203.0.113.9, 198.51.100.1"]), ip("198.51.100.1"), "the first was made up");
        assert_eq!(client("127.0.0.1", &["203.0.113.9, 198.51.100.1,10.1.2.3"]), ip("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["203.0.113.9", "198.51.100.1", "10.1.2.3"]), ip("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["10.1.2.3"]), ip("10.1.2.3"), "all of them are proxies");
        assert_eq!(client("127.0.0.1", &["198.51.100.1, unknown"]), ip("127.0.0.1"));
        assert_eq!(client("127.0.0.1", &["198.51.100.1, unknown, 10.1.2.3"]), ip("10.1.2.3"));
        assert_eq!(client("127.0.0.1", &["198.51.100.1:4711"]), ip("198.51.100.1"));
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]:80, [2001:db9::1]"]), ip("2001:db9::1"));
        assert_eq!(client("::ffff:127.0.0.1", &["::ffff:198.51.100.1"]), ip("198.51.100.1"));
        let none = TrustedProxies::default();
        assert_eq!(none.client(ip("127.0.0.1"), ["198.51.100.1"].into_iter()), ip("127.0.0.1"), "none by default");
    }

    #[test]
    fn an_origin_is_own_listed_or_foreign() {
        let origins = Origins::new(["https://Panel.example.org/".to_owned(), "http://127.0.0.1:3000".to_owned()]);
        let judge = |origin: &str, host: &str| origins.judge(Some(origin), Some(host));
        assert_eq!(origins.judge(None, Some("live.example.org")), Origin::Own);
        assert_eq!(judge("http://live.example.org:8080", "live.example.org:8080"), Origin::Own);
        assert_eq!(judge("https://live.example.org", "live.example.org"), Origin::Own, "behind a proxy with TLS");
        assert_eq!(judge("https://live.example.org:443", "LIVE.example.org"), Origin::Own);
        assert_eq!(judge("https://panel.example.org", "live.example.org"), Origin::Listed);
        assert_eq!(judge("http://127.0.0.1:3000", "127.0.0.1:8080"), Origin::Listed);
        assert_eq!(judge("http://127.0.0.1:3001", "127.0.0.1:8080"), Origin::Foreign);
        assert_eq!(judge("http://live.example.org.evil.example", "live.example.org"), Origin::Foreign);
        assert_eq!(judge("null", "live.example.org"), Origin::Foreign);
        assert_eq!(judge("", "live.example.org"), Origin::Foreign);
        assert_eq!(origins.judge(Some("http://x"), None), Origin::Foreign);
    }
}
