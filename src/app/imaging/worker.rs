//! Workers: take jobs from the queue, have the pictures made, and hand them over.
//!
//! ```text
//! claim ─► objects ─► admitted (memory) ─► prepare ─► advance ─► engines ─► results ─► complete
//!   └─ beat, all the while: a job that was cancelled or taken over is abandoned at once
//! ```
//!
//! A worker that crashes loses nothing: its lease runs out, and the job is taken again. Refuses to know: how pictures
//! are made, and receivers of notifications.

use super::results::Results;
use crate::app::wall_clock::now_ms;
use crate::{
    domain::imaging::{Location, Options, Request, Resolution, Service},
    imaging::{
        Fault, Stop,
        engine::{self, Engines, Made, Room, Task},
    },
    store::{ImageJobs, JobRow, Objects, Store, StoreError},
    tasks,
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, Semaphore};
use tokio_util::sync::CancellationToken;

/// How long a job belongs to a worker that no longer renews its lease.
const LEASE: Duration = Duration::from_secs(15);
/// How often it renews its lease.
const BEAT: Duration = Duration::from_secs(3);
/// How long cancelled work may take to end.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// How often the queue is polled without a notification: another machine may have taken the order.
const LOOK: Duration = Duration::from_millis(500);
/// Pause after the database failed.
const PAUSE: Duration = Duration::from_secs(2);
/// One permit of memory, in bytes.
const PERMIT: u64 = 1024 * 1024;

/// The worker's limits.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Jobs at once.
    pub jobs: usize,
    /// Bytes that they may use together; one job may always run.
    pub memory: u64,
}

/// See the module's text. Clones share everything.
#[derive(Clone)]
pub struct Worker {
    jobs: ImageJobs,
    objects: Objects,
    results: Results,
    engines: Engines,
    name: Arc<str>,
    slots: usize,
    memory: Arc<Semaphore>,
    permits: u32,
    /// Held from the claim of a job until there is memory for it, so that only jobs that can run are taken.
    admission: Arc<Mutex<()>>,
}

/// The outcome of a job that was worked on.
enum Outcome {
    Made(Made),
    /// Made and handed over, or not.
    Recorded(Result<(), StoreError>),
    /// Cancelled, taken over, or the worker stops.
    Dropped,
    Failed(String),
    /// The database or the objects cannot be reached: the job waits for a worker that can reach them.
    Lost(StoreError),
}

impl Worker {
    /// Works on the jobs of a store. `name` identifies the worker in rows and logs.
    pub fn new(store: &Store, objects: Objects, engines: Engines, name: &str, settings: Settings) -> Self {
        let permits = u32::try_from(settings.memory / PERMIT).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Self {
            jobs: store.image_jobs(),
            results: Results::new(objects.clone()),
            objects,
            engines,
            name: name.into(),
            slots: settings.jobs.max(1),
            memory: Arc::new(Semaphore::new(permits as usize)),
            permits,
            admission: Arc::default(),
        }
    }

    /// Works until `stop`; jobs in progress are then queued again. `waiting` is notified of new jobs.
    pub async fn run(self, waiting: Arc<Notify>, stop: CancellationToken) {
        let hands = (0..self.slots).map(|_| {
            let (worker, waiting, stop) = (self.clone(), waiting.clone(), stop.clone());
            tasks::restarting("image-jobs", move || worker.clone().hand(waiting.clone(), stop.clone()))
        });
        for hand in hands.collect::<Vec<_>>() {
            let _ = hand.await; // it is neither aborted nor does it panic
        }
    }

