//! What image jobs ask of others: an images service, and whoever publishes the keys of browser sessions.

mod edits;
mod published;
mod web;
