//! Ingresses: what may come into a room by a key, and what is fetched into one.
//!
//! ```text
//! plane ── create, list, delete ──► Ingresses ──► rows
//! doors ── key, password ─────────►    │  └─────► Pulls ──► puller ──► room
//!                                      └── states from rooms and pulls
//! ```
//!
//! Refuses to know: protocols, how a source is pulled, who may call.

mod pulls;

pub use crate::store::{IngressQuery, IngressRow};
pub use pulls::{PullRequest, PullState, PullTap, Puller};

use crate::app::{
    access::passwords::{PasswordFault, Passwords},
    rooms::{Rooms, StreamFact, StreamView, Via, apps::Apps},
};
use crate::media::ingest::pull::{BadUrl, PullSpec};
use crate::store::{IngressRows, Store, StoreError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pulls::Pulls;
use rand::seq::IndexedRandom;
use std::{fmt, str::FromStr, time::SystemTime};

/// Digits of ids.
const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How an ingress is fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputType {
    /// Pushed by RTMP or SRT.
    Rtmp,
    /// Pushed by WHIP.
    Whip,
    /// Pulled by this server.
    Url,
}

impl InputType {
    /// The word for it in rows and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::Whip => "whip",
            Self::Url => "url",
        }
    }
}

impl fmt::Display for InputType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for InputType {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Rtmp, Self::Whip, Self::Url].into_iter().find(|kind| kind.as_str() == word).ok_or(())
    }
}

/// An ingress to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIngress {
    /// Whose it is.
    pub app: String,
    /// Its room, namespaced.
    pub room: String,
    /// How it is fed.
    pub input_type: InputType,
    /// The participant it is to be.
    pub identity: String,
    /// The participant's display name.
    pub name: Option<String>,
    /// What is pulled; only with [`InputType::Url`], and needed there.
    pub url: Option<String>,
    /// Whether renditions are asked for.
    pub transcoding: bool,
    /// Whether pushes need a password too; of no effect where nothing is pushed by RTMP.
    pub password: bool,
}

/// Why an ingress was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The caller's: there is nothing to pull.
    #[error("url is required when inputType is url")]
    UrlMissing,
    /// The caller's: it cannot be pulled.
    #[error("url must be something that can be pulled: {0}")]
    UrlInvalid(#[from] BadUrl),
    /// The server's: no hash could be made.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The server's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a push by a good key is refused.
#[derive(Debug, thiserror::Error)]
pub enum PushRefused {
    /// The password is missing or wrong.
    #[error("the stream password is missing or wrong")]
    Password,
    /// The server's: the password could not be checked.
    #[error(transparent)]
    Unchecked(#[from] PasswordFault),
    /// The server's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a password was not judged: the server's.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// It could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Rows.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an ingress does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody feeds it.
    Inactive,
    /// It is being connected, or has not brought any picture or sound yet.
    Buffering,
    /// It is on air.
    Publishing,
    /// Its source cannot be pulled; it is tried again.
    Error,
    /// Its source came to its end.
    Complete,
}

impl Status {
    /// The word for it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Buffering => "buffering",
            Self::Publishing => "publishing",
            Self::Error => "error",
            Self::Complete => "complete",
        }
    }
}

/// What an ingress does now.
#[derive(Clone)]
pub struct IngressState {
    /// In a word.
    pub status: Status,
    /// Its stream, while it is in its room.
    pub stream: Option<StreamView>,
    /// Viewers of its room.
    pub viewers: usize,
}

/// The service; clones share it.
#[derive(Clone)]
pub struct Ingresses {
    rows: IngressRows,
    apps: Apps,
    rooms: Rooms,
    pulls: Pulls,
    passwords: Passwords,
}

impl Ingresses {
    /// Works on the rows of a store. `puller` fetches what ingresses of type `url` name. Must be called within a tokio
    /// runtime; nothing is pulled before [`Ingresses::resume`] or [`Ingresses::create`].
    pub fn new(store: &Store, apps: Apps, rooms: Rooms, puller: Puller) -> Self {
        let pulls = Pulls::new(rooms.clone(), puller);
        Self { rows: store.ingress(), apps, rooms, pulls, passwords: Passwords::default() }
    }

    /// The same, taking turns with others that check passwords.
    pub fn with_passwords(self, passwords: Passwords) -> Self {
        Self { passwords, ..self }
    }

    /// Starts to pull everything that is to be pulled. Called once, when the server starts.
    pub async fn resume(&self) -> Result<(), StoreError> {
        for row in self.rows.pulled().await?.iter().filter(|row| self.owns(&row.app, &row.room)) {
            self.pulls.start(row);
        }
        Ok(())
    }

    /// Makes an ingress; the password is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`CreateError::UrlMissing`] and [`CreateError::UrlInvalid`] are the caller's fault.
    pub async fn create(&self, new: NewIngress) -> Result<(IngressRow, Option<String>), CreateError> {
        let url = match new.input_type {
            InputType::Url => Some(pullable(new.url.as_deref())?),
            InputType::Rtmp | InputType::Whip => None,
        };
        let password = (new.password && new.input_type == InputType::Rtmp).then(random_password);
        let password_hash = match &password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let row = IngressRow {
            id: new_id(),
            app: new.app,
            room: new.room,
            input_type: new.input_type.as_str().to_owned(),
            identity: new.identity,
            name: new.name,
            stream_key: url.is_none().then(new_key),
            url,
            password_hash,
            validated_at: None,
            transcoding: new.transcoding,
            created_at: now_ms(),
        };
        self.rows.insert(&row).await?;
        self.pulls.start(&row);
        Ok((row, password))
    }

