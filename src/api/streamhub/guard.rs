//! Whether a caller may use a route: one pure function.
//!
//! The order discloses as little as possible: unknown callers get 401 for any path; an app's key gets 403 for every
//! other app, existing or not; then the role is checked, then the existence of the app (404), then its tenant.

use super::route::Access;
use crate::app::access::{
    auth::{Principal, Reach},
    permissions::{Action, Permission, allows},
};

/// The reason of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// 401.
    Unknown,
    /// 403.
    Forbidden,
    /// 404.
    NoApp,
}

/// The app that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The name in the path.
    pub name: &'a str,
    /// Its tenant, if the app exists: a tenant or (`None`) the platform.
    pub tenant: Option<Option<&'a str>>,
}

/// Whether `caller` may use a route with this `access`, with `target` in its path.
///
/// # Errors
/// The reason of the refusal.
pub fn check(access: Access, caller: Option<&Principal>, target: Option<Target<'_>>) -> Result<(), Denied> {
    let there = || if target.is_some_and(|target| target.tenant.is_none()) { Err(Denied::NoApp) } else { Ok(()) };
    let (permission, everywhere) = match access {
        Access::Public => return there(),
        Access::Login => return caller.map_or(Err(Denied::Unknown), |_| there()),
        Access::Needs(permission) => (permission, false),
        Access::Global(permission) => (permission, true),
    };
    let caller = caller.ok_or(Denied::Unknown)?;
    if everywhere && caller.reach != Reach::Global {
        return Err(Denied::Forbidden);
    }
    if let Reach::App(own) = &caller.reach {
        let Permission(_, action) = permission;
        // On routes without an app, such a key may read its own part and change nothing.
        let within = target.map_or(action == Action::Read, |target| target.name == own);
        if !within {
            return Err(Denied::Forbidden);
        }
    }
    if !allows(caller.role, permission) {
        return Err(Denied::Forbidden);
    }
    there()?;
    match (&caller.reach, target) {
        (Reach::Tenant(own), Some(Target { tenant: Some(tenant), .. })) if tenant != Some(own) => {
            Err(Denied::Forbidden)
        }
        _ => Ok(()),
    }
}
