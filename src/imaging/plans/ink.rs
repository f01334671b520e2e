//! From a picture of a plan to ink and paper, upright.
//!
//! ```text
//! Picture ─► grey, at most 1600 px ─► dark on light ─► even light ─► threshold ─► turn by a few degrees ─► Bits
//! ```
//!
//! Refuses to know: what the ink draws.

use super::bits::Bits;
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
};

/// Pixels along the long edge on which a plan is studied.
const LONG: usize = 1600;
/// Smaller pictures are enlarged to this, so that thin lines have some pixels.
const SHORT: usize = 900;
/// Degrees by which a plan may be turned.
const TURN: f32 = 7.0;

/// Ink, and how much of the picture is clean paper (0 to 1).
pub struct Ink {
    pub bits: Bits,
    pub paper: f32,
}

/// Reads the ink of a picture.
///
/// # Errors
/// [`Fault::Stopped`] when called off.
pub fn read(picture: &Picture, stop: &Stop) -> Result<Ink, Fault> {
    let grey = flat(&grey(picture, stop)?);
    stop.check()?;
    let limit = threshold(&grey);
    let ink = marked(&grey, limit);
    let angle = slant(&ink, stop)?;
    let paper = grey.data.iter().filter(|&&value| value > limit.max(0.8) && value < 1.2).count();
    let paper = paper as f32 / grey.data.len().max(1) as f32;
    let bits = if angle.abs() < 0.12 { ink } else { marked(&turned(&grey, angle), limit) };
    Ok(Ink { bits: without_specks(bits), paper })
}

/// Lightness of dark ink on light paper, at a size for study.
fn grey(picture: &Picture, stop: &Stop) -> Result<Plane, Fault> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let long = width.max(height).max(1);
    let scale = if long > LONG {
        LONG as f32 / long as f32
    } else if long < SHORT {
        (SHORT as f32 / long as f32).min(2.0)
    } else {
        1.0
    };
    let luma = |x: usize, y: usize| {
        let [r, g, b] = picture.at(x as i64, y as i64);
        (0.299 * r + 0.587 * g + 0.114 * b).clamp(0.0, 1.0)
    };
    let mut sample: Vec<f32> =
        (0..4096).map(|n| luma((n % 64) * width / 64 + width / 128, (n / 64) * height / 64 + height / 128)).collect();
    sample.sort_by(f32::total_cmp);
    // Paper is most of a plan: on a blueprint the middle value lies near the dark end.
    let light = sample[2048] - sample[20] < sample[4075] - sample[2048];
    let luma = |x: usize, y: usize| if light { 1.0 - luma(x, y) } else { luma(x, y) };
    let (w, h) = (((width as f32 * scale) as usize).max(1), ((height as f32 * scale) as usize).max(1));
    let mut plane = Plane::filled(w as u32, h as u32, 1.0);
    for y in 0..h {
        stop.check()?;
        let rows = y * height / h..((y + 1) * height).div_ceil(h);
        for x in 0..w {
            let mut sum = (0.0, 0.0, 1.0f32);
            for v in rows.clone() {
                for u in x * width / w..((x + 1) * width).div_ceil(w) {
                    let value = luma(u, v);
                    sum = (sum.0 + value, sum.1 + 1.0, sum.2.min(value));
                }
            }
            // Half the darkest: a hairline must not drown when many pixels become one.
            plane.data[y * w + x] = 0.5 * (sum.0 / sum.1 + sum.2);
        }
    }
    Ok(plane)
}

/// Divided by the light on the paper, so that paper is about 1 everywhere.
fn flat(grey: &Plane) -> Plane {
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let block = (width.max(height) / 28).max(8);
    let (columns, rows) = (width.div_ceil(block), height.div_ceil(block));
    let mut paper = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let mut values: Vec<f32> = (row * block..((row + 1) * block).min(height))
                .flat_map(|y| (column * block..((column + 1) * block).min(width)).map(move |x| (x, y)))
                .map(|(x, y)| grey.data[y * width + x])
                .collect();
            let at = values.len() * 4 / 5;
            paper.push(*values.select_nth_unstable_by(at, f32::total_cmp).1);
        }
    }
    let mut sorted = paper.clone();
    sorted.sort_by(f32::total_cmp);
    let least = sorted[sorted.len() / 2] * 0.45;
    // The brightest of the neighbours bridges blocks full of ink; the mean of those takes the steps away.
    let around = |from: &[f32], pick: &dyn Fn(&[f32]) -> f32| -> Vec<f32> {
        let near = |at: usize, most: usize| at.saturating_sub(1)..(at + 2).min(most);
        (0..columns * rows)
            .map(|at| {
                let values: Vec<f32> = near(at / columns, rows)
                    .flat_map(|y| near(at % columns, columns).map(move |x| from[y * columns + x]))
                    .collect();
                pick(&values)
            })
            .collect()
    };
    let paper = around(&paper, &|values| values.iter().fold(least, |most, &value| most.max(value)));
    let paper = around(&paper, &|values| values.iter().sum::<f32>() / values.len() as f32);
    let field = Plane::from_data(columns as u32, rows as u32, paper).unwrap_or_else(|| Plane::filled(1, 1, 1.0));
    let mut out = grey.clone();
    for (y, row) in out.data.chunks_exact_mut(width).enumerate() {
        let v = (y as f32 + 0.5) / block as f32 - 0.5;
        for (x, value) in row.iter_mut().enumerate() {
            *value /= between(&field, (x as f32 + 0.5) / block as f32 - 0.5, v).max(0.02);
        }
    }
    out
}

