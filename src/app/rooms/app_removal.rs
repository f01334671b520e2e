//! Ends what is live of apps that are gone, and in rooms that an app no longer has.
//!
//! Rows go with their app in the database; this is for publishers, pulls and cameras, which have no rows.
//! Refuses to know: why an app went.

use crate::app::rooms::{EndReason, Rooms, apps::Apps, cameras::Cameras, ingress::Ingresses};
use std::collections::HashMap;

/// Follows the registry until it is gone. What was changed before the call is looked at too.
pub async fn follow(apps: Apps, rooms: Rooms, ingresses: Ingresses, cameras: Cameras) {
    let mut changed = apps.changed();
    // By name; the number distinguishes an app from a later one of the same name.
    let mut known: HashMap<String, i64> = HashMap::new();
    loop {
        let present: HashMap<_, _> = apps.list().iter().map(|app| (app.name.clone(), app.id)).collect();
        for stream in rooms.every_stream().iter().filter(|stream| !stream.is_input) {
            let owned = apps.owner_of_room(&stream.room).is_some_and(|owner| owner.name == stream.app);
            let another = known.get(&stream.app).is_some_and(|id| present.get(&stream.app) != Some(id));
            if !owned || another {
                rooms.stop(&stream.id, Some(EndReason::AppChanged));
            }
        }
        ingresses.clear();
        cameras.clear();
        known = present;
        if !changed.next().await {
            return;
        }
    }
}
