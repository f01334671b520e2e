//! The intake of stream keys: an input of the switcher, or an ingress of the StreamHub plane.

use crate::app::{
    access::admission::{Admission, BoxFuture, PublishLease, PublishRequest, Refusal},
    rooms::{
        Duplicate, Entry, Rooms, Via,
        ingress::{Ingresses, PushRefused},
    },
};
use crate::domain::source::SourceId;
use std::collections::HashMap;

/// The application that encoders name before the key, whatever the key belongs to: `rtmp://host/live/KEY`.
pub const APP: &str = "live";

/// See the module's text.
pub struct Intake {
    inputs: HashMap<String, SourceId>,
    ingress: Ingresses,
    rooms: Rooms,
}

/// The room and identity of an input of the switcher.
pub fn input_stream(source: SourceId) -> (String, String) {
    (format!("live-input-{source}"), format!("input-{source}"))
}

impl Intake {
    /// An intake for the stream keys of inputs and ingresses.
    pub fn new(inputs: impl IntoIterator<Item = (String, SourceId)>, ingress: Ingresses, rooms: Rooms) -> Self {
        Self { inputs: inputs.into_iter().collect(), ingress, rooms }
    }

    async fn input(&self, source: SourceId) -> Result<PublishLease, Refusal> {
        let (room, identity) = input_stream(source);
        self.rooms
            .enter(Entry {
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

    async fn ingress(&self, request: &PublishRequest) -> Result<PublishLease, Refusal> {
        let broken = |error: &dyn std::fmt::Display| {
            tracing::error!("an ingress was not looked up: {error}");
            Refusal::Unavailable
        };
        let row = self.ingress.by_key(&request.key).await.map_err(|error| broken(&error))?;
        let row = row.ok_or(Refusal::UnknownKey)?;
        match self.ingress.authorize_push(&row, request.password.as_deref()).await {
            Ok(()) => {}
            Err(PushRefused::Password) => return Err(Refusal::Password),
            Err(PushRefused::Unchecked(error)) => return Err(broken(&error)),
            Err(PushRefused::Store(error)) => return Err(broken(&error)),
        }
        let entry = Entry {
            app: row.app,
            room: row.room,
            identity: row.identity,
            name: row.name,
            via: Via::Rtmp,
            ingress: Some(row.id),
            duplicate: Duplicate::Challenge,
        };
        self.rooms.enter(entry).await
    }
}

impl Admission for Intake {
    fn admit(&self, request: PublishRequest) -> BoxFuture<'_, Result<PublishLease, Refusal>> {
        Box::pin(async move {
            if request.app != APP {
                return Err(Refusal::UnknownKey);
            }
            if let Some(source) = self.inputs.get(&request.key) {
                return self.input(*source).await;
            }
            self.ingress(&request).await
        })
    }
}
