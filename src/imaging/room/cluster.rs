//! Colours that belong together: k-means, begun far apart, so that the same colours give the same clusters. Refuses to
//! know: places.

use glam::Vec3;

use crate::imaging::tone::Lab;

/// Distance of two colours; `light` is the weight of lightness, less than 1 where one of them may lie in the shade.
pub fn apart(one: Lab, other: Lab, light: f32) -> f32 {
    Vec3::new(light * (one.l - other.l), 2.0 * (one.a - other.a), 2.0 * (one.b - other.b)).length()
}

/// The number of the nearest centre.
fn nearest(centres: &[Vec3], point: Vec3) -> (usize, f32) {
    let distances = centres.iter().map(|&centre| centre.distance_squared(point));
    distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

/// At most `count` (up to 255) centres, and for each point the number of its own.
pub fn of(points: &[Vec3], count: usize) -> (Vec<Vec3>, Vec<u8>) {
    let sample: Vec<Vec3> = points.iter().step_by((points.len() / 4000).max(1)).copied().collect();
    if sample.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut centres = vec![sample.iter().sum::<Vec3>() / sample.len() as f32];
    while centres.len() < count {
        // Far away, but not the farthest: single pixels are no cluster.
        let mut far: Vec<(f32, Vec3)> = sample.iter().map(|&point| (nearest(&centres, point).1, point)).collect();
        far.sort_by(|a, b| a.0.total_cmp(&b.0));
        match far.get(far.len() * 49 / 50) {
            Some((distance, point)) if *distance > 1e-6 => centres.push(*point),
            _ => break,
        }
    }
    for _ in 0..10 {
        let mut sums = vec![(Vec3::ZERO, 0.0f32); centres.len()];
        for &point in &sample {
            let sum = &mut sums[nearest(&centres, point).0];
            *sum = (sum.0 + point, sum.1 + 1.0);
        }
        for (centre, (sum, count)) in centres.iter_mut().zip(sums) {
            if count > 0.0 {
                *centre = sum / count;
            }
        }
    }
    let numbers = points.iter().map(|&point| nearest(&centres, point).0 as u8).collect();
    (centres, numbers)
}
