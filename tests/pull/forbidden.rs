//! The guard: what a caller may and may not make the server open.

use lumencast::protocol::guard::{Forbidden, Guard};
use std::{io, net::SocketAddr};
use url::Url;

/// Judges without the network: every name has the addresses of a table.
fn judge(guard: &Guard, url: &str) -> Result<Vec<SocketAddr>, Forbidden> {
    guard.check_with(&Url::parse(url).unwrap(), |name, port| {
        let addresses: &[&str] = match name {
            "good.example" | "good.example." => &["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"],
            "mixed.example" => &["93.184.216.34", "127.0.0.1"],
            "inside.example" => &["10.1.2.3"],
            "metadata.example" => &["169.254.169.254"],
            "mapped.example" => &["::ffff:192.168.1.1"],
            "localhost" => &["127.0.0.1", "::1"],
            "empty.example" => &[],
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect())
    })
}

#[test]
fn what_is_public_is_let_through_with_every_address_of_its_name() {
    let guard = Guard::default();
    for (url, first, count) in [
        ("http://good.example/a", "93.184.216.34:80", 2),
        ("https://GOOD.example./a", "93.184.216.34:443", 2),
        ("https://user:pass@93.184.216.34/a", "93.184.216.34:443", 1),
        ("rtsp://user:pass@good.example/cam", "93.184.216.34:554", 2),
        ("rtsps://good.example/cam", "93.184.216.34:322", 2),
        ("rtsp://8.8.8.8:8554/cam", "8.8.8.8:8554", 1),
        ("rtmp://good.example/live/x", "93.184.216.34:1935", 2),
        ("srt://good.example:9000?streamid=x", "93.184.216.34:9000", 2),
        ("http://[2606:2800:220:1:248:1893:25c8:1946]:8080/", "[2606:2800:220:1:248:1893:25c8:1946]:8080", 1),
    ] {
        let found = judge(&guard, url).unwrap_or_else(|why| panic!("{url}: {why}"));
        assert_eq!((found[0].to_string().as_str(), found.len()), (first, count), "{url}");
    }
}

#[test]
fn no_address_of_a_network_that_is_not_public_is_let_through_in_any_form() {
    let guard = Guard::default();
    let v4 = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.1.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
    ];
    for address in v4 {
        for url in ["http", "rtsp", "rtmp"].map(|scheme| format!("{scheme}://{address}/")) {
            assert_eq!(judge(&guard, &url), Err(Forbidden::Address), "{url}");
        }
        for url in [format!("http://[::ffff:{address}]/"), format!("rtsp://[::ffff:{address}]/")] {
            assert_eq!(judge(&guard, &url), Err(Forbidden::Address), "{url}");
        }
    }
    let v6 = [
        "::",
        "::1",
        "::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for address in v6 {
        let url = format!("http://[{address}]/");
        assert_eq!(judge(&guard, &url), Err(Forbidden::Address), "{url}");
    }
}

#[test]
fn no_other_way_of_writing_an_address_leads_inside() {
    let guard = Guard::default();
    // The web's own schemes: these are read as 127.0.0.1 or 10.0.0.1, and judged as that.
    for host in ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "%31%30.0.0.1", "127。0。0。1"] {
        assert_eq!(judge(&guard, &format!("http://{host}/")), Err(Forbidden::Address), "{host}");
    }
    // Others: a resolver would read them, so they are not given to one.
    for host in ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "%31%30.0.0.1", "127.0.0.0x1", "a..b"] {
        assert_eq!(judge(&guard, &format!("rtsp://{host}/")), Err(Forbidden::Host), "{host}");
    }
}

#[test]
fn a_name_is_judged_by_all_its_addresses() {
    let guard = Guard::default();
    for name in ["mixed", "inside", "metadata", "mapped"] {
        assert_eq!(judge(&guard, &format!("http://{name}.example/")), Err(Forbidden::Address), "{name}");
    }
    assert_eq!(judge(&guard, "http://localhost:8080/"), Err(Forbidden::Address));
    assert_eq!(judge(&guard, "http://empty.example/"), Err(Forbidden::Unresolved));
    assert_eq!(judge(&guard, "http://nobody.example/"), Err(Forbidden::Unresolved));
    assert!(!guard.permits("rebound.example", "127.0.0.1".parse().unwrap()));
}

#[test]
fn other_schemes_and_the_ports_of_other_services_are_refused() {
    let guard = Guard::default();
    for scheme in ["file", "ftp", "gopher", "ws", "tcp"] {
        let url = format!("{scheme}://good.example/");
        assert_eq!(judge(&guard, &url), Err(Forbidden::Scheme(scheme.into())));
    }
    for port in [1, 22, 25, 53, 111, 389, 445, 1023] {
        assert_eq!(judge(&guard, &format!("http://good.example:{port}/")), Err(Forbidden::Port), "{port}");
    }
    assert_eq!(judge(&guard, "srt://good.example/"), Err(Forbidden::Port), "there is no usual port for SRT");
    assert_eq!(judge(&guard, "rtsp://good.example:0/"), Err(Forbidden::Port));
}

#[test]
fn the_operators_list_opens_what_it_names_and_nothing_else() {
    let guard = Guard::allowing(["10.1.0.0/16", "127.0.0.1", "[fd00::1]", "inside.example"]).unwrap();
    for url in [
        "http://10.1.2.3:22/",
        "rtsp://127.0.0.1/",
        "http://[fd00::1]/",
        "http://inside.example/",
        "rtsp://[::ffff:127.0.0.1]/",
    ] {
        assert!(judge(&guard, url).is_ok(), "{url}");
    }
    for url in ["http://10.2.2.3/", "http://127.0.0.2/", "http://[fd00::2]/", "http://metadata.example/"] {
        assert_eq!(judge(&guard, url), Err(Forbidden::Address), "{url}");
    }
    assert_eq!(judge(&guard, "http://localhost/"), Err(Forbidden::Address), "one of its addresses is not listed");
    for bad in ["", "10.0.0.0/33", "http://a", "a b", "0x7f.1"] {
        assert_eq!(Guard::allowing([bad]).unwrap_err().0, bad);
    }
}
