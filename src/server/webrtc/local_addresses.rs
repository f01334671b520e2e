//! The addresses under which the media sockets are reached: what is offered as ICE candidates, and which of them a
//! datagram came in by.
//!
//! Refuses to know: sockets and sessions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What Linux knows of its own addresses.
const IPV4: &str = "/proc/net/fib_trie";
const IPV6: &str = "/proc/net/if_inet6";

/// See the module's text.
#[derive(Debug, Clone)]
pub struct LocalAddresses {
    own: Vec<IpAddr>,
    public: Vec<IpAddr>,
}

impl LocalAddresses {
    /// The addresses of a socket bound to `bound`; `public` are addresses that a router translates to it.
    pub fn of(bound: IpAddr, public: &[IpAddr]) -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let mut own = match bound {
            IpAddr::V4(ip) if ip.is_unspecified() => ipv4(&read(IPV4)),
            IpAddr::V6(ip) if ip.is_unspecified() => [ipv4(&read(IPV4)), ipv6(&read(IPV6))].concat(),
            ip => vec![ip],
        };
        if own.is_empty() {
            own.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        if !public.is_empty() && own.iter().any(|ip| !ip.is_loopback()) {
            own.retain(|ip| !ip.is_loopback()); // a server on the internet does not offer that
        }
        Self { own, public: public.to_vec() }
    }

    /// What is offered, the best first.
    pub fn offered(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let new = |ip: &&IpAddr| !self.public.contains(ip);
        self.public.iter().chain(self.own.iter().filter(new)).copied()
    }

    /// The offered address by which a datagram came that was sent to `ip`; a translated one counts as the first public
    /// address of its family.
    pub fn entered(&self, ip: Option<IpAddr>) -> Option<IpAddr> {
        let exact = ip.map(|ip| ip.to_canonical()).filter(|ip| self.offered().any(|local_addr| local_addr == *ip));
        let family = |local_addr: &IpAddr| ip.is_none_or(|ip| ip.to_canonical().is_ipv4() == local_addr.is_ipv4());
        exact.or_else(|| self.offered().find(family))
    }

    /// The address to send from so that an answer comes from where the question went; none where a router translates.
    pub fn leaving(&self, local_addr: IpAddr) -> Option<IpAddr> {
        self.own.contains(&local_addr).then_some(local_addr)
    }
}

/// An address as a socket of the family of `bound` wants it: an IPv6 socket reaches IPv4 by mapped addresses.
pub fn for_socket(bound: IpAddr, address: SocketAddr) -> SocketAddr {
    match (bound, address.ip()) {
        (IpAddr::V6(_), IpAddr::V4(ip)) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        _ => address,
    }
}

/// Local addresses out of the kernel's routing table, once each and loopback last. Of loopback only 127.0.0.1.
fn ipv4(table: &str) -> Vec<IpAddr> {
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut last = None;
    for line in table.lines() {
        if let Some(address) = line.trim().strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL")
            && let Some(ip) = last
            && (!ip.is_loopback() || ip == Ipv4Addr::LOCALHOST)
            && !ip.is_link_local()
            && !found.contains(&ip)
        {
            found.push(ip);
        }
    }
    found.sort_by_key(Ipv4Addr::is_loopback);
    found.into_iter().map(IpAddr::V4).collect()
}

/// Addresses of global scope, and loopback, out of the kernel's list.
fn ipv6(list: &str) -> Vec<IpAddr> {
    let parse = |line: &str| {
        let digits = line.split_whitespace().next()?;
        let ip = Ipv6Addr::from(u128::from_str_radix(digits, 16).ok()?);
        (!ip.is_unicast_link_local()).then_some(IpAddr::V6(ip))
    };
    let mut found: Vec<IpAddr> = list.lines().filter_map(parse).collect();
    found.sort_by_key(IpAddr::is_loopback);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.0\n        /8 host LOCAL\n     |-- 127.0.0.1\n
        /32 host LOCAL\n     |-- 192.168.7.2\n        /32 host LOCAL\n     |-- 192.168.7.255\n        /32 link BROADCAST\n
     |-- 192.168.7.2\n        /32 host LOCAL\n";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_kernels_lists_give_each_address_once_with_loopback_last() {
        assert_eq!(ipv4(TABLE), [ip("192.168.7.2"), ip("127.0.0.1")]);
        let list =
            "00000000000000000000000000000001 01 80 10 80 lo\nfe800000000000000000000000000001 02 40 20 80 eth0\n
20010db8000000000000000000000005 02 40 00 80 eth0\n";
        assert_eq!(ipv6(list), [ip("2001:db8::5"), ip("::1")]);
    }

    #[test]
    fn a_translated_datagram_counts_as_come_by_the_public_address() {
        let local_addresses = LocalAddresses { own: vec![ip("10.0.0.5")], public: vec![ip("203.0.113.9")] };
        assert_eq!(local_addresses.offered().collect::<Vec<_>>(), [ip("203.0.113.9"), ip("10.0.0.5")]);
        assert_eq!(local_addresses.entered(Some(ip("10.0.0.5"))), Some(ip("10.0.0.5")));
        assert_eq!(local_addresses.entered(Some(ip("10.9.9.9"))), Some(ip("203.0.113.9")));
        assert_eq!(local_addresses.entered(Some(ip("::ffff:10.0.0.5"))), Some(ip("10.0.0.5")));
        assert_eq!(
            (local_addresses.leaving(ip("203.0.113.9")), local_addresses.leaving(ip("10.0.0.5"))),
            (None, Some(ip("10.0.0.5")))
        );
    }

    #[test]
    fn a_socket_on_every_address_offers_loopback() {
        assert!(LocalAddresses::of(ip("0.0.0.0"), &[]).offered().any(|local_addr| local_addr == ip("127.0.0.1")));
        assert_eq!(for_socket(ip("::"), "1.2.3.4:5".parse().unwrap()), "[::ffff:1.2.3.4]:5".parse().unwrap());
    }
}
