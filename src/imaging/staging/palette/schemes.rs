//! The colours and details of the ten styles. Refuses to know: pieces.

use super::{Legs, Look};
use crate::imaging::wishes::Style;

/// Colours, sRGB-encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheme {
    /// Sofas and headboards.
    pub fabric: [f32; 3],
    /// Armchairs, some cushions.
    pub accent: [f32; 3],
    /// Plaids, other cushions, towels.
    pub throw: [f32; 3],
    /// Chairs.
    pub chair: [f32; 3],
    /// Bodies and legs.
    pub wood: [f32; 3],
    /// Doors and drawers.
    pub front: [f32; 3],
    /// Whether those are of wood, not painted.
    pub wooden_front: bool,
    /// Tops of tables.
    pub table: [f32; 3],
    /// Rugs.
    pub rug: [f32; 3],
    /// Thin legs, handles, taps.
    pub metal: [f32; 3],
    /// Worktops.
    pub stone: [f32; 3],
    /// Sheets and pillows.
    pub linen: [f32; 3],
    /// Duvets.
    pub duvet: [f32; 3],
    /// Pots, bowls, vases.
    pub pot: [f32; 3],
}

/// From 0xRRGGBB.
fn rgb(hex: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| ((hex >> shift) & 0xff) as f32 / 255.0)
}

/// The colours of a style, in the order of [`Scheme`]; the front is of wood where it has the colour of the wood.
pub fn scheme(style: Style) -> Scheme {
    let all: [u32; 13] = match style {
        Style::Modern => [
            0x8f9296, 0xc9a24a, 0x3f474f, 0x55585c, 0x6b4a33, 0xeceae6, 0x7a563c, 0xc9c4bb, 0x2b2b2d, 0xe8e6e2,
            0xf1efeb, 0xd5d2cc, 0xf0eeea,
        ],
        Style::Traditional => [
            0xb9a283, 0x7d3232, 0xcdb98f, 0x8d7350, 0x5f3622, 0x5f3622, 0x66391f, 0x8d4b3f, 0xa98b4f, 0xd8d0c0,
            0xf3ecdd, 0xd9c7a6, 0x3f5472,
        ],
        Style::Minimalist => [
            0xd9d5ce, 0xb8b3aa, 0xf0eeea, 0xdedbd5, 0xcfb894, 0xf4f3f1, 0xd9c5a4, 0xe2dfd9, 0x8c8c8c, 0xf0f0ee,
            0xf7f6f4, 0xe9e7e3, 0xdcdad6,
        ],
        Style::Scandinavian => [
            0xc3c6c5, 0x8fa59b, 0xe4cfae, 0xe6e2da, 0xcda878, 0xf2f0ec, 0xd6b487, 0xe0dbd0, 0x3a3a3a, 0xeceae5,
            0xf7f5f1, 0xcfd3d2, 0xe9e4da,
        ],
        Style::Industrial => [
            0x7a4a2c, 0x4d5156, 0x3c4247, 0x6e4730, 0x6b4f38, 0x3e3f41, 0x75553a, 0x6e6d6b, 0x232324, 0x8c8b89,
            0xd9d6d0, 0x6f7276, 0x4a4a4a,
        ],
        Style::MidCentury => [
            0x2f6668, 0xc9772f, 0xd7b25c, 0xc9772f, 0x8a5430, 0x8a5430, 0x92592f, 0xc7b48d, 0xb08d4a, 0xe6e0d4,
            0xf2ebdc, 0xb9c2a8, 0xe5ddc8,
        ],
        Style::Bohemian => [
            0xb5663f, 0x2f7a70, 0xd8a13a, 0xa9825a, 0x9a6a3f, 0x9a6a3f, 0xa67648, 0xa8453a, 0xb08d4a, 0xe0d5c0,
            0xf1e6d2, 0xc98a63, 0xb85a3a,
        ],
        Style::Rustic => [
            0xa8977c, 0x6f7d5c, 0x8f3f33, 0x8b6b4a, 0x7d5833, 0x7d5833, 0x8a6239, 0xa08a6c, 0x3b3632, 0xb9ad9a,
            0xede4d3, 0xb9a98b, 0x9a8a75,
        ],
        Style::Coastal => [
            0xe9e5da, 0x6f9dba, 0xbcd6e0, 0xe3dccb, 0xd9c8aa, 0xf3f4f2, 0xdccaa8, 0xa9c3cf, 0xa9a49a, 0xeeeeea,
            0xf8f7f3, 0xa9c8da, 0xd4e3e8,
        ],
        Style::Luxury => [
            0x1f3a4d, 0xb6a078, 0xd9cdb8, 0x5b4a5e, 0x3a2a22, 0x2c2a2c, 0x2f231e, 0xb9ad9c, 0xc8a557, 0xf0ede8,
            0xf5f1ea, 0xa9a1b0, 0xd1b06a,
        ],
    };
    let [fabric, accent, throw, chair, wood, front, table, rug, metal, stone, linen, duvet, pot] = all.map(rgb);
    let wooden_front = wood == front;
    Scheme { fabric, accent, throw, chair, wood, front, wooden_front, table, rug, metal, stone, linen, duvet, pot }
}

/// The details of a style.
pub fn look(style: Style) -> Look {
    let (legs, soft, slim) = match style {
        Style::Modern => (Legs::Metal, 0.3, true),
        Style::Traditional => (Legs::Block, 1.0, false),
        Style::Minimalist => (Legs::Metal, 0.0, true),
        Style::Scandinavian => (Legs::Tapered, 0.5, true),
        Style::Industrial => (Legs::Metal, 0.5, false),
        Style::MidCentury => (Legs::Tapered, 0.2, true),
        Style::Bohemian => (Legs::Tapered, 1.0, false),
        Style::Rustic => (Legs::Block, 0.8, false),
        Style::Coastal => (Legs::Block, 0.7, false),
        Style::Luxury => (Legs::Metal, 0.9, false),
    };
    Look { legs, soft, slim }
}
