//! The StreamHub plane over real sockets, on a real store.

mod apps;
mod config;
mod credentials;
mod desk;
mod document;
mod frame;
mod gate;
mod ingress;
mod join;
mod permissions;
mod stage;
mod streams;
mod ws_ingest;
