//! What a house and its furniture are of. Refuses to know: shapes.

use super::Preset;
use crate::imaging::{
    scene::{Material, Pattern, Scene},
    wishes::{Paint, Surface, Texture, Wishes},
};
use glam::Vec2;

/// Materials of a scene by their use.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    pub wall: usize,
    pub cut: usize,
    pub base: usize,
    pub living: usize,
    pub sleeping: usize,
    pub wet: usize,
    pub plain: usize,
    pub frame: usize,
    pub glass: usize,
    pub oak: usize,
    pub white: usize,
    pub stone: usize,
    pub cloth: usize,
    pub accent: usize,
    pub linen: usize,
    pub dark: usize,
    pub steel: usize,
    pub leaf: usize,
    pub rug: usize,
    pub glow: usize,
}

/// Metres of the rug that [`Palette::rug`] is drawn for.
pub const RUG: Vec2 = Vec2::new(2.6, 1.8);

impl Palette {
    /// Puts the materials into the scene.
    pub fn of(scene: &mut Scene, preset: Preset, wishes: &Wishes) -> Self {
        let boards = Pattern::Boards { width: 0.16, length: 1.7 };
        let wood = |rgb| Material::srgb(rgb).with(boards).glossy(0.42, 0.04);
        let tiles = |rgb, side| Material::srgb(rgb).with(Pattern::Tiles { side }).glossy(0.3, 0.04);
        let carpet = |rgb| Material::srgb(rgb).with(Pattern::Carpet);
        let concrete = |rgb| Material::srgb(rgb).with(Pattern::Concrete).glossy(0.45, 0.04);
        let [living, sleeping, wet, plain] = match preset {
            Preset::Residential => [
                wood([0.74, 0.58, 0.42]),
                wood([0.80, 0.67, 0.52]),
                tiles([0.80, 0.82, 0.83], 0.45),
                tiles([0.77, 0.74, 0.70], 0.6),
            ],
            Preset::Commercial => [
                concrete([0.72, 0.71, 0.69]),
                wood([0.66, 0.50, 0.36]),
                tiles([0.70, 0.73, 0.75], 0.4),
                concrete([0.66, 0.66, 0.65]),
            ],
            Preset::Office => [
                carpet([0.52, 0.56, 0.61]),
                carpet([0.45, 0.52, 0.56]),
                tiles([0.80, 0.82, 0.83], 0.4),
                wood([0.72, 0.58, 0.44]),
            ],
        };
        let wished =
            |surface: Surface| wishes.paints.iter().find(|(on, _)| *on == surface).map(|(_, paint)| of_paint(paint));
        let floor = wished(Surface::Floor);
        let accent = match preset {
            Preset::Residential => [0.80, 0.56, 0.38],
            Preset::Commercial => [0.24, 0.42, 0.52],
            Preset::Office => [0.25, 0.50, 0.52],
        };
        let cloth = wished(Surface::Furniture).unwrap_or(Material::srgb([0.44, 0.50, 0.55]).with(Pattern::Fabric));
        Self {
            wall: scene.material(wished(Surface::Wall).unwrap_or(Material::srgb([0.94, 0.93, 0.905]))),
            cut: scene.material(Material::srgb([0.27, 0.29, 0.32])),
            base: scene.material(Material::srgb([0.80, 0.80, 0.79])),
            living: scene.material(floor.unwrap_or(living)),
            sleeping: scene.material(floor.unwrap_or(sleeping)),
            wet: scene.material(wet),
            plain: scene.material(floor.unwrap_or(plain)),
            frame: scene.material(Material::srgb([0.93, 0.93, 0.93])),
            glass: scene.material(Material::glass()),
            oak: scene.material(Material::srgb([0.62, 0.45, 0.30]).with(Pattern::Wood).glossy(0.45, 0.04)),
            white: scene.material(Material::srgb([0.93, 0.93, 0.92]).glossy(0.35, 0.04)),
            stone: scene.material(Material::srgb([0.82, 0.81, 0.79]).with(Pattern::Marble).glossy(0.25, 0.04)),
            cloth: scene.material(cloth),
            accent: scene.material(Material::srgb(accent).with(Pattern::Fabric)),
            linen: scene.material(Material::srgb([0.93, 0.92, 0.89]).with(Pattern::Fabric)),
            dark: scene.material(Material::srgb([0.13, 0.14, 0.16]).glossy(0.25, 0.04)),
            steel: scene.material(Material::srgb([0.72, 0.74, 0.76]).glossy(0.3, 0.5)),
            leaf: scene.material(Material::srgb([0.30, 0.46, 0.24])),
            rug: scene.material(Material::srgb([0.80, 0.74, 0.66]).with(Pattern::Rug { size: RUG })),
            glow: scene.material(Material::srgb([1.0, 0.95, 0.85]).shining(glam::Vec3::new(1.6, 1.25, 0.8))),
        }
    }
}

/// A material that looks like a paint.
fn of_paint(paint: &Paint) -> Material {
    let plain = Material::srgb(paint.rgb);
    match paint.texture {
        Texture::Plain => plain,
        Texture::Wood => plain.with(Pattern::Boards { width: 0.16, length: 1.7 }).glossy(0.42, 0.04),
        Texture::Tiles => plain.with(Pattern::Tiles { side: 0.5 }).glossy(0.3, 0.04),
        Texture::Stone => plain.with(Pattern::Marble).glossy(0.2, 0.04),
        Texture::Carpet => plain.with(Pattern::Carpet),
        Texture::Concrete => plain.with(Pattern::Concrete).glossy(0.45, 0.04),
    }
}
