//! The permission of a request for the lights, by its credential and its origin.
//!
//! ```text
//! token set    ─ token, or the operator's login ─► Administer      · else what is open: Read, or 401
//! no token set ─ operator's login, loopback ─► Administer · private, link-local ─► Steer · elsewhere ─► Read, or 401
//! ```
//!
//! A production server listens on more than one room's Wi-Fi: any client in it may steer lights that have no token, but
//! not set a destination or a secret. Refuses to know: routes, answers.

use super::{LumeState, error::Refusal, token};
use crate::app::access::{auth::session_cookie, client::Client};
use std::net::IpAddr;
use warp::http::{HeaderMap, header};

/// See the module's text; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Read the values that need no token.
    Read,
    /// Change the looks.
    Steer,
    /// Change destinations and secrets.
    Administer,
}

/// Credentials and origin of a request.
pub struct Shown<'a> {
    pub headers: &'a HeaderMap,
    pub query: &'a str,
    /// The client's address; an unknown one counts as elsewhere.
    pub client: Option<&'a Client>,
}

/// The permission of a request; `open`: its route needs no token where one is set; `writes`: it changes something.
///
/// # Errors
/// 401 without the permission, 429 after too many wrong tokens.
pub async fn of(state: &LumeState, shown: &Shown<'_>, open: bool, writes: bool) -> Result<Permission, Refusal> {
    let from = shown.client.map(|client| client.address);
    if is_operator(state, shown.headers).await? {
        return Ok(proven(shown));
    }
    let Some(token) = state.lights.settings().auth_token.clone() else {
        // A request through an untrusted proxy may come from anywhere.
        return match shown.client.and_then(Client::own_address) {
            Some(address) if address.is_loopback() => Ok(proven(shown)),
            Some(address) if is_near(address) => Ok(Permission::Steer),
            _ if writes => Err(Refusal::Unauthorized),
            _ => Ok(Permission::Read),
        };
    };
    if token::is_shown(shown.headers, shown.query) {
        let level = state.wrong_tokens.level(from, state.began.elapsed());
        if level.remaining == 0 {
            return Err(Refusal::TooManyTokens(level.reset_seconds().max(1)));
        }
        if token::brought(&token, shown.headers, shown.query) {
            return Ok(proven(shown));
        }
        // The last wrong token within the limit still gets a 401.
        let _ = state.wrong_tokens.take(from, state.began.elapsed());
    }
    if open { Ok(Permission::Read) } else { Err(Refusal::Unauthorized) }
}

fn proven(shown: &Shown<'_>) -> Permission {
    if let Some(client) = shown.client {
        client.mark_authenticated();
    }
    Permission::Administer
}

/// Whether the request has a valid login of the operator, as a cookie or as a bearer credential.
async fn is_operator(state: &LumeState, headers: &HeaderMap) -> Result<bool, Refusal> {
    let Some(operator) = &state.operator else { return Ok(false) };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|value| value.split_once(' ')).map(|(_, login)| login.trim());
    let logins = [bearer, text(header::COOKIE).and_then(session_cookie)];
    // A login is a JWT; nothing else is looked up.
    for login in logins.into_iter().flatten().filter(|login| login.matches('.').count() == 2) {
        let known = operator.is_operator(login, super::token::now_s()).await;
        let known = known.map_err(|error| {
            tracing::error!(%error, "a login could not be looked up");
            Refusal::Unchecked
        });
        if known? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Private and link-local addresses (RFC 1918, 3927, 4193, 4291): those of this machine's own networks.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_link_local_addresses_are_near() {
        for near in ["10.1.2.3", "172.16.0.1", "192.168.4.5", "169.254.7.7", "fd00::1", "fe80::1", "::ffff:10.0.0.1"] {
            assert!(is_near(near.parse().expect("an address")), "{near}");
        }
        for far in ["192.0.2.1", "172.32.0.1", "100.64.0.1", "8.8.8.8", "2001:db8::1", "0.0.0.0"] {
            assert!(!is_near(far.parse().expect("an address")), "{far}");
        }
    }
}
