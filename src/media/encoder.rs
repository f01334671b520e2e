//! Encoders: which ones this machine has, best first, and how bitrate, key-frame distance and preset are set on each.
//!
//! The ranking and the property names are data: `pipelines/encoders.toml`.

use super::template::{Template, TemplateError, Value, set_property};
use gst::prelude::*;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::OnceLock};

/// What a coded format is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    H264,
    Aac,
    Opus,
}

impl Codec {
    fn key(self) -> &'static str {
        match self {
            Codec::H264 => "h264",
            Codec::Aac => "aac",
            Codec::Opus => "opus",
        }
    }
}

/// How something is to be encoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quality {
    /// Kilobits per second.
    pub bitrate_kbps: u32,
    /// Longest distance between key frames in frames; 0 leaves it to the encoder (sound).
    pub gop_frames: u32,
    /// The encoder's own word for speed against quality; ignored by encoders without presets.
    pub preset: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bitrate {
    property: String,
    per_kbps: i64,
}

/// One row of the ranking.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// The element's name.
    pub element: String,
    bitrate: Bitrate,
    gop: Option<String>,
    preset: Option<String>,
    #[serde(default)]
    fixed: BTreeMap<String, Value>,
    /// What is set besides where every frame has to come out at once.
    #[serde(default)]
    quick: BTreeMap<String, Value>,
    /// Priming of a sound encoder in samples: its output is to be played this much later than its stamp says.
    #[serde(default)]
    pub delay: u32,
}

const FILE: &str = "encoders";

/// The best encoder of a codec that opens on this machine.
///
/// # Errors
/// [`TemplateError::Slot`] naming the elements that were looked for.
pub fn best(codec: Codec) -> Result<&'static Encoder, TemplateError> {
    // A hardware encoder's element exists without its device; only opening it shows whether it works. That is done
    // once.
    static CHOSEN: OnceLock<BTreeMap<&'static str, Encoder>> = OnceLock::new();
    let ranking = ranking()?;
    let chosen = CHOSEN.get_or_init(|| {
        let pick = |codec: Codec| {
            let rows = ranking.get(codec.key())?;
            rows.iter().find(|row| opens(&row.element)).map(|row| (codec.key(), row.clone()))
        };
        [Codec::H264, Codec::Aac, Codec::Opus].into_iter().filter_map(pick).collect()
    });
    chosen.get(codec.key()).ok_or_else(|| {
        let names: Vec<_> = ranking.get(codec.key()).into_iter().flatten().map(|r| r.element.clone()).collect();
        let reason = format!("no {} encoder opens here; looked for {}", codec.key(), names.join(", "));
        TemplateError::Slot { file: FILE.into(), slot: codec.key().into(), reason }
    })
}

/// Builds an encoding template with the best encoder of a codec in its `{encoder}` slot.
pub fn build(template: &str, codec: Codec, quality: &Quality) -> Result<gst::Pipeline, TemplateError> {
    build_with(template, codec, quality, false, &[], &[])
}

/// The same for a template with more slots and parameters. `quick` asks the encoder to hold back no frame.
pub fn build_with(
    template: &str,
    codec: Codec,
    quality: &Quality,
    quick: bool,
    slots: &[(&str, &str)],
    values: &[(&str, Value)],
) -> Result<gst::Pipeline, TemplateError> {
    let row = best(codec)?;
    let encoder = format!("{} name=encoder", row.element);
    let slots: Vec<_> = slots.iter().copied().chain([("encoder", encoder.as_str())]).collect();
    let pipeline = Template::load(template)?.build(&slots, values)?;
    let reason = "the encoder is not in the pipeline".to_owned();
    let element =
        pipeline.by_name("encoder").ok_or_else(|| TemplateError::Build { file: template.to_owned(), reason })?;
    let mut settings: Vec<(&str, Value)> = row.fixed.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    settings.extend(row.quick.iter().filter(|_| quick).map(|(k, v)| (k.as_str(), v.clone())));
    settings.push((&row.bitrate.property, Value::Int(i64::from(quality.bitrate_kbps) * row.bitrate.per_kbps)));
    if let Some(gop) = row.gop.as_deref().filter(|_| quality.gop_frames > 0) {
        settings.push((gop, Value::from(quality.gop_frames)));
    }
    if let Some(preset) = row.preset.as_deref().filter(|_| !quality.preset.is_empty()) {
        settings.push((preset, Value::from(quality.preset.as_str())));
    }
    for (property, value) in settings {
        set_property(&element, property, &value).map_err(|reason| TemplateError::Param {
            file: FILE.into(),
            key: format!("{}.{property}", row.element),
            reason,
        })?;
    }
    Ok(pipeline)
}

fn ranking() -> Result<BTreeMap<String, Vec<Encoder>>, TemplateError> {
    let text = Template::text("encoders.toml").ok_or_else(|| TemplateError::Missing { file: FILE.into() })?;
    toml::from_str(&text)
        .map_err(|e| TemplateError::Syntax { file: FILE.into(), reason: e.to_string().trim().to_owned() })
}

fn opens(element: &str) -> bool {
    let Some(factory) = gst::ElementFactory::find(element) else { return false };
    let Ok(element) = factory.create().build() else { return false };
    let opened = element.set_state(gst::State::Ready).is_ok();
    let _ = element.set_state(gst::State::Null);
    opened
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_encoders_take_their_settings() {
        gst::init().unwrap();
        let quality = Quality { bitrate_kbps: 3210, gop_frames: 45, preset: "superfast".into() };
        let video = build("encode_video", Codec::H264, &quality).unwrap();
        if best(Codec::H264).unwrap().element == "x264enc" {
            let encoder = video.by_name("encoder").unwrap();
            assert_eq!(encoder.property::<u32>("bitrate"), 3210);
            assert_eq!(encoder.property::<u32>("key-int-max"), 45);
            assert_eq!(encoder.property::<u32>("bframes"), 0);
        }
        let sound = Quality { bitrate_kbps: 128, gop_frames: 0, preset: String::new() };
        build("encode_audio", Codec::Aac, &sound).unwrap();
    }

    #[test]
    fn a_wrong_preset_names_the_file_and_the_key() {
        gst::init().unwrap();
        if best(Codec::H264).unwrap().element != "x264enc" {
            return; // hardware encoders have no preset property
        }
        let quality = Quality { bitrate_kbps: 3000, gop_frames: 45, preset: "warp-speed".into() };
        let error = build("encode_video", Codec::H264, &quality).unwrap_err().to_string();
        assert_eq!(error, "pipelines/encoders.toml: params.x264enc.speed-preset: warp-speed is no speed-preset");
    }
}
