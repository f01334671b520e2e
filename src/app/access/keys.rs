//! API keys of the planes: minted once, verified at every request, revocable at once.
//!
//! Refuses to know: how rows are stored, and a plane's response to a bad key. Raw keys leave [`KeyService::mint`] and
//! are neither stored nor logged.

use crate::app::wall_clock::now_ms;
use crate::store::{KeyRow, Keys, NewKey, Revocation, Store, StoreError};
use crate::tasks;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ipnet::IpNet;
use rand::seq::IndexedRandom;
use sha2::{Digest, Sha256};
use std::{fmt, net::IpAddr, str::FromStr};

/// Length of a key's random part: 32 bytes in base64url without padding (Lumora, "Key format").
const BODY_LEN: usize = 43;
/// How much of the random part is shown in lists.
const SHOWN_OF_BODY: usize = 5;
/// The time of the last use is stored at most once in this many milliseconds, so that read requests do not write.
const USE_NOTED_EVERY_MS: i64 = 60_000;
/// RFC 4648 base32 in lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A plane with API keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plane {
    /// Graphics.
    Lumora,
    /// Image jobs.
    Lumely,
    /// Streams.
    Streamhub,
}

impl Plane {
    /// All planes with keys.
    pub const ALL: [Self; 3] = [Self::Lumora, Self::Lumely, Self::Streamhub];

    /// The name on the command line and in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lumora => "lumora",
            Self::Lumely => "lumely",
            Self::Streamhub => "streamhub",
        }
    }

    /// What the plane's keys begin with.
    pub fn key_prefix(self) -> &'static str {
        match self {
            Self::Lumora => "lumora_live_sk_",
            Self::Lumely => "lum_live_",
            Self::Streamhub => "sk_",
        }
    }

    /// The plane of a well-formed key. No prefix begins with another one, so at most one fits.
    fn of_key(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plane| {
            raw.strip_prefix(plane.key_prefix()).is_some_and(|body| {
                let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                body.len() == BODY_LEN && body.bytes().all(base64url)
            })
        })
    }
}

impl fmt::Display for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is not of a plane with API keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchPlane {
    /// LiveWing has one token.
    #[error("livewing has no API keys; it has one token, livewing.token in the settings")]
    Livewing,
    /// LUME has one token.
    #[error("lume has no API keys")]
    Lume,
    /// Not a plane at all.
    #[error("no plane {0:?}; planes with API keys are lumora, lumely, streamhub")]
    Unknown(String),
}

impl FromStr for Plane {
    type Err = NoSuchPlane;

    fn from_str(name: &str) -> Result<Self, NoSuchPlane> {
        match Self::ALL.into_iter().find(|plane| plane.as_str() == name) {
            Some(plane) => Ok(plane),
            None if name == "livewing" => Err(NoSuchPlane::Livewing),
            None if name == "lume" => Err(NoSuchPlane::Lume),
            None => Err(NoSuchPlane::Unknown(name.to_owned())),
        }
    }
}

/// The key that a request brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIdentity {
    /// The key's public id.
    pub id: String,
    /// Its plane.
    pub plane: Plane,
    /// Its label, given by its owner.
    pub label: String,
    /// The one app it gives access to, if it is restricted to one.
    pub app: Option<String>,
}

/// Restrictions of a key: to one app, to addresses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Confined<'a> {
    /// The one app of the StreamHub plane that it gives access to.
    pub app: Option<&'a str>,
    /// The addresses it may be used from; empty: all.
    pub from: &'a [IpNet],
}

/// Why a key is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is not of the form of any plane's keys; blanks around it count.
    #[error("not an API key")]
    Malformed,
    /// It was not minted here.
    #[error("unknown API key")]
    Unknown,
    /// It was revoked.
    #[error("the API key is revoked")]
    Revoked,
    /// It is a key of another plane.
    #[error("an API key of another plane")]
    WrongPlane,
    /// It may not be used from this address.
    #[error("the API key is not for this address")]
    Address,
    /// It could not be looked up: the server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a key was not minted.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The label does not fit on one line.
    #[error("a label is one line of 1 to 100 characters")]
    Label,
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Mints and verifies keys. Clones share the store.
#[derive(Debug, Clone)]
pub struct KeyService {
    rows: Keys,
}

impl KeyService {
    /// Works on the rows of a store.
    pub fn new(store: &Store) -> Self {
        Self { rows: store.keys() }
    }

    /// Makes a key. The raw key is in the answer and nowhere else. Blanks around the label are dropped.
    ///
    /// # Errors
    /// [`MintError::Label`] is the caller's fault.
    pub async fn mint(&self, plane: Plane, label: &str) -> Result<(String, KeyRow), MintError> {
        self.mint_confined(plane, label, Confined::default()).await
    }

