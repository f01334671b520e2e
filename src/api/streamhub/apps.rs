//! `/apps`: the registry over HTTP. Bare bodies.

use super::{
    call::Call,
    error::ApiError,
    input::{Input, Pattern},
    reply::{Answer, Reply},
    views::{merged, record},
};
use crate::app::{
    access::auth::Reach,
    rooms::apps::{
        App,
        config::{Features, SNAPSHOT_SECONDS, SPLIT_MINUTES},
        names,
    },
};
use serde_json::json;
use std::sync::Arc;
use url::Url;

const SLUG: Pattern = Pattern { shown: "/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/", fits: names::is_slug };
const PREFIX: Pattern = Pattern { shown: "/^[a-z0-9][a-z0-9-]{0,39}$/", fits: names::is_prefix };

/// `GET /apps`: those within the caller's reach.
pub async fn list(call: Call) -> Answer {
    let reach = &call.principal()?.reach;
    let mut apps = call.parts().apps.list();
    apps.retain(|app| match reach {
        Reach::Global => true,
        Reach::App(own) => app.name == *own,
        Reach::Tenant(own) => app.tenant.as_ref() == Some(own),
    });
    Ok(Reply::bare(apps.iter().map(|app| record(app)).collect()))
}

/// `POST /apps`: the new app is of the caller's tenant.
pub async fn create(call: Call) -> Answer {
    let mut input = call.body();
    let name = input.text("name").like(&SLUG).needed();
    let display_name = input.text("displayName").at_most(100).get().filter(|name| !name.is_empty());
    let prefix = input.text("roomPrefix").at_most(40).like(&PREFIX).get();
    input.done()?;
    let tenant = match &call.principal()?.reach {
        Reach::Tenant(tenant) => Some(tenant.as_str()),
        Reach::Global | Reach::App(_) => None,
    };
    let app = call.parts().apps.create(&name, display_name.as_deref(), prefix.as_deref(), tenant).await?;
    Ok(Reply::bare(record(&app)).created())
}

/// `GET /apps/{app}`.
pub async fn get(_: Call, app: Arc<App>) -> Answer {
    Ok(Reply::bare(record(&app)))
}

/// `GET /apps/{app}/sizes`. The database is one for all apps; there are no recordings in it yet.
pub async fn sizes(call: Call, app: Arc<App>) -> Answer {
    let bytes = call.parts().apps.database_bytes().await.map_err(|error| ApiError::internal(&error))?;
    Ok(Reply::bare(json!({ "app": app.name, "dbSizeBytes": bytes, "vodTotalBytes": 0, "vodCount": 0 })))
}

/// `PATCH /apps/{app}`: what is given, the rest stays. Answers all settings.
pub async fn patch(call: Call, app: Arc<App>) -> Answer {
    let mut input = call.body();
    let display_name = input.text("displayName").at_most(100).get().filter(|name| !name.is_empty());
    let room_prefix = input.text("roomPrefix").like(&PREFIX).get();
    let recording_enabled = input.flag("recordingEnabled");
    let split_minutes = input.number_of("splitMinutes", &SPLIT_MINUTES);
    let snapshot_seconds = input.number_of("snapshotSeconds", &SNAPSHOT_SECONDS);
    let callback_url = input.text("callbackUrl").at_most(2048).that(is_web, "must be a URL address").get();
    let callback_secret = input.text("callbackSecret").at_most(256).get();
    let features = input.object("features", Switches::read).unwrap_or_default();
    input.done()?;
    let changed = call.parts().apps.patch(&app.name, |draft| {
        set(&mut draft.display_name, display_name.as_ref());
        set(&mut draft.room_prefix, room_prefix.as_ref());
        set(&mut draft.config.recording.enabled, recording_enabled.as_ref());
        set(&mut draft.config.recording.split_minutes, split_minutes.as_ref());
        set(&mut draft.config.recording.snapshot_seconds, snapshot_seconds.as_ref());
        set(&mut draft.config.callbacks.url, callback_url.as_ref());
        set(&mut draft.config.callbacks.secret, callback_secret.as_ref());
        features.apply(&mut draft.config.features);
    });
    Ok(Reply::bare(merged(&*changed.await?)))
}

/// `DELETE /apps/{app}?deleteVods=`: the app, its keys and all that is kept for it.
pub async fn delete(call: Call, app: Arc<App>) -> Answer {
    let mut query = call.query();
    query.flag("deleteVods");
    query.done()?;
    call.parts().apps.delete(&app.name).await?;
    Ok(Reply::bare(json!({ "deleted": true, "name": app.name })))
}

/// The switches that routes may turn; what is not given stays.
#[derive(Debug, Default)]
pub struct Switches {
    rtmp_password: Option<bool>,
    viewer_counter: Option<bool>,
    chat: Option<bool>,
    reactions: Option<bool>,
    hidden_qc: Option<bool>,
    adaptive_player: Option<bool>,
    public_playback: Option<bool>,
}

impl Switches {
    /// Reads the fields of `features`.
    pub fn read(input: &mut Input) -> Self {
        Self {
            rtmp_password: input.flag("rtmpPassword"),
            viewer_counter: input.flag("viewerCounter"),
            chat: input.flag("chat"),
            reactions: input.flag("reactions"),
            hidden_qc: input.flag("hiddenQc"),
            adaptive_player: input.flag("adaptivePlayer"),
            public_playback: input.flag("publicPlayback"),
        }
    }

    /// Turns them.
    pub fn apply(&self, features: &mut Features) {
        set(&mut features.rtmp_password, self.rtmp_password.as_ref());
        set(&mut features.viewer_counter, self.viewer_counter.as_ref());
        set(&mut features.chat, self.chat.as_ref());
        set(&mut features.reactions, self.reactions.as_ref());
        set(&mut features.hidden_qc, self.hidden_qc.as_ref());
        set(&mut features.adaptive_player, self.adaptive_player.as_ref());
        set(&mut features.public_playback, self.public_playback.as_ref());
    }
}

/// What is given replaces what is there.
pub fn set<T: Clone>(there: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        *there = given.clone();
    }
}

/// An address of the web; nothing at all means none.
fn is_web(url: &str) -> bool {
    url.is_empty() || Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}
