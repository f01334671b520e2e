//! Lamps behind windows, for a house at night.
//!
//! ```text
//! small picture ─► darker than around, neutral, not leaf ─► connected pieces ─► those shaped like panes ─► lamps
//! ```
//!
//! Refuses to know: the rest of the night.

use super::{
    colour::{oklab, smooth},
    layout::{Here, Layout, leaf},
    particles::{chance, seed},
};
use crate::imaging::picture::{Picture, Plane};

/// Light of a room seen through a window (linear).
const LAMP: [f32; 3] = [1.0, 0.56, 0.22];

/// Where light shall come from, as a small plane: 0 to 1.
pub fn lamps(small: &Picture, layout: &Layout) -> Plane {
    let (width, height) = (small.width() as usize, small.height() as usize);
    let mut pane = layout.luma.clone();
    for (place, (value, pixel)) in pane.data.iter_mut().zip(small.pixels()).enumerate() {
        let lab = oklab([pixel[0], pixel[1], pixel[2]]);
        let darker = smooth(0.72, 0.56, *value / layout.base.data[place].max(0.05));
        let neutral = smooth(0.09, 0.05, lab[1].hypot(lab[2]));
        let row = (place / width) as f32 / height as f32;
        let neutral = neutral * smooth(0.82, 0.74, row) * smooth(-0.022, -0.008, lab[1]);
        let elsewhere = (1.0 - layout.sky.data[place]) * (1.0 - layout.ground.data[place]);
        *value = darker * neutral * elsewhere * (1.0 - leaf(lab, layout.texture.data[place]));
    }
    let key = seed(&layout.luma);
    let mut out = Plane::filled(pane.width(), pane.height(), 0.0);
    let mut seen = vec![false; width * height];
    let area = (width * height) as f32;
    for start in 0..width * height {
        if seen[start] || pane.data[start] < 0.5 {
            continue;
        }
        let piece = connected(&pane, start, &mut seen);
        let columns = (piece.iter().map(|place| place % width).min(), piece.iter().map(|place| place % width).max());
        let rows = (piece.first().map(|place| place / width), piece.iter().map(|place| place / width).max());
        let (Some(left), Some(right), Some(top), Some(bottom)) = (columns.0, columns.1, rows.0, rows.1) else {
            continue;
        };
        let (wide, high) = ((right - left + 1) as f32, (bottom.max(top) - top.min(bottom) + 1) as f32);
        let count = piece.len() as f32;
        let fits = (0.000_12..0.012).contains(&(count / area)) && (0.25..3.5).contains(&(wide / high));
        // Some rooms are dark, as in any house.
        if fits && count / (wide * high) > 0.6 && chance(left as i64, top as i64, key) < 0.72 {
            let strength = 0.55 + 0.45 * chance(top as i64, left as i64, key);
            for place in piece {
                out.data[place] = strength * pane.data[place];
            }
        }
    }
    out
}

/// Places joined with `start`, in the order found; the first is in the top row of the piece.
fn connected(pane: &Plane, start: usize, seen: &mut [bool]) -> Vec<usize> {
    let (width, height) = (pane.width() as usize, pane.height() as usize);
    let mut piece = vec![start];
    seen[start] = true;
    let mut next = 0;
    while let Some(&place) = piece.get(next) {
        next += 1;
        let (x, y) = (place % width, place / width);
        let around = [
            (x > 0).then(|| place - 1),
            (x + 1 < width).then(|| place + 1),
            (y > 0).then(|| place.wrapping_sub(width)),
            (y + 1 < height).then(|| place + width),
        ];
        for other in around.into_iter().flatten() {
            if !seen[other] && pane.data[other] >= 0.5 {
                seen[other] = true;
                piece.push(other);
            }
        }
    }
    piece
}

/// Adds the lamps' light to a pixel of the darkened picture; `before` is its luma by day.
pub fn shine(linears: &mut [f32; 3], here: Here, before: f32) {
    // Frames and what is bright in front of the pane stay dark.
    let through = here.extra * smooth(0.06, -0.06, before - here.base + 0.05);
    for (value, lamp) in linears.iter_mut().zip(LAMP) {
        *value += lamp * through * (0.2 + before * 1.6) * (0.6 + 0.4 * here.texture * 8.0).min(1.2);
    }
}
