//! Every route of the plane: method, path, whether it needs the token where one is set, what answers.

use super::{
    LumeState, config, controller,
    error::Refusal,
    fields::Fields,
    info, nightlight, outputs,
    permission::Permission,
    pixels, prompt,
    reply::{Answer, Reply},
    rules, scenes, segments, status, v1,
    wire::{EffectsBody, PalettesBody, effects},
};
use crate::{
    api::routing::{
        self, Params,
        Verb::{self, Delete, Get, Post, Put},
    },
    app::lights::Lights,
};
use futures::future::BoxFuture;
use std::future::ready;

/// The path of all segments; its `PUT` lacks the id of one.
pub const SEGMENTS: &str = "/api/v2/segments";

/// Whether a request needs the token, where one is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It does not, as on the device.
    Open,
    /// It does.
    Token,
}

use Access::{Open, Token};

/// A request that may be carried out.
pub struct Call<'a> {
    pub state: &'a LumeState,
    pub params: &'a Params,
    pub permission: Permission,
    pub body: &'a [u8],
}

impl Call<'_> {
    fn lights(&self) -> &Lights {
        &self.state.lights
    }

    fn id(&self) -> &str {
        self.params.get("id").unwrap_or_default()
    }

    fn fields(&self) -> Result<Fields, Refusal> {
        Fields::of(self.body)
    }
}

/// A WebSocket of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Socket {
    /// The state of the lights, pushed.
    Push,
    /// The LEDs as they are sent.
    Preview,
}