    async fn hand(self, waiting: Arc<Notify>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let turn = tokio::select! {
                turn = self.admission.clone().lock_owned() => turn,
                () = stop.cancelled() => return,
            };
            let pause = match self.jobs.claim(&self.name, now_ms(), millis(LEASE)).await {
                Ok(Some(row)) => {
                    waiting.notify_one(); // there may be another one for another task
                    self.work(row, turn, &stop).await;
                    continue;
                }
                Ok(None) => LOOK,
                Err(error) => {
                    tracing::warn!(%error, "the queue of image jobs cannot be read");
                    PAUSE
                }
            };
            drop(turn);
            tokio::select! {
                () = waiting.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn work(&self, row: JobRow, turn: OwnedMutexGuard<()>, stop: &CancellationToken) {
        let (id, Some(lease)) = (row.id.clone(), row.lease.clone()) else { return };
        let began = std::time::Instant::now();
        let halt = Stop::default();
        let outcome = {
            let making = async {
                match self.make(&row, &lease, turn, &halt).await {
                    // The lease must last until the result is stored: a bucket may be slow.
                    Outcome::Made(made) => Outcome::Recorded(self.hand_over(&id, &lease, made, began.elapsed()).await),
                    other => other,
                }
            };
            tokio::pin!(making);
            loop {
                let halted = halt.check().is_err();
                tokio::select! {
                    outcome = &mut making => break outcome,
                    () = stop.cancelled(), if !halted => halt.stop(),
                    // Computation stops by itself within moments; a remote service is not waited for.
                    () = tokio::time::sleep(STOP_GRACE), if halted => break Outcome::Dropped,
                    () = tokio::time::sleep(BEAT), if !halted => {
                        match self.jobs.beat(&id, &lease, now_ms(), millis(LEASE)).await {
                            Ok(true) => {}
                            Ok(false) => halt.stop(),
                            Err(error) => tracing::warn!(job = id, %error, "a job's lease cannot be renewed"),
                        }
                    }
                }
            }
        };
        let recorded = match outcome {
            Outcome::Recorded(recorded) => recorded,
            Outcome::Made(_) => Ok(()),
            Outcome::Failed(message) => {
                tracing::info!(job = id, "failed: {message}");
                self.jobs.fail(&id, &lease, &message, now_ms()).await.map(drop)
            }
            Outcome::Dropped => self.jobs.release(&id, &lease, now_ms()).await.map(drop),
            Outcome::Lost(error) => {
                tracing::warn!(job = id, %error, "let go");
                tokio::time::sleep(PAUSE).await;
                self.jobs.postpone(&id, &lease, now_ms()).await.map(drop)
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(job = id, %error, "the end of a job was not noted; it will be made again");
        }
    }

    async fn hand_over(&self, id: &str, lease: &str, made: Made, took: Duration) -> Result<(), StoreError> {
        let (engine, width, height) = (made.engine, made.width, made.height);
        let key = self.results.put(made.jpeg).await?;
        if self.jobs.complete(id, lease, &key, engine, now_ms()).await? {
            tracing::info!(job = id, engine, width, height, ms = took.as_millis() as u64, "made");
        } else {
            self.results.drop(&key).await; // cancelled at the last moment
        }
        Ok(())
    }

    async fn make(&self, row: &JobRow, lease: &str, turn: OwnedMutexGuard<()>, stop: &Stop) -> Outcome {
        let task = match self.task(row).await {
            Ok(task) => task,
            Err(outcome) => return outcome,
        };
        let wanted = u32::try_from(engine::memory(&task) / PERMIT).unwrap_or(u32::MAX).clamp(1, self.permits);
        // A job that crashed its worker runs alone, so that it takes no other job with it again.
        let wanted = if row.attempts > 1 { self.permits } else { wanted };
        let Ok(room) = self.memory.clone().acquire_many_owned(wanted).await else { return Outcome::Dropped };
        drop(turn);
        if stop.check().is_err() {
            return Outcome::Dropped;
        }
        // Work on a thread of its own may outlast its caller; its memory is given back when it ends.
        let room: Room = Arc::new(room);
        let (request, halt, held) = (task.request.clone(), stop.clone(), room.clone());
        let prepared = tokio::task::spawn_blocking(move || {
            let _held = held;
            engine::prepare(&task, &halt)
        });
        let prepared = match prepared.await {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(fault)) => return Outcome::of(fault),
            Err(_) => return Outcome::Failed("The picture could not be read.".to_owned()),
        };
        match self.jobs.advance(&row.id, lease, now_ms()).await {
            Ok(true) => {}
            Ok(false) => return Outcome::Dropped,
            Err(error) => return Outcome::Lost(error),
        }
        match self.engines.make(&request, prepared, room, stop).await {
            Ok(made) => Outcome::Made(made),
            Err(fault) => Outcome::of(fault),
        }
    }

    /// A job's request and files.
    async fn task(&self, row: &JobRow) -> Result<Task, Outcome> {
        let request = request(row).ok_or_else(|| Outcome::Failed("The job is of a newer version.".to_owned()))?;
        Ok(Task {
            request,
            input: self.file(&row.input_path).await?,
            mask: match &row.mask_path {
                Some(path) => Some(self.file(path).await?),
                None => None,
            },
            reference: match &row.reference_path {
                Some(path) => Some(self.file(path).await?),
                None => None,
            },
        })
    }

    async fn file(&self, path: &str) -> Result<Vec<u8>, Outcome> {
        match self.objects.get(path).await {
            Ok(Some(bytes)) => Ok(bytes.into()),
            Ok(None) => Err(Outcome::Failed("An uploaded picture is no longer there; upload it again.".to_owned())),
            Err(error) => Err(Outcome::Lost(error.into())),
        }
    }
}

impl Outcome {
    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Stopped => Self::Dropped,
            // PostgreSQL stores no NUL, and a remote service may return any text.
            fault => Self::Failed(fault.to_string().replace('\0', "")),
        }
    }
}

/// The request of a row; a value that does not fit its field is left out, as the plane has validated it before.
fn request(row: &JobRow) -> Option<Request> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct LocationFields {
        description: Option<String>,
        city: Option<String>,
        region: Option<String>,
        country: Option<String>,
        latitude: Option<f64>,
        longitude: Option<f64>,
    }
    let options: serde_json::Value =
        row.options.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let option = |name: &str| options.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let place = row.location.as_deref().and_then(|text| serde_json::from_str::<LocationFields>(text).ok());
    Some(Request {
        service: Service::from_id(&row.service)?,
        config: row.config.clone(),
        resolution: Resolution::from_id(&row.resolution)?,
        prompt: row.prompt.clone().unwrap_or_default(),
        options: Options {
            lighting: option("lighting"),
            weather: option("weather"),
            season: option("season"),
            crowd: option("crowd"),
            camera: option("camera"),
            style: option("style"),
            flooring: option("flooring"),
            landscaping: option("landscaping"),
        },
        location: place.map(|LocationFields { description, city, region, country, latitude, longitude }| Location {
            description,
            city,
            region,
            country,
            latitude,
            longitude,
        }),
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
