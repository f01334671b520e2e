//! The lights: effects and what they draw.

mod effects;
mod film;
mod numbers;
mod palettes;
mod renderings;
mod runners;
mod sparks;
