//! Hides what is secret in a push destination: the stream key is the last element of its path.

/// What stands for something hidden.
pub const HIDDEN: &str = "***";

/// A destination that may be shown: user and password, the last element of the path and any query are hidden.
pub fn url(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
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

/// A text about a destination, e.g. a failure, without its secrets.
pub fn text(text: &str, destination: &str) -> String {
    let secret = destination.split_once("://").map_or(destination, |(_, rest)| rest);
    let secret = secret.trim_end_matches('/').rsplit_once('/').map_or("", |(_, last)| last);
    let text = text.replace(destination, &url(destination));
    let key = secret.split(['?', '#']).next().unwrap_or_default();
    [secret, key].iter().filter(|s| !s.is_empty()).fold(text, |text, secret| text.replace(secret, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(url(whole), shown);
        }
    }

    #[test]
    fn a_failure_does_not_tell_the_key() {
        let to = "rtmp://a.example/live/abcd-1234?auth=77";
        assert_eq!(
            text("cannot reach rtmp://a.example/live/abcd-1234?auth=77", to),
            "cannot reach rtmp://a.example/live/***"
        );
        assert_eq!(text("key abcd-1234 refused", to), "key *** refused");
    }
}
