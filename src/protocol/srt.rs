//! The stream id of an SRT caller: its key and its request (SRT Access Control Guidelines).
//!
//! Encoders send the key alone (`KEY`, also `live/KEY` and `KEY?password=…`), the keyed form `#!::r=KEY,m=publish` in any
//! order, `publish:KEY`, or the whole address `srt://host/live/KEY`. Callers that take it from a URL without decoding the
//! escapes (ffmpeg before 6) send any part of it escaped. The mode may be left out: a caller of an ingest port wants to
//! publish.

/// The longest stream id in bytes that SRT carries.
const LONGEST: usize = 512;

/// The request of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The part before the key, `live` where there is none.
    pub app: String,
    /// The stream key. Never empty.
    pub key: String,
    /// The password beside the key.
    pub password: Option<String>,
}

/// Why a stream id is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStreamId {
    /// It is missing, too long, or names no resource.
    #[error("the stream id names no key")]
    NoKey,
    /// It asks to read.
    #[error("the stream id asks for something else than to publish")]
    Mode,
}

/// Reads a stream id.
///
/// # Errors
/// Why it is refused.
pub fn request(stream_id: &str) -> Result<Request, BadStreamId> {
    if stream_id.len() > LONGEST {
        return Err(BadStreamId::NoKey);
    }
    // No key contains a percent sign, so what looks like an escape is one.
    let decoded = unescaped(stream_id.trim());
    if let Some(keyed) = decoded.strip_prefix("#!::") {
        return from_pairs(keyed);
    }
    if let Some(address) = decoded.strip_prefix("srt://") {
        return from_address(address);
    }
    match decoded.split_once(':') {
        Some((mode, rest)) if mode.eq_ignore_ascii_case("publish") => {
            let mut parts = rest.split(':');
            let mut request = named(parts.next().unwrap_or_default())?;
            // `publish:PATH:USER:PASSWORD`
            request.password = request.password.or_else(|| parts.nth(1).map(str::to_owned));
            Ok(request)
        }
        Some((mode, _)) if ["read", "request", "play"].iter().any(|other| mode.eq_ignore_ascii_case(other)) => {
            Err(BadStreamId::Mode)
        }
        _ => named(&decoded),
    }
}

/// The keyed form, its pairs in any order.
fn from_pairs(keyed: &str) -> Result<Request, BadStreamId> {
    let mut resource = None;
    for (name, value) in keyed.split(',').filter_map(|pair| pair.split_once('=')) {
        match name.trim() {
            "r" => resource = Some(value.trim()),
            "m" if !value.trim().eq_ignore_ascii_case("publish") => return Err(BadStreamId::Mode),
            _ => {}
        }
    }
    named(resource.unwrap_or_default())
}

/// The whole address, as devices with one field for everything send it: `host/live/KEY`, `host?streamid=…`.
fn from_address(address: &str) -> Result<Request, BadStreamId> {
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    match query.split('&').find_map(|pair| pair.strip_prefix("streamid=")) {
        Some(inner) if !inner.contains("srt://") => request(inner),
        Some(_) => Err(BadStreamId::NoKey),
        None => {
            let path = place.split_once('/').map_or("", |(_, path)| path);
            named(&if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
        }
    }
}

/// Decodes escapes (RFC 3986, 2.1); an invalid one stays as it is.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn named(resource: &str) -> Result<Request, BadStreamId> {
    // No key contains `#`.
    let resource = resource.split('#').next().unwrap_or_default();
    let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
    let path = path.trim_start_matches('/');
    let (app, key) = path.split_once('/').unwrap_or(("live", path));
    let key = key.trim_end_matches('/');
    if key.is_empty() || key.chars().any(char::is_control) {
        return Err(BadStreamId::NoKey);
    }
    let password = query.split('&').find_map(|pair| pair.strip_prefix("password=")).map(str::to_owned);
    Ok(Request { app: app.to_owned(), key: key.to_owned(), password })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_stream_id_name_the_key() {
        let of = |app: &str, key: &str, password: Option<&str>| {
            Ok(Request { app: app.into(), key: key.into(), password: password.map(str::to_owned) })
        };
        for (text, wanted) in [
            ("KEY", of("live", "KEY", None)),
            ("live/KEY", of("live", "KEY", None)),
            ("/news/KEY", of("news", "KEY", None)),
            ("KEY?password=a=b", of("live", "KEY", Some("a=b"))),
            ("#!::r=KEY,m=publish", of("live", "KEY", None)),
            ("#!::m=publish,u=me,r=live/KEY?password=x", of("live", "KEY", Some("x"))),
            ("#!::r=KEY", of("live", "KEY", None)),
            ("%23%21%3a%3ar%3Dlive/KEY%3Fpassword%3Dx%,m%3Dpublish", of("live", "KEY", Some("x%"))),
            ("%23%21%3A%3Ar%3DKEY%2Cm%3Drequest", Err(BadStreamId::Mode)),
            ("KEY%41", of("live", "KEYA", None)),
            ("live%2FKEY", of("live", "KEY", None)),
            ("live%2fKEY%3Fpassword%3Da%26b", of("live", "KEY", Some("a"))),
            ("#!::r=live%2FKEY,m=publish", of("live", "KEY", None)),
            ("#!::m=Publish,s=1,r=KEY,u=x", of("live", "KEY", None)),
            ("%23!::r=KEY,m=publish", of("live", "KEY", None)),
            (" KEY ", of("live", "KEY", None)),
            ("KEY#mode", of("live", "KEY", None)),
            ("publish:live/KEY?password=x#mode", of("live", "KEY", Some("x"))),
            ("#!::r=live/KEY#mode,m=publish", of("live", "KEY", None)),
            ("live/KEY/", of("live", "KEY", None)),
            ("srt://host/live/KEY/?password=x", of("live", "KEY", Some("x"))),
            ("publish:KEY", of("live", "KEY", None)),
            ("publish:live/KEY", of("live", "KEY", None)),
            ("publish:KEY:me:secret", of("live", "KEY", Some("secret"))),
            ("read:KEY", Err(BadStreamId::Mode)),
            ("publish:", Err(BadStreamId::NoKey)),
            ("srt://host:8890/live/KEY", of("live", "KEY", None)),
            ("srt://host/KEY?password=x", of("live", "KEY", Some("x"))),
            ("srt://host:8890?streamid=live/KEY", of("live", "KEY", None)),
            ("srt://host:8890?mode=caller&streamid=%23!::r%3DKEY", of("live", "KEY", None)),
            ("srt://host:8890", Err(BadStreamId::NoKey)),
            ("#!::r=KEY,m=request", Err(BadStreamId::Mode)),
            ("#!::m=publish", Err(BadStreamId::NoKey)),
            ("", Err(BadStreamId::NoKey)),
            ("live/", Err(BadStreamId::NoKey)),
            ("a\nb", Err(BadStreamId::NoKey)),
        ] {
            assert_eq!(request(text), wanted, "{text:?}");
        }
        assert_eq!(request(&"x".repeat(513)), Err(BadStreamId::NoKey));
    }
}
