//! What falls and drifts: flakes, streaks, and the noise that clouds, puddles and tree crowns vary by.
//!
//! Nothing here is chance: a hash of a place and of the picture's content. Refuses to know: weather as a whole.

use super::colour::mix;
use crate::imaging::picture::{Picture, Plane};

/// A number that depends on the picture's content.
pub fn seed(small: &Plane) -> u32 {
    small
        .data
        .iter()
        .step_by(7)
        .fold(0x811C_9DC5, |hash: u32, value| (hash ^ (value.clamp(0.0, 1.0) * 255.0) as u32).wrapping_mul(0x0100_0193))
}

/// 0 to 1 from a place and a seed.
pub fn chance(x: i64, y: i64, seed: u32) -> f32 {
    let mut hash = (x as u32).wrapping_mul(0x8DA6_B343) ^ (y as u32).wrapping_mul(0xD816_3841) ^ seed;
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297A_2D39);
    (hash ^ (hash >> 15)) as f32 / u32::MAX as f32
}

/// Smooth noise, 0 to 1, with one bump a unit.
fn bumps(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let (u, v) = (x - column, y - row);
    let (u, v) = (u * u * (3.0 - 2.0 * u), v * v * (3.0 - 2.0 * v));
    let at = |dx: i64, dy: i64| chance(column as i64 + dx, row as i64 + dy, seed);
    mix(mix(at(0, 0), at(1, 0), u), mix(at(0, 1), at(1, 1), u), v)
}

/// Noise of five octaves, 0 to 1, mostly 0.3 to 0.7.
pub fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let octave = |index: u32| {
        let scale = (1 << index) as f32;
        bumps(x * scale + index as f32 * 17.3, y * scale, seed.wrapping_add(index * 101)) / scale
    };
    (0..5).map(octave).sum::<f32>() / 1.9375
}

/// Lays a soft disc of light over a picture; `radius` in pixels.
fn disc(picture: &mut Picture, x: f32, y: f32, radius: f32, colour: [f32; 3], share: f32) {
    let (width, height) = (picture.width() as i64, picture.height() as i64);
    let reach = radius.ceil() as i64 + 1;
    for v in (y as i64 - reach).max(0)..=(y as i64 + reach).min(height - 1) {
        for u in (x as i64 - reach).max(0)..=(x as i64 + reach).min(width - 1) {
            let far = (u as f32 - x).hypot(v as f32 - y) / radius;
            let share = share * (1.0 - far * far).max(0.0);
            let start = ((v * width + u) * 3) as usize;
            for (value, colour) in picture.data[start..start + 3].iter_mut().zip(colour) {
                *value += (colour - *value) * share;
            }
        }
    }
}

/// Falling snow: many small flakes far away, some near ones out of focus.
pub fn flakes(picture: &mut Picture, seed: u32) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let unit = width.max(height) / 1000.0;
    for (layer, (count, radius, share)) in [(1500, 0.9, 0.55), (420, 1.7, 0.6), (70, 3.6, 0.38)].into_iter().enumerate()
    {
        for index in 0..count {
            let any = |what: i64| chance(index, what + layer as i64 * 10, seed);
            let radius = (radius * unit * (0.6 + 0.8 * any(2))).max(0.6);
            disc(picture, any(0) * width, any(1) * height, radius, [0.97, 0.98, 1.0], share * (0.5 + 0.5 * any(3)));
        }
    }
}

/// Falling rain: thin slanted streaks, faint enough to be seen only before what is dark.
pub fn streaks(picture: &mut Picture, seed: u32) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let unit = width.max(height) / 1000.0;
    let slant = 0.10 + 0.08 * chance(1, 2, seed);
    for (layer, (count, length, share)) in [(1300, 18.0, 0.17), (380, 40.0, 0.16)].into_iter().enumerate() {
        for index in 0..count {
            let any = |what: i64| chance(index, what + layer as i64 * 10, seed ^ 0x5A5A);
            let (x, y) = (any(0) * width * 1.1, any(1) * height * 1.1 - length * unit);
            let steps = (length * unit * (0.6 + 0.8 * any(2))).max(3.0) as usize;
            for step in 0..steps {
                let along = step as f32 / steps as f32;
                let share = share * (1.0 - (2.0 * along - 1.0).powi(2)) * (0.5 + 0.5 * any(3));
                let (u, v) = (x - step as f32 * slant, y + step as f32);
                streak_point(picture, u, v, share);
            }
        }
    }
}

/// One point of a streak, shared between two columns.
fn streak_point(picture: &mut Picture, x: f32, y: f32, share: f32) {
    let (width, height) = (picture.width() as i64, picture.height() as i64);
    let (column, row) = (x.floor() as i64, y as i64);
    for (column, part) in [(column, 1.0 - (x - x.floor())), (column + 1, x - x.floor())] {
        if y >= 0.0 && row < height && (0..width).contains(&column) {
            let start = ((row * width + column) * 3) as usize;
            for value in &mut picture.data[start..start + 3] {
                *value += (0.86 - *value).max(0.0) * share * part;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_picture_gets_the_same_flakes_and_another_one_others() {
        let fall = |seed| {
            let mut picture = Picture::new(60, 40);
            flakes(&mut picture, seed);
            picture
        };
        assert_eq!(fall(3), fall(3));
        assert_ne!(fall(3), fall(4));
        assert!(fall(3).data.iter().any(|value| *value > 0.1));
        assert_ne!(seed(&Plane::filled(9, 9, 0.2)), seed(&Plane::filled(9, 9, 0.3)));
    }

    #[test]
    fn noise_is_even_in_the_mean_and_smooth() {
        let values: Vec<f32> = (0..4000).map(|index| noise(index as f32 * 0.05, 0.3, 9)).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean - 0.5).abs() < 0.06, "{mean}");
        assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.3));
    }
}
