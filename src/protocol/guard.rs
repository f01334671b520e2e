//! The guard of outbound connections: which addresses a caller may make this server connect to.
//!
//! ```text
//! URL ─► scheme, port, form of the host ─► addresses (resolved once) ─► each one checked ─► addresses to connect to
//! ```
//!
//! A caller of an API names URLs that the server then opens: media to pull, webhooks, remote pictures. None of them may
//! reach hosts that only this machine or its network can reach. So every address of a name is checked, not the name;
//! the connecting code uses exactly the addresses that are returned (a second look-up could answer otherwise), and asks
//! again for every redirect and every reconnect. Entries of the operator's list are allowed.
//!
//! Refuses to know: the content of a transfer, and its purpose.

use ipnet::IpNet;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs},
};
use url::{Host, Url};

/// Schemes that may be opened, with the port each has when none is written.
const SCHEMES: [(&str, Option<u16>); 8] = [
    ("http", Some(80)),
    ("https", Some(443)),
    ("rtsp", Some(554)),
    ("rtsps", Some(322)),
    ("rtmp", Some(1935)),
    ("rtmps", Some(443)),
    ("srt", None),
    ("udp", None),
];

/// Ports below 1024 that media and webhooks are served on; all others there belong to other services.
const LOW_PORTS: [u16; 4] = [80, 322, 443, 554];

/// IPv4 networks that are not the public internet (RFC 6890 and its updates), and one address in none of them that is a
/// cloud's internal service for its guests.
const CLOSED_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Why a URL is not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// No protocol that is opened for callers.
    #[error("the scheme {0} is not allowed")]
    Scheme(String),
    /// There is no host, or it is written in a form that programs parse in different ways.
    #[error("the host is missing or in a form that is not allowed")]
    Host,
    /// Missing, or one of another service.
    #[error("the port is missing or not allowed")]
    Port,
    /// An address that is not of the public internet. Which one is not disclosed: that would be a map of the network.
    #[error("the address is not allowed")]
    Address,
    /// The name has no address now; it may have one later.
    #[error("the host name could not be resolved")]
    Unresolved,
}

/// A line of the operator's list that is neither a host name nor an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is neither a host name, nor an address, nor a network")]
pub struct BadRule(pub String);

/// See the module's text. The default allows public addresses only.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    hosts: Vec<String>,
    networks: Vec<IpNet>,
}

impl Guard {
    /// A guard that also allows these host names (`cams.lan`), addresses (`10.1.2.3`) and networks (`10.1.0.0/16`), on
    /// every port.
    ///
    /// # Errors
    /// The first rule that is none of these.
    pub fn allowing<S: AsRef<str>>(rules: impl IntoIterator<Item = S>) -> Result<Self, BadRule> {
        let mut guard = Self::default();
        for rule in rules {
            let rule = rule.as_ref().trim();
            if let Ok(network) = rule.parse::<IpNet>() {
                guard.networks.push(network.trunc());
            } else if let Ok(address) = rule.trim_matches(['[', ']']).parse::<IpAddr>() {
                guard.networks.push(IpNet::from(address));
            } else if is_name(rule) {
                guard.hosts.push(plain(rule));
            } else {
                return Err(BadRule(rule.to_owned()));
            }
        }
        Ok(guard)
    }

    /// Checks a URL and returns the addresses to connect to, in the resolver's order. Blocks while a name is looked up.
    ///
    /// # Errors
    /// Why the URL is forbidden.
    pub fn check(&self, url: &Url) -> Result<Vec<SocketAddr>, Forbidden> {
        self.check_with(url, |name, port| Ok((name, port).to_socket_addrs()?.collect()))
    }

    /// [`check`](Self::check) with another resolver.
    ///
    /// # Errors
    /// Why the URL is forbidden.
    pub fn check_with(
        &self,
        url: &Url,
        resolve: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>>,
    ) -> Result<Vec<SocketAddr>, Forbidden> {
        let (host, port) = target(url)?;
        let found = match &host {
            Target::Address(address) => vec![SocketAddr::new(*address, port)],
            Target::Name(name) => resolve(name, port).map_err(|_| Forbidden::Unresolved)?,
        };
        let name = match &host {
            Target::Name(name) => Some(name.as_str()),
            Target::Address(_) => None,
        };
        if found.is_empty() {
            return Err(Forbidden::Unresolved);
        }
        for address in &found {
            let listed = self.lists(name, address.ip());
            // One forbidden address among allowed ones is a way to redirect a name to an internal host.
            if !listed && !is_public(address.ip()) {
                return Err(Forbidden::Address);
            }
            if !listed && port < 1024 && !LOW_PORTS.contains(&port) {
                return Err(Forbidden::Port);
            }
        }
        Ok(found)
    }

    /// Whether a connection to a resolved address of a name is allowed.
    pub fn permits(&self, name: &str, address: IpAddr) -> bool {
        self.lists(Some(name), address) || is_public(address)
    }

    fn lists(&self, name: Option<&str>, address: IpAddr) -> bool {
        let address = address.to_canonical();
        name.is_some_and(|name| self.hosts.contains(&plain(name)))
            || self.networks.iter().any(|network| network.contains(&address))
    }
}

enum Target {
    Address(IpAddr),
    Name(String),
}

/// Host and port of a URL with a permitted scheme.
fn target(url: &Url) -> Result<(Target, u16), Forbidden> {
    let scheme = SCHEMES.iter().find(|(name, _)| *name == url.scheme());
    let (_, usual) = scheme.ok_or_else(|| Forbidden::Scheme(url.scheme().to_owned()))?;
    let port = url.port().or(*usual).filter(|port| *port > 0).ok_or(Forbidden::Port)?;
    let host = match url.host().ok_or(Forbidden::Host)? {
        Host::Ipv4(address) => Target::Address(address.into()),
        Host::Ipv6(address) => Target::Address(address.into()),
        // `url` parses numeric hosts only for the web's schemes; for others they are still text.
        Host::Domain(name) => match name.parse::<Ipv4Addr>() {
            Ok(address) => Target::Address(address.into()),
            Err(_) if is_name(name) => Target::Name(plain(name)),
            Err(_) => return Err(Forbidden::Host),
        },
    };
    Ok((host, port))
}

/// An ordinary name, and none that a resolver would parse as a number (`0x7f.1`, `2130706433`).
fn is_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X");
    host.len() <= 253 && host.split('.').all(label) && !number
}

fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !CLOSED_V4.iter().any(|(network, length)| (bits ^ network.to_bits()).leading_zeros() >= u32::from(*length))
}

/// Only global unicast addresses (2000::/3), without the forms that contain an IPv4 address or lead through a
/// translator: they reach the host of the address inside them.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let part = address.segments();
    let (teredo_and_protocols, documentation) =
        (part[0] == 0x2001 && part[1] < 0x200, part[0] == 0x2001 && part[1] == 0xdb8);
    let (to_four, newer_documentation) = (part[0] == 0x2002, part[0] == 0x3fff && part[1] < 0x1000);
    (part[0] & 0xe000) == 0x2000 && !teredo_and_protocols && !documentation && !to_four && !newer_documentation
}
