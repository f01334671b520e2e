//! Streams as no schoolbook encoder sends them, from the door to what a viewer plays.

mod changes;
mod clock;
pub mod fixture;
mod playlist;
mod rates;
mod reordering;
mod sound;
mod tags;
