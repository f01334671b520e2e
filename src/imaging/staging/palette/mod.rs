//! What furniture is made of: materials for the parts of pieces, and the shape of details, by style.
//!
//! ```text
//! style ─► scheme ─► colours of a reference picture ─► paint of the prompt ─► materials by role, Look
//! ```
//!
//! Refuses to know: pieces, places, the light of the room.

mod reference;
mod schemes;

use glam::Vec2;

use self::schemes::Scheme;
use crate::imaging::{
    picture::Picture,
    scene::{Material, Pattern},
    wishes::{Light, Paint, Style, Surface, Texture, Wishes},
};

pub use schemes::look;

/// What stands below pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legs {
    /// Round, slanting, thinner below.
    Tapered,
    /// Thin rods.
    Metal,
    /// Square and strong.
    Block,
}

/// The shape of details.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Legs.
    pub legs: Legs,
    /// How plump, 0 to 1.
    pub soft: f32,
    /// Whether arms are thin.
    pub slim: bool,
}

/// What a part is made of; the number of its material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Role {
    Fabric,
    Accent,
    Throw,
    Chair,
    Wood,
    Front,
    Table,
    Metal,
    Steel,
    Stone,
    Ceramic,
    Rug,
    SmallRug,
    Linen,
    Duvet,
    Shade,
    Pot,
    Soil,
    Leaf,
    LeafB,
    BookA,
    BookB,
    BookC,
    Paper,
    Basket,
    Dark,
    Screen,
}

/// Materials by [`Role`], and the look.
#[derive(Debug, Clone)]
pub struct Palette {
    /// In the order of [`Role`].
    pub materials: Vec<Material>,
    /// The shape of details.
    pub look: Look,
    /// Whether lamps are lit.
    pub lit: bool,
}

impl Palette {
    /// The palette of wishes; `rug` and `small_rug` are the sizes of rugs in metres.
    pub fn of(wishes: &Wishes, reference: Option<&Picture>, rug: Vec2, small_rug: Vec2) -> Self {
        let style = wishes.style.unwrap_or(Style::Modern);
        let mut scheme = schemes::scheme(style);
        if let Some(picture) = reference {
            reference::adopt(&mut scheme, &reference::dominant(picture));
        }
        if let Some(paint) = wishes.paint(Surface::Furniture) {
            painted(&mut scheme, paint);
        }
        let lit = matches!(wishes.light, Some(Light::Warm | Light::Sunset | Light::Night | Light::GoldenHour));
        Self { materials: materials(&scheme, lit, rug, small_rug), look: look(style), lit }
    }
}

/// A wood goes to what is of wood, anything else to what is upholstered and to fronts.
fn painted(scheme: &mut Scheme, paint: &Paint) {
    if paint.texture == Texture::Wood {
        scheme.wood = paint.rgb;
        scheme.table = paint.rgb;
        scheme.front = paint.rgb;
        scheme.wooden_front = true;
    } else {
        scheme.fabric = paint.rgb;
        scheme.chair = paint.rgb;
        scheme.front = paint.rgb;
        scheme.wooden_front = false;
        // Scatter cushions and the armchair keep to it, a little lighter and greyer.
        scheme.accent = paint.rgb.map(|value| value * 0.75 + 0.2);
    }
}

