//! Webhooks of accounts: their URLs, the events they report, and the secrets that sign their deliveries.
//!
//! Refuses to know: the body of a delivery (the plane words it), when deliveries go out (the outbox's).

use super::{accounts::Account, jobs::Job, random_hex};
use crate::app::wall_clock::now_ms;
use crate::{
    app::outbox::{Sender, WebhookRequest},
    protocol::guard::{Forbidden, Guard},
    store::{
        ImageWebhooks, Inserted, JobRow, NewWebhook, OutboxRow, PLANE, Store, StoreError, Updated, WebhookChange,
        WebhookRow,
    },
};
use futures::future::BoxFuture;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::Arc;
use url::{Host, Url};
use uuid::Uuid;

/// Active webhooks that an account may have (Lumely, "Webhooks").
pub const MOST: u32 = 5;

/// Deliveries that fail one after another until a webhook is switched off.
const OFF_AFTER: u32 = 10;

/// Events that a webhook may report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookEvent {
    /// A picture is ready.
    Completed,
    /// The job failed.
    Failed,
    /// The owner cancelled the job.
    Cancelled,
}

impl HookEvent {
    /// All, in the document's order.
    pub const ALL: [Self; 3] = [Self::Completed, Self::Failed, Self::Cancelled];

    /// Its name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Completed => "job.completed",
            Self::Failed => "job.failed",
            Self::Cancelled => "job.cancelled",
        }
    }

    /// The event of a name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.id() == id)
    }
}

/// A webhook as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// A UUID.
    pub id: String,
    /// The URL it delivers to.
    pub url: String,
    /// The events that it reports.
    pub events: Vec<HookEvent>,
    /// Whether events are delivered to it.
    pub is_active: bool,
    /// Deliveries that failed one after another.
    pub failure_count: u32,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

impl From<WebhookRow> for Hook {
    fn from(row: WebhookRow) -> Self {
        let WebhookRow { id, account: _, url, events, secret: _, is_active, failure_count, created_at } = row;
        let names: Vec<String> = serde_json::from_str(&events).unwrap_or_default();
        Self {
            id,
            url,
            events: names.iter().filter_map(|name| HookEvent::from_id(name)).collect(),
            is_active,
            failure_count: u32::try_from(failure_count).unwrap_or(0),
            created_at,
        }
    }
}

