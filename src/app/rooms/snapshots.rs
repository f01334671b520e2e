//! Single pictures of streams on request, kept as files that can be fetched by their secret name.
//!
//! ```text
//! plane ── take(room, identity) ──► Snapshots (a picture of the stream, JPEG) ──► <data>/snapshots/<key>.jpg
//! ```
//!
//! Files are deleted after a week. Refuses to know: how a picture is made, and permissions to request one.

use futures::future::BoxFuture;
use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// How long a file is kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often old files are removed from the folder.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// Digits of a key: 128 random bits.
const KEY_LEN: usize = 32;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapFault {
    /// No stream with a picture is live there.
    #[error("nothing to take a picture of")]
    Nothing,
    /// It could not be made in time.
    #[error("{0}")]
    Failed(String),
}

/// Makes pictures of streams.
pub trait Snapshots: Send + Sync + 'static {
    /// A JPEG of what the stream shows now; without an identity, the room's current stream.
    fn take<'a>(
        &'a self,
        app: &'a str,
        room: &'a str,
        identity: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<u8>, SnapFault>>;
}

/// Why no snapshot was taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// There was no picture.
    #[error(transparent)]
    Snap(#[from] SnapFault),
    /// It could not be stored: the server's fault.
    #[error("the picture could not be kept: {0}")]
    Io(#[from] io::Error),
}

/// The folder of pictures; clones share it.
#[derive(Clone)]
pub struct SnapshotCache {
    folder: PathBuf,
    camera: Arc<dyn Snapshots>,
    swept: Arc<Mutex<Option<Instant>>>,
}

impl SnapshotCache {
    /// Pictures in this folder, which is made when it is needed.
    pub fn new(folder: PathBuf, camera: Arc<dyn Snapshots>) -> Self {
        Self { folder, camera, swept: Arc::default() }
    }

    /// Takes a picture and stores it; gives its key, which cannot be guessed.
    ///
    /// # Errors
    /// Either the server's fault, or there is no publisher.
    pub async fn take(&self, app: &str, room: &str, identity: Option<&str>) -> Result<String, TakeError> {
        let jpeg = self.camera.take(app, room, identity).await?;
        let key = format!("{:032x}", rand::random::<u128>());
        tokio::fs::create_dir_all(&self.folder).await?;
        // Renamed only when it is whole: a reader never gets half a picture.
        let (part, whole) = (self.folder.join(format!("{key}.part")), self.path(&key));
        tokio::fs::write(&part, jpeg).await?;
        tokio::fs::rename(&part, &whole).await?;
        self.sweep();
        Ok(key)
    }

    /// The picture of a key; `None` when there is none (any more).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn picture(&self, key: &str) -> Result<Option<Vec<u8>>, io::Error> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if key.len() != KEY_LEN || !key.bytes().all(hexadecimal) {
            return Ok(None);
        }
        match tokio::fs::read(self.path(key)).await {
            Ok(jpeg) => Ok(Some(jpeg)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.jpg"))
    }

    /// Removes old files now and then, beside the request.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.is_some_and(|last| last.elapsed() < SWEEP) {
            return;
        }
        *swept = Some(Instant::now());
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = remove_older(&folder, SystemTime::now() - KEPT) {
                tracing::warn!(%error, "old snapshots were not removed");
            }
        });
    }
}

fn remove_older(folder: &std::path::Path, than: SystemTime) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        if data.is_file() && data.modified()? < than {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};

    #[test]
    fn files_that_are_too_old_go_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, age) in [("old", KEPT + Duration::from_secs(60)), ("new", KEPT - Duration::from_secs(60))] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_times(FileTimes::new().set_modified(now - age)).unwrap();
        }
        remove_older(folder.path(), now - KEPT).unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["new"]);
    }
}
