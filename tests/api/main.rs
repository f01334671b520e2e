//! The planes over real sockets, on a real conductor; only the media engine is scripted.

mod faults;
mod fixture;
mod golden;
mod inputs;
mod livewing_auth;
mod livewing_limits;
mod livewing_outputs;
mod livewing_switching;
mod livewing_topics;
mod lumora;
#[path = "../support/openapi.rs"]
mod openapi;
mod operator;
mod server;
mod ws;