/// Changes to a webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookChange {
    /// The URL it delivers to.
    pub url: Option<String>,
    /// The events that it reports.
    pub events: Option<Vec<HookEvent>>,
    /// Off or on; switching it on resets its failures.
    pub is_active: Option<bool>,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum HookFault {
    /// The maximum number of active ones is reached.
    #[error("at most {limit} active webhooks")]
    TooMany {
        /// The maximum.
        limit: u32,
    },
    /// No webhook of this account.
    #[error("no such webhook")]
    Unknown,
    /// Nothing is sent to this address; the text gives the reason.
    #[error("{0}")]
    Url(String),
    /// The server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The webhooks. Clones share them.
#[derive(Debug, Clone)]
pub struct Hooks {
    rows: ImageWebhooks,
    guard: Arc<Guard>,
}

impl Hooks {
    /// Works on the rows of a store; `guard` checks the URLs.
    pub fn new(store: &Store, guard: Arc<Guard>) -> Self {
        Self { rows: store.image_webhooks(), guard }
    }

    /// Makes a webhook. Its secret is in this answer and in no other.
    ///
    /// # Errors
    /// [`HookFault::Store`] alone is the server's fault.
    pub async fn create(
        &self,
        account: &Account,
        url: &str,
        events: &[HookEvent],
    ) -> Result<(String, Hook), HookFault> {
        self.judge(url)?;
        let secret = format!("whsec_{}", random_hex::<32>());
        let hook = NewWebhook {
            id: &Uuid::new_v4().to_string(),
            account: &account.id,
            url,
            events: &names(events),
            secret: &secret,
            created_at: now_ms(),
        };
        match self.rows.insert(&hook, MOST).await? {
            Inserted::New(row) => Ok((secret, row.into())),
            Inserted::TooMany => Err(HookFault::TooMany { limit: MOST }),
        }
    }

    /// All of an account, oldest first.
    pub async fn list(&self, account: &Account) -> Result<Vec<Hook>, StoreError> {
        Ok(self.rows.list(&account.id).await?.into_iter().map(Hook::from).collect())
    }

    /// Changes a webhook.
    ///
    /// # Errors
    /// [`HookFault::Store`] alone is the server's fault.
    pub async fn update(&self, account: &Account, id: &str, change: HookChange) -> Result<Hook, HookFault> {
        let HookChange { url, events, is_active } = change;
        if let Some(url) = &url {
            self.judge(url)?;
        }
        let events = events.map(|events| names(&events));
        let change = WebhookChange { url: url.as_deref(), events: events.as_deref(), is_active };
        let done = self.rows.update(&account.id, id, change, MOST).await?;
        match done {
            Updated::Done(row) => Ok(row.into()),
            Updated::TooMany => Err(HookFault::TooMany { limit: MOST }),
            Updated::Unknown => Err(HookFault::Unknown),
        }
    }

    /// Deletes a webhook, with its pending deliveries.
    ///
    /// # Errors
    /// [`HookFault::Store`] alone is the server's fault.
    pub async fn delete(&self, account: &Account, id: &str) -> Result<(), HookFault> {
        if self.rows.delete(&account.id, id).await? { Ok(()) } else { Err(HookFault::Unknown) }
    }

    /// HTTPS to an address that the guard allows, or to this machine for testing. A name is looked up only at a
    /// delivery: one that does not exist yet may be registered.
    fn judge(&self, text: &str) -> Result<(), HookFault> {
        let fault = |text: &str| Err(HookFault::Url(text.to_owned()));
        let Ok(url) = Url::parse(text) else { return fault("The url is not an address.") };
        if !url.username().is_empty() || url.password().is_some() {
            return fault("The url must not carry a user name or a password.");
        }
        if is_local(&url) && matches!(url.scheme(), "http" | "https") {
            return Ok(());
        }
        match (url.scheme(), self.guard.check_with(&url, |_, _| Ok(Vec::new()))) {
            ("https", Ok(_) | Err(Forbidden::Unresolved)) => Ok(()),
            ("https", Err(forbidden)) => Err(HookFault::Url(format!("The url cannot be used: {forbidden}."))),
            _ => fault("The url must begin with https://; http:// is taken for localhost only."),
        }
    }
}

/// Whether a URL names this machine by the name that the document allows for testing, or by its addresses.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn names(events: &[HookEvent]) -> String {
    let mut events = events.to_vec();
    events.sort_unstable();
    events.dedup();
    serde_json::json!(events.iter().map(|event| event.id()).collect::<Vec<_>>()).to_string()
}

/// The body of an event of a job.
type Wording = Box<dyn Fn(&str, &Job) -> String + Send + Sync>;

/// Words and signs the outbox's messages for webhooks of accounts.
pub struct JobWebhooks {
    rows: ImageWebhooks,
    wording: Wording,
}

impl JobWebhooks {
    /// `wording` gives the body of an event of a job.
    pub fn new(store: &Store, wording: impl Fn(&str, &Job) -> String + Send + Sync + 'static) -> Self {
        Self { rows: store.image_webhooks(), wording: Box::new(wording) }
    }
}

impl Sender for JobWebhooks {
    fn plane(&self) -> &'static str {
        PLANE
    }

    fn request<'a>(&'a self, row: &'a OutboxRow) -> BoxFuture<'a, Result<Option<WebhookRequest>, StoreError>> {
        Box::pin(async move {
            let Some(hook) = self.rows.get(&row.endpoint).await?.filter(|hook| hook.is_active) else { return Ok(None) };
            let job = serde_json::from_str::<JobRow>(&row.body_json).ok().and_then(Job::of);
            let (Some(job), Ok(url)) = (job, Url::parse(&hook.url)) else { return Ok(None) };
            let body = (self.wording)(&row.event, &job);
            let headers = vec![("X-Lumely-Signature", signature(&hook.secret, &body))];
            Ok(Some(WebhookRequest { local: is_local(&url), url: hook.url, headers, body }))
        })
    }

    fn ended<'a>(&'a self, row: &'a OutboxRow, arrived: bool) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let hook = self.rows.note_delivery(&row.endpoint, arrived, OFF_AFTER).await?;
            if let Some(hook) = hook.filter(|hook| !arrived && !hook.is_active) {
                tracing::warn!(webhook = hook.id, account = hook.account, "switched off: its deliveries keep failing");
            }
            Ok(())
        })
    }
}

/// Hex HMAC-SHA256 of the body (Lumely, "Webhooks").
fn signature(secret: &str, body: &str) -> String {
    // Any length of key is accepted, so this cannot fail.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mac| mac.chain_update(body.as_bytes()));
    let bytes = mac.map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        let signed = signature("Jefe", "what do ya want for nothing?");
        assert_eq!(signed, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
