//! Bearer credentials in `Authorization` headers (RFC 6750, section 2.1). Refuses to know: what a credential is.

/// The credential of a header's value, trimmed; `None` for another scheme. The scheme's case does not count (RFC 9110,
/// section 11.1).
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(credential.trim())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_bearer_credential_is_found_whatever_the_case() {
        assert_eq!(bearer("Bearer wsk_1"), Some("wsk_1"));
        assert_eq!(bearer("bearer  wsk_1 "), Some("wsk_1"));
        assert_eq!(bearer("Basic wsk_1"), None);
        assert_eq!(bearer("wsk_1"), None);
    }
}
