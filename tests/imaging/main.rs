//! Peers of image jobs: an images service, and a publisher of the keys of browser sessions.

mod edits;
mod profiles;
mod published;
mod rooms;
mod web;
