//! Ingresses: sources that push into a room with a key, and sources that are pulled into one.
//!
//! ```text
//! plane ── create, list, delete ──► Ingresses ──► rows
//! endpoints ── key, password ─────►    │  └─────► Pulls ──► puller ──► room
//!                                      └── states from rooms and pulls
//! ```
//!
//! Refuses to know: protocols, how a source is pulled, and permissions.

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
    /// Its name in rows and on the wire.
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
    /// Its app.
    pub app: String,
    /// Its room, namespaced.
    pub room: String,
    /// How it is fed.
    pub input_type: InputType,
    /// The participant's identity.
    pub identity: String,
    /// The participant's display name.
    pub name: Option<String>,
    /// The source of a pull; only with [`InputType::Url`], and required there.
    pub url: Option<String>,
    /// Whether renditions are requested.
    pub transcoding: bool,
    /// Whether pushes need a password too; without effect where nothing is pushed by RTMP.
    pub password: bool,
}

/// Why an ingress was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The caller's: the URL is missing.
    #[error("url is required when inputType is url")]
    UrlMissing,
    /// The caller's: the URL cannot be pulled.
    #[error("url must be something that can be pulled: {0}")]
    UrlInvalid(#[from] BadUrl),
    /// The server's: no hash could be made.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The server's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a push with a good key is refused.
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

/// Why a password was not checked: the server's fault.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// It could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The state of an ingress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has no publisher.
    Inactive,
    /// It is connecting, or has not delivered any picture or sound yet.
    Buffering,
    /// It is on air.
    Publishing,
    /// Its source cannot be pulled (it is retried), or nothing that its publisher sends can be decoded.
    Error,
    /// Its source came to its end.
    Complete,
}

impl Status {
    /// Its name on the wire.
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

/// The present state of an ingress.
#[derive(Clone)]
pub struct IngressState {
    /// In a word.
    pub status: Status,
    /// What is wrong with its source or its publisher's codecs, in words; also while a part of the stream is on air.
    pub error: Option<String>,
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
    /// Works on the rows of a store. `puller` pulls the sources of ingresses of type `url`. Must be called within a
    /// tokio runtime; nothing is pulled before [`Ingresses::resume`] or [`Ingresses::create`].
    pub fn new(store: &Store, apps: Apps, rooms: Rooms, puller: Puller) -> Self {
        let pulls = Pulls::new(rooms.clone(), puller);
        Self { rows: store.ingress(), apps, rooms, pulls, passwords: Passwords::default() }
    }

    /// The same with a shared queue for password checks.
    pub fn with_passwords(self, passwords: Passwords) -> Self {
        Self { passwords, ..self }
    }

    /// Starts all pulls. Called once, when the server starts.
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

    /// An ingress of an app.
    pub async fn get(&self, app: &str, id: &str) -> Result<Option<IngressRow>, StoreError> {
        self.rows.get(app, id).await
    }

    /// A page of an app's, newest first, and how many there are on all pages.
    pub async fn page(&self, app: &str, query: &IngressQuery) -> Result<(Vec<IngressRow>, u64), StoreError> {
        self.rows.page(app, query).await
    }

    /// Deletes an ingress of an app and disconnects its publisher. Gives whether it was there.
    pub async fn delete(&self, app: &str, id: &str) -> Result<bool, StoreError> {
        let row = self.rows.delete(app, id).await?;
        if let Some(row) = &row {
            self.end(row);
        }
        Ok(row.is_some())
    }

    /// Checks a password and, when it is right, admits all later pushes without it. Without a password every one is
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

    /// Whether a push is admitted: the ingress has no password, or was validated, or the push brings it. A refusal is
    /// an event of its room.
    ///
    /// # Errors
    /// [`PushRefused::Password`] is the publisher's fault; where the password could not be checked, there is no event.
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

    /// The present state of an ingress.
    pub fn state(&self, row: &IngressRow) -> IngressState {
        let stream = self.stream(row);
        let (pull, stats) = (self.pulls.state(&row.id), stream.as_ref().map(|stream| stream.live.stats()));
        let (bytes, unsupported) = stats.map_or((0, None), |stats| (stats.bytes, stats.unsupported));
        let status = match (&stream, &pull) {
            (_, Some(PullState::Failed(_))) => Status::Error,
            (None, Some(PullState::Complete)) => Status::Complete,
            (Some(_), None | Some(PullState::Publishing | PullState::Complete)) if bytes > 0 => Status::Publishing,
            (Some(_), _) if unsupported.is_some() => Status::Error,
            (Some(_), _) | (None, Some(_)) => Status::Buffering,
            (None, None) => Status::Inactive,
        };
        let error = match pull {
            Some(PullState::Failed(why)) => Some(why),
            _ => unsupported,
        };
        IngressState { status, error, stream, viewers: self.rooms.viewers(&row.room) }
    }

    /// Stops pulls of apps that are gone or no longer have their room.
    pub fn clear(&self) {
        self.pulls.retain(|app, room| self.owns(app, room));
    }

    fn owns(&self, app: &str, room: &str) -> bool {
        self.apps.owner_of_room(room).is_some_and(|owner| owner.name == app)
    }

    /// A key is valid only as long as its room belongs to its app.
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
