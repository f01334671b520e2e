//! What is done from time to time: jobs whose workers are gone for good are ended, old pictures go.
//!
//! Refuses to know: when a lease ends (the queue's).

use super::now_ms;
use crate::{
    app::outbox::Postman,
    store::{ImageJobs, Objects, Store, StoreError},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often lost jobs are looked for.
const EVERY: Duration = Duration::from_secs(5);
/// How often old pictures are: each so many rounds.
const TIDY_ROUNDS: u64 = 720;

/// Sweeps. Clones share everything.
#[derive(Clone)]
pub struct Sweeper {
    jobs: ImageJobs,
    objects: Objects,
    postman: Postman,
    keep: Option<Duration>,
}

impl Sweeper {
    /// Pictures go after `keep`; never when it is `None`.
    pub fn new(store: &Store, objects: Objects, postman: Postman, keep: Option<Duration>) -> Self {
        Self { jobs: store.image_jobs(), objects, postman, keep }
    }

    /// Sweeps until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        for round in 0_u64.. {
            let lost = self.jobs.sweep(now_ms()).await;
            match &lost {
                Ok(jobs) => jobs.iter().for_each(|job| tracing::warn!(job = job.id, "given up: its workers died")),
                Err(error) => tracing::warn!(%error, "lost image jobs cannot be looked for"),
            }
            if round % TIDY_ROUNDS == 0
                && let Err(error) = self.tidy().await
            {
                tracing::warn!(%error, "old pictures cannot be taken away");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.postman.tidy().await?;
        let Some(keep) = self.keep else { return Ok(()) };
        let before = now_ms() - i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        for path in self.objects.list_older("", before).await? {
            self.objects.delete(&path).await?;
        }
        Ok(())
    }
}
