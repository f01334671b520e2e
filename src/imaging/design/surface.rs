//! Floors and walls: taken from the mask, or found as regions that are large, calm and connected with their starting
//! points.
//!
//! ```text
//! small picture ─► chroma and lightness, smoothed ─► shortest ways from the bottom middle (floor) or calm upper places (wall)
//!                                                        └─► near enough, large enough ─► guided to the edges ─► Region
//! ```
//!
//! In doubt no surface is reported. Refuses to know: paints.

use crate::imaging::{
    grade::{
        colour::smooth,
        field::{self, Guided, blurred, boxed, guided, plane_of, shrink},
        layout::{Layout, deviation, labs, ways},
    },
    picture::{Picture, Plane},
    wishes::Surface,
};

/// A surface smaller than this share of the picture is none.
const LEAST: f32 = 0.03;

/// A surface above this share has leaked over its edges.
const MOST: f32 = 0.7;

/// Where a surface is.
#[derive(Debug, Clone)]
pub struct Region {
    /// Share of the surface, 0 to 1; any size.
    pub share: Plane,
    /// Sharpens the share at the edges of the large picture's luma.
    pub cut: Option<Guided>,
}

/// The region that a mask shows.
pub fn of_mask(mask: &Plane) -> Region {
    Region { share: mask.clone(), cut: None }
}

/// Looks for a surface; `None` when there is none to be sure of. Furniture is not looked for.
pub fn find(picture: &Picture, layout: &Layout, surface: Surface) -> Option<Region> {
    let small = shrink(picture);
    let lab = labs(&small);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let lumas = plane_of(&small, crate::imaging::grade::colour::luma);
    let texture = deviation(&lumas, 2);
    let radius = (width.max(height) / 150).max(1);
    let smoothed: [Plane; 3] = std::array::from_fn(|channel| {
        let mut plane = lumas.clone();
        for (value, lab) in plane.data.iter_mut().zip(&lab) {
            *value = lab[channel];
        }
        blurred(&plane, radius)
    });
    let at = |place: usize| [smoothed[0].data[place], smoothed[1].data[place], smoothed[2].data[place]];
    let (mut way, rows) = match surface {
        Surface::Floor => (floor_starts(width, height), [0.42, 0.55]),
        Surface::Wall => (wall_starts(&texture, &smoothed, layout), [0.0, 0.0]),
        Surface::Ceiling => (ceiling_starts(width, height, &texture), [0.5, 0.35]),
        Surface::Furniture => return None,
    };
    // The colour it begins with: pixels far from it belong to another surface, however soft the way there.
    let begins: Vec<usize> = (0..width * height).filter(|place| way.data[*place] == 0.0).collect();
    let typical: [f32; 3] = std::array::from_fn(|channel| {
        let mut values: Vec<f32> = begins.iter().map(|place| smoothed[channel].data[*place]).collect();
        values.sort_unstable_by(f32::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.5)
    });
    ways(&mut way, |from, to| {
        let (one, two) = (at(from), at(to));
        // Shading is free where it is slow; a change of tint is an edge even where lightness is the same.
        let tint = (one[1] - two[1]).hypot(one[2] - two[2]);
        ((one[0] - two[0]).abs() - 0.003).max(0.0) * 1.5 + (tint - 0.000_8).max(0.0) * 6.0 + 0.000_3
    });
    for (place, value) in way.data.iter_mut().enumerate() {
        let v = (place / width) as f32 / height as f32;
        let placed = if rows == [0.0, 0.0] { smooth(0.97, 0.85, v) } else { smooth(rows[0], rows[1], v) };
        let [light, a, b] = at(place);
        let tint = (a - typical[1]).hypot(b - typical[2]);
        let alike = smooth(0.26, 0.16, (light - typical[0]).abs()) * smooth(0.05, 0.03, tint);
        *value = smooth(0.20, 0.12, *value) * alike * placed * (1.0 - layout.sky.data[place]);
    }
    let share = way.data.iter().sum::<f32>() / (width * height) as f32;
    if !(LEAST..MOST).contains(&share) {
        return None;
    }
    let part = |from: usize, to: usize| way.data[from * width..to * width].iter().sum::<f32>();
    let sure = match surface {
        // A floor takes up most of the bottom edge; walls hardly reach down there.
        Surface::Floor => part(height - (height / 20).max(1), height) > 0.5 * ((height / 20).max(1) * width) as f32,
        Surface::Wall => part(height * 3 / 4, height) < 0.12 * part(0, height),
        _ => true,
    };
    if !sure {
        return None;
    }
    // Small holes close, thin bridges break.
    let mut calm = boxed(&way, radius);
    for value in &mut calm.data {
        *value = smooth(0.35, 0.65, *value);
    }
    let cut = guided(&lumas, &calm, (width.max(height) / 90).max(1), 0.000_8);
    Some(Region { share: calm, cut: Some(cut) })
}

