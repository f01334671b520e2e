//! Objects: pictures by their path, in a folder or in S3. An object is there as a whole or not at all.
//!
//! ```text
//! put ─► folder: new file, synced, renamed (0600 below 0700)
//!     └► S3: one request
//! get, stream, delete, exists, list_older ─► the same for both
//! ```
//!
//! Refuses to know: their content, permissions, and when they are to be deleted.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{self, PathBuf},
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

/// Where files of a folder are written before they get their name; no object's path begins with a dot.
const UNFINISHED: &str = ".new";
/// An unfinished file this old was left by a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);
/// Longest path of an object in bytes: the limit of S3.
const PATH_LENGTH: usize = 1024;
/// Longest part of a path in bytes: the limit of Linux.
const PART_LENGTH: usize = 255;
/// How often and how long a request to S3 is retried.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// An object's content, piece by piece.
pub type ObjectStream = BoxStream<'static, Result<Bytes, ObjectError>>;

/// A service with the S3 API.
#[derive(Clone)]
pub struct S3 {
    /// `https://host`, or `http://host:port` without TLS; none: Amazon's of the region.
    pub endpoint: Option<String>,
    /// Its name; `us-east-1` where the service has none.
    pub region: String,
    /// Its name; the bucket must exist.
    pub bucket: String,
    /// The access key's id.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// The bucket is in the path instead of in the host name.
    pub path_style: bool,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("S3");
        shown.field("endpoint", &self.endpoint).field("region", &self.region).field("bucket", &self.bucket);
        shown.field("path_style", &self.path_style).finish_non_exhaustive()
    }
}

/// Why an object cannot be read or stored.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It is not a valid path: parts of letters, digits, `.`, `_` and `-`, none of which begins with a dot.
    #[error("not a path of an object")]
    Path,
    /// The folder or a file of it cannot be created.
    #[error("{path}: {source}")]
    Io {
        /// The folder or file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// The folder or the service failed.
    #[error("objects: {0}")]
    Store(#[from] object_store::Error),
}

/// Where objects are. Clones share it.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
}

impl Objects {
    /// In a folder, which is made (0700) when it is missing.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn folder(folder: &path::Path) -> Result<Self, ObjectError> {
        let io_error = |source| ObjectError::Io { path: folder.display().to_string(), source };
        private(&folder.join(UNFINISHED)).map_err(io_error)?;
        let folder = folder.canonicalize().map_err(io_error)?;
        clear(&folder.join(UNFINISHED));
        let store = LocalFileSystem::new_with_prefix(&folder)?;
        Ok(Self { store: Arc::new(store), folder: Some(folder) })
    }

    /// In a bucket. No request is sent yet.
    ///
    /// # Errors
    /// When endpoint or bucket are invalid.
    pub fn s3(s3: &S3) -> Result<Self, ObjectError> {
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
        let plain = s3.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let builder = AmazonS3Builder::new().with_region(&s3.region).with_bucket_name(&s3.bucket);
        let builder = builder.with_access_key_id(&s3.access_key).with_secret_access_key(&s3.secret_key);
        let builder = builder.with_virtual_hosted_style_request(!s3.path_style).with_retry(retry);
        let client = ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_allow_http(plain);
        let builder = builder.with_client_options(client);
        let builder = match &s3.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        Ok(Self { store: Arc::new(builder.build()?), folder: None })
    }

    /// Stores an object; one of the same path is replaced.
    pub async fn put(&self, path: &str, content: Bytes) -> Result<(), ObjectError> {
        let place = parse(path)?;
        let Some(folder) = self.folder.clone() else {
            self.store.put(&place, content.into()).await?;
            return Ok(());
        };
        let shown = folder.join(path).display().to_string();
        let written = tokio::task::spawn_blocking(move || write(&folder, place.as_ref(), &content)).await;
        let written = written.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        written.map_err(|source| ObjectError::Io { path: shown, source })
    }

    /// An object's content, if there is one.
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>, ObjectError> {
        match found(self.store.get(&parse(path)?).await)? {
            Some(object) => Ok(found(object.bytes().await)?),
            None => Ok(None),
        }
    }

    /// An object's length in bytes, and its content as it comes.
    pub async fn stream(&self, path: &str) -> Result<Option<(u64, ObjectStream)>, ObjectError> {
        let object = found(self.store.get(&parse(path)?).await)?;
        Ok(object.map(|object| (object.meta.size, object.into_stream().map_err(ObjectError::from).boxed())))
    }

    /// Deletes an object, if there is one.
    pub async fn delete(&self, path: &str) -> Result<(), ObjectError> {
        found(self.store.delete(&parse(path)?).await)?;
        Ok(())
    }

    /// Whether there is one.
    pub async fn exists(&self, path: &str) -> Result<bool, ObjectError> {
        Ok(found(self.store.head(&parse(path)?).await)?.is_some())
    }

    /// The paths of objects below `prefix` (whole parts; empty: all) last written before a time, in milliseconds since
    /// 1970 UTC by the clock of the folder or service.
    pub async fn list_older(&self, prefix: &str, before: i64) -> Result<Vec<String>, ObjectError> {
        let prefix = if prefix.is_empty() { Path::ROOT } else { parse(prefix)? };
        let old = self.store.list(Some(&prefix)).try_filter_map(|object| async move {
            let old = object.last_modified.timestamp_millis() < before;
            let path = object.location.as_ref();
            Ok((old && parse(path).is_ok()).then(|| path.to_owned()))
        });
        Ok(old.try_collect().await?)
    }
}

/// Parses the path of an object.
fn parse(path: &str) -> Result<Path, ObjectError> {
    let part = |part: &str| {
        (1..=PART_LENGTH).contains(&part.len())
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if path.len() > PATH_LENGTH || !path.split('/').all(part) {
        return Err(ObjectError::Path);
    }
    Path::parse(path).map_err(|_| ObjectError::Path)
}

/// Separates a missing object from a failure.
fn found<T>(answer: Result<T, object_store::Error>) -> Result<Option<T>, object_store::Error> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a folder that only this user may enter.
fn private(folder: &path::Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file of a folder. A concurrent reader gets the old content; a loss of power leaves one of both.
fn write(folder: &path::Path, path: &str, content: &[u8]) -> io::Result<()> {
    let (new, finished) = (folder.join(UNFINISHED).join(Uuid::new_v4().to_string()), folder.join(path));
    let parent = finished.parent().unwrap_or(folder);
    let done = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        private(parent)?;
        fs::rename(&new, &finished)?;
        File::open(parent)?.sync_all()
    })();
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}

/// Deletes unfinished files of killed processes. Those that cannot be deleted do no harm.
fn clear(folder: &path::Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = file.metadata().and_then(|data| data.modified()).ok().and_then(|written| written.elapsed().ok());
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            let _ = fs::remove_file(file.path());
        }
    }
}
