//! Authentication for the StreamHub plane: a program with an `sk_` key, the operator, or a user of a tenant.
//!
//! ```text
//! bearer ─┬─ sk_…  ─► keys: revoked? address? ─► global: superadmin · app: service of that app
//!         └─ other ─► JWT (HS256) ─► live session ─► operator: superadmin · person: role by membership
//! ```
//!
//! Refuses to know: routes, responses, apps (whether one exists is up to the registry).

use crate::app::access::{
    keys::{KeyError, KeyService, Plane},
    passwords::{PasswordFault, Passwords},
    permissions::Role,
};
use crate::store::{NewUser, SessionRow, Store, StoreError, UserRow, Users};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{net::IpAddr, sync::Arc};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How long a login is valid, in seconds.
pub const SESSION_SECONDS: i64 = 12 * 60 * 60;
/// The operator's name, and the subject of the operator's tokens.
pub const OPERATOR: &str = "admin";

/// The cookie that carries the operator's login.
pub const SESSION_COOKIE: &str = "lumencast_session";

/// The kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// An `sk_` key.
    ApiToken,
    /// The operator's login.
    AdminJwt,
    /// A user's login.
    UserJwt,
}

/// How far a credential reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere.
    Global,
    /// One app.
    App(String),
    /// The apps of one tenant.
    Tenant(String),
}

/// The authenticated sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user; none for programs.
    pub user: Option<String>,
    /// The user's e-mail address.
    pub email: Option<String>,
    /// The role within the reach.
    pub role: Role,
    /// Where the role applies.
    pub reach: Reach,
    /// The kind of credential.
    pub via: Via,
    /// The login that a logout ends.
    pub session: Option<String>,
}

/// Why a credential identifies no principal.
#[derive(Debug, thiserror::Error)]
pub enum AuthFault {
    /// The credential or the password is wrong, ended or revoked: the client's fault.
    #[error("bad credentials")]
    Refused,
    /// It cannot be looked up: the server's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password cannot be worked on, now or at all: the server's fault.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// A login cannot be signed: the server's fault.
    #[error("logins cannot be signed: {0}")]
    Sign(String),
}

/// A fresh login.
#[derive(Debug, Clone)]
pub struct Login {
    /// The bearer credential.
    pub token: String,
    /// When it ends, in seconds since 1970 UTC.
    pub expires_at: i64,
    /// The principal that logged in.
    pub principal: Principal,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

/// Authenticates requests. Clones share everything.
#[derive(Clone)]
pub struct Auth {
    keys: KeyService,
    users: Users,
    passwords: Passwords,
    operator: Arc<[u8; 32]>,
    sign: Arc<EncodingKey>,
    check: Arc<DecodingKey>,
}

impl Auth {
    /// Checks the operator's login against `operator_password` and signs logins with `jwt_secret`.
    pub fn new(store: &Store, operator_password: &str, jwt_secret: &[u8]) -> Self {
        Self {
            keys: KeyService::new(store),
            users: store.users(),
            passwords: Passwords::default(),
            operator: Arc::new(digest(operator_password)),
            sign: Arc::new(EncodingKey::from_secret(jwt_secret)),
            check: Arc::new(DecodingKey::from_secret(jwt_secret)),
        }
    }

    /// The same with a shared queue for password checks.
    pub fn with_passwords(self, passwords: Passwords) -> Self {
        Self { passwords, ..self }
    }

    /// The principal of a credential. `now` is in seconds since 1970 UTC, `from` is the client's address.
    ///
    /// # Errors
    /// [`AuthFault::Refused`] is the client's fault.
    pub async fn identify(&self, bearer: &str, from: Option<IpAddr>, now: i64) -> Result<Principal, AuthFault> {
        if bearer.starts_with(Plane::Streamhub.key_prefix()) {
            let key = self.keys.verify_from(bearer, Plane::Streamhub, from).await.map_err(|error| match error {
                KeyError::Store(error) => AuthFault::Store(error),
                _ => AuthFault::Refused,
            })?;
            let (role, reach) = match key.app {
                None => (Role::Superadmin, Reach::Global),
                Some(app) => (Role::Service, Reach::App(app)),
            };
            return Ok(Principal { user: None, email: None, role, reach, via: Via::ApiToken, session: None });
        }
        let claims = self.claims(bearer).filter(|claims| claims.exp > now).ok_or(AuthFault::Refused)?;
        let session = self.users.session(&claims.sid).await?.ok_or(AuthFault::Refused)?;
        if session.expires_at <= now.saturating_mul(1000) {
            return Err(AuthFault::Refused);
        }
        match session.user_id {
            None if claims.sub == OPERATOR => Ok(operator(session.id)),
            Some(id) if claims.sub == id => {
                let user = self.users.by_id(&id).await?.ok_or(AuthFault::Refused)?;
                member(user, session.id)
            }
            _ => Err(AuthFault::Refused),
        }
    }

