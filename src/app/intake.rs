//! The intake of stream keys: an input of the switcher, or an ingress of the StreamHub plane.

use super::{
    admission::{Admission, BoxFuture, PublishRequest, Refusal, Seat},
    ingress::{IngressService, PushRefusal},
    rooms::{Duplicate, Entry, Rooms, Via},
};
use crate::{domain::source::SourceId, media::engine::Engine};
use std::{collections::HashMap, sync::Arc};

/// The application that encoders name before the key, whatever the key belongs to: `rtmp://host/live/KEY`.
pub const APP: &str = "live";

/// See the module's text.
pub struct Intake {
    inputs: HashMap<String, SourceId>,
    ingress: IngressService,
    rooms: Rooms,
    engine: Arc<Engine>,
}

/// The room and identity of an input of the switcher.
pub fn input_stream(source: SourceId) -> (String, String) {
    (format!("live-input-{source}"), format!("input-{source}"))
}

impl Intake {
    /// An intake for the stream keys of inputs and ingresses.
    pub fn new(
        inputs: impl IntoIterator<Item = (String, SourceId)>,
        ingress: IngressService,
        rooms: Rooms,
        engine: Arc<Engine>,
    ) -> Self {
        Self { inputs: inputs.into_iter().collect(), ingress, rooms, engine }
    }

    async fn input(&self, source: SourceId) -> Result<Seat, Refusal> {
        let (room, identity) = input_stream(source);
        let seat = self.rooms.enter(Entry {
            app: APP.into(),
            room,
            identity,
            name: None,
            via: Via::Rtmp,
            ingress: None,
            duplicate: Duplicate::Challenge,
        });
        let seat = seat.await?;
        let packets = self.engine.seat(source).map_err(|error| {
            tracing::error!(source = %source, "no seat: {error}");
            Refusal::Unavailable
        })?;
        Ok(seat.with_patient(packets))
    }
}

impl Admission for Intake {
    fn admit(&self, request: PublishRequest) -> BoxFuture<'_, Result<Seat, Refusal>> {
        Box::pin(async move {
            if request.app != APP {
                return Err(Refusal::UnknownKey);
            }
            if let Some(source) = self.inputs.get(&request.key) {
                return self.input(*source).await;
            }
            todo!()
        })
    }
}
