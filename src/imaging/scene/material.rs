//! What surfaces are of. Refuses to know: where they are and what lights them.

use glam::{Vec2, Vec3};

/// How a surface looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Material {
    /// Share of light sent back, linear, each 0 to 1.
    pub colour: Vec3,
    /// 0 mirrors sharply, 1 is matt. Above about 0.6 nothing is mirrored.
    pub roughness: f32,
    /// Share mirrored at a right angle: 0.04 paint, wood and glass, 0.5 and more metal and mirrors.
    pub reflectance: f32,
    /// How the colour changes over the surface.
    pub pattern: Pattern,
    /// Light of its own, seen but lighting nothing (add a [`super::Lamp`] for that).
    pub emission: Vec3,
    /// 1 solid; below, what is behind shows through; below 0.5 it casts no shadow.
    pub opacity: f32,
}

impl Material {
    /// Matt, of one linear colour.
    pub fn matt(colour: Vec3) -> Self {
        Self { colour, roughness: 1.0, reflectance: 0.04, pattern: Pattern::Plain, emission: Vec3::ZERO, opacity: 1.0 }
    }

    /// Matt, of a colour as pictures hold it (sRGB-encoded, 0 to 1).
    pub fn srgb(rgb: [f32; 3]) -> Self {
        Self::matt(linear(rgb))
    }

    /// The same with a pattern.
    pub fn with(self, pattern: Pattern) -> Self {
        Self { pattern, ..self }
    }

    /// The same with some gloss.
    pub fn glossy(self, roughness: f32, reflectance: f32) -> Self {
        Self { roughness, reflectance, ..self }
    }

    /// Clear glass, slightly tinted.
    pub fn glass() -> Self {
        Self { opacity: 0.18, ..Self::srgb([0.78, 0.88, 0.92]).glossy(0.0, 0.06) }
    }

    /// Shines by itself with a linear colour.
    pub fn shining(self, emission: Vec3) -> Self {
        Self { emission, ..self }
    }
}

/// Changes of colour over a surface, drawn along its [`super::Vertex::uv`] in metres.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Pattern {
    /// None.
    #[default]
    Plain,
    /// Boards along u with joints, as floors have.
    Boards {
        /// Metres across a board.
        width: f32,
        /// Metres along a board.
        length: f32,
    },
    /// Grain along u, no joints, as furniture has.
    Wood,
    /// Square tiles with joints.
    Tiles {
        /// Metres along an edge.
        side: f32,
    },
    /// Bricks or oblong tiles in bond, u across.
    Bricks {
        /// Metres across.
        width: f32,
        /// Metres up.
        height: f32,
    },
    /// Veined stone.
    Marble,
    /// Woven threads.
    Fabric,
    /// Soft pile.
    Carpet,
    /// Pile with a border and a field of figures; uv counts from the middle of the rug.
    Rug {
        /// Metres along u and v.
        size: Vec2,
    },
    /// Lawn.
    Grass,
    /// Cloudy grey with pores.
    Concrete,
}

/// Linear from sRGB-encoded.
pub fn linear(rgb: [f32; 3]) -> Vec3 {
    Vec3::from_array(rgb.map(|v| {
        let v = v.clamp(0.0, 1.0);
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    }))
}
