//! Lights by words: the vocabulary by tables, the Anthropic API against a real HTTP server on loopback.

mod api;
mod fixture;
mod guide;
mod refusals;
mod service;
mod words;
