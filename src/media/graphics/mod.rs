//! Graphics keyed over program: built-in SVG templates, their rasters and the blend step.
//!
//! Knows pixels and slots; refuses to know pipelines, clocks, planes of the API and the show.
//!
//! ```text
//! fields ─► template (SVG) ─► raster (premultiplied I420 + alpha) ─► keyer ─► blend ─► picture
//!           off the media thread, once per graphic                   every slot
//! ```

mod blend;
mod error;
mod fonts;
mod keyer;
mod layout;
mod motion;
mod picture;
mod raster;
mod slate;
mod template;
mod text;
mod xml;

pub use blend::{blend, copy, fade};
pub use error::{Blame, GraphicsError};
pub use fonts::Fonts;
pub use keyer::{Keyer, Layer, Taken};
pub use motion::{Motion, Pose, Style};
pub use picture::{Picture, Planes, PlanesMut};
pub use raster::{MAX_SIDE, Raster, Span};
pub use slate::{NEUTRAL, slate};
pub use template::{Field, Template, template, templates};
