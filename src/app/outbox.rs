//! The outbox: messages that were stored in the transaction of the change that they report, delivered until they
//! arrive.
//!
//! ```text
//! fact + row (one transaction) ─► take ─► request (the plane's words and signature) ─► POST ─┬─► delivered
//!                                   ▲                                                      ├─► again, later
//!                                   └──────────────────────────────────────────────────────┴─► given up
//! ```
//!
//! A message arrives at least once. Refuses to know: the content of messages, and the keys that sign them.

use crate::{
    app::wall_clock::now_ms,
    protocol::guard::Guard,
    store::{Outbox, OutboxRow, StoreError},
    tasks,
};
use futures::future::BoxFuture;
use reqwest::{Client, header::CONTENT_TYPE, redirect::Policy};
use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Poll interval for due messages.
const LOOK: Duration = Duration::from_millis(500);
/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a delivery may take with looking the name up.
const WHOLE: Duration = Duration::from_secs(20);
/// Pauses before the second, third and fourth time; then it is given up.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(300)];
/// How long a taken message belongs to its sender; longer than any delivery.
const LEASE_MS: i64 = 60_000;
/// Deliveries in progress at once: a receiver that hangs must not hold up the others.
const UNDER_WAY: usize = 64;
/// How long ended messages stay in the table for inspection.
const KEPT_MS: i64 = 7 * 24 * 3600 * 1000;

/// A message as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// Where to.
    pub url: String,
    /// Beside `Content-Type: application/json`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
    /// Whether it may go to this machine, which the guard otherwise forbids.
    pub local: bool,
}

/// How a plane words and signs its messages.
pub trait Sender: Send + Sync {
    /// The plane's name in rows.
    fn plane(&self) -> &'static str;

    /// The message of a row; `None` when its webhook is gone.
    fn request<'a>(&'a self, row: &'a OutboxRow) -> BoxFuture<'a, Result<Option<WebhookRequest>, StoreError>>;

    /// A message arrived, or was given up.
    fn ended<'a>(&'a self, row: &'a OutboxRow, arrived: bool) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// Delivers messages. Clones share everything.
#[derive(Clone)]
pub struct WebhookDispatcher {
    outbox: Outbox,
    senders: Arc<HashMap<&'static str, Arc<dyn Sender>>>,
    guard: Arc<Guard>,
    room: Arc<Semaphore>,
}

impl WebhookDispatcher {
    /// Delivers for these planes; `guard` checks each address anew.
    pub fn new(outbox: Outbox, senders: impl IntoIterator<Item = Arc<dyn Sender>>, guard: Arc<Guard>) -> Self {
        let senders = senders.into_iter().map(|sender| (sender.plane(), sender)).collect();
        Self { outbox, senders: Arc::new(senders), guard, room: Arc::new(Semaphore::new(UNDER_WAY)) }
    }

    /// Delivers until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.turn().await {
                tracing::warn!(%error, "the outbox cannot be read");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Takes the due messages, as many as there is room for, and sends each on its own.
    async fn turn(&self) -> Result<(), StoreError> {
        let free = u32::try_from(self.room.available_permits()).unwrap_or(0);
        if free == 0 {
            return Ok(());
        }
        for row in self.outbox.take(now_ms(), free, LEASE_MS).await? {
            let Ok(room) = self.room.clone().try_acquire_owned() else { continue };
            let dispatcher = self.clone();
            tasks::once("delivery", async move {
                if let Err(error) = dispatcher.deliver(&row).await {
                    tracing::warn!(%error, message = row.id, "what became of a message was not noted");
                }
                drop(room);
            });
        }
        Ok(())
    }

    async fn deliver(&self, row: &OutboxRow) -> Result<(), StoreError> {
        let Some(sender) = self.senders.get(row.plane.as_str()) else { return Ok(()) };
        let Some(request) = sender.request(row).await? else {
            self.outbox.dead(&row.id, now_ms()).await?;
            return Ok(());
        };
        // A DNS look-up has no limit of its own, and must end long before the lease does.
        let sent = tokio::time::timeout(WHOLE, self.post(&request)).await;
        let fault = match sent.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
            Ok(()) if self.outbox.delivered(&row.id, now_ms()).await? => return sender.ended(row, true).await,
            Ok(()) => return Ok(()), // it was ended meanwhile, e.g. with its webhook
            Err(fault) => fault,
        };
        let tried = usize::try_from(row.attempts).unwrap_or(1).max(1);
        tracing::info!(plane = row.plane, endpoint = row.endpoint, event = row.event, tried, "not delivered: {fault}");
        match PAUSES.get(tried - 1) {
            Some(pause) => {
                let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
                self.outbox.again(&row.id, now_ms().saturating_add(pause)).await?;
                Ok(())
            }
            None if self.outbox.dead(&row.id, now_ms()).await? => sender.ended(row, false).await,
            None => Ok(()),
        }
    }

    /// One POST. Any 2xx is an arrival; redirects are not followed, since the guard has checked this address only.
    async fn post(&self, request: &WebhookRequest) -> Result<(), String> {
        let url = Url::parse(&request.url).map_err(|error| error.to_string())?;
        let addresses = if request.local { None } else { Some(self.judge(url.clone()).await?) };
        // A proxy would look the name up anew and might connect to an address that the guard has not checked.
        let mut client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        if let (Some(host), Some(addresses)) = (url.host_str(), &addresses) {
            client = client.resolve_to_addrs(host, addresses);
        }
        let client = client.build().map_err(|error| error.to_string())?;
        let mut post = client.post(url).header(CONTENT_TYPE, "application/json").body(request.body.clone());
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        // An error of reqwest names the URL, which may be a secret.
        let answer = post.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("answered {}", answer.status().as_u16())) }
    }

    async fn judge(&self, url: Url) -> Result<Vec<SocketAddr>, String> {
        let guard = self.guard.clone();
        let judged = tokio::task::spawn_blocking(move || guard.check(&url)).await;
        judged.map_err(|error| error.to_string())?.map_err(|forbidden| forbidden.to_string())
    }

    /// Deletes messages that ended long ago.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        self.outbox.purge(now_ms() - KEPT_MS).await.map(drop)
    }
}
