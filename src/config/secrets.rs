//! Secrets that are not configured: made at the first start and kept in `secrets.toml` of the data folder.
//!
//! Refuses to know: the use of the secrets.

use super::{Config, secret::Secret};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::seq::IndexedRandom;
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const LIVEWING_TOKEN: &str = "livewing_token";
const OPERATOR_PASSWORD: &str = "operator_password";
const LIVEKIT_API_SECRET: &str = "livekit_api_secret";
const JWT_SECRET: &str = "jwt_secret";
/// Characters that are not mistaken for one another when read aloud or off a screen.
const READABLE: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// The secrets in force, from the settings or from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The token for LiveWing's `system.auth`.
    pub livewing_token: Secret,
    /// The password of the operator's page.
    pub operator_password: Secret,
    /// The signing secret of join tokens.
    pub livekit_api_secret: Secret,
    /// The signing secret of logins.
    pub jwt_secret: Secret,
    /// The file they are kept in; it exists only if one of them is not configured.
    pub file: PathBuf,
    /// Keys of the file that were made just now.
    pub created: Vec<&'static str>,
    /// Whether the file was readable by others, which is corrected; its secrets may be known, which deserves a warning.
    pub was_exposed: bool,
}

/// Why there are no secrets. `Display` is one line.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// A folder or file cannot be made, read, written or closed to others.
    #[error("{path}: {action}: {source}")]
    Io {
        /// The folder or file.
        path: String,
        /// The action that failed.
        action: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{path}: is not TOML; mend it, or move it away to get new secrets")]
    Syntax {
        /// The file.
        path: String,
    },
    /// A key of the file is not a non-empty text.
    #[error("{path}: {key}: needs text in quotes")]
    Value {
        /// The file.
        path: String,
        /// The key.
        key: &'static str,
    },
}

impl Secrets {
    /// Takes configured secrets from `config`, reads the others from `<data_dir>/secrets.toml`, and makes those that
    /// are missing. The folder is made with mode 0700 and the file with 0600; a file that others may read is closed to
    /// them. Processes that start at once agree on the same secrets.
    ///
    /// # Errors
    /// One line that names the file.
    pub fn open(config: &Config) -> Result<Self, SecretsError> {
        let streamhub = &config.streamhub;
        let file = config.data_dir.join("secrets.toml");
        if let (Some(token), Some(password), Some(api), Some(jwt)) =
            (&config.livewing.token, &config.operator.password, &streamhub.livekit_api_secret, &streamhub.jwt_secret)
        {
            return Ok(Self {
                livewing_token: token.clone(),
                operator_password: password.clone(),
                livekit_api_secret: api.clone(),
                jwt_secret: jwt.clone(),
                file,
                created: Vec::new(),
                was_exposed: false,
            });
        }
        let _lock = lock(&config.data_dir)?;
        let was_exposed = close_to_others(&file)?;
        let mut kept = read(&file)?;
        let mut created = Vec::new();
        let mut secret = |configured: &Option<Secret>, key: &'static str, make: fn() -> String| {
            if let Some(secret) = configured {
                return Ok(secret.clone());
            }
            if !kept.contains_key(key) {
                kept.insert(key.to_owned(), toml::Value::String(make()));
                created.push(key);
            }
            match kept.get(key).and_then(toml::Value::as_str) {
                Some(text) if !text.is_empty() => Ok(Secret::new(text)),
                _ => Err(SecretsError::Value { path: file.display().to_string(), key }),
            }
        };
        let livewing_token = secret(&config.livewing.token, LIVEWING_TOKEN, token)?;
        let operator_password = secret(&config.operator.password, OPERATOR_PASSWORD, password)?;
        let livekit_api_secret = secret(&streamhub.livekit_api_secret, LIVEKIT_API_SECRET, token)?;
        let jwt_secret = secret(&streamhub.jwt_secret, JWT_SECRET, token)?;
        if !created.is_empty() {
            write(&config.data_dir, &file, &kept)?;
        }
        Ok(Self { livewing_token, operator_password, livekit_api_secret, jwt_secret, file, created, was_exposed })
    }
}

/// 256 random bits, for programs.
fn token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// 20 readable characters in groups of 5, about 99 bits, for people.
fn password() -> String {
    let mut rng = rand::rng();
    let mut group =
        || -> String { (0..5).filter_map(|_| READABLE.choose(&mut rng)).map(|&byte| char::from(byte)).collect() };
    [group(), group(), group(), group()].join("-")
}

/// Makes the folder and holds it until dropped, so that only one process at a time makes secrets.
fn lock(folder: &Path) -> Result<File, SecretsError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(failed(folder, "cannot make the data folder"))?;
    let lock = File::open(folder).map_err(failed(folder, "cannot open the data folder"))?;
    lock.lock().map_err(failed(folder, "cannot lock the data folder"))?;
    Ok(lock)
}

/// Whether others could read the file; if so, its mode is corrected.
fn close_to_others(file: &Path) -> Result<bool, SecretsError> {
    let mode = match file.metadata() {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(file, "cannot be read")(error)),
    };
    if mode & 0o077 == 0 {
        return Ok(false);
    }
    std::fs::set_permissions(file, Permissions::from_mode(0o600))
        .map_err(failed(file, "is open to others and cannot be closed"))?;
    Ok(true)
}

fn read(file: &Path) -> Result<toml::Table, SecretsError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(toml::Table::new()),
        Err(error) => return Err(failed(file, "cannot be read")(error)),
    };
    // The parser's own message could quote a secret.
    toml::from_str(&text).map_err(|_| SecretsError::Syntax { path: file.display().to_string() })
}

/// Writes beside and renames, so that a crash leaves the old file or the new one.
fn write(folder: &Path, file: &Path, table: &toml::Table) -> Result<(), SecretsError> {
    let beside = folder.join("secrets.toml.new");
    let text = format!("# Made by Lumencast. Keep it private; delete a line to get a new secret.\n{table}");
    let written = (|| {
        // A file left by a crash may have another mode.
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        std::fs::rename(&beside, file)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(failed(file, "cannot be written"))
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> SecretsError {
    let path = path.display().to_string();
    move |source| SecretsError::Io { path, action, source }
}

#[cfg(test)]
mod tests;
