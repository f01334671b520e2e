//! The lights: effects and what they draw.

mod film;
mod renderings;
