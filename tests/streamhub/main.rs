//! The StreamHub plane over real sockets, on a real store.

mod apps;
mod desk;
