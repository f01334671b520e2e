//! Where a request comes from: the client's address, and the page that sends it. Decided once for each request, for all
//! endpoints and planes alike.
//!
//! ```text
//! socket's peer ─► TrustedProxies ─► the client's address, or that it is unknown
//! Origin ─► none or this server's · listed · foreign
//! ```
//!
//! Refuses to know: permissions of addresses, and how refusals are worded.

use super::{client_address::ClientAddress, connection_limiter::ConnectionSlot};
use std::{net::IpAddr, sync::Arc};

/// The page that sends a request, by its `Origin` (RFC 6454, 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// No page, or one of this server.
    Own,
    /// One that the settings list.
    Listed,
    /// Another one, or the opaque origin `null`.
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

    /// Classifies an `Origin` for the server that was addressed as `host`.
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

/// An origin without insignificant differences: case, a default port, a slash at the end. `null` stays `null`.
fn plain(origin: &str) -> String {
    match url::Url::parse(origin) {
        Ok(url) if url.host().is_some() => url.origin().ascii_serialization(),
        _ => origin.to_ascii_lowercase(),
    }
}

/// Where a request comes from. It lies in the request's extensions.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client's address, in canonical form, if it can be told.
    pub address: ClientAddress,
    /// The page that sends it.
    pub origin: Origin,
    /// An untrusted proxy forwarded the request: the address is the proxy's.
    pub relayed: bool,
    slot: Option<Arc<ConnectionSlot>>,
}

impl Client {
    /// See the fields; `slot` is the connection's.
    pub fn new(address: ClientAddress, origin: Origin, relayed: bool, slot: Option<Arc<ConnectionSlot>>) -> Self {
        Self { address, origin, relayed, slot }
    }

    /// The address, where it is certainly the client's own.
    pub fn own_address(&self) -> Option<IpAddr> {
        self.address.known().filter(|_| !self.relayed)
    }

    /// The request brought a valid credential: see [`ConnectionSlot::mark_authenticated`].
    pub fn mark_authenticated(&self) {
        if let Some(slot) = &self.slot {
            slot.mark_authenticated();
        }
    }

    /// Whether it may change things on behalf of the logged-in user: a foreign page may not.
    pub fn may_write(&self) -> bool {
        self.origin != Origin::Foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
