//! One try at a source on the web: a playlist is played, anything else is fed as it comes, and a file goes on where it
//! broke off. What it is, is known by its first bytes; names and content types mislead.
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
    web::{Body, Part, Web, failed, peer},
};
use crate::{
    media::ingest::demux::Pace,
    protocol::container::{Container, ENOUGH},
};
use reqwest::header::{ACCEPT_RANGES, CONTENT_TYPE, HeaderMap};
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
    let mut body = Body::new(response);
    let container = match body.recognise(ENOUGH).await? {
        Container::Playlist => {
            puller.hls.open(url, &body.whole(hls::PLAYLIST).await?)?;
            return hls::play(puller, &web).await;
        }
        // Some cameras send something else before the first boundary.
        Container::Other(_) | Container::Unknown if is_multipart(body.headers()) => Container::Multipart,
        container => container,
    };
    if body.is_empty() {
        return Err(peer("it is empty"));
    }
    let length = body.content_length();
    // What has an end is a file; what has none is made as it is sent.
    let pace = if length.is_some() { Pace::Clock } else { Pace::Live };
    let ranges = body.headers().get(ACCEPT_RANGES).is_some_and(|ranges| ranges == "bytes");
    let output = puller.output(pace, false);
    let (running, feeder) = Feeder::start(output, length.filter(|_| ranges))?;
    feeder.read_as(container)?;
    let feeding = feed(&web, &url, body, &feeder, length.filter(|_| ranges));
    tokio::select! {
        end = puller.watch(&running, pace) => Ok(end),
        failed = feeding => Err(failed),
    }
}

/// Hands over one resource; comes back only when that fails.
async fn feed(web: &Web, url: &Url, mut body: Body, feeder: &Feeder, length: Option<u64>) -> End {
    let (mut offset, mut resumed) = (0_u64, 0);
    loop {
        let elsewhere = match stream(&mut body, feeder, &mut offset).await {
            Ok(elsewhere) => elsewhere,
            // A file goes on where it broke off.
            Err(Stopped::Broken(_)) if length.is_some_and(|length| offset < length) && resumed < RESUMED => {
                resumed += 1;
                None
            }
            Err(Stopped::Broken(error)) => return failed(error),
            Err(Stopped::Unread(end)) => return end,
        };
        offset = match elsewhere {
            Some(offset) => offset,
            None if length.is_some_and(|length| offset < length) => offset,
            None => {
                if let Err(end) = feeder.end() {
                    return end;
                }
                feeder.sought().await
            }
        };
        body = match web.open(url, Some(Part { from: offset, to: None })).await {
            Ok((_, response)) => Body::new(response),
            Err(end) => return end,
        };
    }
}

/// Why the rest of an answer was not handed over.
enum Stopped {
    Broken(reqwest::Error),
    Unread(End),
}

/// Hands an answer over, to its end or until the bytes are wanted from elsewhere.
async fn stream(body: &mut Body, feeder: &Feeder, offset: &mut u64) -> Result<Option<u64>, Stopped> {
    loop {
        if let Some(elsewhere) = feeder.wanted().await {
            return Ok(Some(elsewhere));
        }
        let Some(bytes) = body.chunk().await.map_err(Stopped::Broken)? else { return Ok(None) };
        if !feeder.is_sought() {
            *offset += bytes.len() as u64;
            feeder.push(bytes).map_err(Stopped::Unread)?;
        }
    }
}

fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"))
}