fn materials(scheme: &Scheme, lit: bool, rug: Vec2, small_rug: Vec2) -> Vec<Material> {
    let cloth = |rgb| Material::srgb(rgb).with(Pattern::Fabric);
    let wood = |rgb| Material::srgb(rgb).with(Pattern::Wood).glossy(0.45, 0.04);
    let paint = |rgb| Material::srgb(rgb).glossy(0.4, 0.04);
    let front = if scheme.wooden_front { wood(scheme.front) } else { paint(scheme.front) };
    let glow = crate::imaging::scene::linear([1.0, 0.86, 0.64]) * 1.5;
    let shade = Material::srgb([0.93, 0.9, 0.84]);
    let by_role = |role: Role| match role {
        Role::Fabric => cloth(scheme.fabric),
        Role::Accent => cloth(scheme.accent),
        Role::Throw => cloth(scheme.throw),
        Role::Chair => cloth(scheme.chair),
        Role::Wood => wood(scheme.wood),
        Role::Front => front,
        Role::Table => wood(scheme.table),
        Role::Metal => Material::srgb(scheme.metal).glossy(0.35, 0.4),
        Role::Steel => Material::srgb([0.74, 0.75, 0.76]).glossy(0.35, 0.3),
        Role::Stone => Material::srgb(scheme.stone).with(Pattern::Marble).glossy(0.2, 0.05),
        Role::Ceramic => Material::srgb([0.94, 0.94, 0.93]).glossy(0.15, 0.05),
        Role::Rug => Material::srgb(scheme.rug).with(Pattern::Rug { size: rug }),
        Role::SmallRug => Material::srgb(scheme.rug).with(Pattern::Rug { size: small_rug }),
        Role::Linen => cloth(scheme.linen),
        Role::Duvet => cloth(scheme.duvet),
        Role::Shade if lit => shade.shining(glow),
        Role::Shade => shade,
        Role::Pot => Material::srgb(scheme.pot).glossy(0.5, 0.04),
        Role::Soil => Material::srgb([0.2, 0.15, 0.11]),
        Role::Leaf => Material::srgb([0.25, 0.42, 0.2]).glossy(0.5, 0.04),
        Role::LeafB => Material::srgb([0.36, 0.52, 0.27]).glossy(0.5, 0.04),
        Role::BookA => Material::srgb(scheme.accent),
        Role::BookB => Material::srgb(scheme.throw),
        Role::BookC => Material::srgb([0.3, 0.34, 0.4]),
        Role::Paper => Material::srgb([0.88, 0.85, 0.78]),
        Role::Basket => cloth([0.7, 0.57, 0.4]),
        Role::Dark => Material::srgb([0.12, 0.12, 0.13]).glossy(0.5, 0.04),
        Role::Screen => Material::srgb([0.04, 0.045, 0.05]).glossy(0.08, 0.05),
    };
    ROLES.iter().map(|&role| by_role(role)).collect()
}

/// All roles in their order.
const ROLES: [Role; 27] = [
    Role::Fabric,
    Role::Accent,
    Role::Throw,
    Role::Chair,
    Role::Wood,
    Role::Front,
    Role::Table,
    Role::Metal,
    Role::Steel,
    Role::Stone,
    Role::Ceramic,
    Role::Rug,
    Role::SmallRug,
    Role::Linen,
    Role::Duvet,
    Role::Shade,
    Role::Pot,
    Role::Soil,
    Role::Leaf,
    Role::LeafB,
    Role::BookA,
    Role::BookB,
    Role::BookC,
    Role::Paper,
    Role::Basket,
    Role::Dark,
    Role::Screen,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::scene::linear;

    fn palette(wishes: &Wishes, reference: Option<&Picture>) -> Palette {
        Palette::of(wishes, reference, Vec2::ONE, Vec2::ONE)
    }

    #[test]
    fn roles_are_the_numbers_of_their_materials() {
        assert!(ROLES.iter().enumerate().all(|(number, &role)| role as usize == number));
        assert_eq!(palette(&Wishes::default(), None).materials.len(), ROLES.len());
    }

    #[test]
    fn a_paint_for_furniture_wins_over_style_and_reference() {
        let blue = Paint { name: "blue", rgb: [0.2, 0.3, 0.8], texture: Texture::Plain };
        let wishes = Wishes { paints: vec![(Surface::Furniture, blue)], ..Wishes::default() };
        let red = Picture::from_data(2, 2, [0.8, 0.1, 0.1].repeat(4)).unwrap();
        let colour = palette(&wishes, Some(&red)).materials[Role::Fabric as usize].colour;
        assert!(colour.distance(linear(blue.rgb)) < 1e-5, "{colour}");
    }

    #[test]
    fn lamps_are_lit_in_warm_light_only() {
        let warm = Wishes { light: Some(Light::Warm), ..Wishes::default() };
        assert!(palette(&warm, None).lit && !palette(&Wishes::default(), None).lit);
    }
}
