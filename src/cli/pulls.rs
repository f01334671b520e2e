//! Pulls for the ingresses that have a source.

use crate::{
    app::ingress::{PullRequest, PullState, PullTap, Puller},
    media::ingest::pull::{self, PullNews},
    protocol::guard::Guard,
};
use std::{any::Any, sync::Arc};

/// Pulls under a guard of addresses.
pub fn puller(guard: Guard) -> Puller {
    let guard = Arc::new(guard);
    Arc::new(move |PullRequest { ingress, spec }, tap: PullTap| {
        let told = tap.clone();
        let begun = pull::start(
            spec,
            guard.clone(),
            move |packet| tap.take(packet),
            move |news| {
                told.told(match news {
                    PullNews::Buffering => PullState::Connecting,
                    PullNews::Publishing => PullState::Publishing,
                    PullNews::Complete => PullState::Complete,
                    PullNews::Error { text, blame } => {
                        tracing::warn!(ingress, ?blame, "a source cannot be pulled now: {text}");
                        PullState::Failed
                    }
                });
            },
        );
        begun.map(|pull| Box::new(pull) as Box<dyn Any + Send>).map_err(|failure| failure.text)
    })
}