    /// One of an app.
    pub async fn get(&self, app: &str, id: &str) -> Result<Option<IngressRow>, StoreError> {
        self.rows.get(app, id).await
    }

    /// A page of an app's, newest first, and how many there are on all pages.
    pub async fn page(&self, app: &str, query: &IngressQuery) -> Result<(Vec<IngressRow>, u64), StoreError> {
        self.rows.page(app, query).await
    }

    /// Takes one of an app away, and with it whoever publishes by it. Gives whether it was there.
    pub async fn delete(&self, app: &str, id: &str) -> Result<bool, StoreError> {
        let row = self.rows.delete(app, id).await?;
        if let Some(row) = &row {
            self.end(row);
        }
        Ok(row.is_some())
    }

    /// Checks a password and, when it is right, lets all later pushes in without it. Without a password every one is
    /// right. `None`: there is no such ingress.
    pub async fn validate(&self, app: &str, id: &str, password: &str) -> Result<Option<bool>, ValidateError> {
        let Some(row) = self.rows.get(app, id).await? else { return Ok(None) };
        let Some(hash) = row.password_hash else { return Ok(Some(true)) };
        let valid = self.passwords.fits(password, Some(&hash)).await?;
        if valid {
            self.rows.validated(id, now_ms()).await?;
        }
        Ok(Some(valid))
    }

    /// The ingress that an RTMP or SRT push with this key belongs to.
    pub async fn by_key(&self, key: &str) -> Result<Option<IngressRow>, StoreError> {
        self.keyed(key, InputType::Rtmp).await
    }

    /// The ingress that a WHIP request with this bearer key belongs to.
    pub async fn by_whip_key(&self, key: &str) -> Result<Option<IngressRow>, StoreError> {
        self.keyed(key, InputType::Whip).await
    }

    /// Whether a push may come in: the ingress has no password, or was validated, or the push brings it. A refusal is
    /// an event of its room.
    ///
    /// # Errors
    /// [`PushRefused::Password`] is the publisher's fault; where the password could not be checked, nothing is told.
    pub async fn authorize_push(&self, row: &IngressRow, password: Option<&str>) -> Result<(), PushRefused> {
        let Some(hash) = row.password_hash.as_deref().filter(|_| row.validated_at.is_none()) else { return Ok(()) };
        if let Some(password) = password
            && self.passwords.fits(password, Some(hash)).await?
        {
            return Ok(());
        }
        let (identity, ingress) = (row.identity.clone(), Some(row.id.clone()));
        // Only RTMP ingresses have passwords.
        self.rooms.push_refused(&row.app, &row.room, StreamFact { identity, via: Via::Rtmp, ingress });
        Err(PushRefused::Password)
    }

    /// What an ingress does now.
    pub fn state(&self, row: &IngressRow) -> IngressState {
        let stream = self.stream(row);
        let status = match (&stream, self.pulls.state(&row.id)) {
            (_, Some(PullState::Failed)) => Status::Error,
            (None, Some(PullState::Complete)) => Status::Complete,
            (Some(stream), None | Some(PullState::Publishing | PullState::Complete))
                if stream.live.stats().bytes > 0 =>
            {
                Status::Publishing
            }
            (Some(_), _) | (None, Some(_)) => Status::Buffering,
            (None, None) => Status::Inactive,
        };
        IngressState { status, stream, viewers: self.rooms.viewers(&row.room) }
    }

    /// Stops pulls whose app is gone or no longer has their room.
    pub fn clear(&self) {
        self.pulls.retain(|app, room| self.owns(app, room));
    }

    fn owns(&self, app: &str, room: &str) -> bool {
        self.apps.owner_of_room(room).is_some_and(|owner| owner.name == app)
    }

    /// A key opens its room only as long as the room is its app's.
    async fn keyed(&self, key: &str, input_type: InputType) -> Result<Option<IngressRow>, StoreError> {
        let row = self.rows.by_key(key).await?;
        Ok(row.filter(|row| row.input_type == input_type.as_str() && self.owns(&row.app, &row.room)))
    }

    /// Its own stream; another publisher may have its identity.
    fn stream(&self, row: &IngressRow) -> Option<StreamView> {
        self.rooms.stream(&stream_id(row)).filter(|stream| stream.ingress.as_ref() == Some(&row.id))
    }

    fn end(&self, row: &IngressRow) {
        self.pulls.stop(&row.id);
        if let Some(stream) = self.stream(row) {
            self.rooms.stop(&stream.id, None);
        }
    }
}

fn stream_id(row: &IngressRow) -> String {
    format!("{}/{}", row.room, row.identity)
}

fn pullable(given: Option<&str>) -> Result<String, CreateError> {
    let given = given.map(str::trim).filter(|url| !url.is_empty()).ok_or(CreateError::UrlMissing)?;
    PullSpec::of(given, false)?;
    Ok(given.to_owned())
}

/// `IN_` and 12 alphanumeric characters: 71 random bits.
fn new_id() -> String {
    let mut rng = rand::rng();
    let body = (0..12).filter_map(|_| ALPHANUMERIC.choose(&mut rng));
    "IN_".chars().chain(body.map(|&byte| char::from(byte))).collect()
}

/// `sk-` and 128 random bits in hexadecimal, which every encoder's form field takes.
fn new_key() -> String {
    format!("sk-{:032x}", rand::random::<u128>())
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// 12 random bytes in base64url.
fn random_password() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 12]>())
}
