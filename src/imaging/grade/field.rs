//! Small planes that steer work on large pictures: made small, filtered there, stretched row by row.
//!
//! ```text
//! picture ─► small plane ─► box, guided filter ─► Stretch ─► one row at a time beside the picture's
//! ```
//!
//! A guided filter (He, Sun, Tang) on small planes gives two coefficients a place; applied to the large guide they give a
//! mask or a base layer with the edges of the large picture, and no plane of its size is held. Refuses to know: colours.

use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
};

/// Pixels along the long edge of small planes.
pub const SMALL: u32 = 512;

/// Rows between two looks at [`Stop`].
const LOOK: usize = 16;

/// The size of small planes for a picture.
pub fn small_size(width: u32, height: u32) -> (u32, u32) {
    let long = width.max(height).max(1);
    if long <= SMALL {
        return (width.max(1), height.max(1));
    }
    let scaled = |edge: u32| (u64::from(edge) * u64::from(SMALL)).div_ceil(u64::from(long)).max(1) as u32;
    (scaled(width), scaled(height))
}

/// A small picture: each pixel the mean of those it stands for.
pub fn shrink(picture: &Picture) -> Picture {
    let (width, height) = small_size(picture.width(), picture.height());
    let mut small = Picture::new(width, height);
    let (from_width, from_height) = (picture.width() as usize, picture.height() as usize);
    let (width, height) = (width as usize, height as usize);
    if from_width == 0 || from_height == 0 {
        return small;
    }
    let column: Vec<usize> = (0..from_width).map(|x| x * width / from_width).collect();
    let mut sums = vec![[0.0_f32; 4]; width];
    let mut row = 0;
    for (y, line) in picture.data.chunks_exact(from_width * 3).enumerate() {
        for (pixel, &x) in line.chunks_exact(3).zip(&column) {
            let sum = &mut sums[x];
            sum[0] += pixel[0];
            sum[1] += pixel[1];
            sum[2] += pixel[2];
            sum[3] += 1.0;
        }
        let next = (y + 1) * height / from_height;
        if next > row {
            for (out, sum) in small.data[row * width * 3..].chunks_exact_mut(3).zip(&mut sums) {
                out.copy_from_slice(&[sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3]]);
                *sum = [0.0; 4];
            }
            row = next;
        }
    }
    small
}

/// A plane computed from the pixels of a picture.
pub fn plane_of(picture: &Picture, value: impl Fn(&[f32]) -> f32) -> Plane {
    let mut plane = Plane::filled(picture.width(), picture.height(), 0.0);
    for (out, pixel) in plane.data.iter_mut().zip(picture.pixels()) {
        *out = value(pixel);
    }
    plane
}

/// Means of windows of `2 radius + 1` pixels along one line; windows are cut at the ends.
fn box_line(line: &[f32], out: &mut [f32], radius: usize) {
    let count = line.len();
    let mut sum: f64 = line.iter().take(radius.min(count)).map(|&value| f64::from(value)).sum();
    for index in 0..count {
        if index + radius < count {
            sum += f64::from(line[index + radius]);
        }
        if index > radius {
            sum -= f64::from(line[index - radius - 1]);
        }
        let members = (index + radius).min(count - 1) - index.saturating_sub(radius) + 1;
        out[index] = (sum / members as f64) as f32;
    }
}

/// Means of square windows.
pub fn boxed(plane: &Plane, radius: usize) -> Plane {
    let (width, height) = (plane.width() as usize, plane.height() as usize);
    let mut across = plane.clone();
    if width == 0 || height == 0 {
        return across;
    }
    for (from, to) in plane.data.chunks_exact(width).zip(across.data.chunks_exact_mut(width)) {
        box_line(from, to, radius);
    }
    let mut sums = vec![0.0_f64; width];
    let mut out = plane.clone();
    for y in 0..radius.min(height) {
        for (sum, value) in sums.iter_mut().zip(&across.data[y * width..]) {
            *sum += f64::from(*value);
        }
    }
    for y in 0..height {
        if y + radius < height {
            for (sum, value) in sums.iter_mut().zip(&across.data[(y + radius) * width..]) {
                *sum += f64::from(*value);
            }
        }
        if y > radius {
            for (sum, value) in sums.iter_mut().zip(&across.data[(y - radius - 1) * width..]) {
                *sum -= f64::from(*value);
            }
        }
        let members = ((y + radius).min(height - 1) - y.saturating_sub(radius) + 1) as f64;
        for (value, sum) in out.data[y * width..(y + 1) * width].iter_mut().zip(&sums) {
            *value = (sum / members) as f32;
        }
    }
    out
}

/// Near a Gaussian: three boxes.
pub fn blurred(plane: &Plane, radius: usize) -> Plane {
    boxed(&boxed(&boxed(plane, radius), radius), radius)
}

/// Both planes' values put together.
pub fn combined(one: &Plane, other: &Plane, join: impl Fn(f32, f32) -> f32) -> Plane {
    let mut out = one.clone();
    for (value, second) in out.data.iter_mut().zip(&other.data) {
        *value = join(*value, *second);
    }
    out
}

/// Coefficients of a guided filter: result = slope * guide + offset.
#[derive(Debug, Clone)]
pub struct Guided {
    /// Small plane.
    pub slope: Plane,
    /// Small plane.
    pub offset: Plane,
}

