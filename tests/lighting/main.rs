//! The lights: what effects draw, and what goes over the wire, against stored pictures, the standards' tables and
//! programs of others over real sockets.

mod effects;
mod film;
mod foreign;
mod levels;
mod numbers;
mod ola;
mod palettes;
mod patch;
mod polling;
mod python_sacn;
mod receiving;
mod renderings;
mod runners;
mod sending;
mod sockets;
mod sparks;
#[path = "../support/turn.rs"]
mod turn;
mod vectors;
