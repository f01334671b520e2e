//! Lights: from what segments are to look like to packets for controllers of LEDs.
//!
//! ```text
//! changes ─► Engine(StripState) ─ 60 frames a second ─┬─► outputs (sACN, Art-Net, DDP)
//! rules ───►    │  effects, pixels by hand        ├─► watchers (preview)
//! sACN in ─►    │  layers, brightness, gamma      └─► notices of change
//! ```
//!
//! Refuses to know: planes, the show, the origin of a change and its reason.

mod artnet_node;
mod colour;
mod dimmer;
pub mod effects;
mod engine;
mod fade;
pub mod input;
mod layer;
mod order;
pub mod output;
pub mod palette;
pub mod patch;
mod realtime;
mod shared;
mod strip_state;
mod ticker;

pub use engine::{Engine, Settings};
pub use fade::Progress;
pub use input::{InputStatus, Layout, Merge, SacnInputSpec};
pub use layer::Layer;
pub use patch::{ColourOrder, Destination, OutputSpec, Protocol};
pub use shared::Figures;
pub use strip_state::{SavedFade, SavedState, Snapshot, StripState};
