//! What a ray sees: surfaces, and the light that arrives there.
//!
//! ```text
//! Ray ─► first surface ─► sun (shadow ray) + lamps + sky (one ray; what it meets nearby gives a bounce) ─► light
//! ```
//!
//! Refuses to know: pixels, noise.

use super::{
    Lamp, Material, Ray, Scene,
    bvh::{Bvh, Hit},
    sampling::{Sequence, disc, frame, over},
    texture,
};
use glam::{Vec2, Vec3};

/// A scene ready for rays.
pub struct Tracer<'a> {
    scene: &'a Scene,
    bvh: Bvh,
    sun: Option<(Vec3, Vec3, Vec3)>,
}

/// Where a ray ended.
pub struct Surface {
    pub position: Vec3,
    /// Smooth, towards the viewer.
    pub normal: Vec3,
    /// Of the triangle itself, towards the viewer.
    pub flat: Vec3,
    pub uv: Vec2,
    pub material: Material,
}

/// Light at a surface, for white.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arriving {
    /// From the sun, 0 to 1 of its strength.
    pub sun: f32,
    /// From all else.
    pub other: Vec3,
    /// From all else if nothing stood in the way and no surface sent light on.
    pub possible: Vec3,
}

/// Sample purposes, so that no two use the same numbers.
const SUN: u32 = 1;
const SKY: u32 = 2;
const GLOSS: u32 = 3;
const LAMPS: u32 = 8;

impl<'a> Tracer<'a> {
    pub fn new(scene: &'a Scene) -> Self {
        let mesh = &scene.mesh;
        let solid = mesh.triangles.iter().zip(0u32..).filter_map(|(triangle, index)| {
            let [a, b, c] = triangle.corners.map(|corner| mesh.vertices.get(corner as usize));
            let clear = scene.materials.get(triangle.material as usize).is_some_and(|one| one.opacity < 0.5);
            Some(([a?.position, b?.position, c?.position], clear, index))
        });
        let sun = scene.sun.and_then(|sun| {
            let towards = sun.towards.try_normalize()?;
            let (a, b) = frame(towards);
            let spread = sun.softness.max(0.0).tan();
            Some((towards, a * spread, b * spread))
        });
        Self { scene, bvh: Bvh::new(solid), sun }
    }

    /// The first surface on a ray after `near`, and how far it is in lengths of the direction.
    pub fn first(&self, ray: &Ray, near: f32) -> Option<(Surface, f32)> {
        let hit = self.bvh.first(ray, near, f32::INFINITY)?;
        Some((self.surface(ray, &hit)?, hit.distance))
    }

    fn surface(&self, ray: &Ray, hit: &Hit) -> Option<Surface> {
        let mesh = &self.scene.mesh;
        let triangle = mesh.triangles.get(hit.triangle as usize)?;
        let [a, b, c] = triangle.corners.map(|corner| mesh.vertices.get(corner as usize));
        let (a, b, c) = (a?, b?, c?);
        let (u, v) = hit.weights;
        let mix = |a: Vec3, b: Vec3, c: Vec3| a * (1.0 - u - v) + b * u + c * v;
        let flat = (b.position - a.position).cross(c.position - a.position).normalize_or(Vec3::Y);
        let flat = if flat.dot(ray.direction) > 0.0 { -flat } else { flat };
        let smooth = mix(a.normal, b.normal, c.normal).normalize_or(flat);
        let smooth = if smooth.dot(flat) < 0.0 { -smooth } else { smooth };
        let missing = Material::matt(Vec3::splat(0.5));
        Some(Surface {
            position: ray.at(hit.distance),
            normal: smooth,
            flat,
            uv: a.uv * (1.0 - u - v) + b.uv * u + c.uv * v,
            material: self.scene.materials.get(triangle.material as usize).copied().unwrap_or(missing),
        })
    }

    /// Light at a place, by sample `index` of a pixel.
    pub fn arriving(&self, at: Vec3, normal: Vec3, flat: Vec3, sequence: &Sequence, index: u32) -> Arriving {
        let lifted = at + flat * (2e-4 * (1.0 + at.abs().max_element() * 0.1));
        let mut light = Arriving::default();
        let (u, v) = sequence.pair(index, SUN);
        light.sun = self.sunlight(lifted, normal, u, v);
        let (u, v) = sequence.pair(index, SKY);
        let direction = over(normal, u, v);
        light.possible = self.sky(direction);
        light.other = if direction.dot(flat) > 0.0 {
            self.around(&Ray { origin: lifted, direction }, light.possible, (v, u))
        } else {
            light.possible * 0.5
        };
        for (lamp, number) in self.scene.lamps.iter().zip(LAMPS..) {
            let (u, v) = sequence.pair(index, number);
            let (place, strength) = lamp.sample(at, normal, u, v);
            if strength.max_element() > 1e-3 {
                light.possible += strength;
                // Stop short of the lamp, which may have a shade around its bulb.
                let short = match lamp {
                    Lamp::Bulb { radius, .. } => 1.0 - (radius / (place - lifted).length().max(1e-3)).min(0.5),
                    Lamp::Panel { .. } => 0.99,
                };
                if !self.bvh.any(&Ray { origin: lifted, direction: place - lifted }, short) {
                    light.other += strength;
                }
            }
        }
        light
    }

