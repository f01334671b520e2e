//! The floor of a room in its picture.
//!
//! ```text
//! mask ─────────────────────────────────────────────────────┐
//! colours + edges ─► spread from the bottom, strictly to    ├─► below the horizon ─► box of the room ─► region
//!                    loosely, while the walls stay dry ─────┘
//! ```
//!
//! Works on a small picture. Refuses to know: furniture, the picture at full size.

use glam::{Vec2, Vec3};

use super::{lines::Segment, view::View};
use crate::imaging::{picture::Plane, staging::tone::Lab};

/// The floor where it is seen, and the room's walls around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// 1 on the floor, 0 elsewhere; at the small size.
    pub region: Plane,
    /// The walls; beyond these there is no floor.
    pub walls: Walls,
}

/// Walls along the axes of the view, as places on the floor in metres; far away where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walls {
    /// u of the left one.
    pub left: f32,
    /// u of the right one.
    pub right: f32,
    /// v of the one ahead.
    pub back: f32,
}

impl Walls {
    /// None in sight.
    pub const NONE: Self = Self { left: -9.0, right: 9.0, back: 14.0 };

    /// Whether a point of the floor is between them.
    pub fn hold(&self, at: Vec2) -> bool {
        at.x > self.left && at.x < self.right && at.y < self.back
    }
}

/// A floor covers at least this share of the picture.
const SMALLEST: f32 = 0.035;

/// The floor of a small picture; `None` when the walls do not determine one.
pub fn detected(colours: &[Lab], width: usize, height: usize, view: &View, segments: &[Segment]) -> Option<Floor> {
    let field = Spread::of(colours, width, height, view, segments);
    let starts = field.bottom_colours();
    for looseness in [1.7, 1.3, 1.0, 0.75] {
        let regions = starts.iter().map(|&start| field.reached(start, looseness));
        let dry = regions.filter_map(|region| Some((field.on_floor(&region)?, region)));
        if let Some((_, region)) = dry.max_by_key(|(size, _)| *size) {
            return field.boxed(&region, view);
        }
    }
    None
}

