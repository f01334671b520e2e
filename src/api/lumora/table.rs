//! Every route of the plane: method, path, what answers. All need the workspace's key.

use super::map::{self, Answer};
use crate::{
    api::routing::{
        self, Params,
        Verb::{self, Get, Post},
    },
    app::show::conductor::ShowHandle,
    domain::{command::Command, fault::Fault},
};
use futures::future::BoxFuture;
use std::{future::ready, time::Duration};

/// How long a graphic may take to be seen before the request counts as failed.
const CONFIRMATION: Duration = Duration::from_secs(10);

/// A request that passed key and limit.
pub struct Call {
    pub show: ShowHandle,
    pub params: Params,
}

impl Call {
    fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }

    fn graphic(&self) -> String {
        self.param("graphic").to_owned()
    }
}

/// What answers a request.
pub type Handler = fn(Call) -> BoxFuture<'static, Answer>;

/// One row; paths are below `/api/v1`.
pub type Route = routing::Route<(), Handler>;

/// The table.
pub static ROUTES: [Route; 9] = [
    row(Post, "/trigger/{graphic}/on", |call| {
        Box::pin(async move { command(&call.show, Command::Take { graphic: call.graphic() }).await })
    }),
    row(Post, "/trigger/{graphic}/off", |call| {
        Box::pin(async move { command(&call.show, Command::Release { graphic: call.graphic() }).await })
    }),
    row(Post, "/trigger/{graphic}/action/{action}", |call| {
        now(map::action(&call.show.view(), call.param("graphic"), call.param("action")))
    }),
    row(Get, "/trigger/{graphic}/status", |call| now(map::graphic(&call.show.view(), call.param("graphic")))),
    row(Get, "/status/{channel}", |call| now(map::channel(&call.show.view(), call.param("channel")))),
    row(Get, "/status/{channel}/{graphic}", |call| {
        now(map::graphic_on(&call.show.view(), call.param("channel"), call.param("graphic")))
    }),
    row(Get, "/tally/{channel}/pgm", |call| now(map::on_program(&call.show.view(), call.param("channel")))),
    row(Get, "/tally/{channel}/pvw", |call| now(map::on_preview(&call.show.view(), call.param("channel")))),
    row(Post, "/refresh-all", |_| now(Ok(map::refreshed()))),
];

const fn row(verb: Verb, path: &'static str, run: Handler) -> Route {
    Route { verb, path, access: (), run }
}

/// An answer that needs no waiting.
fn now(answer: Answer) -> BoxFuture<'static, Answer> {
    Box::pin(ready(answer))
}

async fn command(show: &ShowHandle, command: Command) -> Answer {
    let late = |_| Fault::unavailable("The engine did not confirm in time");
    let reply = tokio::time::timeout(CONFIRMATION, show.command(command)).await.map_err(late)??;
    Ok(map::reply(reply))
}
