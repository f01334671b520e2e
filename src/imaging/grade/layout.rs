//! The layout of a picture from outside: sky, ground, depth and texture, found by simple and careful rules.
//!
//! ```text
//! small picture ─► Oklab ─► shortest ways from the top edge over smooth, sky-like pixels ─► sky ─► guided to the large edges
//!                     ├──► shortest ways from the bottom edge ──────────────────────────► ground ─► depth
//!                     └──► local deviation ─────────────────────────────────────────────► texture
//! ```
//!
//! A picture from inside has no sky, whatever it looks like. Refuses to know: the use of the layout.

use super::{
    colour::{luma, oklab, smooth},
    field::{self, Guided, blurred, boxed, combined, plane_of, shrink},
};
use crate::imaging::{
    Fault, Stop,
    picture::{Picture, Plane},
};

/// A sky smaller than this share of the picture is none.
const LEAST_SKY: f32 = 0.015;

/// Where the parts of a picture are.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Share of the picture that is sky, 0 to 1.
    pub sky_share: f32,
    /// Row of the horizon, 0 (top) to 1: a guess.
    pub horizon: f32,
    /// Small plane: 1 where the sky is.
    pub sky: Plane,
    /// Small plane: 1 on the ground.
    pub ground: Plane,
    /// Small plane: 0 near to 1 far.
    pub depth: Plane,
    /// Small plane: local deviation of luma.
    pub texture: Plane,
    /// Small plane: luma.
    pub luma: Plane,
    /// Small plane: the luma's wide base.
    pub base: Plane,
    sky_base: Plane,
    guide: [f32; 3],
    cut: Guided,
}

/// The layout at one pixel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Here {
    /// Column, 0 to 1.
    pub u: f32,
    /// Row, 0 to 1.
    pub v: f32,
    /// Share of sky.
    pub sky: f32,
    /// Share of ground.
    pub ground: f32,
    /// Depth.
    pub depth: f32,
    /// Local deviation of luma.
    pub texture: f32,
    /// The luma's wide base.
    pub base: f32,
    /// The luma's base within the sky alone.
    pub sky_base: f32,
    /// A plane of the caller's.
    pub extra: f32,
}

/// Oklab of each pixel of a small picture.
pub fn labs(small: &Picture) -> Vec<[f32; 3]> {
    small.pixels().map(|pixel| oklab([pixel[0], pixel[1], pixel[2]])).collect()
}

/// Local deviation of a plane within `2 radius + 1` pixels.
pub fn deviation(plane: &Plane, radius: usize) -> Plane {
    let mean = boxed(plane, radius);
    let square = boxed(&combined(plane, plane, |one, other| one * other), radius);
    combined(&square, &mean, |square, mean| (square - mean * mean).max(0.0).sqrt())
}

/// Shortest ways from the places where `start` is 0, with `cost` for each step between two neighbours.
pub fn ways(start: &mut Plane, cost: impl Fn(usize, usize) -> f32) {
    let (width, height) = (start.width() as usize, start.height() as usize);
    let around = [(-1_i64, -1_i64, 1.41_f32), (0, -1, 1.0), (1, -1, 1.41), (-1, 0, 1.0)];
    for sweep in 0..6 {
        let back = sweep % 2 == 1;
        for step in 0..width * height {
            let place = if back { width * height - 1 - step } else { step };
            let (x, y) = ((place % width) as i64, (place / width) as i64);
            let mut best = start.data[place];
            for (dx, dy, far) in around {
                let (dx, dy) = if back { (-dx, -dy) } else { (dx, dy) };
                let (u, v) = (x + dx, y + dy);
                if u < 0 || v < 0 || u >= width as i64 || v >= height as i64 {
                    continue;
                }
                let other = v as usize * width + u as usize;
                if start.data[other] < best {
                    best = best.min(start.data[other] + far * cost(other, place));
                }
            }
            start.data[place] = best;
        }
    }
}

/// How far apart two colours are.
pub fn apart(one: [f32; 3], other: [f32; 3]) -> f32 {
    ((one[0] - other[0]).powi(2) + (one[1] - other[1]).powi(2) * 2.0 + (one[2] - other[2]).powi(2) * 2.0).sqrt()
}

/// How much a colour is that of a blue sky, 0 to 1.
fn blue_sky([light, a, b]: [f32; 3]) -> f32 {
    smooth(-0.012, -0.035, b) * smooth(0.05, 0.02, a) * smooth(0.4, 0.55, light)
}

