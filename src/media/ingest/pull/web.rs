//! The HTTP client of pulls: every connection and every redirect passes the guard.
//!
//! Refuses to know: what is in the bytes.

use super::{CONNECT, End, SILENCE};
use crate::{
    domain::fault::Blame,
    protocol::{
        container::{Container, recognise},
        guard::{Forbidden, Guard},
    },
};
use bytes::{Bytes, BytesMut};
use reqwest::{
    Client, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HeaderMap, LOCATION, RANGE},
    redirect,
};
use std::sync::Arc;
use url::Url;

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// Bytes of a resource: from the first to the last, both included; without a last one to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub from: u64,
    pub to: Option<u64>,
}

/// Resolves names for the client. What a name leads to is judged here again, and exactly that is connected to.
struct GuardedResolver(Arc<Guard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !guard.permits(name.as_str(), address.ip())) {
                return Err(Forbidden::Address.into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// A client that goes nowhere the guard forbids.
pub(super) struct Web {
    client: Client,
    guard: Arc<Guard>,
}

impl Web {
    pub fn new(guard: Arc<Guard>) -> Result<Self, End> {
        let client = Client::builder()
            .dns_resolver(Arc::new(GuardedResolver(guard.clone())))
            .redirect(redirect::Policy::none()) // each is judged below
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("lumencast/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(|client| Self { client, guard }).map_err(failed)
    }

    /// Begins to read a resource, or a part of it. Gives where it was found in the end.
    pub async fn open(&self, url: &Url, part: Option<Part>) -> Result<(Url, Response), End> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            if !matches!(url.scheme(), "http" | "https") {
                return Err(Forbidden::Scheme(url.scheme().to_owned()).into());
            }
            let (guard, judged) = (self.guard.clone(), url.clone());
            let looking = tokio::task::spawn_blocking(move || guard.check(&judged));
            match tokio::time::timeout(CONNECT, looking).await {
                Ok(Ok(found)) => found?,
                _ => return Err(Forbidden::Unresolved.into()),
            };
            let mut request = self.client.get(url.clone());
            if let Some(part) = part {
                let to = part.to.map(|to| to.to_string()).unwrap_or_default();
                request = request.header(RANGE, format!("bytes={}-{to}", part.from));
            }
            let response = request.send().await.map_err(failed)?;
            let status = response.status();
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            if let Some(location) = location.filter(|_| status.is_redirection()) {
                url = url.join(location).map_err(|_| peer("it refers to something that is no URL"))?;
                continue;
            }
            let wanted = if part.is_some_and(|part| part.from > 0) { StatusCode::PARTIAL_CONTENT } else { status };
            if !status.is_success() || status != wanted {
                return Err(peer(format!("the server answered {}", status.as_u16())));
            }
            return Ok((url, response));
        }
        Err(peer("it refers from one place to another without end"))
    }

    /// Reads something small whole.
    pub async fn read(&self, url: &Url, part: Option<Part>, most: usize) -> Result<(Url, Bytes), End> {
        let (url, response) = self.open(url, part).await?;
        Ok((url, Body::new(response).whole(most).await?))
    }
}

/// What an answer carries. Its first bytes can be looked at before it is read.
pub(super) struct Body {
    head: BytesMut,
    /// Of the whole; the response itself tells what is left of it.
    length: Option<u64>,
    response: Response,
}

impl Body {
    pub fn new(response: Response) -> Self {
        Self { head: BytesMut::new(), length: response.content_length(), response }
    }

    /// What it is, by at most `enough` of its bytes.
    pub async fn recognise(&mut self, enough: usize) -> Result<Container, End> {
        loop {
            let container = recognise(&self.head);
            let is_sure =
                !matches!(container, Container::Adts | Container::MpegAudio | Container::Other(_) | Container::Unknown);
            if is_sure || self.head.len() >= enough {
                return Ok(container);
            }
            match self.response.chunk().await.map_err(failed)? {
                Some(bytes) => self.head.extend_from_slice(&bytes),
                None => return Ok(container),
            }
        }
    }

    /// Whether nothing was there when it was looked at.
    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Its whole length in bytes, where the server says it.
    pub fn content_length(&self) -> Option<u64> {
        self.length
    }

    /// The next bytes; `None` behind the last ones.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, reqwest::Error> {
        if !self.head.is_empty() {
            return Ok(Some(self.head.split().freeze()));
        }
        self.response.chunk().await
    }

    /// All of it, when it is no longer than it may be.
    pub async fn whole(mut self, most: usize) -> Result<Bytes, End> {
        let mut all = BytesMut::new();
        while let Some(bytes) = self.chunk().await.map_err(failed)? {
            if all.len() + bytes.len() > most {
                return Err(peer("an answer is longer than it may be"));
            }
            all.extend_from_slice(&bytes);
        }
        Ok(all.freeze())
    }
}

/// An error in words that show neither the URL nor an address.
pub(super) fn failed(error: reqwest::Error) -> End {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(why) = error.downcast_ref::<Forbidden>() {
            return why.clone().into();
        }
        cause = error.source();
    }
    peer(match () {
        () if error.is_timeout() => "the server did not answer in time",
        () if error.is_connect() => "the server cannot be reached",
        () => "the server broke the answer off",
    })
}

pub(super) fn peer(text: impl Into<String>) -> End {
    End::Failed { text: text.into(), blame: Blame::Peer }
}
