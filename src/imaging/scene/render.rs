//! From a scene to pixels.
//!
//! ```text
//! band of rows: rays per pixel ─► light and look apart ─► filter evens out the light ─► light x look ─► rows
//! ```
//!
//! Works in bands, so that a large picture needs little more memory than its result. Refuses to know: tone mapping,
//! files, threads (one is used).

use super::{
    Ray, Scene,
    filter::{self, Lit},
    sampling::Sequence,
    shading::Tracer,
    texture,
};
use crate::imaging::{Fault, Stop, picture::Plane};
use glam::Vec3;
use std::collections::VecDeque;

/// Rows finished together.
const BAND: u32 = 96;
/// Panes of glass seen through one another.
const PANES: u32 = 5;

/// How to render.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Rays a pixel: 4 is clean thanks to the filter, 8 better at fine things, 2 for a look.
    pub samples: u32,
    /// Unseen planes that take shadows, e.g. [`Catcher::floor`] and walls of a photographed room. Of several on a ray
    /// the nearest that faces the camera counts.
    pub catchers: Vec<Catcher>,
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 4, catchers: Vec::new() }
    }
}

/// An endless plane of which only the shadows on it are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Catcher {
    /// Any point of it.
    pub point: Vec3,
    /// Towards the side that is seen, length 1.
    pub normal: Vec3,
}

impl Catcher {
    /// y = 0.
    pub fn floor() -> Self {
        Self { point: Vec3::ZERO, normal: Vec3::Y }
    }

    fn meet(&self, ray: &Ray) -> Option<f32> {
        let fall = ray.direction.dot(self.normal);
        let distance = (self.point - ray.origin).dot(self.normal) / fall;
        (fall < 0.0 && distance > 1e-4).then_some(distance)
    }
}

/// One pixel of a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pixel {
    /// Linear, premultiplied RGB and coverage.
    pub colour: [f32; 4],
    /// Light left on the catcher behind, 1 where it is as light as without the scene; may exceed 1 by bounced light.
    pub shade: f32,
    /// Metres along the view to what covers most of it; infinite where nothing does.
    pub depth: f32,
}

/// A whole result.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Linear, premultiplied RGB and coverage, rows from the top.
    pub colour: Vec<[f32; 4]>,
    /// See [`Pixel::shade`].
    pub shade: Plane,
    /// See [`Pixel::depth`].
    pub depth: Plane,
}

/// Renders all at once.
///
/// # Errors
/// [`Fault::Stopped`] when called off.
pub fn render(scene: &Scene, width: u32, height: u32, options: &Options, stop: &Stop) -> Result<Rendered, Fault> {
    let count = width as usize * height as usize;
    let mut colour = Vec::with_capacity(count);
    let (mut shade, mut depth) = (Plane::filled(width, height, 1.0), Plane::filled(width, height, f32::INFINITY));
    rows(scene, width, height, options, stop, |y, row| {
        let start = y as usize * width as usize;
        for (pixel, at) in row.iter().zip(start..) {
            colour.push(pixel.colour);
            shade.data[at] = pixel.shade;
            depth.data[at] = pixel.depth;
        }
    })?;
    Ok(Rendered { width, height, colour, shade, depth })
}

/// Renders and hands over rows from the top, for pictures too large to be kept twice.
///
/// # Errors
/// [`Fault::Stopped`] when called off.
pub fn rows(
    scene: &Scene,
    width: u32,
    height: u32,
    options: &Options,
    stop: &Stop,
    mut take: impl FnMut(u32, &[Pixel]),
) -> Result<(), Fault> {
    let work =
        Work { tracer: Tracer::new(scene), scene, options, width, height, samples: options.samples.clamp(1, 256) };
    let passes = filter::passes(work.samples);
    let margin = filter::margin(passes);
    let mut window: VecDeque<Row> = VecDeque::new();
    let mut traced = 0;
    let mut pixels = Vec::with_capacity(width as usize);
    for start in (0..height).step_by(BAND as usize) {
        let end = (start + BAND).min(height);
        while traced < (end + margin).min(height) {
            stop.check()?;
            window.push_back(work.trace(traced));
            traced += 1;
        }
        let top = traced - window.len() as u32;
        let objects: Vec<&[Lit]> = window.iter().map(|row| &row.objects[..]).collect();
        let objects = filter::smooth(&objects, passes, stop)?;
        let ground: Vec<&[Lit]> = window.iter().map(|row| &row.ground[..]).collect();
        let ground = filter::smooth(&ground, passes, stop)?;
        for y in start..end {
            let row = (y - top) as usize;
            pixels.clear();
            for (x, look) in window[row].looks.iter().enumerate() {
                let at = row * width as usize + x;
                let shade = ground.get(at).map_or(1.0, |lit| work.shade(lit));
                let lit = &objects[at];
                let colour = look.albedo * (lit.light + work.tracer.sun_colour() * lit.sun) + look.extra;
                let depth = if look.alpha > 0.0 { look.depth } else { f32::INFINITY };
                pixels.push(Pixel { colour: colour.extend(look.alpha).to_array(), shade, depth });
            }
            take(y, &pixels);
        }
        while traced < height && window.len() as u32 > 2 * margin {
            window.pop_front();
        }
    }
    Ok(())
}

