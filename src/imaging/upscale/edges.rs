//! Upscaling that follows edges, without a network: Lanczos, then values are evened out along edges and never across
//! them, then made faithful to the original.
//!
//! ```text
//! picture ─► Lanczos ─► along edges (structure tensor) ─► what it lost is added back ─► result
//! ```
//!
//! Refuses to know: networks, factors (any above 1).

use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
    resize,
};

/// How much of a value comes from its neighbours along a clear edge.
const ALONG: f32 = 0.55;
/// Gradients below this are noise: no edge is seen in them. Of lightness, per pixel.
const NOISE: f32 = 0.004;

/// A picture at a larger size, in pixels.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn enlarge(picture: &Picture, width: u32, height: u32, stop: &Stop) -> Result<Picture, Fault> {
    stop.check()?;
    let mut out = resize::resize(picture, width, height);
    stop.check()?;
    follow(&mut out, stop)?;
    super::faithful(&mut out, picture, stop)?;
    Ok(out)
}

/// Evens values out along edges.
fn follow(picture: &mut Picture, stop: &Stop) -> Result<(), Fault> {
    let light = lightness(picture);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    // Rows are written two behind those that are still read.
    let mut rows: std::collections::VecDeque<Vec<f32>> = std::collections::VecDeque::new();
    for y in 0..height {
        if y % 32 == 0 {
            stop.check()?;
        }
        rows.push_back(followed_row(picture, &light, y as i64));
        if rows.len() > 2
            && let Some(row) = rows.pop_front()
        {
            picture.data[(y - 2) * width * 3..(y - 1) * width * 3].copy_from_slice(&row);
        }
    }
    for (row, y) in rows.into_iter().rev().zip((0..height).rev()) {
        picture.data[y * width * 3..(y + 1) * width * 3].copy_from_slice(&row);
    }
    Ok(())
}

fn lightness(picture: &Picture) -> Plane {
    let data = picture.pixels().map(|rgb| 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]).collect();
    Plane::from_data(picture.width(), picture.height(), data).unwrap_or_else(|| Plane::filled(0, 0, 0.0))
}

fn followed_row(picture: &Picture, light: &Plane, y: i64) -> Vec<f32> {
    let width = i64::from(picture.width());
    // Products of gradients of the five rows around, summed down; then a sliding sum across is the structure tensor.
    let columns: Vec<[f32; 3]> = (-2..width + 2)
        .map(|x| {
            let mut sums = [0.0; 3];
            for (dy, weight) in [(-2, 0.5), (-1, 1.0), (0, 1.0), (1, 1.0), (2, 0.5)] {
                let gx = light.at(x + 1, y + dy) - light.at(x - 1, y + dy);
                let gy = light.at(x, y + dy + 1) - light.at(x, y + dy - 1);
                sums[0] += weight * gx * gx;
                sums[1] += weight * gy * gy;
                sums[2] += weight * gx * gy;
            }
            sums
        })
        .collect();
    let mut out = Vec::with_capacity(picture.width() as usize * 3);
    for (x, around) in (0..width).zip(columns.windows(5)) {
        let here = picture.at(x, y);
        let sum = |part: usize| {
            0.5 * (around[0][part] + around[4][part]) + around[1][part] + around[2][part] + around[3][part]
        };
        let (xx, yy, xy) = (sum(0) / 64.0, sum(1) / 64.0, sum(2) / 64.0);
        // The two strengths of the tensor: across the edge and along it.
        let spread = ((xx - yy) * (xx - yy) + 4.0 * xy * xy).sqrt();
        let clear = spread / (xx + yy + NOISE * NOISE);
        let weight = ALONG * clear * clear;
        if weight < 0.02 {
            out.extend(here);
            continue;
        }
        // Along the edge: across the direction in which lightness changes most.
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let (dx, dy) = (-angle.sin(), angle.cos());
        let (before, after) = (between(picture, x, y, -dx, -dy), between(picture, x, y, dx, dy));
        for part in 0..3 {
            out.push(here[part] * (1.0 - weight) + weight * 0.5 * (before[part] + after[part]));
        }
    }
    out
}

/// The value a step of at most one pixel away, linear between four pixels.
fn between(picture: &Picture, x: i64, y: i64, dx: f32, dy: f32) -> [f32; 3] {
    let (left, top) = (dx.floor(), dy.floor());
    let (fx, fy) = (dx - left, dy - top);
    let (x, y) = (x + left as i64, y + top as i64);
    let (a, b) = (picture.at(x, y), picture.at(x + 1, y));
    let (c, d) = (picture.at(x, y + 1), picture.at(x + 1, y + 1));
    std::array::from_fn(|part| {
        (a[part] * (1.0 - fx) + b[part] * fx) * (1.0 - fy) + (c[part] * (1.0 - fx) + d[part] * fx) * fy
    })
}
