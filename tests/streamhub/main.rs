//! The StreamHub plane over real sockets, on a real store.

mod apps;
mod desk;
mod ingress;
mod stage;
mod streams;
mod ws_ingest;
