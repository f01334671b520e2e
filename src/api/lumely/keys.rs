//! `/api-keys`: made, listed, renamed, switched off and on, deleted.

use super::{
    Parts,
    error::Refusal,
    fields::Fields,
    ids::possible,
    reply::{self, Answer},
    wire::{KeyBody, KeysBody, SuccessBody},
};
use crate::app::imaging::{accounts::Account, keys::KeyChange};

/// The name of a key when its owner gives none.
const NAME: &str = "Default";
/// The longest name, in characters (document).
const LONGEST: usize = 100;

/// All of the account.
pub async fn list(parts: &Parts, account: &Account) -> Answer {
    let keys = parts.keys.list(account).await.map_err(|error| Refusal::internal(&error))?;
    Ok(reply::ok(&KeysBody { api_keys: keys.iter().map(|key| KeyBody::of(key, None)).collect() }))
}

/// The name in a body.
pub fn name(mut body: Fields<'_>) -> Result<String, Refusal> {
    Ok(body.label("name", LONGEST)?.unwrap_or_else(|| NAME.to_owned()))
}

/// Makes one; this answer alone carries the key.
pub async fn create(parts: &Parts, account: &Account, name: &str) -> Answer {
    let (raw, key) = parts.keys.create(account, name).await.map_err(Refusal::Key)?;
    Ok(reply::ok(&KeyBody::of(&key, Some(&raw))).created())
}

/// What a body changes.
pub fn change(mut body: Fields<'_>) -> Result<KeyChange, Refusal> {
    let change = KeyChange { name: body.label("name", LONGEST)?, is_active: body.flag("is_active")? };
    if change.name.is_none() && change.is_active.is_none() {
        return Err(Refusal::NoChange("Send name, is_active or both."));
    }
    Ok(change)
}

/// Changes one.
pub async fn update(parts: &Parts, account: &Account, id: &str, change: KeyChange) -> Answer {
    if !possible(id) {
        return Err(Refusal::NoKey);
    }
    let key = parts.keys.update(account, id, change).await.map_err(Refusal::Key)?;
    Ok(reply::ok(&KeyBody::of(&key, None)))
}

/// Deletes one.
pub async fn delete(parts: &Parts, account: &Account, id: &str) -> Answer {
    if !possible(id) {
        return Err(Refusal::NoKey);
    }
    parts.keys.delete(account, id).await.map_err(Refusal::Key)?;
    Ok(reply::ok(&SuccessBody { success: true }))
}
