//! `lumencast key`: API keys.

use super::KeyAction;
use crate::{
    app::{
        apps::Apps,
        keys::{Confined, KeyService, Plane},
    },
    config::Config,
    store::{Revocation, Store},
};
use anyhow::bail;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Carries out one action on the data folder's keys; a running server sees it at once.
pub fn run(config: &Config, action: KeyAction) -> anyhow::Result<()> {
    super::runtime()?.block_on(async {
        let store = Store::open(&config.data_dir).await?;
        let keys = KeyService::new(&store);
        match action {
            KeyAction::Create { plane, label, app: None } => println!("{}", keys.mint(plane, &label).await?.0),
            KeyAction::Create { plane, label, app: Some(app) } => {
                if plane != Plane::Streamhub {
                    bail!("--app: only streamhub has apps");
                }
                if Apps::open(&store).await?.find(&app).is_none() {
                    bail!("--app: there is no app {app:?}");
                }
                let confined = Confined { app: Some(&app), from: &[] };
                println!("{}", keys.mint_confined(plane, &label, confined).await?.0);
            }
            KeyAction::List => {
                println!("{:<18} {:<22} {:<22} {:<12} {:<12} LABEL", "ID", "PLANE", "KEY", "CREATED", "STATE");
                for key in keys.list().await? {
                    let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
                    let (shown, age) = (format!("{}…", key.shown), ago(key.created_at));
                    let plane = key.app.map_or_else(|| key.plane.clone(), |app| format!("{}/{app}", key.plane));
                    println!("{:<18} {plane:<22} {shown:<22} {age:<12} {state:<12} {}", key.id, key.label);
                }
            }
            KeyAction::Revoke { id } => match keys.revoke(&id).await? {
                Revocation::Done => println!("revoked {id}"),
                Revocation::Already => println!("{id} was revoked before"),
                Revocation::Unknown => bail!("there is no key {id}; `lumencast key list` shows them"),
            },
        }
        store.close().await;
        Ok(())
    })
}

/// How long ago, roughly; `at` in milliseconds since 1970 UTC.
fn ago(at: i64) -> String {
    let then = UNIX_EPOCH + Duration::from_millis(at.unsigned_abs());
    match SystemTime::now().duration_since(then).unwrap_or_default().as_secs() {
        s @ 0..60 => format!("{s} s ago"),
        s @ 60..3600 => format!("{} min ago", s / 60),
        s @ 3600..86_400 => format!("{} h ago", s / 3600),
        s => format!("{} d ago", s / 86_400),
    }
}
