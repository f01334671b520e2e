//! Lights by words: the vocabulary by tables, the Anthropic API against a real HTTP server on loopback.

mod api;
mod guide;
mod house;
mod refusals;
mod service;
mod words;
