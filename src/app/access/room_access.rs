//! Who may watch and who may publish, for every media door: an app, a room and perhaps a join token.
//!
//! ```text
//! app, room ─► registry: full name, really the app's ─► token: good, for this room, with this grant
//! ```
//!
//! Watching without a token is allowed exactly where the app's public playback is on; a token that is shown must be
//! good all the same. Refuses to know: protocols, streams, stream keys, how a refusal is worded.

use crate::app::{
    access::join::{Grant, JoinTokens},
    rooms::apps::{Apps, NoRoom},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// Leave to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewing {
    /// The app.
    pub app: String,
    /// The full name of the room.
    pub room: String,
    /// Who watches: of the token, or made up.
    pub identity: String,
    /// Is not counted as a viewer.
    pub hidden: bool,
    /// Gets sound alone.
    pub audio_only: bool,
    /// May send messages, as far as the app's features allow.
    pub may_send: bool,
}

/// Leave to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// The app.
    pub app: String,
    /// The full name of the room.
    pub room: String,
    /// Who publishes.
    pub identity: String,
    /// What others call them.
    pub name: Option<String>,
    /// May send sound alone.
    pub audio_only: bool,
    /// Others do not see them in the room.
    pub hidden: bool,
}

/// Why access is refused: always the client's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such app or room: 404.
    #[error("no such app or room")]
    Unknown,
    /// The token is missing, bad or expired: 401.
    #[error("a join token is required")]
    Unauthorized,
    /// The token is for another room or for something else: 403.
    #[error("the join token does not allow this")]
    Forbidden,
}

/// See the module's text. Clones share everything.
#[derive(Debug, Clone)]
pub struct RoomAccess {
    apps: Apps,
    tokens: JoinTokens,
}

impl RoomAccess {
    /// Access to the rooms of these apps, by these tokens.
    pub fn new(apps: Apps, tokens: JoinTokens) -> Self {
        Self { apps, tokens }
    }

    /// Whether the bearer may watch a room of an app; `room` is short, full or empty (the app's first room).
    ///
    /// # Errors
    /// Why not.
    pub fn play(&self, app: &str, room: &str, token: Option<&str>) -> Result<Viewing, Refused> {
        self.play_at(app, room, token, now())
    }

    /// As [`Self::play`], at a time in seconds since 1970 UTC.
    ///
    /// # Errors
    /// Why not.
    pub fn play_at(&self, app: &str, room: &str, token: Option<&str>, now: i64) -> Result<Viewing, Refused> {
        let (room, features) = self.room(app, room)?;
        let app = app.to_owned();
        let Some(token) = token else {
            if !features.public_playback {
                return Err(Refused::Unauthorized);
            }
            let identity = anonymous("viewer");
            let may_send = features.chat || features.reactions;
            return Ok(Viewing { app, room, identity, hidden: false, audio_only: false, may_send });
        };
        let grant = self.grant(&room, token, now)?;
        if !grant.can_subscribe {
            return Err(Refused::Forbidden);
        }
        let (hidden, audio_only, may_send) = (!grant.counted, grant.listen_only, grant.can_publish_data);
        Ok(Viewing { app, room, identity: grant.identity, hidden, audio_only, may_send })
    }

    /// Whether the bearer may publish into a room of an app; `room` is short, full or empty (the app's first room).
    ///
    /// # Errors
    /// Why not.
    pub fn publish(&self, app: &str, room: &str, token: Option<&str>) -> Result<Publish, Refused> {
        self.publish_at(app, room, token, now())
    }

    /// As [`Self::publish`], at a time in seconds since 1970 UTC.
    ///
    /// # Errors
    /// Why not.
    pub fn publish_at(&self, app: &str, room: &str, token: Option<&str>, now: i64) -> Result<Publish, Refused> {
        let (room, _) = self.room(app, room)?;
        let grant = self.grant(&room, token.ok_or(Refused::Unauthorized)?, now)?;
        if !grant.can_publish {
            return Err(Refused::Forbidden);
        }
        let Grant { identity, name, audio_only, hidden, .. } = grant;
        Ok(Publish { app: app.to_owned(), room, identity, name, audio_only, hidden })
    }

    fn room(&self, app: &str, room: &str) -> Result<(String, crate::app::rooms::apps::config::Features), Refused> {
        let room = self.apps.namespaced(app, room).map_err(|reason| match reason {
            NoRoom::UnknownApp | NoRoom::Name => Refused::Unknown,
            NoRoom::Foreign => Refused::Forbidden,
        })?;
        let app = self.apps.find(app).ok_or(Refused::Unknown)?;
        Ok((room, app.config.features.clone()))
    }

    fn grant(&self, room: &str, token: &str, now: i64) -> Result<Grant, Refused> {
        let grant = self.tokens.verify(token, now).map_err(|_| Refused::Unauthorized)?;
        if grant.room == room { Ok(grant) } else { Err(Refused::Forbidden) }
    }
}

/// A name for somebody who has none: `<kind>-` and 8 hexadecimal digits.
pub fn anonymous(kind: &str) -> String {
    format!("{kind}-{:08x}", rand::random::<u32>())
}

/// Seconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