/// How much a colour is one that skies have, 0 to 1.
fn like_sky([light, a, b]: [f32; 3]) -> f32 {
    let chroma = a.hypot(b);
    let blue = smooth(0.0, -0.025, b) * smooth(0.06, 0.02, a) * smooth(0.12, 0.22, light);
    let grey = smooth(0.09, 0.05, chroma) * smooth(0.55, 0.68, light);
    let evening = smooth(0.5, 0.62, light) * smooth(-0.03, 0.0, a) * smooth(0.2, 0.15, chroma);
    blue.max(grey).max(evening)
}

/// For each place the lightness of the lightest sky above it: skies get lighter downwards, far hills are darker.
fn lightest_above(lab: &[[f32; 3]], texture: &Plane) -> Vec<f32> {
    let width = texture.width() as usize;
    let mut columns = vec![0.0_f32; width];
    let mut all = Vec::with_capacity(lab.len());
    for (place, lab) in lab.iter().enumerate() {
        let column = &mut columns[place % width];
        all.push(*column);
        // White wisps do not count for the sky behind them.
        if like_sky(*lab) > 0.5 && texture.data[place] < 0.012 {
            *column = column.max(lab[0].min(0.88));
        }
    }
    all
}

/// 1 where the sky is: shortest ways from the top, then gaps in the colour of the sky around.
fn find_sky(lab: &[[f32; 3]], texture: &Plane) -> Plane {
    let (width, height) = (texture.width() as usize, texture.height() as usize);
    // Under a blue sky grey at the top edge is rather a wall.
    let lightest = lightest_above(lab, texture);
    let blue = |place: usize| {
        if lab[place][0] < lightest[place] - 0.1 {
            return 0.0;
        }
        let high = smooth(0.42, 0.3, (place / width) as f32 / height as f32);
        high * blue_sky(lab[place]) * smooth(0.035, 0.014, texture.data[place])
    };
    let share = (0..width * height).map(blue).sum::<f32>() / (width * height) as f32;
    let clear = smooth(0.015, 0.04, share);
    let wall = |place: usize| (1.0 - like_sky(lab[place])) * 0.3 + smooth(0.03, 0.09, texture.data[place]) * 0.1;
    let mut way = Plane::filled(texture.width(), texture.height(), 1e6);
    for (place, value) in way.data.iter_mut().enumerate() {
        if place < width {
            *value = wall(place) * 2.0 + clear * 0.3 * (1.0 - smooth(0.1, 0.5, blue_sky(lab[place])));
        }
        if clear > 0.5 && blue(place) > 0.8 {
            *value = 0.0;
        }
    }
    ways(&mut way, |from, to| (apart(lab[from], lab[to]) - 0.012).max(0.0) + wall(to));
    let mut sky = way;
    for ((value, lab), above) in sky.data.iter_mut().zip(lab).zip(&lightest) {
        let hill = smooth(0.28, 0.2, above - lab[0]);
        *value = smooth(0.24, 0.12, *value) * smooth(0.2, 0.5, like_sky(*lab)) * hill;
    }
    // Gaps between branches, lamps and wires are sky too when they have its colour.
    let radius = (width.max(height) / 14).max(2);
    let near = boxed(&sky, radius);
    let mean: [Plane; 3] = std::array::from_fn(|channel| {
        let mut weighted = sky.clone();
        for (value, lab) in weighted.data.iter_mut().zip(lab) {
            *value *= lab[channel];
        }
        boxed(&weighted, radius)
    });
    for (place, value) in sky.data.iter_mut().enumerate() {
        let share = near.data[place];
        if share > 0.25 {
            let around: [f32; 3] = std::array::from_fn(|channel| mean[channel].data[place] / share);
            *value = value.max(smooth(0.05, 0.025, apart(around, lab[place])) * smooth(0.25, 0.4, share));
        }
    }
    sky
}

/// The direction in which the sky differs most from its surroundings.
fn direction(small: &Picture, sky: &Plane) -> [f32; 3] {
    let near = boxed(sky, (small.width().max(small.height()) as usize / 40).max(2));
    let (mut inside, mut outside) = ([0.0_f32; 4], [0.0_f32; 4]);
    for (place, pixel) in small.pixels().enumerate() {
        if !(0.1..0.9).contains(&near.data[place]) {
            continue;
        }
        let sum = if sky.data[place] > 0.5 { &mut inside } else { &mut outside };
        for (sum, value) in sum.iter_mut().zip(pixel.iter().chain(&[1.0])) {
            *sum += value;
        }
    }
    let apart: [f32; 3] =
        std::array::from_fn(|index| inside[index] / inside[3].max(1.0) - outside[index] / outside[3].max(1.0));
    let length = apart.iter().map(|value| value.abs()).sum::<f32>();
    if length < 0.05 { [0.2126, 0.7152, 0.0722] } else { apart.map(|value| value / length) }
}

