//! End to end: the built server with real peers (ffmpeg pushing, pulling and listening, a WebSocket client, HTTP), and
//! what comes out of it judged by its content.
//!
//! Everything here is in real time on few cores, so the tests take turns ([`support::turn`]).

#[path = "../support/mod.rs"]
mod support;

mod codecs;
mod crash;
mod disk;
mod dying_tasks;
mod file;
mod fixture;
mod follower;
mod graphics;
mod images;
mod ingest;
mod lights;
mod pixels;
mod publisher_loss;
mod publishing;
mod pushing;
mod rooms;
mod stalling;
mod starting;
mod streams;
mod switching;
mod two_servers;
mod unauthenticated;
