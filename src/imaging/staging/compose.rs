//! Rendered furniture put into the photograph.
//!
//! ```text
//! scene ─► rendered in a window, as sharp as the photograph ─► floor x shade, colour over ─► noise ─► Picture
//! ```
//!
//! Without a mask, shadows fall on the floor that was found and on the walls behind it; with one, only where the mask
//! is, with a soft edge of about 1 % of the picture. Furniture covers whatever is behind it, also above the mask:
//! it stands inside, so nothing of the room that is seen is nearer. Refuses to know: pieces, styles.

use glam::{Vec2, Vec3};

use super::{
    grain::{self, Grain},
    site::Site,
};
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
    resize,
    room::{confidence::between, floor::Walls, view::View},
    scene::{self, Camera, Catcher, Rendered, Scene},
    tone,
};

/// The most pixels that are rendered; a larger window is rendered smaller and enlarged.
const MOST_PIXELS: f32 = 3.2e6;
/// Metres around furniture within which shadows are looked for.
const SHADOWS: f32 = 0.7;

/// The part of the picture that changes: left, top, width, height in pixels.
type Window = [f32; 4];

/// Renders a scene as the camera of the room sees it and puts it over the picture. `masked` confines shadows.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn compose(
    mut picture: Picture,
    mut scene: Scene,
    site: &Site,
    masked: Option<&Plane>,
    stop: &Stop,
) -> Result<Picture, Fault> {
    let view = site.room.view.scaled(picture.width() as f32, picture.height() as f32);
    let grain = grain::of(&picture);
    stop.check()?;
    let Some(window) = window(&scene, &view) else { return Ok(picture) };
    // A photograph softer than its pixels gets furniture of fewer pixels.
    let scale = (0.85 / grain.blur).clamp(0.45, 1.0).min((MOST_PIXELS / (window[2] * window[3])).sqrt());
    let size = Vec2::new(window[2] * scale, window[3] * scale).round().max(Vec2::ONE);
    let Some(camera) = Camera::of(view.view_matrix(), view.window_matrix(window)) else { return Ok(picture) };
    scene.camera = camera;
    let walls = if masked.is_some() { Vec::new() } else { wall_catchers(&site.floor.walls) };
    let mut catchers = vec![Catcher::floor()];
    catchers.extend(&walls);
    let options = scene::Options { samples: 4, catchers };
    let mut rendered = scene::render(&scene, size.x as u32, size.y as u32, &options, stop)?;
    without_fireflies(&mut rendered);
    let shadows = Shadows::of(site, &view, masked, !walls.is_empty());
    put(&mut picture, &rendered, window, &shadows, (site.light.black, grain), stop)?;
    Ok(picture)
}

/// Single pixels much brighter than all around them are chance hits of a glossy surface on a light: as bright as their
/// surroundings instead.
fn without_fireflies(rendered: &mut Rendered) {
    let (width, height) = (rendered.width as usize, rendered.height as usize);
    let bright: Vec<f32> = rendered.colour.iter().map(|pixel| pixel[0].max(pixel[1]).max(pixel[2])).collect();
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let mut near: Vec<f32> = Vec::with_capacity(8);
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    if (row, column) != (y, x) {
                        near.push(bright[row * width + column]);
                    }
                }
            }
            near.sort_by(|a, b| b.total_cmp(a));
            // The second brightest: two hits may lie side by side.
            let most = near.get(1).copied().unwrap_or(f32::MAX) * 1.15 + 0.02;
            if bright[at] > most {
                let factor = most / bright[at];
                rendered.colour[at][..3].iter_mut().for_each(|value| *value *= factor);
            }
        }
    }
}

/// The walls of the room that are known.
fn wall_catchers(walls: &Walls) -> Vec<Catcher> {
    let none = Walls::NONE;
    let mut catchers = Vec::new();
    if walls.left > none.left + 0.1 {
        catchers.push(Catcher { point: Vec3::new(walls.left, 0.0, 0.0), normal: Vec3::X });
    }
    if walls.right < none.right - 0.1 {
        catchers.push(Catcher { point: Vec3::new(walls.right, 0.0, 0.0), normal: Vec3::NEG_X });
    }
    if walls.back < none.back - 0.1 {
        catchers.push(Catcher { point: Vec3::new(0.0, 0.0, -walls.back), normal: Vec3::Z });
    }
    catchers
}

