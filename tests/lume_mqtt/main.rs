//! Home automation over a real broker (Mosquitto) on loopback.

mod broker;
mod commands;
mod connection;
#[path = "../lume_prompt/fixture.rs"]
mod fixture;
mod listener;
#[path = "../support/ports.rs"]
#[allow(dead_code)]
mod ports;
mod states;
