//! Asks the Messages API of Anthropic what a sentence means (<https://docs.anthropic.com/en/api/messages>, version
//! 2023-06-01).
//!
//! ```text
//! sentence, state ─► POST {base}/v1/messages ─► status ─► at most 64 KB ─► text ─► reading ─► Spec
//! ```
//!
//! One request for one prompt: no second try, no redirect followed, since the key must go nowhere else. Refuses to
//! know: lights, what of the answer is sound.

use super::{
    PromptError,
    reading::spec_of,
    spec::{FASTEST, Now, Spec},
};
use crate::domain::lights::{Effect, Palette};
use reqwest::{
    Client, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};
use url::Url;

/// The version of the API that is spoken.
const VERSION: &str = "2023-06-01";
/// Bytes of an answer that are taken; a Spec has less than one KB.
const LARGEST: usize = 64 * 1024;
/// Tokens the model may spend.
const MOST_TOKENS: u32 = 512;
/// Characters of an error that are passed on.
const MOST_SAID: usize = 300;

/// A client of the API. Clones share their connections.
#[derive(Clone)]
pub struct Anthropic {
    client: Client,
    messages: Url,
    timeout: Duration,
}

impl Anthropic {
    /// Nothing is connected yet. A path in `base_url` stays, as for a gateway.
    ///
    /// # Errors
    /// [`PromptError::Setup`].
    pub fn new(base_url: &str, timeout: Duration) -> Result<Self, PromptError> {
        let setup = |error: &dyn std::fmt::Display| PromptError::Setup(error.to_string());
        let mut messages = Url::parse(base_url).map_err(|error| setup(&error))?;
        if !matches!(messages.scheme(), "http" | "https") {
            return Err(PromptError::Setup("the address must begin with http:// or https://".to_owned()));
        }
        let path = format!("{}/v1/messages", messages.path().trim_end_matches('/'));
        messages.set_path(&path);
        let client = Client::builder().timeout(timeout).redirect(Policy::none()).build();
        Ok(Self { client: client.map_err(|error| setup(&error.without_url()))?, messages, timeout })
    }

    /// What a sentence means for lights that are as in `now`.
    ///
    /// # Errors
    /// The API's refusals in its own words, without the key; answers that are too late, too long or of no use.
    pub async fn ask(&self, key: &str, model: &str, now: &Now, text: &str) -> Result<Spec, PromptError> {
        let body = json!({
            "model": model,
            "max_tokens": MOST_TOKENS,
            "system": system(now),
            "messages": [{"role": "user", "content": text}],
        });
        let post = self.client.post(self.messages.clone()).headers(headers(key)?).json(&body);
        let answer = post.send().await.map_err(|error| self.lost(&error))?;
        let status = answer.status();
        let body = self.body(answer).await;
        if !status.is_success() {
            return Err(refusal(status, &body.unwrap_or_default(), key));
        }
        let body: Value = serde_json::from_slice(&body?).map_err(|_| unusable("it is not JSON"))?;
        let parts = body["content"].as_array().ok_or_else(|| unusable("it has no content"))?;
        let said: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
        spec_of(&said)
    }

    /// A body that is not too large.
    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, PromptError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.lost(&error))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(PromptError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn lost(&self, error: &reqwest::Error) -> PromptError {
        if error.is_timeout() {
            return PromptError::TimedOut(self.timeout);
        }
        // The error itself names the address; its sources give the cause.
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let named = std::ptr::addr_eq(cause, error);
        PromptError::Unreachable(if named { "the connection failed".to_owned() } else { cause.to_string() })
    }
}

fn headers(key: &str) -> Result<HeaderMap, PromptError> {
    let mut key = HeaderValue::from_str(key)
        .map_err(|_| PromptError::Key("it holds characters that no key can have".to_owned()))?;
    key.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (HeaderName::from_static("x-api-key"), key),
        (HeaderName::from_static("anthropic-version"), HeaderValue::from_static(VERSION)),
    ]))
}

/// The system prompt: all that lights can do, and how they are.
fn system(now: &Now) -> String {
    let mut told = String::from(
        "You set the lights of a strip of LEDs. Answer a wish with one JSON object and nothing else: no explanation, \
         no code fence. Leave out every field that the wish does not touch.\n\
         \"effect\": one of these ids (in brackets: what the effect heeds):\n",
    );
    for effect in Effect::ALL {
        let uses = effect.uses();
        let heeded = [
            (uses.primary, "primaryColor"),
            (uses.secondary, "secondaryColor"),
            (uses.palette, "palette"),
            (uses.speed, "speed"),
            (uses.intensity, "intensity"),
        ];
        let heeded: Vec<_> = heeded.iter().filter_map(|(heeds, name)| heeds.then_some(*name)).collect();
        let _ = writeln!(told, "- {} ({}) [{}]", effect.id(), effect.name(), heeded.join(", "));
    }
    let palettes: Vec<_> = Palette::ALL.iter().map(|p| format!("{} = {}", p.number(), p.name())).collect();
    let _ = write!(
        told,
        "\"speed\": integer, 1 (slowest) to {FASTEST} (fastest)\n\
         \"intensity\": integer, 0 to 255\n\
         \"primaryColor\", \"secondaryColor\": [red, green, blue], integers, 0 to 255\n\
         \"colors\": list of such triplets, only when the wish has more than two colours\n\
         \"palette\": integer, {}\n\
         \"brightness\": integer, 1 to 255, only when the wish is about brightness\n\
         \"power\": true or false, only when the wish is to switch on or off\n\
         Example: {{\"effect\":\"fire\",\"speed\":180,\"intensity\":200,\"primaryColor\":[255,80,0],\
         \"secondaryColor\":[255,40,0]}}\n\
         The lights now: effect {}, speed {}, intensity {}, primaryColor {:?}, secondaryColor {:?}, brightness {}.",
        palettes.join(", "),
        now.look.effect.map_or("none", Effect::id),
        now.look.speed,
        now.look.intensity,
        now.look.primary,
        now.look.secondary,
        now.brightness,
    );
    told
}

/// An error of the API in its own words: `{"type":"error","error":{"type":…,"message":…}}`.
fn refusal(status: StatusCode, body: &[u8], key: &str) -> PromptError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let own = body["error"]["message"].as_str().map(|own| clean(own, key)).filter(|own| !own.is_empty());
    let said = own.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    match status.as_u16() {
        401 | 403 => PromptError::Key(said),
        429 | 529 => PromptError::Busy(said),
        300..400 => PromptError::Failed { status: status.as_u16(), said: "it points elsewhere".to_owned() },
        400..500 => PromptError::Refused { status: status.as_u16(), said },
        status => PromptError::Failed { status, said },
    }
}

/// A peer's text, fit to be shown: without the key, on one line, not too long.
fn clean(said: &str, key: &str) -> String {
    let said = if key.is_empty() { said.to_owned() } else { said.replace(key, "****") };
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_SAID).collect();
    line.trim().to_owned()
}

fn unusable(why: &str) -> PromptError {
    PromptError::Unusable(why.to_owned())
}
