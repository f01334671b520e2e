//! The requirements of a row of the plane's table, and its handler.
//!
//! Refuses to know: which rows there are, and what handlers do.

use super::{call::Call, reply::Answer};
use crate::{
    api::routing,
    app::{access::permissions::Permission, rooms::apps::App},
};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};

/// What a handler returns.
pub type Pending = BoxFuture<'static, Answer>;

/// The requirement of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// Any known caller.
    Login,
    /// A permission, in the app of the path if it has one.
    Needs(Permission),
    /// A permission with global reach.
    Global(Permission),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Login => f.write_str("login"),
            Self::Needs(permission) => permission.fmt(f),
            Self::Global(permission) => write!(f, "global {permission}"),
        }
    }
}

/// The handler.
#[derive(Clone, Copy)]
pub enum Run {
    /// A path without an app.
    Plain(fn(Call) -> Pending),
    /// A path with the placeholder `{app}` for an existing app.
    App(fn(Call, Arc<App>) -> Pending),
}

/// One row; paths are below `/api/v1`.
pub type Route = routing::Route<Access, Run>;
