//! The settings as they stand in a file, and their way into [`Config`]: entries of lists get their defaults here.
//!
//! Refuses to know: files and the environment.

use super::{
    Config,
    error::Fault,
    imaging::{Database, Lumely, Objects},
    lighting::Lighting,
    lists::{CaptureFormat, Channel, Graphic, Input, Output, Pattern, Source},
    rate::Rate,
    sections::{Encode, Hls, Http, Livewing, Log, Lumora, Metrics, Mixer, Operator, Project, Record, Rtmp},
    streaming::{Ingest, Srt, Streamhub, Webrtc},
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Every key. Lists hold entries as written; [`Written::resolve`] fills and judges them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    pub data_dir: PathBuf,
    pub public_url: Option<String>,
    pub log: Log,
    pub http: Http,
    pub metrics: Metrics,
    pub rtmp: Rtmp,
    pub livewing: Livewing,
    pub webrtc: Webrtc,
    pub srt: Srt,
    pub ingest: Ingest,
    pub streamhub: Streamhub,
    pub project: Project,
    pub operator: Operator,
    pub mixer: Mixer,
    pub hls: Hls,
    pub record: Record,
    pub encode: Encode,
    pub lumora: Lumora,
    pub database: Database,
    pub objects: Objects,
    pub lumely: Lumely,
    pub lighting: Lighting,
    pub input: Vec<InputEntry>,
    pub channel: Vec<ChannelEntry>,
    pub graphic: Vec<Graphic>,
    pub output: Vec<Output>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            public_url: None,
            log: Log::default(),
            http: Http::default(),
            metrics: Metrics::default(),
            rtmp: Rtmp::default(),
            livewing: Livewing::default(),
            webrtc: Webrtc::default(),
            srt: Srt::default(),
            ingest: Ingest::default(),
            streamhub: Streamhub::default(),
            project: Project::default(),
            operator: Operator::default(),
            mixer: Mixer::default(),
            hls: Hls::default(),
            record: Record::default(),
            encode: Encode::default(),
            lumora: Lumora::default(),
            database: Database::default(),
            objects: Objects::default(),
            lumely: Lumely::default(),
            lighting: Lighting::default(),
            input: Vec::new(),
            channel: Vec::new(),
            graphic: Vec::new(),
            output: Vec::new(),
        }
    }
}

/// `[[input]]`. One flat table for all kinds, so that an error can name its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputEntry {
    pub kind: InputKind,
    pub key: Option<String>,
    pub label: Option<String>,
    pub latency_ms: Option<u32>,
    pub pattern: Option<Pattern>,
    pub tone_hz: Option<u32>,
    pub stream: Option<String>,
    pub device: Option<String>,
    pub sound: Option<String>,
    pub format: Option<CaptureFormat>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub rate: Option<u32>,
    pub card: Option<u32>,
    pub connection: Option<String>,
    pub mode: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum InputKind {
    Rtmp,
    Pattern,
    Stream,
    V4l2,
    Decklink,
    Alsa,
    Lights,
}

/// `[[channel]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelEntry {
    pub id: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub fps: Option<Rate>,
    pub dsk: Option<bool>,
}

impl Written {
    /// Fills the lists' defaults. Whether values fit together is judged by `check` afterwards.
    pub fn resolve(self) -> Result<Config, Fault> {
        let Self {
            data_dir,
            public_url,
            log,
            http,
            metrics,
            rtmp,
            livewing,
            webrtc,
            srt,
            ingest,
            streamhub,
            project,
            operator,
            mixer,
            hls,
            record,
            encode,
            lumora,
            database,
            objects,
            lumely,
            lighting,
            input,
            channel,
            graphic,
            output,
        } = self;
        let inputs = input
            .into_iter()
            .enumerate()
            .map(|(index, entry)| entry.resolve(index, mixer.source_latency_ms))
            .collect::<Result<_, _>>()?;
        let mut channels: Vec<Channel> = channel.into_iter().map(|entry| entry.resolve(&project)).collect();
        if channels.is_empty() {
            channels.push(ChannelEntry::named("cg1").resolve(&project));
        }
        Ok(Config {
            data_dir,
            public_url,
            log,
            http,
            metrics,
            rtmp,
            livewing,
            webrtc,
            srt,
            ingest,
            streamhub,
            project,
            operator,
            mixer,
            hls,
            record,
            encode,
            lumora,
            database,
            objects,
            lumely,
            lighting,
            inputs,
            channels,
            graphics: graphic,
            outputs: output,
        })
    }
}

