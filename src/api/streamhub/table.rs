//! Every route: method, path, permission, handler. The first row that fits counts.

use super::{
    apps,
    call::Call,
    config, data, health, ingress, join, keys, login,
    route::{
        Access::{self, Global, Login, Needs, Public},
        Pending, Route, Run,
    },
    snapshots, stats, streams, ws_ingest,
};
use crate::{
    api::routing::Verb::{self, Delete, Get, Patch, Post},
    app::{
        access::permissions::{Action, Permission, Resource},
        rooms::apps::App,
    },
};
use std::sync::Arc;

const APP_READ: Permission = Permission(Resource::App, Action::Read);
const APP_CREATE: Permission = Permission(Resource::App, Action::Create);
const APP_DELETE: Permission = Permission(Resource::App, Action::Delete);
const CONFIG_READ: Permission = Permission(Resource::Config, Action::Read);
const CONFIG_WRITE: Permission = Permission(Resource::Config, Action::Write);
const INGRESS_READ: Permission = Permission(Resource::Ingress, Action::Read);
const INGRESS_CREATE: Permission = Permission(Resource::Ingress, Action::Create);
const INGRESS_WRITE: Permission = Permission(Resource::Ingress, Action::Write);
const INGRESS_DELETE: Permission = Permission(Resource::Ingress, Action::Delete);
const STREAM_READ: Permission = Permission(Resource::Stream, Action::Read);
const STREAM_STOP: Permission = Permission(Resource::Stream, Action::Stop);
const STREAM_WRITE: Permission = Permission(Resource::Stream, Action::Write);
const TOKEN_READ: Permission = Permission(Resource::Token, Action::Read);
const TOKEN_CREATE: Permission = Permission(Resource::Token, Action::Create);
const TOKEN_DELETE: Permission = Permission(Resource::Token, Action::Delete);

/// The table.
pub static ROUTES: &[Route] = &[
    plain(Get, "/health", Public, |call| Box::pin(health::get(call))),
    plain(Get, "/auth/config", Public, |call| Box::pin(login::config(call))),
    plain(Post, "/auth/login", Public, |call| Box::pin(login::login(call))),
    plain(Post, "/auth/logout", Login, |call| Box::pin(login::logout(call))),
    plain(Get, "/auth/me", Login, |call| Box::pin(login::me(call))),
    plain(Get, "/tokens", Global(TOKEN_READ), |call| Box::pin(keys::list(call))),
    plain(Post, "/tokens", Global(TOKEN_CREATE), |call| Box::pin(keys::create(call))),
    plain(Delete, "/tokens/{id}", Global(TOKEN_DELETE), |call| Box::pin(keys::revoke(call))),
    plain(Get, "/apps", Needs(APP_READ), |call| Box::pin(apps::list(call))),
    plain(Post, "/apps", Needs(APP_CREATE), |call| Box::pin(apps::create(call))),
    app(Get, "/apps/{app}", Needs(APP_READ), |call, app| Box::pin(apps::get(call, app))),
    app(Patch, "/apps/{app}", Needs(CONFIG_WRITE), |call, app| Box::pin(apps::patch(call, app))),
    app(Delete, "/apps/{app}", Needs(APP_DELETE), |call, app| Box::pin(apps::delete(call, app))),
    app(Get, "/apps/{app}/sizes", Needs(APP_READ), |call, app| Box::pin(apps::sizes(call, app))),
    app(Post, "/apps/{app}/tokens", Needs(STREAM_WRITE), |call, app| Box::pin(join::mint(call, app))),
    app(Get, "/apps/{app}/play-token/{room}", Public, |call, app| Box::pin(join::play(call, app))),
    app(Get, "/apps/{app}/radio/{room}/listen-token", Public, |call, app| Box::pin(join::listen(call, app))),
    app(Get, "/apps/{app}/config", Needs(CONFIG_READ), |call, app| Box::pin(config::get(call, app))),
    app(Patch, "/apps/{app}/config", Needs(CONFIG_WRITE), |call, app| Box::pin(config::patch(call, app))),
    app(Get, "/apps/{app}/transcoding/layers", Needs(CONFIG_READ), |call, app| Box::pin(config::ladder(call, app))),
    app(Post, "/apps/{app}/ingress", Needs(INGRESS_CREATE), |call, app| Box::pin(ingress::create(call, app))),
    app(Get, "/apps/{app}/ingress", Needs(INGRESS_READ), |call, app| Box::pin(ingress::list(call, app))),
    app(Get, "/apps/{app}/ingress/{id}", Needs(INGRESS_READ), |call, app| Box::pin(ingress::get(call, app))),
    app(Delete, "/apps/{app}/ingress/{id}", Needs(INGRESS_DELETE), |call, app| Box::pin(ingress::delete(call, app))),
    app(Post, "/apps/{app}/ingress/{id}/validate", Needs(INGRESS_WRITE), |call, app| {
        Box::pin(ingress::validate(call, app))
    }),
    app(Post, "/apps/{app}/ws-ingest", Needs(INGRESS_CREATE), |call, app| Box::pin(ws_ingest::create(call, app))),
    app(Get, "/apps/{app}/ws-ingest", Needs(INGRESS_READ), |call, app| Box::pin(ws_ingest::list(call, app))),
    app(Delete, "/apps/{app}/ws-ingest/{id}", Needs(INGRESS_DELETE), |call, app| {
        Box::pin(ws_ingest::revoke(call, app))
    }),
    app(Get, "/apps/{app}/ws-ingest/live/{room}", Public, |call, app| Box::pin(ws_ingest::live(call, app))),
    app(Get, "/apps/{app}/streams", Needs(STREAM_READ), |call, app| Box::pin(streams::list(call, app))),
    app(Get, "/apps/{app}/streams/{id}", Needs(STREAM_READ), |call, app| Box::pin(streams::get(call, app))),
    app(Delete, "/apps/{app}/streams/{id}", Needs(STREAM_STOP), |call, app| Box::pin(streams::stop(call, app))),
    app(Post, "/apps/{app}/streams/{id}/data", Needs(STREAM_WRITE), |call, app| Box::pin(data::send(call, app))),
    app(Post, "/apps/{app}/snapshots", Needs(STREAM_WRITE), |call, app| Box::pin(snapshots::take(call, app))),
    app(Get, "/apps/{app}/stats", Needs(APP_READ), |call, app| Box::pin(stats::get(call, app))),
];

/// A path that names no app.
const fn plain(verb: Verb, path: &'static str, access: Access, run: fn(Call) -> Pending) -> Route {
    Route { verb, path, access, run: Run::Plain(run) }
}

/// A path that names an app, as `{app}`.
const fn app(verb: Verb, path: &'static str, access: Access, run: fn(Call, Arc<App>) -> Pending) -> Route {
    Route { verb, path, access, run: Run::App(run) }
}