    /// Whether this is a valid login of the operator. `now` is in seconds since 1970 UTC.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn is_operator(&self, token: &str, now: i64) -> Result<bool, StoreError> {
        match self.identify(token, None, now).await {
            Ok(principal) => Ok(principal.reach == Reach::Global && principal.session.is_some()),
            Err(AuthFault::Store(error)) => Err(error),
            Err(AuthFault::Refused | AuthFault::Password(_) | AuthFault::Sign(_)) => Ok(false),
        }
    }

    /// Logs in the operator (by name) or a user (by e-mail address). `now` is in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`AuthFault::Refused`] is the client's fault; it does not say whether the name or the password was wrong.
    pub async fn login(&self, name: &str, password: &str, now: i64) -> Result<Login, AuthFault> {
        let id = Uuid::new_v4().to_string();
        let principal = if name == OPERATOR {
            if !bool::from(digest(password).ct_eq(self.operator.as_slice())) {
                return Err(AuthFault::Refused);
            }
            operator(id.clone())
        } else {
            let user = self.users.by_email(name).await?;
            let fits = self.passwords.fits(password, user.as_ref().map(|user| user.password_hash.as_str())).await?;
            member(user.filter(|_| fits).ok_or(AuthFault::Refused)?, id.clone())?
        };
        let expires_at = now.saturating_add(SESSION_SECONDS);
        let session = SessionRow {
            id: id.clone(),
            user_id: principal.user.clone().filter(|_| principal.via == Via::UserJwt),
            created_at: now.saturating_mul(1000),
            expires_at: expires_at.saturating_mul(1000),
        };
        self.users.begin_session(&session).await?;
        let claims = Claims {
            sub: principal.user.clone().unwrap_or_else(|| OPERATOR.to_owned()),
            sid: id,
            iat: now,
            exp: expires_at,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
            .map_err(|error| AuthFault::Sign(error.to_string()))?;
        Ok(Login { token, expires_at, principal })
    }

    /// Ends a login; its token opens nothing from now on.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn logout(&self, session: &str) -> Result<(), AuthFault> {
        Ok(self.users.end_session(session).await?)
    }

    /// Makes a user of a tenant, which is made when it is missing; false when the address is taken. `role` is that of a
    /// member: owner, editor or viewer. `now` is in seconds since 1970 UTC.
    ///
    /// # Errors
    /// The server's fault.
    pub async fn add_user(
        &self,
        email: &str,
        password: &str,
        tenant: &str,
        role: Role,
        now: i64,
    ) -> Result<bool, AuthFault> {
        let password_hash = self.passwords.hash(password).await?;
        let user = NewUser {
            id: &Uuid::new_v4().to_string(),
            email,
            password_hash: &password_hash,
            tenant,
            role: role.as_str(),
            created_at: now.saturating_mul(1000),
        };
        Ok(self.users.insert(user).await?)
    }

    /// The claims of a well-signed token, expired or not.
    fn claims(&self, token: &str) -> Option<Claims> {
        let mut how = Validation::new(Algorithm::HS256);
        how.validate_exp = false; // checked against the caller's clock
        Some(jsonwebtoken::decode::<Claims>(token, &self.check, &how).ok()?.claims)
    }
}

/// The session's cookie among all of a `Cookie` header.
pub fn session_cookie(cookies: &str) -> Option<&str> {
    let named = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| name.trim() == SESSION_COOKIE);
    let pair = cookies.split(';').find(|pair| named(pair))?;
    pair.split_once('=').map(|(_, value)| value.trim())
}

fn operator(session: String) -> Principal {
    Principal {
        user: Some(OPERATOR.to_owned()),
        email: None,
        role: Role::Superadmin,
        reach: Reach::Global,
        via: Via::AdminJwt,
        session: Some(session),
    }
}

fn member(user: UserRow, session: String) -> Result<Principal, AuthFault> {
    Ok(Principal {
        role: Role::of_member(&user.role).ok_or(AuthFault::Refused)?,
        user: Some(user.id),
        email: Some(user.email),
        reach: Reach::Tenant(user.tenant),
        via: Via::UserJwt,
        session: Some(session),
    })
}

/// Both sides of a comparison are hashed first: it then takes the same time whatever their lengths.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        assert_eq!(session_cookie("a=b; lumencast_session=x.y.z; c=d"), Some("x.y.z"));
        assert_eq!(session_cookie("not_lumencast_session=x"), None);
        assert_eq!(session_cookie(""), None);
    }
}
