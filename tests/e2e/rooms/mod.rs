//! Rooms of the StreamHub plane: publishers of every kind in, viewers of every kind out, on the built server.

mod admission;
mod database;
pub mod fixture;
mod granting;
mod passing;
mod returning;
