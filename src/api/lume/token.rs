//! The token of the lights, in its three forms: `Authorization` with or without `Bearer`, `X-API-Key`, `?token=`.
//!
//! Refuses to know: what is open without one.

use std::time::SystemTime;
use subtle::ConstantTimeEq;
use warp::http::{HeaderMap, header};

/// Whether a request brings the token. One correct form is enough, whatever the others contain.
pub fn brought(token: &str, headers: &HeaderMap, query: &str) -> bool {
    let authorization = headers.get_all(header::AUTHORIZATION).iter().map(|value| bare(value.as_bytes()));
    let key = headers.get_all("x-api-key").iter().map(|value| value.as_bytes());
    let asked = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "token");
    let mut found = false;
    // All are compared, so that the time discloses nothing.
    for given in authorization.chain(key) {
        found |= same(given, token);
    }
    for (_, given) in asked {
        found |= same(given.as_bytes(), token);
    }
    found
}

/// Whether a request shows any credential at all.
pub fn is_shown(headers: &HeaderMap, query: &str) -> bool {
    let header = [header::AUTHORIZATION.as_str(), "x-api-key"].into_iter().any(|name| headers.contains_key(name));
    header || url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "token" && !value.is_empty())
}

/// Seconds since 1970 UTC, by which logins end.
pub fn now_s() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// The credential of an `Authorization` header.
fn bare(value: &[u8]) -> &[u8] {
    match value.split_at_checked(b"Bearer ".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"Bearer ") => rest.trim_ascii(),
        _ => value,
    }
}

fn same(given: &[u8], token: &str) -> bool {
    given.ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_opens_and_nothing_like_it() {
        let with = |name: &'static str, value: &'static str, query: &str| {
            let mut headers = HeaderMap::new();
            if !name.is_empty() {
                headers.insert(name, header::HeaderValue::from_static(value));
            }
            brought("s3cret+1", &headers, query)
        };
        assert!(with("authorization", "Bearer s3cret+1", ""));
        assert!(with("authorization", "bearer  s3cret+1", ""));
        assert!(with("authorization", "s3cret+1", ""));
        assert!(with("x-api-key", "s3cret+1", ""));
        assert!(with("", "", "x=1&token=s3cret%2B1"));
        assert!(with("authorization", "Bearer wrong", "token=s3cret%2B1"));
        assert!(!with("", "", "token=s3cret+1"), "a plus is a blank there");
        assert!(!with("", "", "token="));
        assert!(!with("", "", ""));
        assert!(!with("authorization", "Basic s3cret+1", ""));
        assert!(!with("x-api-key", "Bearer s3cret+1", ""));
        assert!(!with("x-api-key", "s3cret+", ""));
    }
}
