//! `/auth`: the operator and people log in and out. Answers are `{data}`.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
    time::{iso, now},
};
use crate::{
    api::limits::{Bucket, Level},
    app::access::{
        auth::{Principal, Reach, SESSION_COOKIE, SESSION_SECONDS, Via},
        permissions::Role,
    },
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use warp::http::{HeaderName, HeaderValue, header};

/// Attempts of one address in [`WINDOW`] (StreamHub, "Rate limits").
const ATTEMPTS: usize = 10;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Addresses that are told apart; those beyond share one bucket.
const ADDRESSES: usize = 10_000;
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// `GET /auth/config`: which ways to log in there are.
pub async fn config(_: Call) -> Answer {
    Ok(Reply::data(json!({ "passwordEnabled": true, "signupEnabled": false, "magicLinkEnabled": false })))
}

/// `POST /auth/login` with `username` or `email`, and `password`.
pub async fn login(call: Call) -> Answer {
    let taken = call.limits().take(call.from, call.uptime());
    let level = match taken {
        Ok(level) | Err(level) => level,
    };
    let answer = match taken {
        Ok(_) => enter(&call).await,
        Err(_) => Err(ApiError::rate_limited("Too many attempts, please try again later")
            .with(header::RETRY_AFTER, level.reset_seconds().into())),
    };
    let shown = format!("limit={}, remaining={}, reset={}", level.limit, level.remaining, level.reset_seconds());
    let shown = HeaderValue::try_from(shown).map_err(|error| ApiError::internal(&error))?;
    let policy = HeaderValue::from_static("10;w=900");
    match answer {
        Ok(reply) => Ok(reply.with(POLICY, policy).with(LIMIT, shown)),
        Err(error) => Err(error.with(POLICY, policy).with(LIMIT, shown)),
    }
}

async fn enter(call: &Call) -> Answer {
    let mut input = call.body();
    let email = input.text("email").at_most(320).get();
    let name = match email {
        Some(email) => email,
        None => input.text("username").at_most(320).needed(),
    };
    let password = input.text("password").at_most(1024).needed();
    input.done()?;
    let login = call.parts().auth.login(&name, &password, now()).await?;
    let ends = iso(login.expires_at.saturating_mul(1000));
    let reply = Reply::data(json!({ "token": login.token, "expiresAt": ends, "user": me_view(&login.principal) }));
    Ok(reply.with(header::SET_COOKIE, cookie(call, &login.token, SESSION_SECONDS)?))
}

/// The login as pages of this server bring it by themselves; no script and no other site can.
fn cookie(call: &Call, token: &str, seconds: i64) -> Result<HeaderValue, ApiError> {
    let secure = if call.parts().urls.is_secure() { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).map_err(|error| ApiError::internal(&error))
}

/// `POST /auth/logout`: the login that was used ends; a key is not a login and stays.
pub async fn logout(call: Call) -> Answer {
    if let Some(session) = &call.principal()?.session {
        call.parts().auth.logout(session).await?;
    }
    let gone = cookie(&call, "", 0)?;
    Ok(Reply::data(json!({ "ok": true })).created().with(header::SET_COOKIE, gone))
}

/// `GET /auth/me`.
pub async fn me(call: Call) -> Answer {
    Ok(Reply::data(me_view(call.principal()?)))
}

fn me_view(caller: &Principal) -> Value {
    let (scope, tenant) = match &caller.reach {
        Reach::Global => ("global", None),
        Reach::App(_) => ("app", None),
        Reach::Tenant(tenant) => ("user", Some(tenant)),
    };
    let mut view = json!({
        "userId": caller.user,
        "tenantId": tenant,
        "role": caller.role.as_str(),
        "isSuperadmin": caller.role == Role::Superadmin,
        "scope": scope,
        "via": match caller.via {
            Via::ApiToken => "api_token",
            Via::AdminJwt => "admin_jwt",
            Via::UserJwt => "user_jwt",
        },
    });
    if let Some(email) = &caller.email {
        view["email"] = json!(email);
    }
    view
}

/// How often each address tried to log in.
#[derive(Debug, Default)]
pub struct Limits(Mutex<HashMap<IpAddr, Bucket>>);

impl Limits {
    /// Counts an attempt; an error when there were too many. `now` counts from any fixed moment.
    fn take(&self, from: Option<IpAddr>, now: Duration) -> Result<Level, Level> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            buckets.retain(|_, bucket| bucket.level(now).remaining < ATTEMPTS);
        }
        let mut who = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), household);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&who) {
            who = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        }
        let bucket = buckets.entry(who).or_insert_with(|| Bucket::new(ATTEMPTS, WINDOW));
        let passed = bucket.take(now);
        let level = bucket.level(now);
        if passed { Ok(level) } else { Err(level) }
    }
}

/// One subscriber has 2^64 addresses of IPv6 to try with: they count as one.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_attempt_of_an_address_is_refused_and_others_are_not() {
        let (limits, now) = (Limits::default(), Duration::from_secs(5));
        let from = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        for left in (0..10).rev() {
            assert_eq!(limits.take(from("2001:db8::1"), now).map(|level| level.remaining), Ok(left));
        }
        assert!(limits.take(from("2001:db8::2"), now).is_err(), "the same household");
        assert!(limits.take(from("2001:db8:0:1::1"), now).is_ok());
        assert!(limits.take(from("192.0.2.1"), now).is_ok());
        assert!(limits.take(from("2001:db8::1"), now + WINDOW).is_ok());
    }
}