/// The part of the picture with furniture and its shadows; `None` when nothing is in sight.
fn window(scene: &Scene, view: &View) -> Option<Window> {
    let (mut low, mut high) = (Vec2::splat(f32::MAX), Vec2::splat(f32::MIN));
    let mut take = |point: Vec3| {
        // What is beside or behind the camera ends at the border of the picture.
        let pixel =
            view.pixel_of(point).unwrap_or(Vec2::new(if point.x < 0.0 { 0.0 } else { view.width }, view.height));
        low = low.min(pixel);
        high = high.max(pixel);
    };
    for vertex in &scene.mesh.vertices {
        let at = vertex.position;
        take(at);
        if at.y < 0.1 {
            for (x, z) in [(-SHADOWS, 0.0), (SHADOWS, 0.0), (0.0, -SHADOWS), (0.0, SHADOWS)] {
                take(Vec3::new(at.x + x, 0.0, at.z + z));
            }
        }
    }
    let end = Vec2::new(view.width, view.height);
    let margin = 0.04 * view.width.max(view.height);
    let low = (low - margin).clamp(Vec2::ZERO, end).floor();
    let high = (high + margin).clamp(Vec2::ZERO, end).ceil();
    (high.x > low.x + 1.0 && high.y > low.y + 1.0).then_some([low.x, low.y, high.x - low.x, high.y - low.y])
}

/// Where shadows fall.
struct Shadows {
    /// The floor, or the mask, with soft edges; small.
    region: Plane,
    scale: Vec2,
    view: View,
    walls: Option<Walls>,
}

impl Shadows {
    fn of(site: &Site, view: &View, masked: Option<&Plane>, on_walls: bool) -> Self {
        let floor = &site.floor.region;
        let (width, height) = (floor.width(), floor.height());
        let region = match masked {
            Some(mask) => {
                // A little wider than the mask, never narrower than the floor in it.
                let mask = resize::plane(mask, width, height);
                softened(&mask)
            }
            None => softened(floor),
        };
        let scale = Vec2::new(width as f32 / view.width, height as f32 / view.height);
        Self { region, scale, view: *view, walls: on_walls.then_some(site.floor.walls) }
    }

    /// How much of a shadow is painted at a pixel, 0 to 1.
    fn at(&self, x: f32, y: f32) -> f32 {
        if let Some(walls) = &self.walls {
            let on_floor = self.view.floor_at(x, y).is_some_and(|floor| walls.hold(floor));
            if !on_floor {
                return 1.0;
            }
        }
        between(&self.region, Vec2::new(x, y) * self.scale - 0.5)
    }
}

/// Grown by two small pixels, then smoothed: full to the edge of the region, gone some 1 % of the picture beyond.
fn softened(region: &Plane) -> Plane {
    let (width, height) = (i64::from(region.width()), i64::from(region.height()));
    let pass = |from: &Plane, most: bool, dx: i64, dy: i64| {
        let mut to = from.clone();
        for y in 0..height {
            for x in 0..width {
                let near = (-2..=2).map(|off| from.at(x + off * dx, y + off * dy));
                let value = if most { near.fold(0.0, f32::max) } else { near.sum::<f32>() / 5.0 };
                to.data[(y * width + x) as usize] = value;
            }
        }
        to
    };
    let grown = pass(&pass(region, true, 1, 0), true, 0, 1);
    pass(&pass(&grown, false, 1, 0), false, 0, 1)
}

