//! Lighting on the wire: packets against the standards' tables and against programs of others, over real sockets.

mod foreign;
mod ola;
mod patch;
mod python_sacn;
mod receiving;
mod sending;
mod sockets;
mod vectors;
