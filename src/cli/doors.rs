//! The addresses the server listens on, bound before anything else starts: a taken port is one clear line.

use crate::{
    api::livewing,
    config::Config,
    server::{rtmp, srt},
};
use anyhow::Context;
use tokio::net::TcpListener;

/// Every listener.
pub struct Doors {
    pub http: TcpListener,
    pub livewing: TcpListener,
    pub rtmp: rtmp::Listener,
    pub srt: srt::Listener,
}

impl Doors {
    /// Binds them all.
    ///
    /// # Errors
    /// Names the key and the address that cannot be had.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let (http, rtmp, wing) = (config.http.listen, config.rtmp.listen, config.livewing.listen);
        Ok(Self {
            http: TcpListener::bind(http).await.with_context(|| format!("http.listen: {http}"))?,
            livewing: livewing::bind(wing).await.with_context(|| format!("livewing.listen: {wing}"))?,
            srt: srt::bind(&super::setup::srt(config)).with_context(|| format!("srt.listen: {}", config.srt.listen))?,
            rtmp: rtmp::bind(&super::setup::rtmp(config)).await.with_context(|| format!("rtmp.listen: {rtmp}"))?,
        })
    }
}