impl InputEntry {
    fn resolve(self, index: usize, source_latency_ms: u32) -> Result<Input, Fault> {
        let Self { kind, key, label, latency_ms, pattern, tone_hz, stream, .. } = self;
        let Self { device, sound, format, width, height, rate, card, connection, mode, .. } = self;
        let fault = |name: &str, problem: &str| Fault::new(format!("input.{index}.{name}"), problem);
        let misplaced = [
            ("key", key.is_some(), &[InputKind::Rtmp][..]),
            ("latency_ms", latency_ms.is_some(), &[InputKind::Rtmp, InputKind::Stream]),
            ("pattern", pattern.is_some(), &[InputKind::Pattern]),
            ("tone_hz", tone_hz.is_some(), &[InputKind::Pattern]),
            ("stream", stream.is_some(), &[InputKind::Stream]),
            ("device", device.is_some(), &[InputKind::V4l2, InputKind::Alsa]),
            ("sound", sound.is_some(), &[InputKind::V4l2]),
            ("format", format.is_some(), &[InputKind::V4l2]),
            ("width", width.is_some(), &[InputKind::V4l2]),
            ("height", height.is_some(), &[InputKind::V4l2]),
            ("rate", rate.is_some(), &[InputKind::V4l2]),
            ("card", card.is_some(), &[InputKind::Decklink]),
            ("connection", connection.is_some(), &[InputKind::Decklink]),
            ("mode", mode.is_some(), &[InputKind::Decklink]),
        ];
        if let Some((name, _, kinds)) = misplaced.iter().find(|(_, given, kinds)| *given && !kinds.contains(&kind)) {
            let kinds: Vec<_> = kinds.iter().map(|kind| format!("kind = \"{}\"", kind.name())).collect();
            return Err(fault(name, &format!("is for {} only", kinds.join(" and "))));
        }
        let latency_ms = latency_ms.unwrap_or(source_latency_ms);
        let (name, source) = match kind {
            InputKind::Rtmp => {
                let key = key.ok_or_else(|| fault("key", "missing"))?;
                (key.clone(), Source::Rtmp { key, latency_ms })
            }
            InputKind::Pattern => {
                let pattern = pattern.unwrap_or_default();
                (pattern.as_str().to_owned(), Source::Pattern { pattern, tone_hz: tone_hz.unwrap_or(0) })
            }
            InputKind::Stream => {
                let name = stream.clone().unwrap_or_else(|| format!("Stream {}", index + 1));
                (name, Source::Stream { stream, latency_ms })
            }
            InputKind::V4l2 => {
                let device = device.ok_or_else(|| fault("device", "missing"))?;
                let size = match (width, height) {
                    (Some(width), Some(height)) => Some((width, height)),
                    (None, None) => None,
                    (Some(_), None) => return Err(fault("height", "missing beside width")),
                    (None, Some(_)) => return Err(fault("width", "missing beside height")),
                };
                let format = format.unwrap_or_default();
                (device.clone(), Source::V4l2 { device, format, size, rate, sound })
            }
            InputKind::Decklink => {
                let card = card.unwrap_or(0);
                let auto = |given: Option<String>| given.unwrap_or_else(|| "auto".to_owned());
                let (connection, mode) = (auto(connection), auto(mode));
                (format!("DeckLink {}", card + 1), Source::Decklink { card, connection, mode })
            }
            InputKind::Alsa => {
                let device = device.ok_or_else(|| fault("device", "missing"))?;
                (device.clone(), Source::Alsa { device })
            }
            InputKind::Lights => ("Lights".to_owned(), Source::Lights),
        };
        Ok(Input { label: label.unwrap_or(name), source })
    }
}

impl InputKind {
    fn name(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::Pattern => "pattern",
            Self::Stream => "stream",
            Self::V4l2 => "v4l2",
            Self::Decklink => "decklink",
            Self::Alsa => "alsa",
            Self::Lights => "lights",
        }
    }
}

impl ChannelEntry {
    fn named(id: &str) -> Self {
        Self { id: id.to_owned(), width: None, height: None, fps: None, dsk: None }
    }

    fn resolve(self, project: &Project) -> Channel {
        let Self { id, width, height, fps, dsk } = self;
        let width = width.unwrap_or(project.width);
        let height = height.unwrap_or(project.height);
        let fps = fps.unwrap_or(project.fps);
        let fits_program = Project { width, height, fps } == *project;
        Channel { id, width, height, fps, dsk: dsk.unwrap_or(fits_program) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{lists::OutputSource, secret::Secret};
    use figment::value::Value;

    /// Every entry of every list with every key.
    fn full() -> Written {
        Written {
            input: vec![InputEntry {
                kind: InputKind::Rtmp,
                key: None,
                label: None,
                latency_ms: None,
                pattern: None,
                tone_hz: None,
                stream: None,
                device: None,
                sound: None,
                format: None,
                width: None,
                height: None,
                rate: None,
                card: None,
                connection: None,
                mode: None,
            }],
            channel: vec![ChannelEntry::named("cg1")],
            graphic: vec![Graphic {
                id: String::new(),
                template: String::new(),
                channels: Vec::new(),
                fields: Default::default(),
                z: 0,
            }],
            output: vec![Output {
                number: 1,
                source: OutputSource::Program,
                url: Some(Secret::new("x")),
                autostart: false,
            }],
            ..Written::default()
        }
    }

    /// `table key` of every setting; keys outside of tables have an empty table.
    fn keys() -> Vec<(String, String)> {
        let top = Value::serialize(full()).ok().and_then(Value::into_dict);
        let mut keys = Vec::new();
        for (name, value) in top.expect("a table") {
            let table = match value {
                Value::Dict(_, table) => Some(table),
                Value::Array(_, list) => list.into_iter().next().and_then(Value::into_dict),
                _ => None,
            };
            match table {
                Some(table) => keys.extend(table.into_keys().map(|key| (name.clone(), key))),
                None => keys.push((String::new(), name)),
            }
        }
        keys
    }

    #[test]
    fn the_example_file_shows_every_key_in_its_table() {
        let mut table = String::new();
        let mut shown = Vec::new();
        for line in include_str!("../../lumencast.example.toml").lines() {
            let line = line.strip_prefix('#').unwrap_or(line);
            if let Some(header) = line.strip_prefix('[') {
                table = header.trim_matches(['[', ']']).to_owned();
                // A table within a table is a key of that one.
                if let Some((outer, inner)) = table.split_once('.') {
                    shown.push((outer.to_owned(), inner.to_owned()));
                }
            } else if let Some((key, _)) = line.split_once(" = ") {
                shown.push((table.clone(), key.to_owned()));
            }
        }
        let missing: Vec<_> = keys().into_iter().filter(|key| !shown.contains(key)).collect();
        assert!(missing.is_empty(), "not in the example: {missing:?}");
    }
}