/// The floor that a mask marks. A mask that reaches above the horizon means the room, not the floor alone: then the
/// floor is the detected one inside it, if there is any.
pub fn masked(mask: &Plane, view: &View, found: Option<&Floor>) -> Option<Floor> {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let (mut above, mut all, mut kept) = (0.0f32, 0.0f32, 0.0f32);
    let mut region = vec![0.0; width * height];
    for (at, &value) in mask.data.iter().enumerate() {
        let (x, y) = ((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
        all += value;
        match view.floor_at(x, y) {
            Some(floor) if floor.length() < 16.0 => region[at] = f32::from(u8::from(value > 0.5)),
            _ => above += value,
        }
    }
    let mut walls = Walls::NONE;
    if let Some(found) = found {
        let common: f32 = region.iter().zip(&found.region.data).map(|(a, b)| a * b).sum();
        let floor: f32 = region.iter().sum();
        if above > 0.15 * all && common > 0.2 * floor {
            region.iter_mut().zip(&found.region.data).for_each(|(a, b)| *a *= b);
            walls = found.walls;
        }
    }
    region.iter().for_each(|value| kept += value);
    let region = Plane::from_data(width as u32, height as u32, region)?;
    (kept > 0.01 * (width * height) as f32).then_some(Floor { region, walls })
}

/// The picture as the spreading sees it.
struct Spread {
    width: usize,
    height: usize,
    colours: Vec<Lab>,
    /// Change of colour at a pixel.
    change: Vec<f32>,
    /// Edges of the room: two colours beside a straight line.
    barrier: Vec<bool>,
    below: Vec<bool>,
}

impl Spread {
    fn of(colours: &[Lab], width: usize, height: usize, view: &View, segments: &[Segment]) -> Self {
        let colours = blurred(&blurred(colours, width, height), width, height);
        let mut change = vec![0.0; width * height];
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let at = y * width + x;
                let across = far(colours[at - 1], colours[at + 1]);
                change[at] = across.max(far(colours[at - width], colours[at + width]));
            }
        }
        let mut below = vec![false; width * height];
        for (at, below) in below.iter_mut().enumerate() {
            let (x, y) = ((at % width) as f32 + 0.5, (at / width) as f32 + 0.5);
            *below = view.floor_at(x, y).is_some_and(|floor| floor.length() < 16.0);
        }
        let barrier = vec![false; width * height];
        let mut field = Self { width, height, colours, change, barrier, below };
        segments.iter().for_each(|segment| field.bar(segment));
        field
    }

    fn index(&self, at: Vec2) -> Option<usize> {
        let inside = at.x >= 0.0 && at.y >= 0.0 && at.x < self.width as f32 && at.y < self.height as f32;
        inside.then(|| at.y as usize * self.width + at.x as usize)
    }

    /// Draws a segment as a barrier, somewhat longer than it is, where the colours on its sides differ.
    fn bar(&mut self, segment: &Segment) {
        let length = segment.length();
        if length < 0.06 * self.width.max(self.height) as f32 {
            return;
        }
        let (along, aside) = (segment.direction(), segment.direction().perp());
        let mut sides = [Lab::default(); 2];
        let mut count = 0.0f32;
        for step in 0..=12 {
            let at = segment.a + along * (length * step as f32 / 12.0);
            let (Some(one), Some(other)) = (self.index(at + aside * 4.0), self.index(at - aside * 4.0)) else {
                continue;
            };
            sides[0] = sides[0] + self.colours[one];
            sides[1] = sides[1] + self.colours[other];
            count += 1.0;
        }
        if count < 4.0 || far(sides[0] * (1.0 / count), sides[1] * (1.0 / count)) < 0.035 {
            return;
        }
        let reach = length * 0.12 + 3.0;
        let steps = ((length + 2.0 * reach) * 2.0) as usize;
        for step in 0..=steps {
            let at = segment.a + along * (step as f32 / 2.0 - reach);
            for off in [-0.5, 0.0, 0.5] {
                if let Some(index) = self.index(at + aside * off) {
                    self.barrier[index] = true;
                }
            }
        }
    }

    /// Pixels of a region below the horizon; `None` when it is too small or has run up the walls.
    fn on_floor(&self, region: &[bool]) -> Option<usize> {
        let (mut above, mut sky, mut below, mut ground) = (0, 0, 0, 0);
        for (&wet, &under) in region.iter().zip(&self.below) {
            if under {
                ground += 1;
                below += usize::from(wet);
            } else {
                sky += 1;
                above += usize::from(wet);
            }
        }
        let dry = above * 14 <= sky && below * 100 <= 97 * ground;
        (dry && below as f32 > SMALLEST * region.len() as f32).then_some(below)
    }

    /// The pixels reached from the bottom edge over small changes of colour, not too far from the colour there.
    fn reached(&self, start: Lab, looseness: f32) -> Vec<bool> {
        let (width, height) = (self.width, self.height);
        let rows = self.rows();
        // Threads and grain of the floor itself are no edges.
        let mut grain: Vec<f32> = (height - 2 * rows..height - 1)
            .flat_map(|y| (width / 8..width - width / 8).map(move |x| y * width + x))
            .filter(|&at| far(self.colours[at], start) < 0.12)
            .map(|at| self.change[at])
            .collect();
        grain.sort_by(f32::total_cmp);
        let grain = grain.get(grain.len() * 9 / 10).copied().unwrap_or(0.0).min(0.05);
        let step = 0.018 * looseness + grain;
        let mut wet = vec![false; width * height];
        let mut stack: Vec<usize> = Vec::new();
        for y in height - rows..height {
            for x in 0..width {
                let at = y * width + x;
                if far(self.colours[at], start) < 0.1 * looseness.max(1.0) && !self.barrier[at] {
                    wet[at] = true;
                    stack.push(at);
                }
            }
        }
        while let Some(at) = stack.pop() {
            let (x, y) = (at % width, at / width);
            let nears = [
                (x > 0, at.wrapping_sub(1)),
                (x + 1 < width, at + 1),
                (y > 0, at.wrapping_sub(width)),
                (y + 1 < height, at + width),
            ];
            for (inside, near) in nears {
                if !inside || wet[near] || self.barrier[near] || self.change[near] > step * 1.6 {
                    continue;
                }
                let colour = self.colours[near];
                let alike = apart(colour, start) < 0.11 * looseness.max(0.8);
                if alike && far(colour, self.colours[at]) < step {
                    wet[near] = true;
                    stack.push(near);
                }
            }
        }
        self.closed(wet)
    }

    /// How many rows count as the bottom of the picture.
    fn rows(&self) -> usize {
        (self.height / 24).max(2)
    }

    /// The three commonest colours of the lowest rows, where the middle counts more.
    fn bottom_colours(&self) -> Vec<Lab> {
        let mut bins = std::collections::BTreeMap::<(i32, i32, i32), (f32, Lab)>::new();
        for y in self.height - self.rows()..self.height {
            for x in 0..self.width {
                let colour = self.colours[y * self.width + x];
                let key = |value: f32, step: f32| (value / step).floor() as i32;
                let weight = 1.0 - 0.6 * (2.0 * x as f32 / self.width as f32 - 1.0).abs();
                let bin = bins.entry((key(colour.l, 0.1), key(colour.a, 0.03), key(colour.b, 0.03))).or_default();
                bin.0 += weight;
                bin.1 = bin.1 + colour * weight;
            }
        }
        let mut bins: Vec<(f32, Lab)> = bins.into_values().collect();
        bins.sort_by(|a, b| b.0.total_cmp(&a.0));
        bins.into_iter().take(3).map(|(weight, sum)| sum * (1.0 / weight)).collect()
    }

    /// Small holes and the lines of barriers inside filled, thin leaks cut off.
    fn closed(&self, wet: Vec<bool>) -> Vec<bool> {
        let reach = (self.width.max(self.height) / 110).max(1) as i64;
        let grown = self.spread(&wet, 2 * reach, true);
        let shrunk = self.spread(&grown, 4 * reach, false);
        self.spread(&shrunk, 2 * reach, true)
    }

    /// Grown (`to` true) or shrunk by `reach` pixels; the border does not shrink it.
    fn spread(&self, wet: &[bool], reach: i64, to: bool) -> Vec<bool> {
        let (width, height) = (self.width as i64, self.height as i64);
        let pass = |from: &[bool], dx: i64, dy: i64| -> Vec<bool> {
            (0..width * height)
                .map(|at| {
                    let (x, y) = (at % width, at / width);
                    let any = (-reach..=reach).any(|off| {
                        let (nx, ny) = (x + off * dx, y + off * dy);
                        nx >= 0 && ny >= 0 && nx < width && ny < height && from[(ny * width + nx) as usize] == to
                    });
                    if any { to } else { !to }
                })
                .collect()
        };
        pass(&pass(wet, 1, 0), 0, 1)
    }

    /// The walls that fit the region best, and the region between them.
    fn boxed(&self, region: &[bool], view: &View) -> Option<Floor> {
        let points: Vec<(Vec2, bool)> = (0..region.len())
            .step_by(2)
            .filter_map(|at| {
                let at_floor = view.floor_at((at % self.width) as f32 + 0.5, (at / self.width) as f32 + 0.5)?;
                self.below[at].then_some((at_floor, region[at]))
            })
            .collect();
        // Share of agreement between "between the walls" and "reached".
        let fit = |walls: &Walls| {
            let (mut both, mut either) = (0.0f32, 0.0f32);
            for (at, wet) in &points {
                let inside = walls.hold(*at);
                both += f32::from(u8::from(inside && *wet));
                either += f32::from(u8::from(inside || *wet));
            }
            both / either.max(1.0)
        };
        let mut walls = Walls::NONE;
        let mut best = fit(&walls);
        for step in [1.0f32, 0.4, 0.1] {
            for _ in 0..14 {
                let before = best;
                for side in 0..6 {
                    let away = if side % 2 == 0 { step } else { -step };
                    // Several step sizes at once, so that a wall is found behind a stretch without information.
                    for times in [1.0, 2.0, 5.0, 9.0] {
                        let mut next = walls;
                        match side / 2 {
                            0 => next.left = (walls.left + away * times).clamp(-9.0, 1.0),
                            1 => next.right = (walls.right + away * times).clamp(-1.0, 9.0),
                            _ => next.back = (walls.back + away * times).clamp(1.5, 14.0),
                        }
                        let score = fit(&next);
                        if score > best + 1e-5 {
                            best = score;
                            walls = next;
                        }
                    }
                }
                if best <= before {
                    break;
                }
            }
        }
        let mut kept = vec![0.0; region.len()];
        let mut count = 0.0;
        for (at, value) in kept.iter_mut().enumerate() {
            let floor = view.floor_at((at % self.width) as f32 + 0.5, (at / self.width) as f32 + 0.5);
            if region[at] && floor.is_some_and(|floor| walls.hold(floor)) {
                *value = 1.0;
                count += 1.0;
            }
        }
        let region = Plane::from_data(self.width as u32, self.height as u32, kept)?;
        (count > SMALLEST * region.data.len() as f32).then_some(Floor { region, walls })
    }
}

/// Distance of two colours.
fn far(a: Lab, b: Lab) -> f32 {
    let off = Vec3::new(a.l - b.l, 2.0 * (a.a - b.a), 2.0 * (a.b - b.b));
    off.length()
}

/// Distance of two colours of which one may lie in the shade.
fn apart(a: Lab, b: Lab) -> f32 {
    Vec3::new(0.35 * (a.l - b.l), 2.0 * (a.a - b.a), 2.0 * (a.b - b.b)).length()
}

fn blurred(colours: &[Lab], width: usize, height: usize) -> Vec<Lab> {
    let pass = |from: &[Lab], step: usize, place: fn(usize, usize) -> usize, end: usize| -> Vec<Lab> {
        (0..from.len())
            .map(|at| {
                let here = place(at, width);
                let before = if here > 0 { from[at - step] } else { from[at] };
                let behind = if here + 1 < end { from[at + step] } else { from[at] };
                (before + from[at] * 2.0 + behind) * 0.25
            })
            .collect()
    };
    let across = pass(colours, 1, |at, width| at % width, width);
    pass(&across, width, |at, width| at / width, height)
}
