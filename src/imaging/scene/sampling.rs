//! Where samples go: sequences that fill pixels, discs and half-spheres evenly, the same in every run.
//!
//! A block of 4 x 4 pixels shares one sequence, so that a filter over neighbours sees well-spread samples.
//! Refuses to know: what is sampled.

use glam::{Vec2, Vec3};

/// Order in which the pixels of a 4 x 4 block take their turns; neighbours are far apart in it.
const ORDER: [u32; 16] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

/// The samples of one pixel.
#[derive(Debug, Clone, Copy)]
pub struct Sequence {
    block: u32,
    first: u32,
}

impl Sequence {
    /// For the pixel at `x`, `y` that takes `samples`.
    pub fn new(x: u32, y: u32, samples: u32) -> Self {
        let turn = ORDER[((y & 3) * 4 + (x & 3)) as usize];
        Self {
            block: hash((x >> 2).wrapping_mul(0x9e37_79b1) ^ (y >> 2).wrapping_mul(0x85eb_ca77)),
            first: turn * samples,
        }
    }

    /// Two numbers in 0..1 for sample `index` and purpose `what`.
    pub fn pair(&self, index: u32, what: u32) -> (f32, f32) {
        // The additive sequence of the plastic number, moved by another amount in every block.
        let seed = hash(self.block ^ what.wrapping_mul(0xc2b2_ae3d));
        let n = self.first.wrapping_add(index).wrapping_add(1);
        let u = n.wrapping_mul(3_242_174_889).wrapping_add(seed);
        let v = n.wrapping_mul(2_447_445_414).wrapping_add(hash(seed));
        (unit(u), unit(v))
    }
}

/// Mixes bits.
pub fn hash(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// 32 bits as a number in 0..1, 1 excluded.
pub fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / 16_777_216.0
}

/// A place in the unit disc.
pub fn disc(u: f32, v: f32) -> Vec2 {
    Vec2::from_angle(std::f32::consts::TAU * u) * v.max(0.0).sqrt()
}

/// Two directions at right angles to `normal` and to each other.
pub fn frame(normal: Vec3) -> (Vec3, Vec3) {
    normal.try_normalize().unwrap_or(Vec3::Y).any_orthonormal_pair()
}

/// A direction over the surface, more often near the normal (by the cosine).
pub fn over(normal: Vec3, u: f32, v: f32) -> Vec3 {
    let (a, b) = frame(normal);
    let place = disc(u, v);
    let up = (1.0 - place.length_squared()).max(0.0).sqrt();
    a * place.x + b * place.y + normal * up
}
