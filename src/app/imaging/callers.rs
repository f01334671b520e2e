//! Authentication of callers, in the order of the document: an API key, a JWT of a browser session, the cookie of the
//! operator's page.
//!
//! Refuses to know: headers and answers.

use super::{
    accounts::{Account, Accounts, DEFAULT},
    keys::ImageKeys,
    refusal::CallerRefusal,
    tokens::Tokens,
};
use crate::app::access::{
    auth::{Auth, session_cookie},
    keys::Plane,
};

/// Finds accounts by their credentials. Clones share everything.
#[derive(Clone)]
pub struct Callers {
    accounts: Accounts,
    keys: ImageKeys,
    tokens: Tokens,
    operator: Auth,
}

impl Callers {
    /// Knows keys and accounts, accepts `tokens`, and takes the operator's logins of `operator`.
    pub fn new(accounts: Accounts, keys: ImageKeys, tokens: Tokens, operator: Auth) -> Self {
        Self { accounts, keys, tokens, operator }
    }

    /// The account of a request: by the credential after `Bearer`, else by the whole `Cookie` header. A cookie does not
    /// make up for a bad bearer credential.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn identify(&self, bearer: Option<&str>, cookie: Option<&str>) -> Result<Account, CallerRefusal> {
        let account = match bearer {
            Some(key) if key.starts_with(Plane::Lumely.key_prefix()) => self.keys.account(key).await?,
            Some(token) => {
                let subject = self.tokens.subject(token).await.ok_or(CallerRefusal::BadToken)?;
                self.accounts.find(&subject).await?.ok_or(CallerRefusal::NoAccount)?
            }
            None => {
                let session = cookie.and_then(session_cookie).ok_or(CallerRefusal::NoCredential)?;
                if !self.operator.is_operator(session, crate::app::wall_clock::now_secs()).await? {
                    return Err(CallerRefusal::BadToken);
                }
                self.accounts.by_name(DEFAULT).await?.ok_or(CallerRefusal::NoAccount)?
            }
        };
        if account.status == "none" { Err(CallerRefusal::NoAccount) } else { Ok(account) }
    }
}
