//! The registry as the access rules see it: a room's full name, and what its application allows there.

use super::{Apps, NoRoom};
use crate::app::access::contract::{Refusal, RoomLookup, RoomRules};

impl RoomLookup for Apps {
    fn room_rules(&self, app: &str, room: &str) -> Result<RoomRules, Refusal> {
        let room = self.namespaced(app, room).map_err(|reason| match reason {
            NoRoom::UnknownApp | NoRoom::Name => Refusal::UnknownRoom,
            NoRoom::Foreign => Refusal::Forbidden,
        })?;
        let app = self.find(app).ok_or(Refusal::UnknownRoom)?;
        let features = &app.config.features;
        Ok(RoomRules {
            room,
            public_playback: features.public_playback,
            chat: features.chat,
            reactions: features.reactions,
            viewer_counter: features.viewer_counter,
        })
    }
}