/// Filters `input` after `guide`, both small. What varies in the guide by less than the square root of `flat` is flat.
pub fn guided(guide: &Plane, input: &Plane, radius: usize, flat: f32) -> Guided {
    let mean_guide = boxed(guide, radius);
    let mean_input = boxed(input, radius);
    let both = boxed(&combined(guide, input, |one, other| one * other), radius);
    let square = boxed(&combined(guide, guide, |one, other| one * other), radius);
    let mut slope = both;
    let mut offset = mean_input;
    for (index, value) in slope.data.iter_mut().enumerate() {
        let mean = mean_guide.data[index];
        let variance = (square.data[index] - mean * mean).max(0.0);
        *value = (*value - mean * offset.data[index]) / (variance + flat);
        offset.data[index] -= *value * mean;
    }
    Guided { slope: boxed(&slope, radius), offset: boxed(&offset, radius) }
}

/// A small plane seen at a large size: linear between its values.
#[derive(Debug)]
pub struct Stretch<'a> {
    plane: &'a Plane,
    columns: Vec<(u32, f32)>,
    height: f32,
}

impl<'a> Stretch<'a> {
    /// To `width` x `height`.
    pub fn new(plane: &'a Plane, width: u32, height: u32) -> Self {
        let scale = plane.width() as f32 / width.max(1) as f32;
        let columns = (0..width).map(|x| {
            let place = ((x as f32 + 0.5) * scale - 0.5).clamp(0.0, plane.width().saturating_sub(1) as f32);
            ((place as u32).min(plane.width().saturating_sub(2)), place)
        });
        let columns = columns.map(|(index, place)| (index, place - index as f32)).collect();
        Self { plane, columns, height: height.max(1) as f32 }
    }

    /// Row `y` of the large plane.
    pub fn row(&self, y: usize, small: &mut Vec<f32>, out: &mut Vec<f32>) {
        let width = self.plane.width() as usize;
        let rows = self.plane.height() as usize;
        out.clear();
        if width == 0 || rows == 0 {
            out.resize(self.columns.len(), 0.0);
            return;
        }
        let place = ((y as f32 + 0.5) * rows as f32 / self.height - 0.5).clamp(0.0, (rows - 1) as f32);
        let first = place as usize;
        let second = (first + 1).min(rows - 1);
        let share = place - first as f32;
        let upper = &self.plane.data[first * width..(first + 1) * width];
        let lower = &self.plane.data[second * width..(second + 1) * width];
        small.clear();
        small.extend(upper.iter().zip(lower).map(|(one, other)| one + (other - one) * share));
        // One more, so that the last column has a neighbour also in a plane of one column.
        small.push(small[width - 1]);
        out.extend(self.columns.iter().map(|&(index, share)| {
            let one = small[index as usize];
            one + (small[index as usize + 1] - one) * share
        }));
    }
}

/// Walks over the rows of a picture with the rows of small planes beside them.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn each_row<const N: usize>(
    picture: &mut Picture,
    planes: [&Plane; N],
    stop: &Stop,
    mut work: impl FnMut(usize, &mut [f32], &[Vec<f32>; N]),
) -> Result<(), Fault> {
    let (width, height) = (picture.width(), picture.height());
    let stretched = planes.map(|plane| Stretch::new(plane, width, height));
    let mut rows: [Vec<f32>; N] = std::array::from_fn(|_| Vec::with_capacity(width as usize));
    let mut small = Vec::new();
    for (y, line) in picture.data.chunks_exact_mut((width as usize * 3).max(1)).enumerate() {
        if y % LOOK == 0 {
            stop.check()?;
        }
        for (row, plane) in rows.iter_mut().zip(&stretched) {
            plane.row(y, &mut small, row);
        }
        work(y, line, &rows);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_keeps_what_is_even_and_spreads_a_point_evenly() {
        let mut plane = Plane::filled(9, 7, 0.25);
        assert!(boxed(&plane, 2).data.iter().all(|value| (value - 0.25).abs() < 1e-6));
        plane.data.fill(0.0);
        plane.data[3 * 9 + 4] = 9.0;
        let spread = boxed(&plane, 1);
        assert!((spread.at(4, 3) - 1.0).abs() < 1e-6 && (spread.at(3, 2) - 1.0).abs() < 1e-6);
        assert_eq!(spread.at(6, 3), 0.0);
    }

    #[test]
    fn shrinking_and_stretching_keeps_the_mean_of_any_size() {
        for (width, height) in [(1, 1), (700, 3), (5, 900), (1025, 611)] {
            let mut picture = Picture::new(width, height);
            for (index, value) in picture.data.iter_mut().enumerate() {
                *value = (index % 7) as f32 / 6.0;
            }
            let small = shrink(&picture);
            assert_eq!((small.width(), small.height()), small_size(width, height));
            let mean = |data: &[f32]| data.iter().sum::<f32>() / data.len() as f32;
            assert!((mean(&small.data) - mean(&picture.data)).abs() < 0.02, "{width}x{height}");
            let plane = plane_of(&small, |pixel| pixel[0]);
            let mut rows = 0;
            each_row(&mut picture, [&plane], &Stop::default(), |_, line, [row]| {
                assert_eq!(line.len(), row.len() * 3);
                rows += 1;
            })
            .unwrap();
            assert_eq!(rows, height);
        }
    }

    #[test]
    fn a_guided_filter_flattens_ripple_and_keeps_an_edge() {
        let mut plane = Plane::filled(64, 64, 0.0);
        for (index, value) in plane.data.iter_mut().enumerate() {
            let x = index % 64;
            *value = if x < 32 { 0.2 } else { 0.8 } + if (x + index / 64) % 2 == 0 { 0.02 } else { -0.02 };
        }
        let Guided { slope, offset } = guided(&plane, &plane, 4, 0.01);
        let base = combined(&combined(&slope, &plane, |slope, value| slope * value), &offset, |one, other| one + other);
        let ripple = (base.at(10, 10) - base.at(11, 10)).abs();
        assert!(ripple < 0.015, "{ripple}");
        assert!(base.at(34, 32) - base.at(29, 32) > 0.5);
    }
}
