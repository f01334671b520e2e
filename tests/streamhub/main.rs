//! The StreamHub plane over real sockets, on a real store.

mod apps;
mod config;
mod credentials;
mod desk;
mod document;
mod fixture;
mod frame;
mod ingress;
mod join;
mod permissions;
mod room_access;
mod streams;
mod ws_ingest;
