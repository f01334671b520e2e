//! The locks on a data folder, held for the life of a process.
//!
//! ```text
//! serve ────────── exclusive ─► server.lock    one server at a time
//! serve, worker, ─ shared ────► version.lock   all processes on the folder are of one version
//! key, account
//! ```
//!
//! Both are `flock(2)` locks: the system releases them when the process ends, however it ends. The content of the files
//! (process and version) is for people and for the comparison; without its lock it means nothing. Refuses to know: the
//! content of the folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long to wait for processes of another version that are about to end, such as the worker of a killed server.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(20);

/// Dropping it releases the folder.
#[derive(Debug)]
pub struct FolderLock {
    _version: File,
    _server: Option<File>,
}

/// Why the folder cannot be locked. The fault of the operator that started the second process.
#[derive(Debug, thiserror::Error)]
pub enum FolderLockError {
    /// The folder or a lock file cannot be made, opened or locked.
    #[error("{path}: {source}")]
    Io {
        /// The folder or file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// There is a server on it.
    #[error("{folder}: another server works on this data folder{}", .holder.as_ref().map_or(String::new(), |h| format!(" ({h})")))]
    Server {
        /// The data folder.
        folder: String,
        /// Its process and version, as far as it has written them.
        holder: Option<String>,
    },
    /// Processes of another version work on it.
    #[error("{folder}: Lumencast {theirs} works on this data folder, and this is {ours}")]
    Version {
        /// The data folder.
        folder: String,
        /// The version of the processes that were first.
        theirs: String,
        /// The version that is refused.
        ours: String,
    },
}

impl FolderLock {
    /// The folder for the one server, with workers of the same version beside it. Makes the folder (0700) when it is
    /// missing, and touches nothing else in it.
    ///
    /// # Errors
    /// See [`FolderLockError`].
    pub fn server(folder: &Path, version: &str) -> Result<Self, FolderLockError> {
        let (mut file, path) = open(folder, "server.lock")?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = content(&mut file).unwrap_or_default();
                let holder = (!text.is_empty()).then_some(text);
                return Err(FolderLockError::Server { folder: folder.display().to_string(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(of(&path, source)),
        }
        let holder = format!("process {}, version {version}", std::process::id());
        write(&mut file, &holder).map_err(|source| of(&path, source))?;
        Ok(Self { _version: of_version(folder, version)?, _server: Some(file) })
    }

    /// The folder together with others of the same version, server or not. Makes it (0700) when it is missing.
    ///
    /// # Errors
    /// See [`FolderLockError`]; never that there is a server.
    pub fn beside(folder: &Path, version: &str) -> Result<Self, FolderLockError> {
        Ok(Self { _version: of_version(folder, version)?, _server: None })
    }
}

/// A shared lock on the file that contains our version. Its content changes only under the exclusive lock, which is
/// available only while no other process works on the folder.
fn of_version(folder: &Path, version: &str) -> Result<File, FolderLockError> {
    let (mut file, path) = open(folder, "version.lock")?;
    let until = Instant::now() + LOCK_TIMEOUT;
    let mut theirs = String::new();
    loop {
        match file.try_lock() {
            Ok(()) => {
                write(&mut file, version).map_err(|source| of(&path, source))?;
                // From exclusive to shared is not one step (flock(2)), so its content is read again below.
                file.unlock().map_err(|source| of(&path, source))?;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(of(&path, source)),
        }
        match file.try_lock_shared() {
            Ok(()) => {
                theirs = content(&mut file).map_err(|source| of(&path, source))?;
                if theirs == version {
                    return Ok(file);
                }
                file.unlock().map_err(|source| of(&path, source))?;
            }
            Err(TryLockError::WouldBlock) => {} // another process writes its version this very moment
            Err(TryLockError::Error(source)) => return Err(of(&path, source)),
        }
        if Instant::now() >= until {
            let folder = folder.display().to_string();
            return Err(FolderLockError::Version { folder, theirs, ours: version.to_owned() });
        }
        sleep(POLL);
    }
}

fn open(folder: &Path, name: &str) -> Result<(File, PathBuf), FolderLockError> {
    let path = folder.join(name);
    super::make_folder(folder).map_err(|source| of(folder, source))?;
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    Ok((file.map_err(|source| of(&path, source))?, path))
}

fn write(file: &mut File, text: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{text}")
}

fn content(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.take(200).read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

fn of(path: &Path, source: io::Error) -> FolderLockError {
    FolderLockError::Io { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_and_others_of_its_version_work_on_a_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("data");
        let server = FolderLock::server(&folder, "1.0.0").unwrap();
        let worker = FolderLock::beside(&folder, "1.0.0").unwrap();
        let refused = FolderLock::server(&folder, "1.0.0").unwrap_err().to_string();
        let holder =
            format!("another server works on this data folder (process {}, version 1.0.0)", std::process::id());
        assert_eq!(refused, format!("{}: {holder}", folder.display()));
        drop(server);
        let next = FolderLock::server(&folder, "1.0.0").unwrap();
        drop((next, worker));
    }

    #[test]
    fn another_version_waits_until_all_of_the_first_are_gone() {
        let home = tempfile::tempdir().unwrap();
        let worker = FolderLock::beside(home.path(), "1.0.0").unwrap();
        let refused = FolderLock::server(home.path(), "1.1.0").unwrap_err().to_string();
        let text = "Lumencast 1.0.0 works on this data folder, and this is 1.1.0";
        assert_eq!(refused, format!("{}: {text}", home.path().display()));
        // The refused one released all its locks.
        let server = FolderLock::server(home.path(), "1.0.0").unwrap();
        drop((server, worker));
        let newer = FolderLock::server(home.path(), "1.1.0").unwrap();
        assert!(FolderLock::beside(home.path(), "1.0.0").is_err());
        drop(newer);
    }

    #[test]
    fn many_that_come_at_once_agree_on_one_version() {
        let home = tempfile::tempdir().unwrap();
        let versions = ["1.0.0", "1.1.0", "1.0.0", "1.1.0", "1.0.0", "1.1.0"];
        let folder = home.path();
        let came = std::thread::scope(|scope| {
            let threads = versions.map(|v| scope.spawn(move || FolderLock::beside(folder, v).map(|lock| (v, lock))));
            threads.map(|thread| thread.join().unwrap())
        });
        let inside: Vec<_> = came.iter().flatten().map(|(version, _)| *version).collect();
        assert!(!inside.is_empty() && inside.iter().all(|version| version == &inside[0]), "{came:?}");
    }
}