/// The middle of the bottom edge.
fn floor_starts(width: usize, height: usize) -> Plane {
    let mut way = Plane::filled(width as u32, height as u32, 1e6);
    for x in width * 3 / 10..(width * 7 / 10).max(width * 3 / 10 + 1) {
        way.data[(height - 1) * width + x.min(width - 1)] = 0.0;
    }
    way
}

/// The middle of the top edge where it is calm.
fn ceiling_starts(width: usize, height: usize, texture: &Plane) -> Plane {
    let mut way = Plane::filled(width as u32, height as u32, 1e6);
    for x in width / 4..(width * 3 / 4).max(1) {
        if texture.data[x] < 0.03 {
            way.data[x] = 0.0;
        }
    }
    way
}

/// Calm places above the floor with the most frequent calm colour there.
fn wall_starts(texture: &Plane, smoothed: &[Plane; 3], layout: &Layout) -> Plane {
    let (width, height) = (texture.width() as usize, texture.height() as usize);
    let calm = |place: usize| {
        let v = (place / width) as f32 / height as f32;
        texture.data[place] < 0.02 && (0.08..0.62).contains(&v) && layout.sky.data[place] < 0.1
    };
    // Votes by tint and coarse lightness; very dark is no wall, pure white is a window.
    let bin = |place: usize| {
        let light = smoothed[0].data[place];
        let step = |value: f32, unit: f32| (value / unit).round() as i32;
        (0.3..0.985)
            .contains(&light)
            .then(|| (step(light, 0.12), step(smoothed[1].data[place], 0.02), step(smoothed[2].data[place], 0.02)))
    };
    let mut votes = std::collections::BTreeMap::<(i32, i32, i32), u32>::new();
    for place in (0..width * height).filter(|place| calm(*place)) {
        if let Some(bin) = bin(place) {
            *votes.entry(bin).or_default() += 1;
        }
    }
    let mut way = Plane::filled(texture.width(), texture.height(), 1e6);
    if let Some((most, _)) = votes.into_iter().max_by_key(|(_, count)| *count) {
        for place in (0..width * height).filter(|place| calm(*place)) {
            // The same paint in another shade is the same wall.
            if bin(place).is_some_and(|bin| (bin.0 - most.0).abs() <= 1 && bin.1 == most.1 && bin.2 == most.2) {
                way.data[place] = 0.0;
            }
        }
    }
    way
}

impl Region {
    /// Planes to walk with: slope, offset, share.
    pub fn planes(&self) -> (Plane, Plane, Plane) {
        match &self.cut {
            Some(cut) => (cut.slope.clone(), cut.offset.clone(), self.share.clone()),
            None => {
                let none = Plane::filled(1, 1, 0.0);
                (none.clone(), none, self.share.clone())
            }
        }
    }

    /// The share at a pixel from the values of [`Region::planes`] there.
    pub fn at(&self, slope: f32, offset: f32, share: f32, luma: f32) -> f32 {
        if self.cut.is_none() { share } else { smooth(0.25, 0.75, slope * luma + offset) * smooth(0.0, 0.25, share) }
    }

    /// A small plane of the share.
    pub fn small(&self, width: u32, height: u32) -> Plane {
        let mut small = Plane::filled(width, height, 0.0);
        let stretch = field::Stretch::new(&self.share, width, height);
        let (mut between, mut row) = (Vec::new(), Vec::new());
        for (y, line) in small.data.chunks_exact_mut((width as usize).max(1)).enumerate() {
            stretch.row(y, &mut between, &mut row);
            line.copy_from_slice(&row);
        }
        small
    }
}
