//! An RTMP address, parsed far enough to check whether it can work, and to hide its key.

/// A destination as entered, checked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Destination {
    url: String,
    /// Up to and including the application's slash.
    open: usize,
}

impl Destination {
    /// Checks `rtmp://host[:port]/application/key`, also with `rtmps`.
    ///
    /// # Errors
    /// What is wrong, without quoting it: anything in it may be a secret.
    pub fn read(url: &str) -> Result<Self, &'static str> {
        let url = url.trim();
        if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("the address has spaces in it");
        }
        let scheme = url.find("://").map(|at| at + 3).ok_or("the address does not begin with rtmp:// or rtmps://")?;
        let (head, rest) = url.split_at(scheme);
        if !["rtmp://", "rtmps://"].iter().any(|known| head.eq_ignore_ascii_case(known)) {
            return Err("the address does not begin with rtmp:// or rtmps://");
        }
        let (authority, path) = rest.split_once('/').ok_or("the address has no application and no stream key")?;
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (place, None),
        };
        if host.is_empty() || port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
            return Err("the address has no proper host and port");
        }
        let (application, key) = path.split_once('/').ok_or("the address has no stream key")?;
        if application.is_empty() || key.is_empty() {
            return Err("the address has no application or no stream key");
        }
        let open = scheme + authority.len() + 1 + application.find('?').unwrap_or(application.len() + 1);
        Ok(Self { url: url.to_owned(), open })
    }

    /// The whole address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address without what follows the application, and without a password.
    pub fn masked(&self) -> String {
        let shown = self.url.get(..self.open).unwrap_or_default();
        match (shown.find("://"), shown.rfind('@')) {
            (Some(scheme), Some(at)) => format!("{}***@{}***", &shown[..scheme + 3], &shown[at + 1..]),
            _ => format!("{shown}***"),
        }
    }

    /// A text about the destination without the secrets of it.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = text.replace(&self.url, &self.masked());
        let secret = self.url.get(self.open..).unwrap_or_default();
        let login = self.url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or("", |(l, _)| l);
        let parts = secret.split(['/', '?', '&']).chain([secret, login]).chain(login.split(':'));
        // The longest first: a part may be in a longer one. Very short ones would only garble the text.
        let mut parts: Vec<_> = parts.filter(|part| part.len() >= 4).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        for part in parts {
            clean = clean.replace(part, "***");
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_never_shown() {
        for (url, shown) in [
            ("rtmp://a.example/live/secret-key", "rtmp://a.example/live/***"),
            ("rtmps://a.example:443/app/secret/x?pass=word", "rtmps://a.example:443/app/***"),
            ("rtmp://user:word@a.example/app/key1", "rtmp://***@a.example/app/***"),
            ("rtmp://a.example/app?token=secret/key1", "rtmp://a.example/app***"),
            ("rtmp://[::1]:1935/app/key1", "rtmp://[::1]:1935/app/***"),
        ] {
            let destination = Destination::read(url).unwrap();
            assert_eq!(destination.masked(), shown);
            let said = destination.clean(&format!("could not open {url}, key {}", url.rsplit('/').next().unwrap()));
            for secret in ["secret", "word", "key1"] {
                assert!(!said.contains(secret), "{said}");
            }
        }
    }

    #[test]
    fn what_can_never_work_is_refused() {
        for url in ["", "a.example/live/key", "http://a.example/live/key", "rtmp://a.example", "rtmp://a.example/live"]
            .into_iter()
            .chain(["rtmp:///live/key", "rtmp://a.example:0/live/key", "rtmp://a.example:99999/live/key"])
            .chain(["rtmp://a.example/live/", "rtmp://a.example//key", "rtmp://a.example/live/a key"])
        {
            assert!(Destination::read(url).is_err(), "{url}");
        }
    }
}
