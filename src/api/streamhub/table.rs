//! Every route there is: method, path, who may, what answers. The first row that fits counts.

use super::{
    apps,
    call::Call,
    route::{
        Access::{self, Needs},
        Pending, Route, Run,
        Verb::{self, Get},
    },
};
use crate::app::{
    apps::App,
    permissions::{Action, Permission, Resource},
};
use std::sync::Arc;

const APP_READ: Access = Needs(Permission(Resource::App, Action::Read));

/// The table.
pub static ROUTES: &[Route] = &[
    plain(Get, "/apps", APP_READ, |call| Box::pin(apps::list(call))),
    app(Get, "/apps/{app}", APP_READ, |call, app| Box::pin(apps::get(call, app))),
];

/// A path that names no app.
const fn plain(verb: Verb, path: &'static str, access: Access, run: fn(Call) -> Pending) -> Route {
    Route { verb, path, access, run: Run::Plain(run) }
}

/// A path that names an app, as `{app}`.
const fn app(verb: Verb, path: &'static str, access: Access, run: fn(Call, Arc<App>) -> Pending) -> Route {
    Route { verb, path, access, run: Run::App(run) }
}
