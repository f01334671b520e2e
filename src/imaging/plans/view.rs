//! The view of a house: where the camera stands, what light falls, how light becomes colours of a picture.
//!
//! ```text
//! Model ─► house + furniture ─► camera that frames it ─► rays ─► over a light ground ─► tone ─► Picture
//! ```
//!
//! Refuses to know: how the plan was read.

use super::{Preset, furnish, house, model::Model, palette::Palette};
use crate::imaging::{
    Fault, Stop,
    picture::Picture,
    scene::{self, Camera, Catcher, Lamp, Options, Pixel, Scene, Sky, Sun},
    wishes::{self, Light, Weather, Wishes},
};
use glam::{Vec2, Vec3};

/// Share of the picture that stays free on each side.
const RIM: f32 = 0.055;

/// Renders a house, `long_edge` pixels along the long edge.
///
/// # Errors
/// [`Fault::Stopped`] when called off.
pub fn render(model: &Model, preset: Preset, wishes: &Wishes, long_edge: u32, stop: &Stop) -> Result<Picture, Fault> {
    let cut = match wishes.camera {
        Some(wishes::Camera::Low | wishes::Camera::Eye) => preset.cut().min(1.3),
        _ => preset.cut(),
    };
    let (camera, width, height) = camera(model, cut, wishes.camera, long_edge);
    let scene = scene(model, preset, wishes, camera, cut);
    let ground = Catcher { point: Vec3::new(0.0, -house::SLAB, 0.0), normal: Vec3::Y };
    let samples = if long_edge > 3000 { 3 } else { 4 };
    let paper = paper(wishes);
    let mut picture = Picture::new(width, height);
    let options = Options { samples, catchers: vec![ground] };
    let across = width as usize;
    scene::rows(&scene, width, height, &options, stop, |y, row| {
        let start = y as usize * across * 3;
        let Some(out) = picture.data.get_mut(start..start + across * 3) else { return };
        for ((x, pixel), out) in row.iter().enumerate().zip(out.chunks_exact_mut(3)) {
            let place = Vec2::new(x as f32 / width as f32, y as f32 / height as f32) - Vec2::new(0.5, 0.5);
            out.copy_from_slice(&finished(pixel, paper, place));
        }
    })?;
    Ok(picture)
}

/// All that is seen and what lights it.
pub fn scene(model: &Model, preset: Preset, wishes: &Wishes, camera: Camera, cut: f32) -> Scene {
    let mut scene = Scene::new(camera);
    let palette = Palette::of(&mut scene, preset, wishes);
    let uses = furnish::uses(model, preset);
    scene.add(house::build(model, &uses, &palette, cut));
    scene.add(furnish::furnish(model, &uses, &palette, cut));
    light(&mut scene, model, wishes, cut);
    scene
}