/// What answers a request.
#[derive(Clone, Copy)]
pub enum Run {
    /// At once.
    Now(fn(&Call<'_>) -> Answer),
    /// When something else has answered.
    Later(for<'a> fn(Call<'a>) -> BoxFuture<'a, Answer>),
    /// A WebSocket; a request without an upgrade is refused.
    Socket(Socket),
}

impl Run {
    /// The answer to a request that is no WebSocket handshake.
    pub fn answer(self, call: Call<'_>) -> BoxFuture<'_, Answer> {
        match self {
            Self::Now(run) => Box::pin(ready(run(&call))),
            Self::Later(run) => run(call),
            Self::Socket(_) => Box::pin(ready(Err(Refusal::NoUpgrade))),
        }
    }
}

/// One row; paths are whole.
pub type Route = routing::Route<Access, Run>;

/// The table, in the order of the document.
pub static ROUTES: [Route; 37] = [
    now(Get, "/api/v2/controller", Token, |call| controller::read(call.lights())),
    now(Put, "/api/v2/controller", Token, |call| controller::change(call.lights(), &call.fields()?)),
    now(Get, SEGMENTS, Token, |call| segments::list(call.lights())),
    now(Post, SEGMENTS, Token, |call| segments::create(call.lights(), &call.fields()?)),
    now(Get, "/api/v2/segments/{id}", Token, |call| segments::read(call.lights(), call.id())),
    now(Put, "/api/v2/segments/{id}", Token, |call| segments::change(call.lights(), call.id(), &call.fields()?)),
    now(Delete, "/api/v2/segments/{id}", Token, |call| segments::delete(call.lights(), call.id())),
    now(Get, "/api/v2/effects", Open, |_| Ok(Reply::ok(&EffectsBody { effects: effects() }))),
    now(Get, "/api/v2/palettes", Open, |_| Ok(Reply::ok(&PalettesBody::all()))),
    now(Get, "/api/v2/info", Token, |call| info::read(call.lights())),
    now(Get, "/api/v2/rules", Token, |call| rules::list(call.lights())),
    later(Post, "/api/v2/rules", Token, |call| {
        Box::pin(async move { rules::create(call.lights(), call.fields()?).await })
    }),
    now(Get, "/api/v2/rules/{id}", Token, |call| rules::read(call.lights(), call.id())),
    later(Put, "/api/v2/rules/{id}", Token, |call| {
        Box::pin(async move { rules::put(call.lights(), call.id(), call.fields()?).await })
    }),
    later(Delete, "/api/v2/rules/{id}", Token, |call| {
        Box::pin(async move { rules::delete(call.lights(), call.id()).await })
    }),
    now(Get, "/api/v2/outputs", Token, |call| outputs::list(call.lights())),
    later(Post, "/api/v2/outputs", Token, |call| {
        Box::pin(async move { outputs::put(call.lights(), call.fields()?, call.permission).await })
    }),
    now(Get, "/api/v2/outputs/{id}", Token, |call| outputs::read(call.lights(), call.id())),
    later(Delete, "/api/v2/outputs/{id}", Token, |call| {
        Box::pin(async move { outputs::delete(call.lights(), call.id(), call.permission).await })
    }),
    row(Get, "/api/v2/preview", Token, Run::Socket(Socket::Preview)),
    now(Get, "/api/status", Open, |call| status::read(call.lights())),
    now(Get, "/api/config", Open, |call| config::read(call.lights(), call.permission)),
    later(Post, "/api/config", Token, |call| {
        Box::pin(async move { config::change(call.lights(), &call.fields()?, call.permission).await })
    }),
    now(Post, "/api/pixels", Token, |call| pixels::set(call.lights(), &call.fields()?)),
    later(Post, "/api/prompt", Token, |call| Box::pin(async move { prompt::ask(call.state, &call.fields()?).await })),
    now(Get, "/api/nightlight", Open, |call| nightlight::read(call.lights())),
    now(Post, "/api/nightlight", Token, |call| nightlight::start(call.lights(), &Fields::of_any(call.body)?)),
    now(Post, "/api/nightlight/stop", Token, |call| nightlight::stop(call.lights())),
    now(Get, "/api/scenes", Token, |call| scenes::list(call.lights())),
    later(Post, "/api/scenes", Token, |call| {
        Box::pin(async move { scenes::save(call.lights(), &call.fields()?).await })
    }),
    now(Get, "/api/scenes/{id}", Token, |call| scenes::read(call.lights(), call.id())),
    later(Delete, "/api/scenes/{id}", Token, |call| {
        Box::pin(async move { scenes::delete(call.lights(), call.id()).await })
    }),
    now(Post, "/api/scenes/{id}/apply", Token, |call| {
        scenes::apply(call.lights(), call.id(), &Fields::of_any(call.body)?)
    }),
    now(Get, "/api/led", Token, |call| v1::led(call.lights())),
    now(Post, "/api/led", Token, |call| v1::change_led(call.lights(), &call.fields()?)),
    now(Get, "/api/segments", Open, |call| v1::segments(call.lights())),
    row(Get, "/ws", Open, Run::Socket(Socket::Push)),
];

const fn row(verb: Verb, path: &'static str, access: Access, run: Run) -> Route {
    Route { verb, path, access, run }
}

const fn now(verb: Verb, path: &'static str, access: Access, run: fn(&Call<'_>) -> Answer) -> Route {
    row(verb, path, access, Run::Now(run))
}

const fn later(
    verb: Verb,
    path: &'static str,
    access: Access,
    run: for<'a> fn(Call<'a>) -> BoxFuture<'a, Answer>,
) -> Route {
    row(verb, path, access, Run::Later(run))
}

/// What a path asks for that no row takes in this method: the token, unless every row of the path is open.
pub fn access_of(path: &str) -> Access {
    let fits = |row: &&Route| !routing::verbs(std::slice::from_ref(*row), path).is_empty();
    let mut rows = ROUTES.iter().filter(fits);
    if rows.all(|row| row.access == Open) { Open } else { Token }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_method_needs_the_token_where_any_right_one_does() {
        for (path, access) in [("/api/v2/effects", Open), ("/ws", Open), ("/api/config", Token), ("/api/led", Token)] {
            assert_eq!(access_of(path), access, "{path}");
        }
    }
}
