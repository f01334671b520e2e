//! The show as pure state: std only, no async, no I/O, no clock, no serde.
