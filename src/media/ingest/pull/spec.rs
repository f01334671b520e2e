//! What is pulled, read from a URL.
//!
//! | scheme | what | of the query |
//! |---|---|---|
//! | `rtsp`, `rtsps` | a camera or a server; UDP first, then TCP | `transport=tcp` or `udp` settles it; it is not sent
//! on |
//! | `srt` | MPEG-TS from a listener | `streamid`, `passphrase`, `latency` (ms); no other mode than `caller` |
//! | `rtmp`, `rtmps` | FLV | sent on |
//! | `http`, `https` | HLS, MP4, MPEG-TS, multipart JPEG | sent on |
//! | `udp` | MPEG-TS that a sender sends to the address | |
//!
//! Refuses to know: whether it may be opened (that is the guard's), and how.

use std::{fmt, time::Duration};
use url::Url;

/// A URL that nothing can be pulled from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    #[error("not a URL")]
    Syntax,
    #[error("nothing is pulled by {0}")]
    Scheme(String),
    #[error("{0} has a value that is not allowed")]
    Query(&'static str),
}

/// How RTP comes from an RTSP server (RFC 2326, 12.39).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// UDP, and TCP when nothing comes.
    Either,
    Udp,
    Tcp,
}

/// What is special to the protocol.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Protocol {
    Rtsp { transport: Transport },
    Srt { stream_id: Option<String>, passphrase: Option<String>, latency: Option<Duration> },
    Rtmp,
    Udp,
    Web,
}

/// See the module's text. Neither its `Debug` nor its `Display` shows credentials or the query.
#[derive(Clone, PartialEq, Eq)]
pub struct PullSpec {
    pub(super) url: Url,
    pub(super) protocol: Protocol,
    /// Whether a file begins again when it has ended.
    pub(super) again: bool,
}

impl PullSpec {
    /// Reads a URL. With `again` a file (MP4, a finished HLS playlist) begins again when it has ended.
    ///
    /// # Errors
    /// What is wrong with it; that is the caller's fault.
    pub fn of(text: &str, again: bool) -> Result<Self, BadUrl> {
        let mut url = Url::parse(text.trim()).map_err(|_| BadUrl::Syntax)?;
        if !url.has_host() {
            return Err(BadUrl::Syntax);
        }
        url.set_fragment(None);
        let protocol = match url.scheme() {
            "rtsp" | "rtsps" => Protocol::Rtsp { transport: transport(&mut url)? },
            "srt" => srt(&url)?,
            "rtmp" | "rtmps" => Protocol::Rtmp,
            "udp" => Protocol::Udp,
            "http" | "https" => Protocol::Web,
            other => return Err(BadUrl::Scheme(other.to_owned())),
        };
        Ok(Self { url, protocol, again })
    }
}

impl fmt::Display for PullSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "{}://{}{port}{}", self.url.scheme(), self.url.host_str().unwrap_or_default(), self.url.path())
    }
}

impl fmt::Debug for PullSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PullSpec({self})")
    }
}

/// Takes Lumencast's own parameter out of the query and leaves the rest as it is.
fn transport(url: &mut Url) -> Result<Transport, BadUrl> {
    let Some(query) = url.query().map(str::to_owned) else { return Ok(Transport::Either) };
    let (mut found, mut rest) = (Transport::Either, Vec::new());
    for part in query.split('&') {
        match part.strip_prefix("transport=") {
            Some("tcp") => found = Transport::Tcp,
            Some("udp") => found = Transport::Udp,
            Some(_) => return Err(BadUrl::Query("transport")),
            None => rest.push(part),
        }
    }
    url.set_query(Some(rest.join("&").as_str()).filter(|rest| !rest.is_empty()));
    Ok(found)
}

fn srt(url: &Url) -> Result<Protocol, BadUrl> {
    let (mut stream_id, mut passphrase, mut latency) = (None, None, None);
    for (key, value) in url.query_pairs() {
        match &*key {
            // libsrt's own bounds.
            "streamid" if value.len() <= 512 => stream_id = Some(value.into_owned()),
            "streamid" => return Err(BadUrl::Query("streamid")),
            "passphrase" if (10..80).contains(&value.len()) => passphrase = Some(value.into_owned()),
            "passphrase" => return Err(BadUrl::Query("passphrase")),
            "latency" => {
                let wanted = value.parse().ok().filter(|ms| *ms <= 10_000).ok_or(BadUrl::Query("latency"))?;
                latency = Some(Duration::from_millis(wanted));
            }
            // A listener would let a request open a port here.
            "mode" if value != "caller" => return Err(BadUrl::Query("mode")),
            _ => {}
        }
    }
    Ok(Protocol::Srt { stream_id, passphrase, latency })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transport_is_taken_out_of_the_query() {
        let spec = PullSpec::of("rtsp://u:secret@cam.example/a/b?x=1&transport=tcp&y=%20", false).unwrap();
        assert!(spec.protocol == Protocol::Rtsp { transport: Transport::Tcp });
        assert_eq!(spec.url.as_str(), "rtsp://u:secret@cam.example/a/b?x=1&y=%20");
        let spec = PullSpec::of("rtsps://cam.example/?transport=udp", false).unwrap();
        assert!(spec.protocol == Protocol::Rtsp { transport: Transport::Udp } && spec.url.query().is_none());
    }

    #[test]
    fn neither_credentials_nor_query_are_shown() {
        let spec = PullSpec::of("https://user:secret@example.com:8443/live.m3u8?token=secret", true).unwrap();
        assert_eq!(format!("{spec} {spec:?}").matches("secret").count(), 0);
        assert_eq!(spec.to_string(), "https://example.com:8443/live.m3u8");
    }

    #[test]
    fn srt_takes_what_it_knows_and_never_listens() {
        let spec =
            PullSpec::of("srt://example.com:9000?streamid=%23!::r%3Da&latency=300&pkt_size=1316", false).unwrap();
        let latency = Some(Duration::from_millis(300));
        assert!(spec.protocol == Protocol::Srt { stream_id: Some("#!::r=a".into()), passphrase: None, latency });
        for bad in ["mode=listener", "mode=rendezvous", "passphrase=short", "latency=-1"] {
            assert!(PullSpec::of(&format!("srt://example.com:9000?{bad}"), false).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_source_is_refused() {
        let scheme = |name: &str| Err(BadUrl::Scheme(name.to_owned()));
        assert_eq!(PullSpec::of("file://host/etc/passwd", false).map(|_| ()), scheme("file"));
        assert_eq!(PullSpec::of("gopher://example.com/", false).map(|_| ()), scheme("gopher"));
        for bad in ["", "rtsp:///x", "data:text/plain,x", "cam.example/a"] {
            assert!(PullSpec::of(bad, false).is_err(), "{bad}");
        }
    }
}
