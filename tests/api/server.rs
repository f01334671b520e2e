//! A fixture with the LiveWing plane on a port.

use crate::{fixture::Fixture, ws::Client};
use lumencast::api::livewing::{self, Settings};
use serde_json::json;
use std::net::SocketAddr;
use tokio_util::sync::{CancellationToken, DropGuard};

pub const TOKEN: &str = "correct horse";

pub struct Server {
    pub fixture: Fixture,
    pub addr: SocketAddr,
    pub shutdown: CancellationToken,
    _ends: DropGuard,
}

impl Server {
    pub async fn open() -> Self {
        Self::with(Fixture::new(), |_| {}).await
    }

    /// With other settings than the documented ones.
    pub async fn with(fixture: Fixture, change: impl FnOnce(&mut Settings)) -> Self {
        let listener = livewing::bind("127.0.0.1:0".parse().expect("an address")).await.expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        let mut settings = Settings::new(TOKEN, fixture.now());
        change(&mut settings);
        let shutdown = CancellationToken::new();
        let served =
            livewing::serve(listener, settings, fixture.show.clone(), fixture.telemetry.clone(), shutdown.clone());
        tokio::spawn(served);
        Self { fixture, addr, _ends: shutdown.clone().drop_guard(), shutdown }
    }

    /// A client that has not authenticated.
    pub async fn unauthenticated_client(&self) -> Client {
        Client::connect(self.addr).await
    }

    /// A client that has.
    pub async fn client(&self) -> Client {
        let mut client = self.unauthenticated_client().await;
        client.data("system.auth", json!({ "token": TOKEN })).await;
        client
    }
}
