//! Uploads: pictures that jobs start from. Only whole pictures of the four formats are kept, without metadata about
//! place and person.
//!
//! Refuses to know: base64 and JSON, how pictures are read (`imaging::codec`).

use super::{accounts::Account, random_hex};
use crate::app::wall_clock::now_ms;
use crate::{
    imaging::{
        Fault,
        codec::{self, Cleaned, Format},
    },
    store::{Objects, StoreError},
};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

/// Pictures that are checked at the same time.
const THREADS: usize = 2;
/// Their threads' niceness, the ordinary one: below the server's media where that was raised, far above image jobs, which
/// may keep all cores busy for minutes while a client waits for its answer.
const NICENESS: i32 = 0;
/// Pictures that may wait to be checked; each is at most as large as a request.
const WAITING: usize = 32;

/// A stored picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where it lies, below its account's id.
    pub path: String,
    /// Size of the stored file.
    pub size_bytes: u64,
    /// Its media type.
    pub content_type: &'static str,
}

/// Why a picture was refused.
#[derive(Debug, thiserror::Error)]
pub enum UploadFault {
    /// Not a whole picture of an accepted format.
    #[error("{0}")]
    Unreadable(String),
    /// More pixels than are accepted.
    #[error("{0}")]
    TooLarge(String),
    /// Too many come at once.
    #[error("too many pictures come at once")]
    Busy,
    /// The server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Fault> for UploadFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLarge(text) => Self::TooLarge(text),
            Fault::Unreadable(text) | Fault::Unsuitable(text) | Fault::Engine(text) => Self::Unreadable(text),
            Fault::Stopped => Self::Busy,
        }
    }
}

/// Whether a path may be used by an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is the account's own and exists.
    Own,
    /// It is another account's, or unknown.
    Foreign,
    /// It would be the account's own, but does not exist.
    Missing,
}

/// Stores pictures. Clones share threads and objects.
#[derive(Clone)]
pub struct Uploads {
    objects: Objects,
    threads: Arc<rayon::ThreadPool>,
    room: Arc<Semaphore>,
}

impl Uploads {
    /// Its threads are few and run at ordinary priority.
    ///
    /// # Errors
    /// When no thread can be made.
    pub fn new(objects: Objects) -> Result<Self, rayon::ThreadPoolBuildError> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(THREADS)
            .thread_name(|number| format!("upload-{number}"))
            .start_handler(|_| {
                // Of this thread alone, as Linux has it. Refused where the server was started below it; it stays there.
                let _ = rustix::process::setpriority_process(None, NICENESS);
            })
            .build()?;
        Ok(Self { objects, threads: Arc::new(threads), room: Arc::new(Semaphore::new(WAITING)) })
    }

    /// Keeps a picture of an account for jobs to start from.
    ///
    /// # Errors
    /// [`UploadFault::Store`] and [`UploadFault::Busy`] alone are the server's fault.
    pub async fn put(&self, account: &Account, bytes: Vec<u8>) -> Result<Upload, UploadFault> {
        self.keep_checked(account, "api", bytes, for_jobs).await
    }

    /// Keeps a picture of any size under a name with its purpose: `mask` or `ref`.
    pub(super) async fn keep(
        &self,
        account: &Account,
        what: &'static str,
        bytes: Vec<u8>,
    ) -> Result<Upload, UploadFault> {
        self.keep_checked(account, what, bytes, codec::clean).await
    }

    async fn keep_checked(
        &self,
        account: &Account,
        what: &'static str,
        bytes: Vec<u8>,
        check: fn(&[u8]) -> Result<Cleaned, Fault>,
    ) -> Result<Upload, UploadFault> {
        let room = self.room.clone().try_acquire_owned().map_err(|_| UploadFault::Busy)?;
        let (done, cleaned) = oneshot::channel();
        self.threads.spawn(move || {
            let _room = room; // the sender may be gone by now; the picture is in memory all the same
            let _ = done.send(check(&bytes));
        });
        // A panic while a picture is checked drops the sender.
        let broken = || UploadFault::Unreadable("The picture could not be read.".to_owned());
        let Cleaned { bytes, format, .. } = cleaned.await.map_err(|_| broken())??;
        let (content_type, ending) = kind(format);
        let path = format!("{}/{what}_{}_{}.{ending}", account.id, now_ms() / 1000, random_hex::<6>());
        let size_bytes = bytes.len() as u64;
        self.objects.put(&path, bytes.into()).await.map_err(StoreError::from)?;
        Ok(Upload { path, size_bytes, content_type })
    }

    /// Whether an account may start a job from the file at a path. A malformed path belongs to no account.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn claim(&self, account: &Account, path: &str) -> Result<Claim, StoreError> {
        let name = path.strip_prefix(account.id.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let plain = |name: &&str| {
            name.len() <= 100
                && !name.starts_with('.')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        };
        if name.filter(plain).is_none() {
            return Ok(Claim::Foreign);
        }
        Ok(if self.objects.exists(path).await? { Claim::Own } else { Claim::Missing })
    }

    /// Deletes a file that was stored for a job that did not come about.
    pub(super) async fn drop(&self, path: &str) {
        if let Err(error) = self.objects.delete(path).await {
            tracing::warn!(%error, "an unneeded picture could not be deleted");
        }
    }
}

/// The check of a picture that jobs start from: its size too, so that no job is charged that could only fail.
fn for_jobs(bytes: &[u8]) -> Result<Cleaned, Fault> {
    let head = codec::probe(bytes)?;
    codec::admit_size(head.width, head.height)?;
    codec::clean(bytes)
}

fn kind(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Jpeg => ("image/jpeg", "jpg"),
        Format::Png => ("image/png", "png"),
        Format::WebP => ("image/webp", "webp"),
        Format::Gif => ("image/gif", "gif"),
    }
}
