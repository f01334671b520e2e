//! The StreamHub plane over real sockets, on a real store.

mod apps;
mod config;
mod credentials;
mod dispatch;
mod document;
mod fixture;
mod ingress;
mod join;
#[path = "../support/openapi.rs"]
mod openapi;
mod permissions;
mod room_access;
mod server;
mod streams;
#[path = "../support/turn.rs"]
mod turn;
mod ws_ingest;
