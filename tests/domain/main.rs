//! The show as a state machine: tables and properties, in milliseconds.

mod fixture;
mod graphics;
mod input_forms;
mod inputs;
mod outputs;
mod properties;
mod switching;
