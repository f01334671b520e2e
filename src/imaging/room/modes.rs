//! The colours of a face: those spread all over it. Refuses to know: faces, what the other colours are of.

use glam::Vec3;

use super::cluster;
use crate::imaging::tone::Lab;

/// The weight of lightness where shade falls.
pub const SHADED: f32 = 0.5;
/// Colours of a face.
const MODES: usize = 5;

/// The colours spread over a face; at least its commonest.
pub fn of(colours: &[Lab], width: usize, inside: &[usize]) -> Vec<Lab> {
    let points: Vec<Vec3> = inside.iter().map(|&at| metric(colours[at])).collect();
    let (centres, numbers) = cluster::of(&points, MODES);
    const CELLS: usize = 6;
    let (mut low, mut high) = ([usize::MAX; 2], [0; 2]);
    for &at in inside {
        let pixel = [at % width, at / width];
        low = [low[0].min(pixel[0]), low[1].min(pixel[1])];
        high = [high[0].max(pixel[0]), high[1].max(pixel[1])];
    }
    let cell = |at: usize| {
        let part = |value: usize, axis: usize| (value - low[axis]) * CELLS / (high[axis] - low[axis] + 1);
        part(at / width, 1) * CELLS + part(at % width, 0)
    };
    let mut all = [0usize; CELLS * CELLS];
    let mut own = vec![[0usize; CELLS * CELLS]; centres.len()];
    for (&at, &number) in inside.iter().zip(&numbers) {
        all[cell(at)] += 1;
        own[number as usize][cell(at)] += 1;
    }
    let least = inside.len() / (CELLS * CELLS * 6);
    let cells = all.iter().filter(|&&count| count > least).count().max(1);
    let mut found: Vec<(f32, f32, Lab)> = (0..centres.len())
        .map(|number| {
            let share = own[number].iter().sum::<usize>() as f32 / inside.len() as f32;
            let spread =
                (0..CELLS * CELLS).filter(|&cell| all[cell] > least && own[number][cell] * 12 > all[cell]).count();
            (share, spread as f32 / cells as f32, unmetric(centres[number]))
        })
        .collect();
    found.sort_by(|a, b| (b.0 * b.1).total_cmp(&(a.0 * a.1)));
    let Some(&(_, _, first)) = found.first() else { return Vec::new() };
    let spread = found.iter().skip(1).filter(|(share, spread, _)| *spread > 0.5 && *share > 0.06);
    std::iter::once(first).chain(spread.map(|(_, _, colour)| *colour)).collect()
}

fn metric(colour: Lab) -> Vec3 {
    Vec3::new(SHADED * colour.l, 2.0 * colour.a, 2.0 * colour.b)
}

fn unmetric(at: Vec3) -> Lab {
    Lab { l: at.x / SHADED, a: at.y / 2.0, b: at.z / 2.0 }
}
