//! The Lumely plane over real sockets, on a real store and real pictures; only the engines are the test's own.

mod bodies;
mod callers;
mod delivery;
mod document;
mod flow;
#[path = "../api/golden.rs"]
mod golden;
mod isolation;
mod keys;
mod limits;
#[path = "../support/openapi.rs"]
mod openapi;
mod refusals;
mod server;
mod services;
mod webhooks;
