//! The lights' plane over real sockets, on real lights and a real store.

mod config;
mod dispatch;
mod document;
mod examples;
#[path = "../api/golden.rs"]
mod golden;
mod nightlight;
mod older;
#[path = "../support/openapi.rs"]
mod openapi;
mod outputs;
mod pixels;
mod preview;
mod prompt;
mod push;
mod refusals;
mod rules;
mod scenes;
mod segments;
mod server;
mod tokens;