/// The value between pixels.
fn between(plane: &Plane, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (u, v) = (x - left, y - top);
    let at = |dx: i64, dy: i64| plane.at(left as i64 + dx, top as i64 + dy);
    (at(0, 0) * (1.0 - u) + at(1, 0) * u) * (1.0 - v) + (at(0, 1) * (1.0 - u) + at(1, 1) * u) * v
}

/// The value that separates ink from paper best (after Otsu), within what is plausible on even paper.
fn threshold(grey: &Plane) -> f32 {
    const STEPS: usize = 128;
    let mut counts = [0f64; STEPS];
    for value in &grey.data {
        counts[((value * (STEPS as f32 - 1.0)).max(0.0) as usize).min(STEPS - 1)] += 1.0;
    }
    let total: f64 = counts.iter().sum();
    let all: f64 = counts.iter().zip(0u32..).map(|(count, at)| count * f64::from(at)).sum();
    let (mut below, mut sum, mut best) = (0.0, 0.0, (0.0, STEPS / 2));
    for (at, count) in counts.iter().enumerate() {
        below += count;
        sum += count * at as f64;
        if below > 0.0 && below < total {
            let gap = sum / below - (all - sum) / (total - below);
            let spread = below * (total - below) * gap * gap;
            if spread > best.0 {
                best = (spread, at + 1);
            }
        }
    }
    (best.1 as f32 / STEPS as f32).clamp(0.45, 0.78)
}

fn marked(grey: &Plane, limit: f32) -> Bits {
    Bits {
        width: grey.width() as usize,
        height: grey.height() as usize,
        data: grey.data.iter().map(|&value| value < limit).collect(),
    }
}

/// Degrees by which most lines lean.
fn slant(ink: &Bits, stop: &Stop) -> Result<f32, Fault> {
    let inner = ink.shrunk(1);
    let mut edge: Vec<(f32, f32)> = (0..ink.data.len())
        .filter(|&at| ink.data[at] && !inner.data[at])
        .map(|at| ((at % ink.width) as f32, (at / ink.width) as f32))
        .collect();
    let step = (edge.len() / 30_000).max(1);
    edge = edge.into_iter().step_by(step).collect();
    let reach = ink.width + ink.height;
    let sharpness = |degrees: f32| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut counts = [vec![0u32; 2 * reach], vec![0u32; 2 * reach]];
        for &(x, y) in &edge {
            for (line, place) in counts.iter_mut().zip([x * cos + y * sin, y * cos - x * sin]) {
                if let Some(count) = line.get_mut((place + reach as f32 * 0.5) as usize) {
                    *count += 1;
                }
            }
        }
        counts.iter().flatten().map(|&count| u64::from(count) * u64::from(count)).sum::<u64>()
    };
    let mut best = (sharpness(0.0), 0.0);
    for (step, spread) in [(0.5, TURN), (0.1, 0.5)] {
        stop.check()?;
        let middle = best.1;
        for n in 1..=(spread / step) as i32 {
            for angle in [middle + n as f32 * step, middle - n as f32 * step] {
                let found = sharpness(angle);
                if found > best.0 {
                    best = (found, angle);
                }
            }
        }
    }
    Ok(best.1)
}

/// Turned about the middle so that lines leaning by `degrees` are level.
fn turned(grey: &Plane, degrees: f32) -> Plane {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (grey.width() as f32, grey.height() as f32);
    let (w, h) = (width * cos + height * sin.abs(), height * cos + width * sin.abs());
    let mut out = Plane::filled(w as u32, h as u32, 1.0);
    let across = out.width() as usize;
    for (at, value) in out.data.iter_mut().enumerate() {
        let (x, y) = ((at % across) as f32 - (w - 1.0) * 0.5, (at / across) as f32 - (h - 1.0) * 0.5);
        let (u, v) = (x * cos - y * sin + (width - 1.0) * 0.5, x * sin + y * cos + (height - 1.0) * 0.5);
        if u > -0.5 && v > -0.5 && u < width - 0.5 && v < height - 0.5 {
            *value = between(grey, u, v);
        }
    }
    out
}

/// Without dots of ink on paper and dots of paper in ink.
fn without_specks(ink: Bits) -> Bits {
    const SPECK: usize = 5;
    let ink = ink.kept(&ink.pieces(true), |_, piece| piece.area >= SPECK);
    let paper = ink.inverted();
    paper.kept(&paper.pieces(false), |_, piece| piece.area >= SPECK).inverted()
}
