//! The intake: which stream key belongs to which source, and who is seated there.

use super::{
    admission::{Admission, BoxFuture, PublishRequest, Refusal, Seat},
    seats::Seats,
};
use crate::{domain::source::SourceId, media::engine::Engine};
use std::{collections::HashMap, sync::Arc};

/// The application that encoders name before the key: `rtmp://host/live/KEY`.
pub const APP: &str = "live";

/// See the module's text.
pub struct Intake {
    keys: HashMap<String, SourceId>,
    seats: Seats,
    engine: Arc<Engine>,
}

impl Intake {
    /// An intake for these stream keys.
    pub fn new(keys: impl IntoIterator<Item = (String, SourceId)>, engine: Arc<Engine>) -> Self {
        Self { keys: keys.into_iter().collect(), seats: Seats::new(), engine }
    }
}

impl Admission for Intake {
    fn admit(&self, request: PublishRequest) -> BoxFuture<'_, Result<Seat, Refusal>> {
        Box::pin(async move {
            let source = self.keys.get(&request.key).filter(|_| request.app == APP).ok_or(Refusal::UnknownKey)?;
            let hold = self.seats.take(&request.key).await?;
            let packets = self.engine.seat(*source).map_err(|error| {
                tracing::error!(source = %source, "no seat: {error}");
                Refusal::Unavailable
            })?;
            Ok(Seat::held_queue(packets, hold))
        })
    }
}
