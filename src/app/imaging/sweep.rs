//! Periodic work: jobs whose workers are gone for good are ended, old pictures are deleted.
//!
//! Refuses to know: when a lease ends (the queue's).

use crate::app::wall_clock::now_ms;
use crate::{
    app::outbox::WebhookDispatcher,
    store::{ImageJobs, Objects, Store, StoreError},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often lost jobs are looked for.
const EVERY: Duration = Duration::from_secs(5);
/// How often old pictures are deleted, in rounds of [`EVERY`].
const TIDY_ROUNDS: u64 = 720;

/// Sweeps. Clones share everything.
#[derive(Clone)]
pub struct Sweeper {
    jobs: ImageJobs,
    objects: Objects,
    dispatcher: WebhookDispatcher,
    keep: Option<Duration>,
}

impl Sweeper {
    /// Deletes pictures after `keep`; never when it is `None`.
    pub fn new(store: &Store, objects: Objects, dispatcher: WebhookDispatcher, keep: Option<Duration>) -> Self {
        Self { jobs: store.image_jobs(), objects, dispatcher, keep }
    }

    /// Sweeps until it is stopped.
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
        self.dispatcher.tidy().await?;
        let Some(keep) = self.keep else { return Ok(()) };
        let before = now_ms() - i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        for path in self.objects.list_older("", before).await?.into_iter().filter(|path| is_ours(path)) {
            if let Err(error) = self.objects.delete(&path).await {
                tracing::warn!(%error, "an old picture cannot be taken away");
            }
        }
        Ok(())
    }
}

/// Whether it is an upload or a result: a bucket may hold files of other programs.
fn is_ours(path: &str) -> bool {
    let Some((top, name)) = path.split_once('/') else { return false };
    let upload = || ["api_", "mask_", "ref_"].iter().any(|start| name.starts_with(start));
    !name.contains('/') && (top == "results" || (Uuid::parse_str(top).is_ok() && upload()))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_uploads_and_results_are_swept() {
        let account = "392869c6-27a0-4760-b19b-6a2bc46f5004";
        assert!(is_ours(&format!("{account}/api_1795389462_510f1a9534fd.jpg")));
        assert!(is_ours("results/d77355e8b42751edc3fba3ac3d05ce63.jpg"));
        for path in ["backup.tar", "results/2026/a.jpg", "backups/api_1.jpg", &format!("{account}/notes.txt")] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
