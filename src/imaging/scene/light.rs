//! Lights: the sun, the sky, lamps and bright panels.
//!
//! Every strength is given by the light that a white matt surface reflects when it is lit squarely, so that 1 is as
//! bright as paper and no formula needs another constant. Refuses to know: rays, surfaces.

use glam::Vec3;

/// Parallel light with soft-edged shadows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sun {
    /// From the scene towards the sun; any length but 0.
    pub towards: Vec3,
    /// Strength on a surface that faces it.
    pub colour: Vec3,
    /// Radius of its disc in radians: 0 hard, the real sun 0.005, a pleasant picture 0.03 to 0.1.
    pub softness: f32,
}

/// Light from all around, held back by what is near (ambient occlusion) and coloured by it (one bounce).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sky {
    /// Strength from above.
    pub colour: Vec3,
    /// Strength from below the horizon: the light of an unseen ground.
    pub ground: Vec3,
    /// Metres within which surfaces hold it back; beyond, the sky shines through them as in a room with large windows.
    pub reach: f32,
}

impl Default for Sky {
    fn default() -> Self {
        Self { colour: Vec3::ONE, ground: Vec3::splat(0.5), reach: 2.5 }
    }
}

/// A light with a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lamp {
    /// Shines all around.
    Bulb {
        /// Its middle.
        position: Vec3,
        /// Metres; larger makes softer shadows.
        radius: f32,
        /// Strength in a metre's distance.
        colour: Vec3,
    },
    /// A flat rectangle, e.g. a window; shines towards `across` x `along` only.
    Panel {
        /// Its middle.
        centre: Vec3,
        /// From the middle to the middle of one edge.
        across: Vec3,
        /// From the middle to the middle of a neighbouring edge, at a right angle to `across`.
        along: Vec3,
        /// Brightness of the panel itself.
        colour: Vec3,
    },
}

impl Lamp {
    /// One place on the lamp (`u`, `v` in 0..1) and the light it gives to a white surface at `at` facing `normal`
    /// when nothing stands between.
    pub(super) fn sample(&self, at: Vec3, normal: Vec3, u: f32, v: f32) -> (Vec3, Vec3) {
        match *self {
            Self::Bulb { position, radius, colour } => {
                let (towards, height) = ((at - position).normalize_or_zero(), 1.0 - v);
                let disc = super::sampling::disc(u, height) * radius;
                let (a, b) = super::sampling::frame(towards);
                let place = position + a * disc.x + b * disc.y;
                let way = position - at;
                let square = way.length_squared().max(1e-4);
                (place, colour * (normal.dot(way / square.sqrt()).max(0.0) / square))
            }
            Self::Panel { centre, across, along, colour } => {
                let place = centre + across * (2.0 * u - 1.0) + along * (2.0 * v - 1.0);
                let cross = across.cross(along);
                let (way, facing) = (place - at, cross.normalize_or_zero());
                let square = way.length_squared().max(1e-3);
                let direction = way / square.sqrt();
                let area = 4.0 * cross.length();
                let cosines = normal.dot(direction).max(0.0) * (-facing.dot(direction)).max(0.0);
                (place, colour * (cosines * area / (std::f32::consts::PI * square)))
            }
        }
    }
}