/// What is seen in a pixel, apart from the light on it.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    albedo: Vec3,
    /// Own light and mirrored light.
    extra: Vec3,
    alpha: f32,
    depth: f32,
}

/// A traced row; `ground` is empty without catchers.
struct Row {
    objects: Vec<Lit>,
    ground: Vec<Lit>,
    looks: Vec<Look>,
}

struct Work<'a> {
    tracer: Tracer<'a>,
    scene: &'a Scene,
    options: &'a Options,
    width: u32,
    height: u32,
    samples: u32,
}

impl Work<'_> {
    fn trace(&self, y: u32) -> Row {
        let width = self.width as usize;
        let mut row =
            Row { objects: vec![Lit::default(); width], ground: Vec::new(), looks: vec![Look::default(); width] };
        if !self.options.catchers.is_empty() {
            row.ground = vec![Lit::default(); width];
        }
        for x in 0..width {
            let sequence = Sequence::new(x as u32, y, self.samples);
            for index in 0..self.samples {
                let (u, v) = sequence.pair(index, 0);
                let place = ((x as f32 + u) / self.width as f32, (y as f32 + v) / self.height as f32);
                let ray = self.scene.camera.ray(place.0, place.1);
                let (lit, look) = (&mut row.objects[x], &mut row.looks[x]);
                let seen = self.sample(&ray, &sequence, index, lit, look);
                if seen > 0.0
                    && let Some(ground) = row.ground.get_mut(x)
                {
                    self.catch(&ray, &sequence, index, ground);
                }
            }
            row.objects[x].finish();
            if let Some(ground) = row.ground.get_mut(x) {
                ground.finish();
            }
            let (look, share) = (&mut row.looks[x], 1.0 / self.samples as f32);
            look.depth /= look.alpha.max(1e-6);
            look.albedo *= share;
            look.extra *= share;
            look.alpha *= share;
        }
        row
    }

    /// One ray; adds what it sees and answers how much shines through from behind everything.
    fn sample(&self, ray: &Ray, sequence: &Sequence, index: u32, lit: &mut Lit, look: &mut Look) -> f32 {
        let length = ray.direction.length();
        let (mut through, mut near) = (1.0, 1e-4);
        for pane in 0..PANES {
            let Some((seen, distance)) = self.tracer.first(ray, near) else { break };
            let material = &seen.material;
            // Another purpose for every pane keeps its samples apart from those of the pane before.
            let turn = index.wrapping_add(pane.wrapping_mul(0x51ed));
            let light = self.tracer.arriving(seen.position, seen.normal, seen.flat, sequence, turn);
            let footprint = self.scene.camera.footprint(self.height, distance);
            let colour = material.colour * texture::factor(material.pattern, seen.uv, footprint);
            let (mirrored, left) = self.tracer.mirrored(&seen, ray.direction / length, light.sun, sequence, turn);
            let opacity = material.opacity.clamp(0.0, 1.0);
            let diffuse = colour * (left * (1.0 - material.reflectance.clamp(0.0, 1.0)));
            let covered = through * (opacity + (1.0 - opacity) * (1.0 - left));
            if opacity < 1.0 {
                look.extra += diffuse * (light.other + self.tracer.sun_colour() * light.sun) * (through * opacity);
            } else {
                look.albedo += diffuse * through;
                lit.add(seen.position, seen.normal, light.other, light.sun);
            }
            look.extra += (mirrored + material.emission * opacity) * through;
            look.alpha += covered;
            look.depth += distance * covered;
            through -= covered;
            if through < 0.01 {
                return 0.0;
            }
            near = distance * 1.000_01 + 1e-4;
        }
        through
    }

    /// Adds the light on the nearest catcher.
    fn catch(&self, ray: &Ray, sequence: &Sequence, index: u32, ground: &mut Lit) {
        let met = self.options.catchers.iter().filter_map(|one| Some((one.meet(ray)?, one.normal)));
        let Some((distance, normal)) = met.min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
        let at = ray.at(distance);
        let light = self.tracer.arriving(at, normal, normal, sequence, index);
        let share = Vec3::new(luma(light.other), luma(light.possible), 0.0);
        ground.add(at, normal, share, light.sun);
    }

    fn shade(&self, lit: &Lit) -> f32 {
        let sun = luma(self.tracer.sun_colour());
        let possible = lit.light.y + sun * self.tracer.free_sun(lit.normal);
        if lit.weight > 0.0 && possible > 1e-5 { (lit.light.x + sun * lit.sun) / possible } else { 1.0 }
    }
}

fn luma(colour: Vec3) -> f32 {
    colour.dot(Vec3::new(0.2126, 0.7152, 0.0722))
}
