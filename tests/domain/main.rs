//! The show as a state machine: tables and properties, in milliseconds.

mod graphics;
mod outputs;
mod properties;
mod stage;
mod switching;
