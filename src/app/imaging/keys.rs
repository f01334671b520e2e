//! API keys of accounts: made and shown once, switched off and on, looked up at every request.
//!
//! Refuses to know: how rows are kept, and what is answered to a bad key. Raw keys leave [`ImageKeys::create`] and are
//! neither kept nor logged.

use super::{accounts::Account, refusal::CallerRefusal};
use crate::app::wall_clock::now_ms;
use crate::{
    app::access::keys::{Plane, hash, raw_key},
    store::{self, ImageKeyRow, Inserted, NewImageKey, Store, StoreError, Updated},
    tasks,
};
use uuid::Uuid;

/// Active keys that an account may have (Lumely, "API keys").
pub const MOST: u32 = 10;
/// How much of a key's random part is shown in lists.
const SHOWN_OF_BODY: usize = 6;
/// The last use is written down once in this many milliseconds, so that reading requests do not write.
const USE_NOTED_EVERY_MS: i64 = 60_000;

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// A UUID.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The beginning of the key.
    pub prefix: String,
    /// Whether it opens anything.
    pub is_active: bool,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// Milliseconds since 1970 UTC, exact to a minute.
    pub last_used_at: Option<i64>,
}

impl From<ImageKeyRow> for Key {
    fn from(row: ImageKeyRow) -> Self {
        let ImageKeyRow { id, account: _, name, shown, is_active, created_at, last_used_at } = row;
        Self { id, name, prefix: shown, is_active, created_at, last_used_at }
    }
}

/// What changes of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Another name.
    pub name: Option<String>,
    /// Off or on.
    pub is_active: Option<bool>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// There are as many active ones as there may be.
    #[error("at most {limit} active API keys")]
    TooMany {
        /// So many.
        limit: u32,
    },
    /// No key of this account.
    #[error("no such API key")]
    Unknown,
    /// The server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys. Clones share them.
#[derive(Debug, Clone)]
pub struct ImageKeys {
    rows: store::ImageKeys,
}

impl ImageKeys {
    /// Works on the rows of a store.
    pub fn new(store: &Store) -> Self {
        Self { rows: store.image_keys() }
    }

    /// Makes a key. The raw key is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`KeyFault::TooMany`] is the account's fault.
    pub async fn create(&self, account: &Account, name: &str) -> Result<(String, Key), KeyFault> {
        let raw = raw_key(Plane::Lumely);
        let shown: String = raw.chars().take(Plane::Lumely.key_prefix().len() + SHOWN_OF_BODY).collect();
        let key = NewImageKey {
            id: &Uuid::new_v4().to_string(),
            account: &account.id,
            name,
            hash: &hash(&raw),
            shown: &shown,
            created_at: now_ms(),
        };
        match self.rows.insert(&key, MOST).await? {
            Inserted::New(row) => Ok((raw, row.into())),
            Inserted::TooMany => Err(KeyFault::TooMany { limit: MOST }),
        }
    }

    /// All of an account, oldest first.
    pub async fn list(&self, account: &Account) -> Result<Vec<Key>, StoreError> {
        Ok(self.rows.list(&account.id).await?.into_iter().map(Key::from).collect())
    }

    /// Changes a key; what opens nothing any more does so from the next request on.
    ///
    /// # Errors
    /// [`KeyFault::Store`] alone is the server's fault.
    pub async fn update(&self, account: &Account, id: &str, change: KeyChange) -> Result<Key, KeyFault> {
        let KeyChange { name, is_active } = change;
        match self.rows.update(&account.id, id, name.as_deref(), is_active, MOST).await? {
            Updated::Done(row) => Ok(row.into()),
            Updated::TooMany => Err(KeyFault::TooMany { limit: MOST }),
            Updated::Unknown => Err(KeyFault::Unknown),
        }
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// [`KeyFault::Store`] alone is the server's fault.
    pub async fn delete(&self, account: &Account, id: &str) -> Result<(), KeyFault> {
        if self.rows.delete(&account.id, id).await? { Ok(()) } else { Err(KeyFault::Unknown) }
    }

    /// The account that a key opens.
    ///
    /// # Errors
    /// [`CallerRefusal::Store`] alone is the server's fault.
    pub async fn account(&self, raw: &str) -> Result<Account, CallerRefusal> {
        let (row, account) = self.rows.find_by_hash(&hash(raw)).await?.ok_or(CallerRefusal::BadKey)?;
        if !row.is_active {
            return Err(CallerRefusal::RevokedKey);
        }
        self.note_use(&row);
        Ok(account.into())
    }

    /// Notes the use beside the request, which must not wait for another writer.
    fn note_use(&self, row: &ImageKeyRow) {
        let now = now_ms();
        if row.last_used_at.is_some_and(|last| (0..USE_NOTED_EVERY_MS).contains(&(now - last))) {
            return;
        }
        let (rows, id) = (self.rows.clone(), row.id.clone());
        tasks::once("key-use", async move {
            if let Err(error) = rows.used(&id, now).await {
                tracing::warn!(key = id, %error, "the use of an API key was not noted");
            }
        });
    }
}
