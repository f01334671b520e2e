//! One try at a source on the web: a playlist is played, anything else is fed as it comes, and a file goes on where it
//! broke off.
//!
//! ```text
//! Web ─ answer ─┬─► playlist ─► hls
//!               └─► file or endless stream ─► Feeder ─► demux
//! ```
//!
//! Refuses to know: where a URL may lead (that is [`Web`]).

use super::{
    End, Puller,
    feeder::Feeder,
    hls,
    web::{Part, Web, failed, whole},
};
use crate::media::ingest::demux::Pace;
use reqwest::{
    Response,
    header::{ACCEPT_RANGES, CONTENT_TYPE},
};
use url::Url;

/// How often the rest of a file is asked for when it breaks off.
const RESUMED: usize = 5;

/// One try.
pub(super) async fn attempt(puller: &mut Puller) -> End {
    match fetch(puller).await {
        Ok(end) | Err(end) => end,
    }
}

async fn fetch(puller: &mut Puller) -> Result<End, End> {
    let web = Web::new(puller.guard.clone())?;
    if puller.hls.is_underway() {
        return hls::play(puller, &web).await;
    }
    let (url, response) = web.open(&puller.spec.url, None).await?;
    if is_playlist(&url, &response) {
        puller.hls.open(url, &whole(response, hls::PLAYLIST).await?)?;
        return hls::play(puller, &web).await;
    }
    let length = response.content_length();
    // What has an end is a file; what has none is made as it is sent.
    let pace = if length.is_some() { Pace::Clock } else { Pace::Live };
    let ranges = response.headers().get(ACCEPT_RANGES).is_some_and(|ranges| ranges == "bytes");
    let output = puller.output(pace, false);
    let (running, feeder) = Feeder::start(output, length.filter(|_| ranges))?;
    let feeding = feed(&web, &url, response, &feeder, length.filter(|_| ranges));
    tokio::select! {
        end = puller.watch(&running, pace) => Ok(end),
        failed = feeding => Err(failed),
    }
}

/// Hands over one resource; comes back only when that fails.
async fn feed(web: &Web, url: &Url, mut response: Response, feeder: &Feeder, length: Option<u64>) -> End {
    let (mut offset, mut resumed) = (0_u64, 0);
    loop {
        let elsewhere = match stream(&mut response, feeder, &mut offset).await {
            Ok(elsewhere) => elsewhere,
            // A file goes on where it broke off.
            Err(_) if length.is_some_and(|length| offset < length) && resumed < RESUMED => {
                resumed += 1;
                None
            }
            Err(error) => return failed(error),
        };
        offset = match elsewhere {
            Some(offset) => offset,
            None if length.is_some_and(|length| offset < length) => offset,
            None => {
                feeder.end();
                feeder.sought().await
            }
        };
        response = match web.open(url, Some(Part { from: offset, to: None })).await {
            Ok((_, response)) => response,
            Err(end) => return end,
        };
    }
}

/// Hands an answer over, to its end or until the bytes are wanted from elsewhere.
async fn stream(response: &mut Response, feeder: &Feeder, offset: &mut u64) -> Result<Option<u64>, reqwest::Error> {
    loop {
        if let Some(elsewhere) = feeder.wanted().await {
            return Ok(Some(elsewhere));
        }
        let Some(bytes) = response.chunk().await? else { return Ok(None) };
        if !feeder.is_sought() {
            *offset += bytes.len() as u64;
            feeder.push(bytes);
        }
    }
}

fn is_playlist(url: &Url, response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    kind.contains("mpegurl") || url.path().to_ascii_lowercase().ends_with(".m3u8")
}
