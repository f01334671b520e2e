//! The intake of stream keys: an input of the switcher, or an ingress of the StreamHub plane.

use crate::app::{
    access::{
        admission::{Admission, PublishLease},
        contract::{AccessRequest, Refusal},
    },
    rooms::{
        Duplicate, PublishRequest, Rooms, Via,
        ingress::{Ingresses, PushRefused},
    },
};
use crate::{domain::source::SourceId, media::live::Live};
use futures::future::BoxFuture;
use std::sync::Arc;

/// The application that encoders name before the key, whatever the key belongs to: `rtmp://host/live/KEY`.
pub const APP: &str = "live";

/// Finds the input that waits for publishers under a stream key now, and its stream.
pub type InputByKey = Box<dyn Fn(&str) -> Option<(SourceId, Arc<Live>)> + Send + Sync>;

/// See the module's text.
pub struct Intake {
    inputs: InputByKey,
    ingress: Ingresses,
    rooms: Rooms,
}

/// The room and identity of an input of the switcher.
pub fn input_stream(source: SourceId) -> (String, String) {
    (format!("live-input-{source}"), format!("input-{source}"))
}

impl Intake {
    /// An intake for the stream keys of inputs and of ingresses.
    pub fn new(inputs: InputByKey, ingress: Ingresses, rooms: Rooms) -> Self {
        Self { inputs, ingress, rooms }
    }

    async fn input(&self, source: SourceId, live: Arc<Live>) -> Result<PublishLease, Refusal> {
        let (room, identity) = input_stream(source);
        // An encoder may be quicker than what opens the room of a new input.
        self.rooms.add_input(APP, &room, &identity, live);
        self.rooms
            .enter(PublishRequest {
                app: APP.into(),
                room,
                identity,
                name: None,
                via: Via::Rtmp,
                ingress: None,
                duplicate: Duplicate::Challenge,
            })
            .await
    }

    async fn ingress(&self, key: &str, request: &AccessRequest) -> Result<PublishLease, Refusal> {
        let broken = |error: &dyn std::fmt::Display| {
            tracing::error!("an ingress was not looked up: {error}");
            Refusal::Unavailable
        };
        let row = self.ingress.by_key(key).await.map_err(|error| broken(&error))?;
        let row = row.ok_or(Refusal::UnknownKey)?;
        match self.ingress.authorize_push(&row, request.password.as_deref()).await {
            Ok(()) => {}
            Err(PushRefused::Password) => return Err(Refusal::Password),
            Err(PushRefused::Unchecked(error)) => return Err(broken(&error)),
            Err(PushRefused::Store(error)) => return Err(broken(&error)),
        }
        let publish_request = PublishRequest {
            app: row.app,
            room: row.room,
            identity: row.identity,
            name: row.name,
            via: Via::Rtmp,
            ingress: Some(row.id),
            duplicate: Duplicate::Challenge,
        };
        self.rooms.enter(publish_request).await
    }
}

/// Whether an application that an encoder names is ours: `live` in any case, with or without a path behind it, or none.
/// The key alone decides; devices append parts of their own.
fn is_app(name: &str) -> bool {
    name.is_empty() || name.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(APP))
}

impl Admission for Intake {
    fn admit(&self, request: AccessRequest) -> BoxFuture<'_, Result<PublishLease, Refusal>> {
        Box::pin(async move {
            if !is_app(&request.app) {
                return Err(Refusal::UnknownKey);
            }
            let key = request.credential.as_deref().ok_or(Refusal::UnknownKey)?;
            if let Some((source, live)) = (self.inputs)(key) {
                return self.input(source, live).await;
            }
            self.ingress(key, &request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_app;

    #[test]
    fn the_application_is_live_as_devices_write_it() {
        for ours in ["live", "Live", "LIVE", "", "live/", "live/instance", "Live/_definst_"] {
            assert!(is_app(ours), "{ours}");
        }
        for other in ["news", "livestream", "/live", "app/live"] {
            assert!(!is_app(other), "{other}");
        }
    }
}