    /// What the sun alone gives to a free surface, 0 to 1.
    pub fn free_sun(&self, normal: Vec3) -> f32 {
        self.sun.map_or(0.0, |(towards, ..)| normal.dot(towards).max(0.0))
    }

    /// The sun's strength.
    pub fn sun_colour(&self) -> Vec3 {
        self.scene.sun.map_or(Vec3::ZERO, |sun| sun.colour)
    }

    fn sunlight(&self, lifted: Vec3, normal: Vec3, u: f32, v: f32) -> f32 {
        let Some((towards, a, b)) = self.sun else { return 0.0 };
        let place = disc(u, v);
        let direction = (towards + a * place.x + b * place.y).normalize();
        let cosine = normal.dot(direction);
        if cosine <= 0.0 || self.bvh.any(&Ray { origin: lifted, direction }, f32::INFINITY) { 0.0 } else { cosine }
    }

    fn sky(&self, direction: Vec3) -> Vec3 {
        let sky = &self.scene.sky;
        let t = ((direction.y + 0.15) / 0.4).clamp(0.0, 1.0);
        sky.ground.lerp(sky.colour, t * t * (3.0 - 2.0 * t))
    }

    /// Light along a ray from nearby surfaces, or `beyond` from further away.
    fn around(&self, ray: &Ray, beyond: Vec3, spot: (f32, f32)) -> Vec3 {
        let reach = self.scene.sky.reach;
        let Some(hit) = self.bvh.first(ray, 0.0, reach) else { return beyond };
        let Some(surface) = self.surface(ray, &hit) else { return beyond };
        let sent = self.sent(&surface, spot);
        // Towards the reach the hold fades, so that no edge shows where it ends.
        let t = (hit.distance / reach).powi(3);
        let solid = if surface.material.opacity < 0.5 { surface.material.opacity } else { 1.0 };
        beyond.lerp(sent.lerp(beyond, t), solid)
    }

    /// About what a surface sends back: the sun exactly, all else by a guess.
    fn sent(&self, surface: &Surface, (u, v): (f32, f32)) -> Vec3 {
        let lifted = surface.position + surface.flat * 4e-4;
        let sun = self.sun_colour() * self.sunlight(lifted, surface.normal, u, v);
        let mut light = sun + self.sky(surface.normal) * 0.45;
        for lamp in &self.scene.lamps {
            light += lamp.sample(surface.position, surface.normal, u, v).1 * 0.6;
        }
        let material = &surface.material;
        let colour = material.colour * texture::factor(material.pattern, surface.uv, 0.5);
        colour.min(Vec3::splat(0.95)) * light + material.emission
    }

    /// What a glossy surface mirrors, seen along `direction` (length 1), and how much of the light below it remains.
    pub fn mirrored(&self, seen: &Surface, direction: Vec3, sun: f32, sequence: &Sequence, index: u32) -> (Vec3, f32) {
        let material = &seen.material;
        let cosine = (-direction.dot(seen.normal)).clamp(0.0, 1.0);
        let polish = (1.0 - material.roughness / 0.6).max(0.0);
        let share = (material.reflectance + (1.0 - material.reflectance) * (1.0 - cosine).powi(5)) * polish;
        if share <= 0.004 {
            return (Vec3::ZERO, 1.0);
        }
        let (u, v) = sequence.pair(index, GLOSS);
        let (a, b) = frame(seen.normal);
        let tilt = disc(u, v) * (material.roughness * material.roughness);
        let facet = (seen.normal + a * tilt.x + b * tilt.y).normalize();
        let mut way = direction - 2.0 * direction.dot(facet) * facet;
        if way.dot(seen.flat) <= 0.0 {
            way -= 2.0 * way.dot(seen.flat) * seen.flat;
        }
        let ray = Ray { origin: seen.position + seen.flat * 4e-4, direction: way };
        let mut light = match self.first(&ray, 0.0) {
            Some((other, _)) => self.sent(&other, (u, v)),
            None => self.sky(way),
        };
        if let Some((towards, ..)) = self.sun {
            let half = (towards - direction).normalize_or(seen.normal);
            let power = 2.0 / material.roughness.max(0.12).powi(4);
            let peak = (power + 8.0) / 8.0 * seen.normal.dot(half).max(0.0).powf(power);
            light += self.sun_colour() * (sun * peak.min(12.0));
        }
        let tint = Vec3::ONE.lerp(material.colour, material.reflectance.clamp(0.0, 1.0));
        (light * tint * share, 1.0 - share)
    }
}