    /// As [`Self::mint`], for a restricted key. Whether the app exists is up to the caller.
    ///
    /// # Errors
    /// [`MintError::Label`] is the caller's fault.
    pub async fn mint_confined(
        &self,
        plane: Plane,
        label: &str,
        confined: Confined<'_>,
    ) -> Result<(String, KeyRow), MintError> {
        let label = label.trim();
        if !(1..=100).contains(&label.chars().count()) || label.contains(char::is_control) {
            return Err(MintError::Label);
        }
        let raw = raw_key(plane);
        let shown: String = raw.chars().take(plane.key_prefix().len() + SHOWN_OF_BODY).collect();
        let from: Vec<String> = confined.from.iter().map(ToString::to_string).collect();
        let from = (!from.is_empty()).then(|| serde_json::json!(from).to_string());
        let row = self
            .rows
            .insert(NewKey {
                id: &new_id(),
                plane: plane.as_str(),
                label,
                hash: &hash(&raw),
                shown: &shown,
                created_at: now_ms(),
                app: confined.app,
                allowed_ips: from.as_deref(),
            })
            .await?;
        Ok((raw, row))
    }

    /// The identity of a key, if it is valid for this plane now. Each call looks it up: a revocation by another process
    /// takes effect with the next call. A key with a list of addresses is refused: the caller's address is not known
    /// here.
    ///
    /// # Errors
    /// Everything but [`KeyError::Store`] is the client's fault.
    pub async fn verify(&self, raw: &str, plane: Plane) -> Result<KeyIdentity, KeyError> {
        self.verify_from(raw, plane, None).await
    }

    /// As [`Self::verify`], for a key used from an address.
    ///
    /// # Errors
    /// Everything but [`KeyError::Store`] is the client's fault.
    pub async fn verify_from(&self, raw: &str, plane: Plane, from: Option<IpAddr>) -> Result<KeyIdentity, KeyError> {
        let of = Plane::of_key(raw).ok_or(KeyError::Malformed)?;
        if of != plane {
            return Err(KeyError::WrongPlane);
        }
        let row = self.rows.find_by_hash(&hash(raw)).await?;
        let row = row.ok_or(KeyError::Unknown)?;
        if row.revoked_at.is_some() {
            return Err(KeyError::Revoked);
        }
        if row.allowed_ips.as_deref().is_some_and(|list| !allowed(list, from)) {
            return Err(KeyError::Address);
        }
        self.note_use(&row);
        Ok(KeyIdentity { id: row.id, plane, label: row.label, app: row.app })
    }

    /// The key with this public id if it is of this plane, revoked or not.
    pub async fn find(&self, id: &str, plane: Plane) -> Result<Option<KeyRow>, StoreError> {
        Ok(self.rows.find(id).await?.filter(|row| row.plane == plane.as_str()))
    }

    /// All keys, oldest first, revoked ones too.
    pub async fn list(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.rows.list().await
    }

    /// Revokes a key by its public id, for good.
    pub async fn revoke(&self, id: &str) -> Result<Revocation, StoreError> {
        self.rows.revoke(id, now_ms()).await
    }

    /// Notes the use beside the request, which must not wait for another writer.
    fn note_use(&self, row: &KeyRow) {
        let now = now_ms();
        let fresh = |last: i64| (0..USE_NOTED_EVERY_MS).contains(&(now - last));
        if row.last_used_at.is_some_and(fresh) {
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

/// Whether a list of addresses names this one. A list that cannot be read names none.
fn allowed(list: &str, from: Option<IpAddr>) -> bool {
    let nets: Vec<IpNet> = serde_json::from_str::<Vec<String>>(list)
        .map(|list| list.iter().filter_map(|net| address(net)).collect())
        .unwrap_or_default();
    // An IPv4 client of a dual-stack socket counts as IPv4.
    from.is_some_and(|from| nets.iter().any(|net| net.contains(&from.to_canonical())))
}

/// An address or a network in CIDR form, e.g. `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
pub fn address(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(|ip| IpNet::from(ip.to_canonical())))
}

/// A new key: the plane's prefix and 256 random bits.
pub(crate) fn raw_key(plane: Plane) -> String {
    format!("{}{}", plane.key_prefix(), URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

/// The stored form of a key.
pub(crate) fn hash(raw: &str) -> [u8; 32] {
    Sha256::digest(raw.as_bytes()).into()
}

/// `key_` and 12 characters of base32: 60 random bits.
fn new_id() -> String {
    let mut rng = rand::rng();
    let body = (0..12).filter_map(|_| BASE32.choose(&mut rng));
    "key_".chars().chain(body.map(|&byte| char::from(byte))).collect()
}
