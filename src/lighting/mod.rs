//! Lights: from what segments are to look like to packets for controllers of LEDs.
//!
//! ```text
//! changes ─► Engine(Stage) ─ 60 frames a second ─┬─► outputs (sACN, Art-Net, DDP)
//! rules ───►    │  effects, pixels by hand        ├─► watchers (preview)
//! sACN in ─►    │  layers, brightness, gamma      └─► notices of change
//! ```
//!
//! Refuses to know: planes, the show, who changes something and why.

mod clockwork;
mod colour;
mod effects;
mod engine;
mod fade;
mod input;
mod layer;
mod output;
mod palette;
mod patch;
mod stage;

pub use engine::{Engine, Figures, Settings};
pub use fade::Progress;
pub use input::{InputStatus, Layout, SacnInput, SacnInputSpec};
pub use layer::Layer;
pub use output::{OutputStats, Outputs};
pub use patch::{ColourOrder, Destination, OutputSpec, PatchError, Protocol, check};
pub use stage::{Snapshot, Stage};
