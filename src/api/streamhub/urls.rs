//! The addresses that answers name. Refuses to know: whether anything is there.

/// Where clients reach this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// Of everything over HTTP, without a slash at the end; empty: addresses begin with a slash.
    public: String,
    /// Of LiveKit's signalling, which may be another server's.
    websocket: String,
    /// What RTMP publishers push to, without their key and the slash before it.
    rtmp: String,
}

impl Urls {
    /// `public` is the address of HTTP as clients see it (may be empty), `websocket` that of LiveKit's signalling (made
    /// from `public` when not given), `rtmp` what publishers push to, e.g. `rtmp://media.example.com:1935/live`.
    pub fn new(public: &str, websocket: Option<&str>, rtmp: &str) -> Self {
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        let public = bare(public);
        let websocket = websocket.map_or_else(|| socket(&public), bare);
        Self { public, websocket, rtmp: bare(rtmp) }
    }

    /// Whether clients reach this server over TLS.
    pub fn is_secure(&self) -> bool {
        self.public.starts_with("https://")
    }

    /// LiveKit's signalling.
    pub fn ws(&self) -> String {
        self.websocket.clone()
    }

    /// What RTMP publishers push to, without key.
    pub fn rtmp(&self) -> String {
        self.rtmp.clone()
    }

    /// A path of this server over HTTP, which begins with a slash.
    pub fn http(&self, path: &str) -> String {
        format!("{}{path}", self.public)
    }

    /// A path of this server over WebSockets, which begins with a slash.
    pub fn socket(&self, path: &str) -> String {
        format!("{}{path}", socket(&self.public))
    }

    /// The player's page.
    pub fn play(&self, app: &str, room: &str) -> String {
        self.http(&format!("/play/{app}/{room}"))
    }

    /// The player to put into other pages.
    pub fn embed(&self, app: &str, room: &str) -> String {
        self.http(&format!("/embed/{app}/{room}"))
    }

    /// HTML that shows the player in another page.
    pub fn iframe(&self, app: &str, room: &str) -> String {
        let source = self.embed(app, room);
        format!(
            r#"<iframe src="{source}" width="640" height="360" allow="autoplay; fullscreen; camera; microphone" allowfullscreen></iframe>"#
        )
    }

    /// Where browsers publish (RFC 9725).
    pub fn whip(&self, app: &str, room: &str) -> String {
        self.http(&format!("/whip/{app}/{room}"))
    }

    /// Where browsers watch (WHEP).
    pub fn whep(&self, app: &str, room: &str) -> String {
        self.http(&format!("/whep/{app}/{room}"))
    }
}

/// The address of WebSockets beside one of HTTP.
fn socket(http: &str) -> String {
    match http.strip_prefix("http") {
        Some(rest) => format!("ws{rest}"),
        None => http.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Urls;

    #[test]
    fn without_a_public_address_links_are_relative() {
        let urls = Urls::new("", None, "rtmp://127.0.0.1:1935/live");
        assert_eq!(urls.play("live", "live-demo"), "/play/live/live-demo");
        assert_eq!(urls.ws(), "");
    }

    #[test]
    fn the_websocket_address_follows_the_public_one_unless_it_is_given() {
        let urls = Urls::new("https://hub.example.com/", None, "rtmp://hub.example.com:1935/live/");
        assert_eq!(urls.ws(), "wss://hub.example.com");
        assert_eq!(urls.whip("live", "live-a"), "https://hub.example.com/whip/live/live-a");
        assert_eq!(urls.rtmp(), "rtmp://hub.example.com:1935/live");
        let urls = Urls::new("http://hub.example.com", Some("wss://media.example.com"), "");
        assert_eq!(urls.socket("/ingest/ws?app=live"), "ws://hub.example.com/ingest/ws?app=live");
    }
}
