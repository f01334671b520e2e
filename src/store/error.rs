//! Why rows cannot be read or written, and whether another try can help.
//!
//! Refuses to know: the query.

use super::ObjectError;
use sqlx::error::ErrorKind;
use std::io;

/// Why rows cannot be read or written. The fault of the server or the machine, unless its kind is
/// [`StoreErrorKind::Refused`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the file cannot be made or opened.
    #[error("{path}: {source}")]
    Io {
        /// The folder or file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// The database's address is not a PostgreSQL address. It is not shown: there may be a password in it.
    #[error("the database's address is not of the form postgres://user:password@host:port/database")]
    Url,
    /// The file is no database, or the database cannot be reached.
    #[error("{path}: {source}")]
    Open {
        /// The database; no password.
        path: String,
        /// The error of the database or its driver.
        source: sqlx::Error,
    },
    /// The tables are not ours, or of a newer version.
    #[error("{path}: {source}")]
    Migrate {
        /// The database; no password.
        path: String,
        /// Which step failed.
        source: sqlx::migrate::MigrateError,
    },
    /// The SQLite file of the data folder has rows, and so has the database that they should be carried over to.
    #[error(
        "{path}: its rows cannot be carried over to the database of the settings, which has rows of another server; \
         move the file away to start without them"
    )]
    CarryOver {
        /// The SQLite file.
        path: String,
    },
    /// Another server works on the database: it would treat this one's streams as those of an earlier run.
    #[error("another server works on the database of the settings; workers may be many, servers need a database each")]
    OtherServer,
    /// A row was written by a newer version of this server.
    #[error("a row is of a newer version")]
    Newer,
    /// Objects failed.
    #[error("objects: {0}")]
    Object(#[from] ObjectError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

/// What can be done about a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// The database cannot be reached, is busy or is full: the same call may succeed later.
    Unavailable,
    /// The row breaks a rule of the tables: the same call never succeeds while the other rows stay as they are.
    Refused,
    /// The settings, the file or the tables are not what this version works on.
    Incompatible,
    /// Anything else: a statement or a row that should not be.
    Broken,
}

impl StoreError {
    /// The kind of the error.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Io { .. } | Self::Object(_) => StoreErrorKind::Unavailable,
            Self::Url | Self::Migrate { .. } | Self::CarryOver { .. } | Self::OtherServer | Self::Newer => {
                StoreErrorKind::Incompatible
            }
            Self::Open { source, .. } | Self::Database(source) => kind(source),
        }
    }
}

fn kind(error: &sqlx::Error) -> StoreErrorKind {
    use sqlx::Error as E;
    match error {
        E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => StoreErrorKind::Unavailable,
        E::Configuration(_) => StoreErrorKind::Incompatible,
        E::RowNotFound => StoreErrorKind::Refused,
        E::Database(error) if error.kind() != ErrorKind::Other => StoreErrorKind::Refused,
        E::Database(error) => error.code().map_or(StoreErrorKind::Broken, |code| of_code(&code)),
        _ => StoreErrorKind::Broken,
    }
}

/// Codes are five characters with PostgreSQL (manual, appendix A) and integers with SQLite (sqlite.org/rescode.html),
/// whose lowest eight bits are the primary code; the other bits only refine it.
fn of_code(code: &str) -> StoreErrorKind {
    const SQLITE_UNAVAILABLE: [u32; 7] = [5, 6, 7, 8, 10, 13, 14]; // busy, locked, no memory, read-only, I/O, full, open
    if code.len() != 5 {
        let code = code.parse::<u32>().unwrap_or(0) & 0xff;
        return if SQLITE_UNAVAILABLE.contains(&code) { StoreErrorKind::Unavailable } else { StoreErrorKind::Broken };
    }
    match &code[..2] {
        "08" | "25" | "40" | "53" | "55" | "57" | "58" => StoreErrorKind::Unavailable,
        "22" | "23" => StoreErrorKind::Refused,
        "28" | "3D" => StoreErrorKind::Incompatible,
        _ => StoreErrorKind::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for passes in ["5", "517", "13", "3338", "57P01", "40P01", "55P03", "53300", "08006"] {
            assert_eq!(of_code(passes), StoreErrorKind::Unavailable, "{passes}");
        }
        for stays in ["1", "11", "26", "42P01", "XX000"] {
            assert_eq!(of_code(stays), StoreErrorKind::Broken, "{stays}");
        }
        assert_eq!(of_code("22021"), StoreErrorKind::Refused);
        assert_eq!(of_code("28P01"), StoreErrorKind::Incompatible);
        assert_eq!(StoreError::from(sqlx::Error::PoolTimedOut).kind(), StoreErrorKind::Unavailable);
    }
}
