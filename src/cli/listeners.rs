//! The addresses the server listens on, bound before anything else starts: a taken port is one clear line. The limits
//! on connections of each endpoint are set here too, since they share the system's limit on open files.

use super::{open_files, setup};
use crate::{
    api::livewing,
    app::access::{
        connection_limiter::{AddressRegistry, ConnectionLimiter},
        connection_shares::Limits,
    },
    config::Config,
    server::{http, rtmp, srt},
};
use anyhow::Context;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Simultaneous readers of metrics, where they have an address of their own.
const SCRAPERS: usize = 16;
/// WebRTC peers over TCP at a time.
const WEBRTC_TCP: usize = 1024;

/// Every listener.
pub struct Listeners {
    pub http: TcpListener,
    pub metrics: Option<TcpListener>,
    pub livewing: TcpListener,
    pub rtmp: rtmp::Listener,
    pub srt: srt::Listener,
    pub limiters: ConnectionLimiters,
}

/// The limits on connections of each endpoint, in total and by address.
pub struct ConnectionLimiters {
    pub http: http::Settings,
    pub metrics: http::Settings,
    pub livewing: ConnectionLimiter,
    pub webrtc: ConnectionLimiter,
}

impl Listeners {
    /// Binds them all.
    ///
    /// # Errors
    /// Names the key and the address that cannot be bound.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let (proxies, origins) = (setup::proxies(config), setup::origins(config));
        let registry = AddressRegistry::new(proxies.clone());
        let number = |n: u32| n as usize;
        let wanted = [config.http.max_connections, config.rtmp.max_connections, config.livewing.max_connections];
        let [http, rtmp, livewing] = wanted.map(number);
        let files = open_files::raise();
        let [http, rtmp, livewing, webrtc_tcp, scrapers] =
            open_files::share(files, [http, rtmp, livewing, WEBRTC_TCP, SCRAPERS]);
        if http < number(config.http.max_connections) {
            tracing::warn!(files, http, rtmp, livewing, "fewer connections than set: the open files are few");
        }
        let limiter = |name, total| ConnectionLimiter::new(name, Limits::of(total), registry.clone());
        let mut limits = Limits::of(http);
        if config.http.max_connections_per_address > 0 {
            // With fewer places than set, the share of an address is smaller in the same ratio.
            let share = number(config.http.max_connections_per_address) * http / number(config.http.max_connections);
            limits.per_address = share.clamp(1, http);
        }
        let pages = http::Settings {
            proxies: proxies.clone(),
            origins: origins.clone(),
            ..http::Settings::new(ConnectionLimiter::new("http", limits, registry.clone()))
        };
        let metrics = http::Settings { proxies, origins, ..http::Settings::new(limiter("metrics", scrapers)) };
        let srt_limiter = limiter("srt", number(config.srt.max_connections));
        Ok(Self {
            http: listen("http.listen", config.http.listen).await?,
            metrics: match config.metrics.listen {
                Some(address) => Some(listen("metrics.listen", address).await?),
                None => None,
            },
            livewing: livewing::bind(config.livewing.listen)
                .await
                .with_context(|| format!("livewing.listen: {}", config.livewing.listen))?,
            srt: srt::bind(&setup::srt(config, srt_limiter))
                .with_context(|| format!("srt.listen: {}", config.srt.listen))?,
            rtmp: rtmp::bind(&setup::rtmp(config, limiter("rtmp", rtmp)))
                .await
                .with_context(|| format!("rtmp.listen: {}", config.rtmp.listen))?,
            limiters: ConnectionLimiters {
                http: pages,
                metrics,
                livewing: limiter("livewing", livewing),
                webrtc: limiter("webrtc", webrtc_tcp),
            },
        })
    }
}

async fn listen(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{key}: {address}"))
}
