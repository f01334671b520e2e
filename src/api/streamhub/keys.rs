//! `/tokens`: the `sk_` keys of this plane, for callers with a global reach. Bare bodies; a key is shown once.

use super::{
    call::Call,
    error::ApiError,
    reply::{Answer, Reply},
    time::iso,
};
use crate::app::access::keys::{Confined, Plane, address};
use serde_json::{Value, json};

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Global,
    App,
}

/// `GET /tokens`, revoked ones too.
pub async fn list(call: Call) -> Answer {
    let mut rows = call.parts().keys.list().await.map_err(|error| ApiError::internal(&error))?;
    rows.retain(|row| row.plane == Plane::Streamhub.as_str());
    let rows = rows.iter().map(|row| {
        let from = row.allowed_ips.as_deref().and_then(|list| serde_json::from_str::<Value>(list).ok());
        json!({
            "id": row.id,
            "name": row.label,
            "scope": if row.app.is_some() { "app" } else { "global" },
            "appId": row.app,
            "allowedIps": from.unwrap_or_else(|| json!([])),
            "lastUsedAt": row.last_used_at.map(iso),
            "createdAt": iso(row.created_at),
            "revoked": row.revoked_at.is_some(),
        })
    });
    Ok(Reply::bare(rows.collect()))
}

/// `POST /tokens`. `appId` is the app's name, or its number.
pub async fn create(call: Call) -> Answer {
    let mut input = call.body();
    let name = input.text("name").at_most(100).needed();
    let scope = input.needed_word_of("scope", &[("global", Scope::Global), ("app", Scope::App)]);
    let named = input.has("appId");
    let app = match scope {
        Some(Scope::App) => Some(input.text_or_number("appId").needed()),
        _ if named => {
            input.wrong("appId", "should not exist unless scope is app");
            None
        }
        _ => None,
    };
    let from = input.texts("allowedIps", 0..=100).unwrap_or_default();
    let nets: Vec<_> = from.iter().filter_map(|net| address(net)).collect();
    if nets.len() < from.len() {
        input.wrong("allowedIps", "must contain addresses (IPv4, IPv6) or networks (CIDR) only");
    }
    input.done()?;
    let parts = call.parts();
    let app = match app {
        None => None,
        Some(given) => {
            let by_number = || parts.apps.list().into_iter().find(|app| app.id.to_string() == given);
            let found = parts.apps.find(&given).or_else(by_number);
            Some(found.ok_or_else(|| ApiError::not_found("App not found"))?)
        }
    };
    let confined = Confined { app: app.as_deref().map(|app| app.name.as_str()), from: &nets };
    let (raw, row) = parts.keys.mint_confined(Plane::Streamhub, &name, confined).await?;
    Ok(Reply::bare(json!({ "id": row.id, "token": raw })).created())
}

/// `DELETE /tokens/{id}`: the key opens nothing from now on.
pub async fn revoke(call: Call) -> Answer {
    let (keys, id) = (&call.parts().keys, call.param("id"));
    let known = keys.find(id, Plane::Streamhub).await.map_err(|error| ApiError::internal(&error))?;
    if known.is_none() {
        return Err(ApiError::not_found("Token not found"));
    }
    keys.revoke(id).await.map_err(|error| ApiError::internal(&error))?;
    Ok(Reply::nothing())
}
