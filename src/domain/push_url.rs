//! The address of a push destination: taken apart far enough to check whether it can work, and to hide what is secret.

use std::fmt;

/// Stands for something hidden.
pub const HIDDEN: &str = "***";

/// `rtmp://host[:port]/application/key` or `rtmps://`, as it was entered. Printed for debugging it hides its secrets.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PushUrl(String);

/// What an address is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Over TLS.
    pub secure: bool,
    /// User and password, where they are in it.
    pub login: Option<(&'a str, &'a str)>,
    /// Without the brackets of IPv6.
    pub host: &'a str,
    /// 1935 unless it is in it; 443 over TLS.
    pub port: u16,
    /// With its query, which some services keep their token in.
    pub application: &'a str,
    /// The stream's name: the last element of the path with all that follows it.
    pub key: &'a str,
}

impl PushUrl {
    /// The whole address. Only for the connection.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Takes it apart.
    ///
    /// # Errors
    /// What is wrong, without quoting it: anything in it may be a secret.
    pub fn parts(&self) -> Result<Parts<'_>, &'static str> {
        let url = self.0.trim();
        if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("The destination must not hold spaces");
        }
        let scheme = "The destination must begin with rtmp:// or rtmps://";
        let (head, rest) = url.split_once("://").ok_or(scheme)?;
        let secure = head.eq_ignore_ascii_case("rtmps");
        if !secure && !head.eq_ignore_ascii_case("rtmp") {
            return Err(scheme);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login.split_once(':').unwrap_or((login, ""))), place),
            None => (None, authority),
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (place, None),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err("The destination has no host");
        }
        let port = match port {
            None => {
                if secure {
                    443
                } else {
                    1935
                }
            }
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or("The port of the destination is none")?,
        };
        let (application, key) = split(path).ok_or("The destination has no stream key behind its application")?;
        Ok(Parts { secure, login, host, port, application, key })
    }

    /// The address as it may be shown: user and password, the last element of the path and any query are hidden.
    pub fn masked(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
        let host = authority.rsplit_once('@').map_or(authority.to_owned(), |(_, host)| format!("{HIDDEN}@{host}"));
        let shown = match path {
            None => host.split(['?', '#']).next().unwrap_or_default().to_owned(),
            Some(path) => {
                let path = path.split(['?', '#']).next().unwrap_or_default();
                let folder = path.trim_end_matches('/').rsplit_once('/').map(|(folder, _)| folder);
                folder.map_or(format!("{host}/{HIDDEN}"), |folder| format!("{host}/{folder}/{HIDDEN}"))
            }
        };
        if scheme.is_empty() { shown } else { format!("{scheme}://{shown}") }
    }

    /// A text about the destination, e.g. a failure, without its secrets. A key is hidden where it stands as a word of its
    /// own, so that a short one does not garble the text.
    pub fn masked_in(&self, text: &str) -> String {
        let text = text.replace(&self.0, &self.masked());
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
        let password = login.split_once(':').map_or("", |(_, password)| password);
        let key = split(path.trim_end_matches('/')).map_or(path, |(_, key)| key);
        let name = key.split(['?', '#']).next().unwrap_or_default();
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let values = query.split(['&', '/']).map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
        let mut secrets: Vec<_> =
            [key, name, login, password].into_iter().chain(values).filter(|s| !s.is_empty()).collect();
        // The longest first: one may be part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text, |text, secret| hide_word(&text, secret))
    }
}

/// Application and key of a path without its first slash. The key begins behind the last slash before any query; where the
/// application has the query, behind the last slash of all.
fn split(path: &str) -> Option<(&str, &str)> {
    let plain = path.find('?').unwrap_or(path.len());
    let slash = path[..plain].rfind('/').or_else(|| path.rfind('/'))?;
    let (application, key) = (&path[..slash], &path[slash + 1..]);
    (!application.trim_matches('/').is_empty() && !key.is_empty()).then_some((application, key))
}

/// Replaces a word where no letter, digit, `-` or `_` of a longer word is next to it.
fn hide_word(text: &str, word: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let (mut shown, mut from) = (String::new(), 0);
    for (at, found) in text.match_indices(word) {
        let end = at + found.len();
        let before = text[..at].chars().next_back().is_some_and(is_part);
        if before || text[end..].chars().next().is_some_and(is_part) {
            continue;
        }
        shown.push_str(&text[from..at]);
        shown.push_str(HIDDEN);
        from = end;
    }
    shown + &text[from..]
}

impl From<&str> for PushUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl From<String> for PushUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for PushUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushUrl({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (url, host, port, application, key) in [
            ("rtmp://a.example/live/k1", "a.example", 1935, "live", "k1"),
            ("RTMPS://a.example/app/inst/k1", "a.example", 443, "app/inst", "k1"),
            ("rtmps://a.example:444/rtmp/FB-1?s=a/b&c=1", "a.example", 444, "rtmp", "FB-1?s=a/b&c=1"),
            ("rtmp://u:p@[::1]:19/app?token=x/k1", "::1", 19, "app?token=x", "k1"),
        ] {
            let url = PushUrl::from(url);
            let parts = url.parts().unwrap();
            assert_eq!((parts.host, parts.port, parts.application, parts.key), (host, port, application, key));
            assert_eq!(parts.login, url.expose().contains('@').then_some(("u", "p")));
        }
    }

    #[test]
    fn what_can_never_work_is_refused() {
        for url in ["", "a.example/live/key", "http://a.example/live/key", "rtmp://a.example", "rtmp://a.example/live"]
            .into_iter()
            .chain(["rtmp:///live/key", "rtmp://:1935/live/key", "rtmp://a.example:0/live/key", "rtmp://u:p@/live/key"])
            .chain(["rtmp://a.example:99999/live/key", "rtmp://a.example/live/", "rtmp://a.example//key"])
            .chain(["rtmp://a.example/live/a key", "rtmp://"])
        {
            assert!(PushUrl::from(url).parts().is_err(), "{url}");
        }
    }

    #[test]
    fn the_key_the_query_and_the_password_are_hidden() {
        for (whole, shown) in [
            ("rtmp://a.example/live/abcd-1234", "rtmp://a.example/live/***"),
            ("rtmps://a.example:443/app/inst/abcd?x=1", "rtmps://a.example:443/app/inst/***"),
            ("rtmp://joe:pw@a.example/live/abcd/", "rtmp://***@a.example/live/***"),
            ("rtmp://a.example/abcd", "rtmp://a.example/***"),
            ("rtmp://a.example?key=1", "rtmp://a.example"),
            ("not a url", "not a url"),
        ] {
            assert_eq!(PushUrl::from(whole).masked(), shown);
            assert_eq!(format!("{:?}", PushUrl::from(whole)), format!("PushUrl({shown})"));
        }
    }

    #[test]
    fn a_text_does_not_tell_the_key_and_stays_readable() {
        let to = PushUrl::from("rtmp://a.example/live/abcd-1234?auth=77");
        let said = to.masked_in("cannot reach rtmp://a.example/live/abcd-1234?auth=77");
        assert_eq!(said, "cannot reach rtmp://a.example/live/***");
        assert_eq!(to.masked_in("key abcd-1234 refused (77)"), "key *** refused (***)");
        let short = PushUrl::from("rtmp://a.example/live/e");
        assert_eq!(short.masked_in("the server refuses e, even here"), "the server refuses ***, even here");
    }
}
