//! Straight edges of a picture: neighbouring pixels with the same direction of gradient, joined to segments.
//!
//! ```text
//! lightness ─► gradient ─► strongest first: grow along equal directions ─► principal axis ─► thin and long? ─► Segment
//! ```
//!
//! After the idea of LSD (von Gioi et al., 2010), without its statistical validation. Refuses to know: rooms.

use glam::Vec2;

/// A straight edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// One end, pixels.
    pub a: Vec2,
    /// The other.
    pub b: Vec2,
}

impl Segment {
    /// Pixels.
    pub fn length(&self) -> f32 {
        self.a.distance(self.b)
    }

    /// Halfway.
    pub fn middle(&self) -> Vec2 {
        (self.a + self.b) / 2.0
    }

    /// Of length 1.
    pub fn direction(&self) -> Vec2 {
        (self.b - self.a).normalize_or(Vec2::X)
    }
}

/// How far a pixel's direction may be from its region's.
const TOLERANCE: f32 = 22.5 * std::f32::consts::PI / 180.0;
/// The weakest gradient that counts, lightness a pixel.
const WEAKEST: f32 = 0.012;

/// The straight edges of a picture of lightness, longest first, at most 400.
pub fn segments(lightness: &[f32], width: usize, height: usize) -> Vec<Segment> {
    let shortest = (width.max(height) as f32 * 0.03).max(8.0);
    let field = Field::of(lightness, width, height);
    let mut order: Vec<u32> =
        (0..field.strength.len() as u32).filter(|&i| field.strength[i as usize] > WEAKEST).collect();
    order.sort_by(|&a, &b| field.strength[b as usize].total_cmp(&field.strength[a as usize]).then(a.cmp(&b)));
    let mut taken = vec![false; width * height];
    let mut found = Vec::new();
    let mut region = Vec::new();
    for start in order {
        if taken[start as usize] {
            continue;
        }
        field.grow(start as usize, &mut taken, &mut region);
        if region.len() as f32 >= shortest
            && let Some(segment) = field.straight(&region)
            && segment.length() >= shortest
        {
            found.push(segment);
        }
    }
    found.sort_by(|a, b| b.length().total_cmp(&a.length()));
    found.truncate(400);
    found
}

/// Strength and direction of the gradient at each pixel.
struct Field {
    width: usize,
    height: usize,
    strength: Vec<f32>,
    angle: Vec<f32>,
}

impl Field {
    fn of(lightness: &[f32], width: usize, height: usize) -> Self {
        let mut strength = vec![0.0; width * height];
        let mut angle = vec![0.0; width * height];
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let at = |dx: usize, dy: usize| lightness[(y + dy - 1) * width + x + dx - 1];
                let gx = (at(2, 0) + 2.0 * at(2, 1) + at(2, 2) - at(0, 0) - 2.0 * at(0, 1) - at(0, 2)) / 8.0;
                let gy = (at(0, 2) + 2.0 * at(1, 2) + at(2, 2) - at(0, 0) - 2.0 * at(1, 0) - at(2, 0)) / 8.0;
                strength[y * width + x] = gx.hypot(gy);
                angle[y * width + x] = gy.atan2(gx);
            }
        }
        Self { width, height, strength, angle }
    }

    /// The pixels around `start` with gradients close to their common direction.
    fn grow(&self, start: usize, taken: &mut [bool], region: &mut Vec<usize>) {
        region.clear();
        region.push(start);
        taken[start] = true;
        let mut sum = Vec2::from_angle(self.angle[start]);
        let mut next = 0;
        while let Some(&at) = region.get(next) {
            next += 1;
            let (x, y) = (at % self.width, at / self.width);
            for ny in y.saturating_sub(1)..=(y + 1).min(self.height - 1) {
                for nx in x.saturating_sub(1)..=(x + 1).min(self.width - 1) {
                    let near = ny * self.width + nx;
                    if taken[near] || self.strength[near] <= WEAKEST {
                        continue;
                    }
                    let way = Vec2::from_angle(self.angle[near]);
                    if sum.angle_to(way).abs() < TOLERANCE {
                        taken[near] = true;
                        sum += way;
                        region.push(near);
                    }
                }
            }
        }
    }

    /// The segment of a region, if it is thin.
    fn straight(&self, region: &[usize]) -> Option<Segment> {
        let place = |at: usize| Vec2::new((at % self.width) as f32 + 0.5, (at / self.width) as f32 + 0.5);
        let mut weight = 0.0;
        let mut centre = Vec2::ZERO;
        for &at in region {
            weight += self.strength[at];
            centre += place(at) * self.strength[at];
        }
        centre /= weight;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for &at in region {
            let off = place(at) - centre;
            xx += off.x * off.x * self.strength[at];
            xy += off.x * off.y * self.strength[at];
            yy += off.y * off.y * self.strength[at];
        }
        let along = Vec2::from_angle(0.5 * (2.0 * xy).atan2(xx - yy));
        let (mut least, mut most, mut spread) = (0.0f32, 0.0f32, 0.0);
        for &at in region {
            let off = place(at) - centre;
            least = least.min(off.dot(along));
            most = most.max(off.dot(along));
            spread += off.perp_dot(along).powi(2) * self.strength[at];
        }
        let thick = (spread / weight).sqrt();
        let thin = thick < 1.3 + (most - least) * 0.008;
        thin.then(|| Segment { a: centre + along * least, b: centre + along * most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_of_a_slanting_half_plane_is_one_segment_on_it() {
        let (width, height) = (120, 90);
        let light = |x: f32, y: f32| (0.5 + (y - 30.0 - 0.25 * x) * 0.5).clamp(0.2, 0.8);
        let pixels: Vec<f32> =
            (0..width * height).map(|i| light((i % width) as f32 + 0.5, (i / width) as f32 + 0.5)).collect();
        let found = segments(&pixels, width, height);
        let longest = found.first().unwrap();
        assert!(longest.length() > 110.0, "{found:?}");
        for end in [longest.a, longest.b] {
            assert!((end.y - 30.0 - 0.25 * end.x).abs() < 1.0, "{end}");
        }
    }

    #[test]
    fn a_picture_without_edges_has_no_segments() {
        let pixels: Vec<f32> = (0..80 * 60).map(|i| 0.3 + (i % 80) as f32 * 0.002).collect();
        assert!(segments(&pixels, 80, 60).is_empty());
    }
}
