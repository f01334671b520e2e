//! The service virtual-staging: furniture of a room type and style on the floor of a photographed room.
//!
//! ```text
//! Picture ─► site (room, floor, light) ─► layout (what stands where) ─► furniture + palette ─► scene
//!        └───────────────────────────────────────────► compose ◄──────────────── colour, shade ◄──┘
//! ```
//!
//! Refuses to know: files, accounts, engines.

mod compose;
mod furniture;
mod grain;
mod layout;
mod palette;
mod site;
mod wanted;

use glam::{Mat4, Vec2, Vec3};

use self::{furniture::Kind, layout::Placed, palette::Palette, site::Site, wanted::Wanted};
use super::{
    Fault, Stop,
    picture::{Picture, Plane},
    scene::{Camera, Lamp, Scene, Sky, Sun},
    tone,
    wishes::{Light, Wishes},
};
use crate::domain::imaging::Request;

/// Furnishes a room that was photographed empty. `picture` has its final size. `mask` marks where furniture may stand:
/// the floor, or a part of the room, for its floor. `reference` gives the colours. The same input gives the same
/// picture.
///
/// # Errors
/// [`Fault::Unsuitable`] when there is no floor, too little of it, or furniture on most of it; [`Fault::Stopped`].
pub fn stage(
    picture: Picture,
    mask: Option<&Plane>,
    reference: Option<&Picture>,
    request: &Request,
    stop: &Stop,
) -> Result<Picture, Fault> {
    let site = site::of(&picture, mask, stop)?;
    let placed = layout::furnish(&site, &request.config, &Wanted::of(&request.prompt))?;
    stop.check()?;
    let wishes = Wishes::of(request);
    let size = |kind: Kind| Vec2::new(kind.size().x, kind.size().z);
    let palette = Palette::of(&wishes, reference, size(Kind::Rug), size(Kind::SmallRug));
    let scene = scene(&site, &placed, &palette, &wishes);
    compose::compose(picture, scene, &site, mask, stop)
}

/// The furniture in the light of the room. The renderer sets its camera.
fn scene(site: &Site, placed: &[Placed], palette: &Palette, wishes: &Wishes) -> Scene {
    let camera = Camera::of(site.room.view.view_matrix(), Mat4::perspective_rh(1.0, 1.0, 0.1, 50.0));
    let mut scene = Scene::new(camera.unwrap_or(Camera::looking(Vec3::Y, Vec3::NEG_Z, 1.0, 1.0)));
    scene.materials = palette.materials.clone();
    let light = &site.light;
    let tint = match wishes.light {
        Some(Light::Warm | Light::GoldenHour | Light::Sunset) => Vec3::new(1.06, 1.0, 0.9),
        Some(Light::Cool) => Vec3::new(0.95, 1.0, 1.06),
        _ => Vec3::ONE,
    };
    let white = light.white * tint;
    let directed = match wishes.light {
        Some(Light::Soft) => light.directed * 0.5,
        Some(Light::Dramatic) => (light.directed * 1.4).min(0.9),
        _ => light.directed,
    };
    // On a white table both together are as bright as white is in this room.
    let height = light.towards.y.max(0.3);
    scene.sun = Some(Sun { towards: light.towards, colour: white * (0.8 * directed / height), softness: 0.22 });
    scene.sky = Sky { colour: white * (1.0 - 0.8 * directed), ground: white * 0.6, reach: 1.6 };
    for piece in placed {
        let mesh = piece.kind.mesh(&palette.look).turned(piece.turn).moved(piece.at.x, 0.0, -piece.at.y);
        scene.add(mesh);
        if palette.lit
            && let Some(height) = piece.kind.lamp()
        {
            // Just below the shade, which would keep all of it inside.
            let position = Vec3::new(piece.at.x, height, -piece.at.y) + Vec3::new(0.03, 0.0, 0.03);
            let colour = Vec3::new(1.0, 0.78, 0.5) * (0.3 * tone::brightness(white));
            scene.lamps.push(Lamp::Bulb { position, radius: 0.08, colour });
        }
    }
    scene
}

#[cfg(test)]
mod tests;