impl Layout {
    /// Analyses a picture; `outside` is whether it may have a sky.
    pub fn of(picture: &Picture, outside: bool) -> Self {
        let small = shrink(picture);
        let (width, height) = (small.width() as usize, small.height() as usize);
        let lab = labs(&small);
        let lumas = plane_of(&small, luma);
        let texture = deviation(&lumas, 2);
        let mut sky = Plane::filled(small.width(), small.height(), 0.0);
        if outside {
            sky = find_sky(&lab, &texture);
        }
        let mut sky_share = sky.data.iter().sum::<f32>() / (width * height).max(1) as f32;
        if sky_share < LEAST_SKY {
            sky.data.fill(0.0);
            sky_share = 0.0;
        }
        let guide = direction(&small, &sky);
        let guided = plane_of(&small, |pixel| pixel.iter().zip(guide).map(|(value, weight)| value * weight).sum());
        let cut = field::guided(&guided, &sky, (width.max(height) / 100).max(1), 0.000_6);
        let horizon = horizon(&sky);
        let ground = find_ground(&lab, &lumas, &sky, horizon);
        let depth = depth(&ground, &sky, horizon);
        let base = boxed(&boxed(&lumas, width.max(height) / 30), width.max(height) / 30);
        let sky_base = base_within(&lumas, &sky, width.max(height) / 24);
        Self { sky_share, horizon, sky, ground, depth, texture, luma: lumas, base, sky_base, guide, cut }
    }

    /// Visits the pixels of the picture (in its large size) with the layout at each.
    ///
    /// # Errors
    /// [`Fault::Stopped`].
    pub fn each(
        &self,
        picture: &mut Picture,
        extra: Option<&Plane>,
        stop: &Stop,
        mut work: impl FnMut(&mut [f32], Here),
    ) -> Result<(), Fault> {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let extra = extra.unwrap_or(&self.base);
        let planes = [
            &self.cut.slope,
            &self.cut.offset,
            &self.ground,
            &self.depth,
            &self.texture,
            &self.base,
            &self.sky_base,
            extra,
        ];
        let skyless = self.sky_share == 0.0;
        field::each_row(
            picture,
            planes,
            stop,
            |y, line, [slope, offset, ground, depth, texture, base, sky_base, extra]| {
                let v = (y as f32 + 0.5) / height;
                for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
                    let mut sky = 0.0;
                    if !skyless {
                        let guide: f32 = pixel.iter().zip(self.guide).map(|(value, weight)| value * weight).sum();
                        sky = smooth(0.12, 0.88, slope[x] * guide + offset[x]);
                    }
                    let here = Here {
                        u: (x as f32 + 0.5) / width,
                        v,
                        sky,
                        ground: ground[x] * (1.0 - sky),
                        depth: depth[x],
                        texture: texture[x],
                        base: base[x],
                        sky_base: sky_base[x],
                        extra: extra[x],
                    };
                    work(pixel, here);
                }
            },
        )
    }
}

/// The wide base of a plane, made of what lies within a mask only: nothing beyond an edge shines in.
pub fn base_within(plane: &Plane, mask: &Plane, radius: usize) -> Plane {
    let inside = combined(mask, mask, |share, _| if share > 0.8 { share } else { 0.0 });
    let mut sum = combined(plane, &inside, |value, share| value * share);
    let mut shares = inside;
    let total = shares.data.iter().sum::<f32>();
    let mean = sum.data.iter().sum::<f32>() / total.max(1e-3);
    for _ in 0..2 {
        sum = boxed(&sum, radius);
        shares = boxed(&shares, radius);
    }
    combined(&sum, &shares, |sum, share| (sum + mean * 0.002) / (share + 0.002))
}

