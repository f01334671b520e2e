//! `lumencast key`: API keys.

use super::{KeyAction, images};
use crate::{
    app::{
        access::keys::{Confined, KeyService, Plane},
        imaging::{
            accounts::{Accounts, DEFAULT},
            keys::{ImageKeys, KeyChange, KeyFault},
        },
        rooms::apps::Apps,
    },
    config::Config,
    store::{Revocation, Store},
};
use anyhow::bail;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Carries out one action on the data folder's keys; a running server sees it at once.
pub fn run(config: &Config, action: KeyAction) -> anyhow::Result<()> {
    super::runtime()?.block_on(async {
        let store = match action {
            KeyAction::Create { .. } => images::store(config).await?,
            KeyAction::List | KeyAction::Revoke { .. } => match (images::existing_store(config).await?, &action) {
                (Some(store), _) => store,
                (None, KeyAction::Revoke { id }) => return Err(unknown(id)),
                (None, _) => {
                    print_heading();
                    return Ok(());
                }
            },
        };
        let keys = KeyService::new(&store);
        match action {
            KeyAction::Create { plane: Plane::Lumely, label, app: None, account } => {
                println!("{}", image_key(&store, &label, account.as_deref()).await?);
            }
            KeyAction::Create { account: Some(_), .. } => bail!("--account: only lumely has accounts"),
            KeyAction::Create { plane, label, app: None, .. } => println!("{}", keys.mint(plane, &label).await?.0),
            KeyAction::Create { plane, label, app: Some(app), .. } => {
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
                print_heading();
                for key in keys.list().await? {
                    let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
                    let (shown, age) = (format!("{}…", key.shown), ago(key.created_at));
                    let plane = key.app.map_or_else(|| key.plane.clone(), |app| format!("{}/{app}", key.plane));
                    println!("{:<18} {plane:<22} {shown:<22} {age:<12} {state:<12} {}", key.id, key.label);
                }
                list_image_keys(&store).await?;
            }
            KeyAction::Revoke { id } => match keys.revoke(&id).await? {
                Revocation::Done => println!("revoked {id}"),
                Revocation::Already => println!("{id} was revoked before"),
                Revocation::Unknown if revoke_image_key(&store, &id).await? => println!("revoked {id}"),
                Revocation::Unknown => return Err(unknown(&id)),
            },
        }
        store.close().await;
        Ok(())
    })
}

fn print_heading() {
    println!("{:<18} {:<22} {:<22} {:<12} {:<12} LABEL", "ID", "PLANE", "KEY", "CREATED", "STATE");
}

fn unknown(id: &str) -> anyhow::Error {
    anyhow::anyhow!("there is no key {id}; `lumencast key list` shows them")
}

/// Makes a key of an account for image jobs.
async fn image_key(store: &Store, label: &str, account: Option<&str>) -> anyhow::Result<String> {
    let label = label.trim();
    if !(1..=100).contains(&label.chars().count()) || label.contains(char::is_control) {
        bail!("a label is one line of 1 to 100 characters");
    }
    let accounts = Accounts::open(store).await?;
    let name = account.unwrap_or(DEFAULT);
    let found = match accounts.by_name(name).await? {
        Some(account) => Some(account),
        None => accounts.find(name).await?,
    };
    let Some(account) = found else { bail!("--account: there is no account {name:?}") };
    Ok(ImageKeys::new(store).create(&account, label).await?.0)
}

async fn list_image_keys(store: &Store) -> anyhow::Result<()> {
    let keys = ImageKeys::new(store);
    for account in Accounts::open(store).await?.list().await? {
        for key in keys.list(&account).await? {
            let state = if key.is_active { "valid" } else { "revoked" };
            let (shown, age) = (format!("{}…", key.prefix), ago(key.created_at));
            let plane = format!("{}/{}", Plane::Lumely, account.name);
            println!("{:<18} {plane:<22} {shown:<22} {age:<12} {state:<12} {}", key.id, key.name);
        }
    }
    Ok(())
}

async fn revoke_image_key(store: &Store, id: &str) -> anyhow::Result<bool> {
    let keys = ImageKeys::new(store);
    for account in Accounts::open(store).await?.list().await? {
        let off = KeyChange { is_active: Some(false), ..KeyChange::default() };
        match keys.update(&account, id, off).await {
            Ok(_) => return Ok(true),
            Err(KeyFault::Unknown) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(false)
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
