//! `/apps`: the registry over HTTP. Bare bodies.

use super::{
    call::Call,
    reply::{Answer, Reply},
    time::iso,
};
use crate::app::{apps::App, auth::Reach};
use serde_json::{Value, json};
use std::sync::Arc;

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

/// `GET /apps/{app}`.
pub async fn get(_: Call, app: Arc<App>) -> Answer {
    Ok(Reply::bare(record(&app)))
}

/// `AppRecord` of the document; nothing in it is secret.
fn record(app: &App) -> Value {
    json!({
        "id": app.id,
        "name": app.name,
        "displayName": app.display_name,
        "livekitRoomPrefix": app.room_prefix,
        "createdAt": iso(app.created_at),
        "updatedAt": iso(app.updated_at),
        "settingsJson": app.config.public(),
    })
}