/// A camera from the south that frames the whole house, and the size of its picture.
pub fn camera(model: &Model, cut: f32, wish: Option<wishes::Camera>, long_edge: u32) -> (Camera, u32, u32) {
    // Degrees up, degrees to the east, focal length in picture heights (none: parallel).
    let (up, east, focal) = match wish {
        Some(wishes::Camera::Top) => (89.0f32, 0.0f32, Some(2.6)),
        Some(wishes::Camera::Isometric) => (35.26, 45.0, None),
        Some(wishes::Camera::Low | wishes::Camera::Eye) => (30.0, 18.0, Some(1.5)),
        Some(wishes::Camera::Wide) => (54.0, 12.0, Some(1.1)),
        _ => (57.0, 12.0, Some(2.0)),
    };
    let (up, east) = (up.to_radians(), east.to_radians());
    let towards = Vec3::new(up.cos() * east.sin(), up.sin(), up.cos() * east.cos());
    let half = model.half + Vec2::splat(0.15);
    let corners: Vec<Vec3> = (0..8)
        .map(|n| {
            let pick = |bit: i32, low: f32, high: f32| if n & bit == 0 { low } else { high };
            Vec3::new(pick(1, -half.x, half.x), pick(2, -house::SLAB, cut), pick(4, -half.y, half.y))
        })
        .collect();
    let frame = |camera: &Camera| {
        let places = corners.iter().filter_map(|&corner| Some(camera.project(corner)?.0));
        places.fold((Vec2::INFINITY, Vec2::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
    };
    let look = |target: Vec3, far: f32, aspect: f32| match focal {
        Some(focal) => Camera::looking(target + towards * far, target, focal, aspect),
        None => Camera::parallel(target + towards * 100.0, target, far, aspect),
    };
    let start = half.length() * if focal.is_some() { 4.0 } else { 2.5 };
    let (low, high) = frame(&look(Vec3::ZERO, start, 1.0));
    let aspect = ((high.x - low.x) / (high.y - low.y)).clamp(0.75, 1.78);
    let right = Vec3::new(east.cos(), 0.0, -east.sin());
    let above = towards.cross(right);
    let (mut target, mut far) = (Vec3::ZERO, start);
    for _ in 0..24 {
        let camera = look(target, far, aspect);
        let (low, high) = frame(&camera);
        let off = (low + high) * 0.5 - Vec2::splat(0.5);
        let tall = far / focal.unwrap_or(1.0);
        target += right * (off.x * tall * aspect) - above * (off.y * tall);
        far *= ((high - low).max_element() / (1.0 - 2.0 * RIM)).clamp(0.5, 2.0);
    }
    let (width, height) = if aspect >= 1.0 {
        (long_edge, (long_edge as f32 / aspect).round() as u32)
    } else {
        ((long_edge as f32 * aspect).round() as u32, long_edge)
    };
    let (width, height) = (width.max(1), height.max(1));
    (look(target, far, width as f32 / height as f32), width, height)
}

/// Sun, sky and lamps by wish.
fn light(scene: &mut Scene, model: &Model, wishes: &Wishes, cut: f32) {
    let mut sun = Sun { towards: Vec3::new(-0.60, 1.1, 0.55), colour: Vec3::new(0.84, 0.78, 0.68), softness: 0.06 };
    let mut sky = Sky { colour: Vec3::new(0.56, 0.58, 0.61), ground: Vec3::splat(0.40), reach: 2.2 };
    match wishes.light {
        Some(Light::Warm) => (sun.colour, sky.colour) = (Vec3::new(0.95, 0.78, 0.54), Vec3::new(0.52, 0.49, 0.45)),
        Some(Light::Cool) => (sun.colour, sky.colour) = (Vec3::new(0.66, 0.72, 0.80), Vec3::new(0.46, 0.52, 0.62)),
        Some(Light::Bright) => (sun.colour, sky.colour) = (sun.colour * 1.15, sky.colour * 1.3),
        Some(Light::Soft) => {
            (sun.colour, sun.softness, sky.colour) = (sun.colour * 0.45, 0.22, sky.colour * 1.3);
        }
        Some(Light::Dramatic) => {
            (sun.towards, sun.colour, sky.colour) = (Vec3::new(-1.2, 1.0, 0.3), sun.colour * 1.35, sky.colour * 0.55);
        }
        Some(Light::GoldenHour | Light::Sunset) => {
            (sun.towards, sun.colour) = (Vec3::new(-1.3, 1.0, 0.35), Vec3::new(1.15, 0.70, 0.36));
            sky.colour = Vec3::new(0.40, 0.39, 0.45);
        }
        Some(Light::Night) => {
            (sun.colour, sun.softness) = (Vec3::new(0.035, 0.05, 0.085), 0.1);
            (sky.colour, sky.ground) = (Vec3::new(0.055, 0.075, 0.12), Vec3::splat(0.03));
        }
        Some(Light::Daylight) | None => {}
    }
    if matches!(
        wishes.weather,
        Some(Weather::Overcast | Weather::Cloudy | Weather::Rain | Weather::Fog | Weather::Snow)
    ) {
        (sun.colour, sun.softness, sky.colour) = (sun.colour * 0.25, 0.3, sky.colour * 1.35);
    }
    scene.sun = Some(sun);
    scene.sky = sky;
    if wishes.light == Some(Light::Night) {
        let rooms = (0..model.rooms.all.len()).filter(|&room| model.area(room) > 2.0).take(16);
        for free in rooms.filter_map(|room| furnish::free(model, room)) {
            let middle = (free.low + free.high) * 0.5;
            let strength = (0.35 + 0.07 * (free.high - free.low).element_product()).min(1.6);
            scene.lamps.push(Lamp::Bulb {
                position: Vec3::new(middle.x, cut + 0.25, middle.y),
                radius: 0.12,
                colour: Vec3::new(1.0, 0.74, 0.44) * strength,
            });
        }
    }
}

/// The ground around the house, linear.
fn paper(wishes: &Wishes) -> Vec3 {
    match wishes.light {
        Some(Light::Night) => Vec3::new(0.022, 0.028, 0.045),
        Some(Light::Warm | Light::GoldenHour | Light::Sunset) => Vec3::new(0.86, 0.81, 0.74),
        Some(Light::Cool) => Vec3::new(0.78, 0.82, 0.87),
        _ => Vec3::new(0.86, 0.865, 0.87),
    }
}

/// A pixel over the ground, as pictures hold it; `place` counts from the middle of the picture.
fn finished(pixel: &Pixel, paper: Vec3, place: Vec2) -> [f32; 3] {
    let [r, g, b, cover] = pixel.colour;
    // The ground darkens a little towards the corners; its shadows are lighter than on a real floor.
    let fall = 1.0 - 0.22 * place.length_squared() * 2.0;
    let shade = 1.0 - 0.85 * (1.0 - pixel.shade.clamp(0.0, 1.0));
    let house = Vec3::new(r, g, b) * 1.06;
    let ground = paper * (fall * shade * (1.0 - cover));
    (toned(house, cover) + ground).to_array().map(encoded)
}

/// Highlights pressed together, shadows as they are.
fn toned(colour: Vec3, cover: f32) -> Vec3 {
    const KNEE: f32 = 0.62;
    if cover <= 0.0 {
        return Vec3::ZERO;
    }
    let press = |v: f32| {
        let v = v / cover;
        let v = if v > KNEE { KNEE + (1.0 - KNEE) * (1.0 - (-(v - KNEE) / (1.0 - KNEE)).exp()) } else { v };
        v * cover
    };
    Vec3::new(press(colour.x), press(colour.y), press(colour.z))
}

fn encoded(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}
