//! Who asks, in the order of the document: an API key, a JWT of a browser session, the cookie of the operator's page.
//!
//! Refuses to know: headers and answers.

use super::{
    accounts::{Account, Accounts, DEFAULT},
    keys::ImageKeys,
    tokens::Tokens,
};
use crate::{
    app::access::{
        auth::{Auth, session_cookie},
        keys::Plane,
    },
    store::StoreError,
};

/// Why nobody is known.
#[derive(Debug, thiserror::Error)]
pub enum CallerRefusal {
    /// There is no credential at all.
    #[error("no credential")]
    NoCredential,
    /// A key that nobody made here.
    #[error("an unknown API key")]
    BadKey,
    /// A key that its owner switched off.
    #[error("a revoked API key")]
    RevokedKey,
    /// A token that is not well signed, or has expired.
    #[error("a bad or expired token")]
    BadToken,
    /// A good credential of somebody who has no account.
    #[error("no subscription")]
    NoAccount,
    /// It cannot be looked up: the server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells accounts by their credentials. Clones share everything.
#[derive(Clone)]
pub struct Callers {
    accounts: Accounts,
    keys: ImageKeys,
    tokens: Tokens,
    operator: Auth,
}

impl Callers {
    /// Knows keys and accounts, believes `tokens`, and takes the operator's logins of `operator`.
    pub fn new(accounts: Accounts, keys: ImageKeys, tokens: Tokens, operator: Auth) -> Self {
        Self { accounts, keys, tokens, operator }
    }

    /// Whose request it is: by what stands after `Bearer`, else by the whole `Cookie` header. A bearer credential that
    /// is bad is not made good by a cookie.
    ///
    /// # Errors
    /// Why nobody is known by it.
    pub async fn identify(&self, bearer: Option<&str>, cookie: Option<&str>) -> Result<Account, CallerRefusal> {
        let account = match bearer {
            Some(key) if key.starts_with(Plane::Lumely.key_prefix()) => self.keys.account(key).await?,
            Some(token) => {
                let subject = self.tokens.subject(token).await.ok_or(CallerRefusal::BadToken)?;
                self.accounts.find(&subject).await?.ok_or(CallerRefusal::NoAccount)?
            }
            None => {
                let session = cookie.and_then(session_cookie).ok_or(CallerRefusal::NoCredential)?;
                if !self.operator.is_operator(session, super::now_ms() / 1000).await? {
                    return Err(CallerRefusal::BadToken);
                }
                self.accounts.by_name(DEFAULT).await?.ok_or(CallerRefusal::NoAccount)?
            }
        };
        if account.status == "none" { Err(CallerRefusal::NoAccount) } else { Ok(account) }
    }
}
