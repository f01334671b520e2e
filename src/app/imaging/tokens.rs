//! JWTs of browser sessions that another service signs: with a secret shared with this server, or with keys that it
//! publishes (RFC 7517).
//!
//! Refuses to know: accounts; a good token gives its subject.

use crate::tasks;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How long published keys are cached.
const KEYS_HOLD: Duration = Duration::from_secs(600);
/// How soon they are fetched again because of a key that is not among them.
const KEYS_AGAIN: Duration = Duration::from_secs(30);
/// The algorithms of published keys. A secret is never taken for one of them, nor one of them for a secret.
const PUBLISHED: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

/// The accepted signers.
#[derive(Clone, Default)]
pub struct Settings {
    /// The secret of HS256.
    pub secret: Option<String>,
    /// Where keys are published.
    pub jwks_url: Option<String>,
    /// What `aud` must be.
    pub audience: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

struct Published {
    keys: JwkSet,
    at: Instant,
}

/// The cache of published keys.
#[derive(Default)]
struct Known {
    published: Option<Published>,
    /// The time of the last fetch, whether an answer came or not.
    tried: Option<Instant>,
    /// Closed when the fetch that is under way has ended.
    fetching: Option<watch::Receiver<()>>,
}

/// Verifies tokens. Clones share the published keys.
#[derive(Clone)]
pub struct Tokens {
    settings: Settings,
    client: reqwest::Client,
    published: Arc<Mutex<Known>>,
}

impl Tokens {
    /// Nothing is fetched before the first token.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        Ok(Self { settings, client, published: Arc::default() })
    }

    /// The subject of a token that is well signed and valid now; `None` otherwise.
    pub async fn subject(&self, token: &str) -> Option<String> {
        let header = decode_header(token).ok()?;
        let key = match header.alg {
            Algorithm::HS256 => DecodingKey::from_secret(self.settings.secret.as_ref()?.as_bytes()),
            algorithm if PUBLISHED.contains(&algorithm) => self.key(header.kid.as_deref()).await?,
            _ => return None,
        };
        let mut how = Validation::new(header.alg);
        how.set_required_spec_claims(&["exp", "sub"]);
        how.validate_nbf = true;
        how.leeway = 5; // seconds between two clocks
        match &self.settings.audience {
            Some(audience) => how.set_audience(&[audience]),
            None => how.validate_aud = false,
        }
        Some(decode::<Claims>(token, &key, &how).ok()?.claims.sub)
    }

    /// A published key; without an id the only one there is. A known one is returned at once, and refreshed in the
    /// background when it is old; a request with an unknown one waits for the one fetch in progress.
    async fn key(&self, id: Option<&str>) -> Option<DecodingKey> {
        let url = self.settings.jwks_url.as_ref()?;
        let find = |known: &Known| {
            let keys = &known.published.as_ref()?.keys;
            let key = match id {
                Some(id) => keys.find(id),
                None => keys.keys.first().filter(|_| keys.keys.len() == 1),
            };
            key.and_then(|key| DecodingKey::from_jwk(key).ok())
        };
        let (found, mut fetching) = {
            let mut known = self.known();
            let found = find(&known);
            let fresh = known.published.as_ref().is_some_and(|known| known.at.elapsed() < KEYS_HOLD);
            if found.is_some() && fresh {
                return found;
            }
            let under_way = known.fetching.clone().filter(|fetching| fetching.has_changed().is_ok());
            let fetching = match under_way {
                Some(fetching) => fetching,
                None if known.tried.is_some_and(|at| at.elapsed() < KEYS_AGAIN) => return found,
                None => {
                    let (ended, fetching) = watch::channel(());
                    (known.tried, known.fetching) = (Some(Instant::now()), Some(fetching.clone()));
                    tasks::once("jwks", self.clone().refresh(url.clone(), ended));
                    fetching
                }
            };
            (found, fetching)
        };
        if found.is_some() {
            return found;
        }
        let _ = fetching.changed().await; // its end is what is waited for
        find(&self.known())
    }

    async fn refresh(self, url: String, _ended: watch::Sender<()>) {
        match self.fetch(&url).await {
            Ok(keys) => self.known().published = Some(Published { keys, at: Instant::now() }),
            Err(error) => tracing::warn!(%error, "the keys of JWTs cannot be fetched"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, url: &str) -> Result<JwkSet, reqwest::Error> {
        self.client.get(url).send().await?.error_for_status()?.json().await
    }
}
