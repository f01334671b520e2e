//! `/auth`: the operator and people log in and out. Answers are `{data}`.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
    time::{iso, now},
};
use crate::{
    api::limits::AddressLimits,
    app::access::{
        auth::{Principal, Reach, SESSION_COOKIE, SESSION_SECONDS, Via},
        permissions::Role,
    },
};
use serde_json::{Value, json};
use std::time::Duration;
use warp::http::{HeaderName, HeaderValue, header};

/// Attempts of one address in [`WINDOW`] (StreamHub, "Rate limits").
const ATTEMPTS: usize = 10;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// How often each address may try to log in.
pub fn limits() -> AddressLimits {
    AddressLimits::new(ATTEMPTS, WINDOW)
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// `GET /auth/config`: which ways to log in there are.
pub async fn config(_: Call) -> Answer {
    Ok(Reply::data(json!({ "passwordEnabled": true, "signupEnabled": false, "magicLinkEnabled": false })))
}

/// `POST /auth/login` with `username` or `email`, and `password`.
pub async fn login(call: Call) -> Answer {
    let taken = call.state.logins.take(call.from, call.uptime());
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