/// Paints what was rendered over its window of the picture.
fn put(
    picture: &mut Picture,
    rendered: &Rendered,
    window: Window,
    shadows: &Shadows,
    (black, grain): (f32, Grain),
    stop: &Stop,
) -> Result<(), Fault> {
    let [left, top, width, height] = window;
    let scale = Vec2::new(rendered.width as f32 / width, rendered.height as f32 / height);
    let across = picture.width() as usize;
    let picture_size = Vec2::new(picture.width() as f32, picture.height() as f32);
    let (from, to) = (left as usize, ((left + width) as usize).min(across));
    for y in top as usize..((top + height) as usize).min(picture.height() as usize) {
        if y % 32 == 0 {
            stop.check()?;
        }
        for x in from..to {
            let (colour, shade) = sample(rendered, (x as f32 + 0.5 - left) * scale.x, (y as f32 + 0.5 - top) * scale.y);
            let alpha = colour[3];
            let shade = if alpha < 1.0 && shade < 0.998 {
                let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
                1.0 + (shade - 1.0) * shadows.at(x, y) * inside(window, x, y, picture_size)
            } else {
                1.0
            };
            if alpha < 0.002 && shade > 0.998 {
                continue;
            }
            let at = (y * across + x) * 3;
            let film = grain::noise(x as u32, y as u32) * grain.noise * alpha;
            for (channel, value) in picture.data[at..at + 3].iter_mut().enumerate() {
                let behind = tone::linear(value.clamp(0.0, 1.0)) * shade * (1.0 - alpha);
                let own = if alpha > 0.002 { filmed(colour[channel] / alpha, black) * alpha } else { 0.0 };
                *value = (tone::encoded(behind + own) + film).clamp(0.0, 1.0);
            }
        }
    }
    Ok(())
}

/// 1 inside a window, falling to 0 at its borders, where those are not borders of the picture: what is left of the
/// shadow of far corners ends softly.
fn inside(window: Window, x: f32, y: f32, picture: Vec2) -> f32 {
    let [left, top, width, height] = window;
    let soft = 0.04 * picture.max_element();
    let from = |distance: f32, open: bool| if open { (distance / soft).clamp(0.0, 1.0) } else { 1.0 };
    from(x - left, left > 0.0)
        * from(left + width - x, left + width < picture.x)
        * from(y - top, top > 0.0)
        * from(top + height - y, top + height < picture.y)
}

/// Light as the photograph would show it: its own black, and brightness bent before it is blown out.
fn filmed(light: f32, black: f32) -> f32 {
    let bent = if light > 0.7 { 0.7 + 0.3 * (1.0 - (-(light - 0.7) / 0.3).exp()) } else { light };
    black + (1.0 - black) * bent.max(0.0)
}

/// Colour and shade between the pixels of what was rendered.
fn sample(rendered: &Rendered, x: f32, y: f32) -> ([f32; 4], f32) {
    let (width, height) = (rendered.width as i64, rendered.height as i64);
    let (x, y) = (x - 0.5, y - 0.5);
    let (column, row) = (x.floor(), y.floor());
    let (right, below) = (x - column, y - row);
    let mut colour = [0.0; 4];
    let mut shade = 0.0;
    for (dx, dy, weight) in [
        (0, 0, (1.0 - right) * (1.0 - below)),
        (1, 0, right * (1.0 - below)),
        (0, 1, (1.0 - right) * below),
        (1, 1, right * below),
    ] {
        let column = (column as i64 + dx).clamp(0, width - 1);
        let row = (row as i64 + dy).clamp(0, height - 1);
        let at = (row * width + column) as usize;
        let pixel = rendered.colour[at];
        for (sum, value) in colour.iter_mut().zip(pixel) {
            *sum += value * weight;
        }
        shade += rendered.shade.data[at] * weight;
    }
    (colour, shade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_bright_pixels_go_and_edges_stay() {
        let mut rendered = Rendered {
            width: 8,
            height: 8,
            colour: vec![[0.2, 0.2, 0.2, 1.0]; 64],
            shade: Plane::filled(8, 8, 1.0),
            depth: Plane::filled(8, 8, 1.0),
        };
        rendered.colour[2 * 8 + 2] = [4.0, 3.0, 2.0, 1.0];
        for y in 0..8 {
            rendered.colour[y * 8 + 6] = [0.9; 4];
            rendered.colour[y * 8 + 7] = [0.9; 4];
        }
        without_fireflies(&mut rendered);
        assert!(rendered.colour[2 * 8 + 2][0] < 0.3, "{:?}", rendered.colour[2 * 8 + 2]);
        assert_eq!(rendered.colour[4 * 8 + 6], [0.9; 4]);
    }
}
