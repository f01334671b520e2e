//! The tables of the settings file for rows, objects and image jobs, with their defaults.
//!
//! Refuses to know: files, the environment, and whether values fit together (`check`).

use super::secret::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[database]`: where all rows are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host/name`; the SQLite file in the data folder when not set.
    pub url: Option<Secret>,
}

/// `[objects]`: where pictures are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objects {
    /// `[objects.s3]`; the folder `objects` in the data folder when not set.
    pub s3: Option<S3>,
}

/// `[objects.s3]`: a bucket of Amazon S3, or of a store that speaks its protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Address of the store; Amazon's own of the region when not set.
    pub endpoint: Option<String>,
    /// Region.
    #[serde(default = "region")]
    pub region: String,
    /// Bucket, which exists.
    pub bucket: String,
    /// Id of the access key.
    pub access_key: Secret,
    /// The access key.
    pub secret_key: Secret,
}

fn region() -> String {
    "us-east-1".to_owned()
}

/// The engine that makes the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// This machine.
    #[default]
    Local,
    /// The service of `[lumely.http]`.
    Http,
}

/// `[lumely]`: image jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lumely {
    /// Jobs at once on this machine, 0 to 64; 0: as many as there are cores. The server works on none with
    /// `in_server = false`.
    pub workers: u32,
    /// Whether the server itself works on jobs, in a process beside it.
    pub in_server: bool,
    /// The most memory that the workers of this machine may take together, in MB, 512 to 1048576.
    pub memory_mb: u32,
    /// Days that pictures are kept, 0 to 3650; 0: for ever.
    pub keep_days: u32,
    /// The folder of the upscaling network's weights, as `scripts/weights.sh` makes it.
    pub weights: PathBuf,
    /// The secret of JWTs of browser sessions (HS256), at least 32 characters.
    pub jwt_secret: Option<Secret>,
    /// The URL of the public keys of JWTs of browser sessions (RFC 7517).
    pub jwks_url: Option<String>,
    /// The required `aud` of these JWTs; any when not set.
    pub jwt_audience: Option<String>,
    /// The engine that makes the pictures, unless a route names another.
    pub engine: Engine,
    /// `[lumely.http]`: a service with the OpenAI images-edit API.
    pub http: Option<ImagesEdit>,
    /// `[[lumely.route]]`: engines for some services and presets.
    pub route: Vec<Route>,
}

impl Default for Lumely {
    fn default() -> Self {
        Self {
            workers: 0,
            in_server: true,
            memory_mb: 4096,
            keep_days: 30,
            weights: PathBuf::from("./target/weights/esrgan-slim"),
            jwt_secret: None,
            jwks_url: None,
            jwt_audience: None,
            engine: Engine::Local,
            http: None,
            route: Vec::new(),
        }
    }
}

/// `[lumely.http]`: see [`Lumely::http`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesEdit {
    /// Up to and without `/images/edits`.
    pub url: String,
    /// Bearer credential, if the service requires one.
    pub api_key: Option<Secret>,
    /// The model to use.
    pub model: String,
    /// Seconds that one answer may take, 5 to 3600.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u32,
}

fn default_timeout_s() -> u32 {
    180
}

/// `[[lumely.route]]`: the first entry that fits a job decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// A service's id.
    pub service: String,
    /// One of its presets; all when not set.
    pub config: Option<String>,
    /// The engine that makes the pictures.
    pub engine: Engine,
}
