//! `/api/prompt`: lights by words.

use super::{
    LumeState,
    error::Refusal,
    fields::Fields,
    reply::{Answer, Reply},
};
use crate::{
    app::lights::prompt::{self, Spec},
    domain::{
        fault::Fault,
        lights::{Effect, Nightlight, Palette, Rgb},
    },
};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// How long a prompt waits for the one before it.
const TURN: Duration = Duration::from_secs(30);

#[derive(Debug, Serialize)]
struct PromptBody {
    success: bool,
    message: String,
    spec: SpecBody,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SpecBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intensity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_color: Option<Rgb>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary_color: Option<Rgb>,
    #[serde(skip_serializing_if = "Option::is_none")]
    palette: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    colors: Vec<Rgb>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brightness: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nightlight: Option<FadeBody>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FadeBody {
    duration: u16,
    target_brightness: u8,
}

impl From<Spec> for SpecBody {
    fn from(spec: Spec) -> Self {
        let Spec { effect, speed, intensity, primary, secondary, palette, colors, brightness, power, fade } = spec;
        let body = |Nightlight { seconds, target }| FadeBody { duration: seconds, target_brightness: target };
        Self {
            effect: effect.map(Effect::id),
            speed,
            intensity,
            primary_color: primary,
            secondary_color: secondary,
            palette: palette.map(Palette::number),
            colors,
            brightness,
            power,
            nightlight: fade.map(body),
        }
    }
}

/// `POST`.
pub async fn ask(state: &LumeState, body: &Fields) -> Answer {
    let text = body.value("prompt").and_then(|prompt| prompt.as_str()).map_or("", str::trim);
    if text.is_empty() {
        return Err(Fault::invalid("prompt", "Must be a text that is not empty").into());
    }
    if text.len() > prompt::LONGEST {
        return Err(Fault::invalid("prompt", format!("Must have at most {} bytes", prompt::LONGEST)).into());
    }
    // One at a time: two at once would each start from the state before the other.
    let Ok(Ok(_turn)) = timeout(TURN, state.turn.acquire()).await else {
        return Err(Refusal::Prompt("Other prompts are being answered; try again later".to_owned()));
    };
    let answer = state.prompt.ask(&state.lights, text).await.map_err(|error| {
        tracing::warn!(blame = ?error.blame(), "a prompt was not followed: {error}");
        Refusal::Prompt(error.message())
    })?;
    Ok(Reply::ok(&PromptBody { success: true, message: answer.message, spec: answer.spec.into() }))
}
