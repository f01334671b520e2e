//! The engine `http`: a service with the OpenAI images-edit API.
//!
//! ```text
//! Task ─► multipart (model, prompt, image, mask) ─► POST {url}/images/edits ─► b64_json ─► bytes of a picture
//! ```
//!
//! The prompt goes in full, after the descriptions of the service and its preset. Refuses to know: which jobs it is
//! chosen for, and the use of the picture. A key is never part of an error.

use super::words;
use crate::{
    domain::imaging::Request,
    imaging::{Fault, picture::Plane},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use reqwest::{
    Client, Response, StatusCode,
    header::RETRY_AFTER,
    multipart::{Form, Part},
};
use serde::Deserialize;
use std::time::Duration;

/// Attempts to get an answer.
const TRIES: u32 = 3;
/// Pauses before the second and the third, unless the service names one.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// The longest pause that a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The largest answer that is read, in bytes: a picture of 4K in base64, with room.
const ANSWER_LIMIT: usize = 96 * 1024 * 1024;

/// The address of the service and its options.
#[derive(Clone)]
pub struct Settings {
    /// Up to and without `/images/edits`.
    pub url: String,
    /// Bearer credential.
    pub api_key: Option<String>,
    /// The model to use.
    pub model: String,
    /// Timeout of one answer.
    pub timeout: Duration,
}

/// The pictures of a job as they are sent.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// A JPEG file, upright.
    pub input: Vec<u8>,
    /// A PNG file of the same size, transparent where the picture may be changed.
    pub mask: Option<Vec<u8>>,
    /// A JPEG file.
    pub reference: Option<Vec<u8>>,
}

/// Sends jobs to the service. Clones share connections.
#[derive(Clone)]
pub struct Http {
    client: Client,
    settings: Settings,
}

/// Whether to try once more, and after which pause if the service names one.
struct Failed {
    fault: Fault,
    again: Option<Option<Duration>>,
}

impl Http {
    /// An engine that has not connected yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let client = Client::builder().connect_timeout(Duration::from_secs(10)).timeout(settings.timeout).build()?;
        Ok(Self { client, settings })
    }

    /// The picture that the service made from these. Failures that another try may mend are tried again.
    ///
    /// # Errors
    /// [`Fault::Engine`] with the service's message.
    pub async fn edit(&self, request: &Request, pictures: &Pictures) -> Result<Vec<u8>, Fault> {
        let mut tried = 0;
        loop {
            let failed = match self.once(request, pictures).await {
                Ok(picture) => return Ok(picture),
                Err(failed) => failed,
            };
            tried += 1;
            match (failed.again, PAUSES.get(tried as usize - 1)) {
                (Some(asked), Some(&usual)) if tried < TRIES => {
                    tracing::warn!(tried, "the images service is asked again: {}", failed.fault);
                    tokio::time::sleep(asked.unwrap_or(usual).min(LONGEST_PAUSE)).await;
                }
                _ => return Err(failed.fault),
            }
        }
    }

    async fn once(&self, request: &Request, pictures: &Pictures) -> Result<Vec<u8>, Failed> {
        let picture = |bytes: &Vec<u8>, name: &'static str, kind: &'static str| {
            Part::bytes(bytes.clone()).file_name(name).mime_str(kind).map_err(|error| lost(&error))
        };
        let mut form = Form::new()
            .text("model", self.settings.model.clone())
            .text("prompt", words::prompt(request))
            .text("n", "1");
        // One picture is `image`; several are `image[]`, the first of which the mask is for.
        form = match &pictures.reference {
            None => form.part("image", picture(&pictures.input, "image.jpg", "image/jpeg")?),
            Some(reference) => form
                .part("image[]", picture(&pictures.input, "image.jpg", "image/jpeg")?)
                .part("image[]", picture(reference, "reference.jpg", "image/jpeg")?),
        };
        if let Some(mask) = &pictures.mask {
            form = form.part("mask", picture(mask, "mask.png", "image/png")?);
        }
        let mut post = self.client.post(format!("{}/images/edits", self.settings.url.trim_end_matches('/')));
        if let Some(key) = &self.settings.api_key {
            post = post.bearer_auth(key);
        }
        let response = post.multipart(form).send().await.map_err(|error| lost(&error))?;
        let (status, pause) = (response.status(), pause(&response));
        let body = read(response).await?;
        if !status.is_success() {
            let again = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(Failed { fault: Fault::Engine(refusal(status, &body)), again: again.then_some(pause) });
        }
        let made = serde_json::from_slice::<Answer>(&body).ok().and_then(|answer| answer.data.into_iter().next());
        let coded = made.and_then(|made| made.b64_json);
        coded.and_then(|coded| STANDARD.decode(coded.trim()).ok()).ok_or_else(|| Failed {
            fault: Fault::Engine("the images service answered without a picture in b64_json".to_owned()),
            again: None,
        })
    }
}

/// A PNG file that is transparent where a mask is light: there the service may change the picture.
///
/// # Errors
/// When it cannot be encoded.
pub fn hole(mask: &Plane) -> Result<Vec<u8>, Fault> {
    let pixels: Vec<u8> =
        mask.data.iter().flat_map(|value| [0, (255.0 - value.clamp(0.0, 1.0) * 255.0) as u8]).collect();
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&pixels, mask.width(), mask.height(), ExtendedColorType::La8)
        .map_err(|error| Fault::Engine(format!("the mask cannot be sent: {error}")))?;
    Ok(png)
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    b64_json: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: RefusalBody,
}

#[derive(Deserialize)]
struct RefusalBody {
    message: String,
}

/// No answer, or half of one.
fn lost(error: &reqwest::Error) -> Failed {
    let what = if error.is_timeout() {
        "the images service did not answer in time"
    } else if error.is_connect() {
        "the images service cannot be reached"
    } else {
        "the connection to the images service broke off"
    };
    Failed { fault: Fault::Engine(what.to_owned()), again: Some(None) }
}

fn pause(response: &Response) -> Option<Duration> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            let fault = Fault::Engine("the answer of the images service is too large".to_owned());
            return Err(Failed { fault, again: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The message of the service's refusal, in one line of limited length.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let message = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error.message);
    let message: String = message.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let message: String = message.chars().take(300).collect();
    match message.as_str() {
        "" => format!("the images service answered {}", status.as_u16()),
        message => format!("the images service answered {}: {message}", status.as_u16()),
    }
}
