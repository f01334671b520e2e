//! Every route of the plane: method, path, the effect of a repeated request, handler. All need a caller with an
//! account.

use super::{
    Parts, credits,
    error::RetrySafety::{self, Harmless, Job, Twice},
    hooks,
    intake::{Intake, LargeBodyLimiter},
    jobs, keys, new_job,
    reply::Answer,
    upload,
};
use crate::{
    api::routing::{
        self, Params,
        Verb::{self, Delete, Get, Patch, Post},
    },
    app::imaging::accounts::Account,
};
use futures::future::BoxFuture;

/// A request of a known caller within its limit.
pub struct Call<'a> {
    pub parts: &'a Parts,
    pub account: &'a Account,
    pub params: &'a Params,
    pub query: &'a str,
    pub body: &'a mut Intake,
    pub large_bodies: &'a LargeBodyLimiter,
}

impl<'a> Call<'a> {
    fn param(&self, name: &str) -> &'a str {
        self.params.get(name).unwrap_or_default()
    }
}

/// The handler of a request.
pub type Handler = for<'a> fn(Call<'a>) -> BoxFuture<'a, Answer>;

/// One row; paths are below `/api/v1`. A picture that was stored twice is harmless: the copy expires unused.
pub type Route = routing::Route<RetrySafety, Handler>;

/// The table.
pub static ROUTES: [Route; 15] = [
    row(Get, "/credits", Harmless, |call| Box::pin(credits::read(call.parts, call.account))),
    row(Get, "/services", Harmless, |call| Box::pin(async move { credits::services(call.account) })),
    row(Post, "/upload", Harmless, |call| {
        Box::pin(async move {
            let picture = call.body.understood(call.large_bodies, upload::picture).await?;
            upload::put(call.parts, call.account, picture).await
        })
    }),
    row(Get, "/jobs", Harmless, |call| Box::pin(jobs::list(call.parts, call.account, call.query))),
    row(Post, "/jobs", Job, |call| {
        Box::pin(async move {
            let job = call.body.understood(call.large_bodies, new_job::read).await?;
            jobs::create(call.parts, call.account, job).await
        })
    }),
    row(Get, "/jobs/{job_id}", Harmless, |call| {
        Box::pin(async move { jobs::read(call.parts, call.account, call.param("job_id")).await })
    }),
    row(Patch, "/jobs/{job_id}", Harmless, |call| {
        Box::pin(async move {
            let action = call.body.understood(call.large_bodies, jobs::action).await?;
            jobs::act(call.parts, call.account, call.param("job_id"), action).await
        })
    }),
    row(Get, "/api-keys", Harmless, |call| Box::pin(keys::list(call.parts, call.account))),
    row(Post, "/api-keys", Twice, |call| {
        Box::pin(async move {
            let name = call.body.understood(call.large_bodies, keys::name).await?;
            keys::create(call.parts, call.account, &name).await
        })
    }),
    row(Patch, "/api-keys/{key_id}", Harmless, |call| {
        Box::pin(async move {
            let change = call.body.understood(call.large_bodies, keys::change).await?;
            keys::update(call.parts, call.account, call.param("key_id"), change).await
        })
    }),
    row(Delete, "/api-keys/{key_id}", Harmless, |call| {
        Box::pin(async move { keys::delete(call.parts, call.account, call.param("key_id")).await })
    }),
    row(Get, "/webhooks", Harmless, |call| Box::pin(hooks::list(call.parts, call.account))),
    row(Post, "/webhooks", Twice, |call| {
        Box::pin(async move {
            let hook = call.body.understood(call.large_bodies, hooks::read).await?;
            hooks::create(call.parts, call.account, hook).await
        })
    }),
    row(Patch, "/webhooks/{webhook_id}", Harmless, |call| {
        Box::pin(async move {
            let change = call.body.understood(call.large_bodies, hooks::change).await?;
            hooks::update(call.parts, call.account, call.param("webhook_id"), change).await
        })
    }),
    row(Delete, "/webhooks/{webhook_id}", Harmless, |call| {
        Box::pin(async move { hooks::delete(call.parts, call.account, call.param("webhook_id")).await })
    }),
];

const fn row(verb: Verb, path: &'static str, access: RetrySafety, run: Handler) -> Route {
    Route { verb, path, access, run }
}
