//! Leave to watch and to publish, for every media endpoint: an app, a room and perhaps a join token.
//!
//! ```text
//! app, room ─► registry: full name, really the app's ─► token: good, for this room, with this grant
//! ```
//!
//! Watching without a token is allowed exactly where the app's public playback is on; a token that is shown must be
//! good all the same. Refuses to know: protocols, streams, stream keys, how a refusal is worded.

use crate::app::{
    access::{
        contract::{PublishGrant, Refusal, RoomLookup, ViewGrant},
        join::{Grant, JoinFault, JoinTokens},
    },
    wall_clock::now_secs,
};
use std::sync::Arc;

/// See the module's text. Clones share everything.
#[derive(Debug, Clone)]
pub struct RoomAccess {
    rooms: Arc<dyn RoomLookup>,
    tokens: JoinTokens,
}

impl RoomAccess {
    /// Access to these rooms, by these tokens.
    pub fn new(rooms: Arc<dyn RoomLookup>, tokens: JoinTokens) -> Self {
        Self { rooms, tokens }
    }

    /// Whether the bearer may watch a room of an app; `room` is short, full or empty (the app's first room).
    ///
    /// # Errors
    /// Why not.
    pub fn play(&self, app: &str, room: &str, token: Option<&str>) -> Result<ViewGrant, Refusal> {
        self.play_at(app, room, token, now_secs())
    }

    /// As [`Self::play`], at a time in seconds since 1970 UTC.
    ///
    /// # Errors
    /// Why not.
    pub fn play_at(&self, app: &str, room: &str, token: Option<&str>, now: i64) -> Result<ViewGrant, Refusal> {
        let rules = self.rooms.room_rules(app, room)?;
        let app = app.to_owned();
        let messages = rules.chat || rules.reactions;
        let Some(token) = token else {
            if !rules.public_playback {
                return Err(Refusal::Unauthorized);
            }
            let identity = anonymous("viewer");
            return Ok(ViewGrant {
                app,
                room: rules.room,
                identity,
                sender: None,
                hidden: false,
                audio_only: false,
                chat: rules.chat,
                reactions: rules.reactions,
                messages,
                counter: rules.viewer_counter,
            });
        };
        let grant = self.grant(&rules.room, token, now)?;
        if !grant.can_subscribe {
            return Err(Refusal::MayNotWatch);
        }
        Ok(ViewGrant {
            app,
            room: rules.room,
            sender: Some(grant.identity.clone()),
            identity: grant.identity,
            hidden: !grant.counted,
            audio_only: grant.listen_only,
            chat: rules.chat && grant.can_publish_data,
            reactions: rules.reactions && grant.can_publish_data,
            messages,
            counter: rules.viewer_counter,
        })
    }

    /// Whether the bearer may publish into a room of an app; `room` is short, full or empty (the app's first room).
    ///
    /// # Errors
    /// Why not.
    pub fn publish(&self, app: &str, room: &str, token: Option<&str>) -> Result<PublishGrant, Refusal> {
        self.publish_at(app, room, token, now_secs())
    }

    /// As [`Self::publish`], at a time in seconds since 1970 UTC.
    ///
    /// # Errors
    /// Why not.
    pub fn publish_at(&self, app: &str, room: &str, token: Option<&str>, now: i64) -> Result<PublishGrant, Refusal> {
        let room = self.rooms.room_rules(app, room)?.room;
        let grant = self.grant(&room, token.ok_or(Refusal::Unauthorized)?, now)?;
        let (picture, sound) = (!grant.audio_only, !grant.video_only);
        if !grant.can_publish || !(picture || sound) {
            return Err(Refusal::MayNotPublish);
        }
        let Grant { identity, name, hidden, .. } = grant;
        Ok(PublishGrant { app: app.to_owned(), room, identity, name, picture, sound, hidden })
    }

    fn grant(&self, room: &str, token: &str, now: i64) -> Result<Grant, Refusal> {
        let grant = self.tokens.verify(token, now).map_err(|fault| match fault {
            JoinFault::Foreign => Refusal::Unauthorized,
            JoinFault::Expired | JoinFault::Early => Refusal::Expired,
            JoinFault::NoRoom => Refusal::OtherRoom,
        })?;
        if grant.room == room { Ok(grant) } else { Err(Refusal::OtherRoom) }
    }
}

/// A name for a participant without one: `<kind>-` and 8 hexadecimal digits.
pub fn anonymous(kind: &str) -> String {
    format!("{kind}-{:08x}", rand::random::<u32>())
}