/// The lowest rows that the sky reaches in most columns, kept to where horizons are.
fn horizon(sky: &Plane) -> f32 {
    let (width, height) = (sky.width() as usize, sky.height() as usize);
    let mut ends: Vec<usize> =
        (0..width).map(|x| (0..height).rev().find(|y| sky.data[y * width + x] > 0.5).unwrap_or(0)).collect();
    ends.sort_unstable();
    let low = ends.get(width * 9 / 10).copied().unwrap_or(0) as f32 / height.max(1) as f32;
    low.clamp(0.48, 0.72)
}

/// 1 on what joins the bottom edge without a strong edge between, below the horizon.
fn find_ground(lab: &[[f32; 3]], lumas: &Plane, sky: &Plane, horizon: f32) -> Plane {
    let (width, height) = (lumas.width() as usize, lumas.height() as usize);
    let radius = (width.max(height) / 200).max(1);
    let smoothed: [Plane; 3] = std::array::from_fn(|channel| {
        let mut plane = lumas.clone();
        for (value, lab) in plane.data.iter_mut().zip(lab) {
            *value = lab[channel];
        }
        blurred(&plane, radius)
    });
    let at = |place: usize| std::array::from_fn(|channel| smoothed[channel].data[place]);
    let mut way = Plane::filled(lumas.width(), lumas.height(), 1e6);
    for x in 0..width {
        way.data[(height - 1) * width + x] = 0.0;
    }
    ways(&mut way, |from, to| {
        let (one, two): ([f32; 3], [f32; 3]) = (at(from), at(to));
        let tint = (one[1] - two[1]).hypot(one[2] - two[2]);
        ((one[0] - two[0]).abs() - 0.006).max(0.0) + (tint - 0.002).max(0.0) * 4.0 + 0.000_4
    });
    // An area of another tint than the nearest ground below is a wall behind a soft edge.
    let reach = (width / 8).max(1);
    let bottom = height - (height / 7).max(1);
    let tints: [Vec<f32>; 2] = std::array::from_fn(|channel| {
        let column = |x: usize| (bottom..height).map(|y| lab[y * width + x][channel + 1]).sum::<f32>();
        let columns: Vec<f32> = (0..width).map(|x| column(x) / (height - bottom) as f32).collect();
        let mean = |x: usize| {
            let near = &columns[x.saturating_sub(reach)..(x + reach).min(width)];
            near.iter().sum::<f32>() / near.len().max(1) as f32
        };
        (0..width).map(mean).collect()
    });
    for (place, value) in way.data.iter_mut().enumerate() {
        let v = (place / width) as f32 / height as f32;
        let x = place % width;
        let tint = (smoothed[1].data[place] - tints[0][x]).hypot(smoothed[2].data[place] - tints[1][x]);
        let low = smooth(horizon - 0.02, horizon + 0.2, v);
        *value = smooth(0.22, 0.09, *value) * smooth(0.065, 0.035, tint * (0.3 + v)) * low * (1.0 - sky.data[place]);
    }
    blurred(&way, 1)
}

/// From 0 at the bottom to 1 at the horizon and in the sky; what stands upright is as far as the ground it stands on.
fn depth(ground: &Plane, sky: &Plane, horizon: f32) -> Plane {
    let (width, height) = (ground.width() as usize, ground.height() as usize);
    let mut depth = ground.clone();
    for x in 0..width {
        let mut foot = 0.12_f32;
        for y in (0..height).rev() {
            let place = y * width + x;
            let v = y as f32 / height as f32;
            // Rows stand for distances as on a plane seen from a man's height.
            let nearest = 0.12 / (1.12 - horizon);
            let of_row = ((0.12 / ((v - horizon).max(0.0) + 0.12) - nearest) / (1.0 - nearest)).clamp(0.0, 1.0);
            foot = foot.max(of_row * ground.data[place]);
            // Away from the ground depth grows slowly: hills and roofs behind lie further.
            let upright = foot + (of_row - foot).max(0.0) * 0.35;
            depth.data[place] = upright + (1.0 - upright) * sky.data[place];
        }
    }
    blurred(&depth, (width / 60).max(1))
}

/// How much a pixel is leaf or grass, 0 to 1; `texture` keeps smooth green paint out.
pub fn leaf(lab: [f32; 3], texture: f32) -> f32 {
    let chroma = lab[1].hypot(lab[2]).max(1e-4);
    let (green, yellow) = (-lab[1] / chroma, lab[2] / chroma);
    let hue = smooth(0.06, 0.32, green) * smooth(0.12, 0.38, yellow);
    hue * smooth(0.018, 0.045, chroma) * (0.25 + 0.75 * smooth(0.006, 0.02, texture))
}
