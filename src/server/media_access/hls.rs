//! Readers of HLS.

use super::{MediaAccess, selector};
use crate::{
    app::{
        access::room_access,
        rooms::{Viewer, ViewerKind, hls::HlsStream},
    },
    server::hls::{HlsAccess, Reader, Refused},
};
use std::sync::Arc;

impl HlsAccess for MediaAccess {
    fn hls_stream(&self, reader: &Reader) -> Result<Arc<HlsStream>, Refused> {
        let viewing = self.parts.room_access.play(&reader.app, &reader.room, reader.token.as_deref());
        let viewing = viewing.map_err(|refused| match refused {
            room_access::Refused::Unknown => Refused::Unknown,
            room_access::Refused::Unauthorized => Refused::Unauthorized,
            room_access::Refused::Forbidden => Refused::Forbidden,
        })?;
        let selector = selector(reader.stream.as_deref(), reader.layout.as_deref()).ok_or(Refused::Unknown)?;
        let hls_stream = self.parts.hls.hls_stream(&viewing.room, &selector).ok_or(Refused::Unknown)?;
        // Who shows no token is made up anew with each request; the address is what stays.
        let identity = match (&reader.token, reader.peer) {
            (None, Some(peer)) => format!("viewer-{peer}"),
            _ => viewing.identity,
        };
        let viewer = Viewer { identity, kind: ViewerKind::Hls, hidden: viewing.hidden };
        self.parts.hls.seen(&viewing.app, &viewing.room, &viewer);
        Ok(hls_stream)
    }
}
