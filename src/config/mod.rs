//! Typed settings: a TOML file, `LUMENCAST_…` variables over it, a default for every key, errors that name file and key.
//!
//! Refuses to know: what is done with them.

mod check;
mod error;
mod imaging;
mod layers;
mod lighting;
mod lists;
mod rate;
mod secret;
mod secrets;
mod sections;
mod streaming;
mod written;

pub use error::ConfigError;
pub use imaging::{Database, Engine, ImagesEdit, Lumely, Objects, Route, S3};
pub use lighting::{LightOrder, LightOutput, LightProtocol, Lighting, SacnMerge};
pub use lists::{CaptureFormat, Channel, Graphic, Input, Output, OutputSource, Pattern, Source};
pub use rate::{NotARate, Rate};
pub use secret::Secret;
pub use secrets::{Secrets, SecretsError};
pub use sections::{
    Encode, Hls, Http, Livewing, Log, LogFormat, LogLevel, Lumora, Metrics, Mixer, Operator, Plan, Preset, Project,
    Record, Rtmp, VideoCodec,
};
pub use streaming::{Ingest, Srt, Streamhub, Webrtc};

use error::{ENVIRONMENT, Fault};
use figment::{Figment, value::Value};
use layers::Layer;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};
use written::Written;

/// All settings, checked: a value from [`Config::load`] need not be checked again.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where rows, secrets and recordings live; made when missing. Relative to the working directory.
    pub data_dir: PathBuf,
    /// The address clients reach HTTP by, as written; see [`Config::public_url`].
    pub public_url: Option<String>,
    /// `[log]`.
    pub log: Log,
    /// `[http]`.
    pub http: Http,
    /// `[metrics]`.
    pub metrics: Metrics,
    /// `[rtmp]`.
    pub rtmp: Rtmp,
    /// `[livewing]`.
    pub livewing: Livewing,
    /// `[webrtc]`.
    pub webrtc: Webrtc,
    /// `[srt]`.
    pub srt: Srt,
    /// `[ingest]`.
    pub ingest: Ingest,
    /// `[streamhub]`.
    pub streamhub: Streamhub,
    /// `[project]`.
    pub project: Project,
    /// `[operator]`.
    pub operator: Operator,
    /// `[mixer]`.
    pub mixer: Mixer,
    /// `[hls]`.
    pub hls: Hls,
    /// `[record]`.
    pub record: Record,
    /// `[encode]`.
    pub encode: Encode,
    /// `[lumora]`.
    pub lumora: Lumora,
    /// `[database]`.
    pub database: Database,
    /// `[objects]`.
    pub objects: Objects,
    /// `[lumely]`.
    pub lumely: Lumely,
    /// `[lighting]`.
    pub lighting: Lighting,
    /// `[[input]]`, in the order of the switcher; none by default.
    pub inputs: Vec<Input>,
    /// `[[channel]]`; by default one `cg1` in program's format, keyed over program.
    pub channels: Vec<Channel>,
    /// `[[graphic]]`; none by default.
    pub graphics: Vec<Graphic>,
    /// `[[output]]`; none by default.
    pub outputs: Vec<Output>,
}

impl Config {
    /// Reads the file, if one is given, and `variables` over it. Of those only names that begin with `LUMENCAST_` count;
    /// `__` goes down a level: `LUMENCAST_HTTP__LISTEN` is `http.listen`. A list is one variable with a TOML array.
    ///
    /// # Errors
    /// One line that names file, or variable, and key.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let file = file.map(Layer::file).transpose()?;
        let origin = file.as_ref().map_or(ENVIRONMENT, |layer| &layer.name);
        let types =
            Value::serialize(Written::default()).map_err(|error| ConfigError::from_figment(&error, "defaults"))?;
        let environment = Layer::environment(variables, &types);

        let mut figment = Figment::new();
        if let Some(layer) = &file {
            figment = figment.merge(layer.clone());
        }
        let written: Written =
            figment.merge(environment.clone()).extract().map_err(|error| ConfigError::from_figment(&error, origin))?;

        let judged = written.resolve().and_then(|config| {
            check::check(&config)?;
            Ok(config)
        });
        judged.map_err(|fault| blame(fault, &environment, file.as_ref()))
    }

    /// The TCP addresses that the server listens at, with their keys.
    pub fn tcp_listeners(&self) -> Vec<(&'static str, std::net::SocketAddr)> {
        let all = [
            ("http.listen", Some(self.http.listen)),
            ("metrics.listen", self.metrics.listen),
            ("rtmp.listen", Some(self.rtmp.listen)),
            ("livewing.listen", Some(self.livewing.listen)),
            ("webrtc.tcp", Some(self.webrtc.tcp)),
        ];
        all.into_iter().filter_map(|(key, address)| Some((key, address?))).collect()
    }

    /// The UDP addresses that the server listens at, with their keys.
    pub fn udp_listeners(&self) -> [(&'static str, std::net::SocketAddr); 2] {
        [("srt.listen", self.srt.listen), ("webrtc.udp", self.webrtc.udp)]
    }

    /// The address clients reach HTTP by, without a slash at the end: as configured, else `http://localhost:PORT`.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://localhost:{}", self.http.listen.port()),
        }
    }
}

/// The variables of this process, for [`Config::load`]. Bytes that are not UTF-8 are replaced, and so refused there.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |bytes: OsString| bytes.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

impl Default for Config {
    fn default() -> Self {
        match Written::default().resolve() {
            Ok(config) => config,
            Err(fault) => unreachable!("the defaults have no list entry to refuse: {fault:?}"),
        }
    }
}

/// Names the key that was set, and where: the environment lies over the file, and a default cannot be wrong.
/// A key that is missing in an entry belongs to the layer that has the entry.
fn blame(fault: Fault, environment: &Layer, file: Option<&Layer>) -> ConfigError {
    let layer_with = |key: &str| [Some(environment), file].into_iter().flatten().find(|layer| layer.sets(key));
    let entry = |key: &str| key.rsplit_once('.').map_or(String::new(), |(entry, _)| entry.to_owned());
    let set = fault.blamed.iter().find_map(|(key, problem)| Some((layer_with(key)?, key, problem)));
    let missing = || fault.blamed.iter().find_map(|(key, problem)| Some((layer_with(&entry(key))?, key, problem)));
    match set.or_else(missing) {
        Some((layer, key, problem)) => ConfigError::at(&layer.name, key, problem.clone()),
        None => {
            let (key, problem) = fault.blamed.into_iter().next().unwrap_or_default();
            ConfigError::at("defaults", &key, problem)
        }
    }
}
