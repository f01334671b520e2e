//! Readers of HLS.

use super::{MediaAccess, selector};
use crate::{
    app::{
        access::{
            client_address::ClientAddress,
            contract::{AccessRequest, Refusal},
        },
        rooms::{Viewer, ViewerKind, hls::HlsStream},
    },
    server::hls::HlsAccess,
};
use std::sync::Arc;

impl HlsAccess for MediaAccess {
    fn hls_stream(&self, reader: &AccessRequest) -> Result<Arc<HlsStream>, Refusal> {
        let viewing = self.parts.room_access.play(&reader.app, &reader.room, reader.credential.as_deref())?;
        let selector = selector(reader.stream.as_deref(), reader.layout.as_deref()).ok_or(Refusal::UnknownRoom)?;
        let hls_stream = self.parts.hls.hls_stream(&viewing.room, &selector).ok_or(Refusal::UnknownRoom)?;
        // Without a token the identity is made up with each request; the address is what stays.
        let identity = match (&reader.credential, reader.peer.and_then(ClientAddress::known)) {
            (None, Some(peer)) => format!("viewer-{peer}"),
            _ => viewing.identity,
        };
        let viewer = Viewer { identity, kind: ViewerKind::Hls, hidden: viewing.hidden };
        self.parts.hls.seen(&viewing.app, &viewing.room, &viewer);
        Ok(hls_stream)
    }
}
