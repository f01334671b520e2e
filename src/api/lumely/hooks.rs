//! `/webhooks`: made, listed, changed, deleted.

use super::{
    Parts,
    error::Refusal,
    fields::Fields,
    ids::possible,
    reply::{self, Answer},
    wire::{HookBody, HooksBody, SuccessBody},
};
use crate::app::imaging::{
    accounts::Account,
    hooks::{HookChange, HookEvent},
};

/// The longest address, in characters.
const URL: usize = 2048;
/// The events of a webhook that names none (document).
const USUAL: [HookEvent; 2] = [HookEvent::Completed, HookEvent::Failed];

/// A webhook to be made.
#[derive(Debug)]
pub struct NewHook {
    url: String,
    events: Vec<HookEvent>,
}

/// All of the account.
pub async fn list(parts: &Parts, account: &Account) -> Answer {
    let hooks = parts.hooks.list(account).await.map_err(|error| Refusal::internal(&error))?;
    Ok(reply::ok(&HooksBody { webhooks: hooks.iter().map(|hook| HookBody::of(hook, None)).collect() }))
}

/// What a body asks for.
pub fn read(mut body: Fields<'_>) -> Result<NewHook, Refusal> {
    let url = body.short("url", URL)?.filter(|url| !url.is_empty());
    let missing = "url is required: the https address that is told of jobs.".to_owned();
    let url = url.ok_or(Refusal::Missing { field: "url", message: missing })?;
    let events = events(&mut body)?.unwrap_or_else(|| USUAL.to_vec());
    Ok(NewHook { url, events })
}

/// Makes one; this answer alone carries its secret.
pub async fn create(parts: &Parts, account: &Account, new: NewHook) -> Answer {
    let (secret, hook) = parts.hooks.create(account, &new.url, &new.events).await.map_err(Refusal::Hook)?;
    Ok(reply::ok(&HookBody::of(&hook, Some(&secret))).created())
}

/// What a body changes.
pub fn change(mut body: Fields<'_>) -> Result<HookChange, Refusal> {
    let url = body.short("url", URL)?;
    let change = HookChange { url, events: events(&mut body)?, is_active: body.flag("is_active")? };
    if change.url.is_none() && change.events.is_none() && change.is_active.is_none() {
        return Err(Refusal::NoChange("Send at least one of url, events and is_active."));
    }
    Ok(change)
}

/// Changes one.
pub async fn update(parts: &Parts, account: &Account, id: &str, change: HookChange) -> Answer {
    if !possible(id) {
        return Err(Refusal::NoHook);
    }
    let hook = parts.hooks.update(account, id, change).await.map_err(Refusal::Hook)?;
    Ok(reply::ok(&HookBody::of(&hook, None)))
}

/// Deletes one.
pub async fn delete(parts: &Parts, account: &Account, id: &str) -> Answer {
    if !possible(id) {
        return Err(Refusal::NoHook);
    }
    parts.hooks.delete(account, id).await.map_err(Refusal::Hook)?;
    Ok(reply::ok(&SuccessBody { success: true }))
}

/// At least one event, each once.
fn events(body: &mut Fields<'_>) -> Result<Option<Vec<HookEvent>>, Refusal> {
    let Some(names) = body.texts("events")? else { return Ok(None) };
    let wrong = || Refusal::Invalid {
        field: "events".to_owned(),
        message: format!("events must list one or more of: {}.", HookEvent::ALL.map(HookEvent::id).join(", ")),
    };
    let mut events = Vec::new();
    for name in names {
        let event = HookEvent::from_id(&name).ok_or_else(wrong)?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    if events.is_empty() { Err(wrong()) } else { Ok(Some(events)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_known_and_told_once() {
        let events = |text: &str| read(Fields::of(text.as_bytes()).expect("an object")).map(|hook| hook.events);
        assert_eq!(events(r#"{"url":"https://a"}"#).ok(), Some(USUAL.to_vec()));
        let twice = r#"{"url":"https://a","events":["job.cancelled","job.failed","job.cancelled"]}"#;
        assert_eq!(events(twice).ok(), Some(vec![HookEvent::Cancelled, HookEvent::Failed]));
        for wrong in [r#"["job.done"]"#, "[]", "[1]", r#""job.failed""#] {
            let body = format!(r#"{{"url":"https://a","events":{wrong}}}"#);
            assert!(matches!(events(&body), Err(Refusal::Invalid { field, .. }) if field == "events"), "{wrong}");
        }
    }
}
