//! Passwords of ingresses: random ones, kept as Argon2id hashes.
//!
//! A check takes tens of milliseconds and 19 MiB, so only one runs at a time, beside the runtime.

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{SaltString, rand_core::OsRng},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::Semaphore;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Passwords {
    turn: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turn: Semaphore::new(1) }
    }
}

impl Passwords {
    /// 12 random bytes in base64url.
    pub fn random() -> String {
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 12]>())
    }

    /// The hash in PHC form; `None` when it could not be made.
    pub async fn hash(&self, password: &str) -> Option<String> {
        let password = password.to_owned();
        self.in_turn(move || {
            let salt = SaltString::generate(&mut OsRng);
            Argon2::default().hash_password(password.as_bytes(), &salt).ok().map(|hash| hash.to_string())
        })
        .await
        .flatten()
    }

    /// Whether it is the password of that hash.
    pub async fn fits(&self, password: &str, hash: &str) -> bool {
        let (password, hash) = (password.to_owned(), hash.to_owned());
        self.in_turn(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
        .unwrap_or(false)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _turn = self.turn.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}
