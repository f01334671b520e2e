//! What pages show of a room: display names, and whether there is such a room at all.
//!
//! A room has no row of its own: it is known while something is published in it or set up for it (an ingress, a camera's
//! key, a stream of the server's own).

use super::{Rooms, apps::Apps, cameras::Cameras, ingress::Ingresses};
use crate::store::{IngressQuery, StoreError};

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The app's display name.
    pub app: String,
    /// The display name of the publisher, where there is one of them; else the room's short name.
    pub room: String,
    /// Whether anything is published in the room or set up for it.
    pub known: bool,
}

/// Looks a room up by its full name.
///
/// # Errors
/// When rows cannot be read.
pub async fn about(
    (apps, rooms, ingresses, cameras): (&Apps, &Rooms, &Ingresses, &Cameras),
    app: &str,
    room: &str,
) -> Result<About, StoreError> {
    let found = apps.find(app);
    let short = found.as_ref().and_then(|app| room.strip_prefix(&app.room_prefix)?.strip_prefix('-')).unwrap_or(room);
    let mut publishers: Vec<_> = rooms.streams(app).into_iter().filter(|stream| stream.room == room).collect();
    let query = IngressQuery { room: Some(room.to_owned()), text: None, limit: 2, offset: 0 };
    let (mut set_up, _) = ingresses.page(app, &query).await?;
    let camera = cameras.list(app).await?.iter().any(|(row, _)| row.room == room);
    let known = !publishers.is_empty() || !set_up.is_empty() || camera || rooms.is_kept(room);
    let name = match (publishers.len(), set_up.len()) {
        (1, _) => publishers.pop().and_then(|publisher| publisher.name),
        (0, 1) => set_up.pop().and_then(|ingress| ingress.name),
        _ => None,
    };
    Ok(About {
        app: found.map_or_else(|| app.to_owned(), |app| app.display_name.clone()),
        room: name.unwrap_or_else(|| short.to_owned()),
        known,
    })
}
