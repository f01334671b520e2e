//! Readers of HLS.

use super::{Porter, pick};
use crate::{
    app::{
        gate,
        hls::Shelf,
        rooms::{Viewer, ViewerKind},
    },
    server::hls::{Offers, Reader, Refused},
};
use std::sync::Arc;

impl Offers for Porter {
    fn shelf(&self, reader: &Reader) -> Result<Arc<Shelf>, Refused> {
        let viewing = self.parts.gate.play(&reader.app, &reader.room, reader.token.as_deref());
        let viewing = viewing.map_err(|refused| match refused {
            gate::Refused::Unknown => Refused::Unknown,
            gate::Refused::Unauthorized => Refused::Unauthorized,
            gate::Refused::Forbidden => Refused::Forbidden,
        })?;
        let pick = pick(reader.stream.as_deref(), reader.layout.as_deref()).ok_or(Refused::Unknown)?;
        let shelf = self.parts.hls.shelf(&viewing.app, &viewing.room, &pick).ok_or(Refused::Unknown)?;
        // Who shows no token is made up anew with each request; the address is what stays.
        let identity = match (&reader.token, reader.peer) {
            (None, Some(peer)) => format!("viewer-{}", peer.ip()),
            _ => viewing.identity,
        };
        let viewer = Viewer { identity, kind: ViewerKind::Hls, hidden: viewing.hidden };
        self.parts.hls.seen(&viewing.app, &viewing.room, &viewer);
        Ok(shelf)
    }
}
