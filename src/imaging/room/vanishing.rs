//! The camera from straight edges: three directions at right angles (one nearly upright in the picture) and the focal
//! length under which most of the edges run along one of them.
//!
//! ```text
//! segments ─► for each focal length: try frames made of two or three edges ─► best by support ─► refine ─► View
//! ```
//!
//! Trials come from a fixed series, so the same edges give the same camera. Refuses to know: pixels, the floor.

use glam::{Mat3, Quat, Vec2, Vec3};

use super::{
    lines::Segment,
    view::{EYE, View},
};

/// How far an edge may run beside the direction to its vanishing point, as a sine.
const BESIDE: f32 = 0.05;
/// Trials for each focal length.
const TRIALS: usize = 350;
/// The edges that are looked at.
const EDGES: usize = 160;

/// A camera, and how much of the edges' length agrees with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The camera.
    pub view: View,
    /// 0 to 1.
    pub support: f32,
}

/// The camera of a picture of `width` x `height` with these edges; `None` when they do not agree on one.
pub fn camera(segments: &[Segment], width: f32, height: f32) -> Option<Found> {
    let search = Search::of(segments, width, height);
    if search.edges.len() < 4 {
        return None;
    }
    let mut best: Option<(f32, f32, Mat3)> = None;
    for step in 0..14 {
        // 100 down to 35 degrees along the long edge.
        let focal = width.max(height) / 2.0 / (50.0 - 2.5 * step as f32).to_radians().tan();
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (step as u64 + 1));
        for _ in 0..TRIALS {
            let Some(turn) = search.trial(focal, &mut dice) else { continue };
            let score = search.score(focal, &turn) * search.usual(focal, &turn);
            if best.is_none_or(|(most, ..)| score > most) {
                best = Some((score, focal, turn));
            }
        }
    }
    let (_, focal, turn) = search.refined(best?);
    let [across, upright, ahead] = search.supports(focal, &turn);
    let view = View { width, height, focal, turn: facing(turn), eye: EYE };
    let horizon = view.horizon(width / 2.0) / height;
    let total = search.edges.iter().map(|edge| edge.length).sum::<f32>();
    let support = (across + upright + ahead) / total;
    // Two directions are enough: the third is at right angles to them.
    let upright = upright > 0.04 * total && across.max(ahead) > 0.08 * total;
    let level = across.min(ahead) > 0.15 * total;
    let trusted = (upright || level) && support > 0.3;
    (trusted && (0.05..0.8).contains(&horizon)).then_some(Found { view, support })
}

/// An edge, measured from the middle of the picture, y up.
struct Edge {
    middle: Vec2,
    along: Vec2,
    length: f32,
}

struct Search {
    edges: Vec<Edge>,
    long: f32,
}

impl Search {
    fn of(segments: &[Segment], width: f32, height: f32) -> Self {
        let flip = |at: Vec2| Vec2::new(at.x - width / 2.0, height / 2.0 - at.y);
        let edges = segments.iter().take(EDGES).map(|segment| Edge {
            middle: flip(segment.middle()),
            along: (flip(segment.b) - flip(segment.a)).normalize_or(Vec2::X),
            length: segment.length().min(0.4 * width.max(height)),
        });
        Self { edges: edges.collect(), long: width.max(height) }
    }

    /// The plane through the camera that shows an edge, by its normal.
    fn plane(&self, edge: &Edge, focal: f32) -> Vec3 {
        let from = edge.middle.extend(-focal);
        from.cross(edge.along.extend(0.0)).normalize_or(Vec3::Y)
    }

    /// A frame from two edges that are assumed upright, or none and level, and one or two that run along the floor.
    fn trial(&self, focal: f32, dice: &mut Dice) -> Option<Mat3> {
        let pick = |dice: &mut Dice| &self.edges[dice.below(self.edges.len())];
        let (first, second) = (pick(dice), pick(dice));
        let up = if dice.below(6) == 0 {
            // Level, or looking a little up or down.
            Quat::from_rotation_x((dice.below(41) as f32 - 20.0).to_radians()) * Vec3::Y
        } else {
            let meet = self.plane(first, focal).cross(self.plane(second, focal)).try_normalize()?;
            if meet.y < 0.0 { -meet } else { meet }
        };
        // At most 35 degrees up or down and 12 aside.
        if up.y < 0.8 || up.x.abs() > 0.2 {
            return None;
        }
        let level = self.plane(pick(dice), focal).cross(up).try_normalize()?;
        Some(Mat3::from_cols(level, up, level.cross(up)))
    }

    fn beside(edge: &Edge, axis: Vec3, focal: f32) -> f32 {
        // Towards the vanishing point of the axis: exact also where that is far away.
        let towards = Vec2::new(axis.x, axis.y) * focal + edge.middle * axis.z;
        towards.normalize_or(Vec2::X).perp_dot(edge.along).abs()
    }

    /// Length of edges along each of the three directions.
    fn supports(&self, focal: f32, turn: &Mat3) -> [f32; 3] {
        let axes = [turn.x_axis, turn.y_axis, turn.z_axis];
        let mut sums = [0.0; 3];
        for edge in &self.edges {
            let mut best = (0.0, 0);
            for (axis, direction) in axes.iter().enumerate() {
                let fit = 1.0 - (Self::beside(edge, *direction, focal) / BESIDE).powi(2);
                if fit > best.0 {
                    best = (fit, axis);
                }
            }
            sums[best.1] += best.0 * edge.length;
        }
        sums
    }

    /// Support, where a direction without any is worth less than three that have some.
    fn score(&self, focal: f32, turn: &Mat3) -> f32 {
        self.supports(focal, turn).iter().map(|sum| sum + (sum * self.long).sqrt()).sum()
    }

    /// What is known before: cameras for rooms are about 70 degrees wide and held level.
    fn usual(&self, focal: f32, turn: &Mat3) -> f32 {
        let off = (focal / (self.long * 0.75)).ln() / 0.8;
        let tilt = turn.y_axis.z / 0.6;
        let roll = turn.y_axis.x / 0.15;
        (-0.12 * (off * off + tilt * tilt) - 0.3 * roll * roll).exp()
    }

    /// Small steps uphill in focal length and the three turns.
    fn refined(&self, start: (f32, f32, Mat3)) -> (f32, f32, Mat3) {
        let mut best = start;
        let mut step = 0.03f32;
        while step > 0.0004 {
            let mut better = false;
            for direction in 0..8 {
                let signed = if direction % 2 == 0 { step } else { -step };
                let mut focal = best.1;
                let mut turn = best.2;
                match direction / 2 {
                    0 => focal *= 1.0 + 2.0 * signed,
                    1 => turn = Mat3::from_rotation_x(signed) * turn,
                    2 => turn = Mat3::from_rotation_y(signed) * turn,
                    _ => turn = Mat3::from_rotation_z(signed) * turn,
                }
                let score = self.score(focal, &turn) * self.usual(focal, &turn);
                if score > best.0 {
                    best = (score, focal, turn);
                    better = true;
                }
            }
            if !better {
                step /= 2.0;
            }
        }
        best
    }
}

/// The same frame with its level axes named by the camera: x to the right, z backwards.
fn facing(turn: Mat3) -> Mat3 {
    let up = turn.y_axis;
    let choices = [turn.x_axis, -turn.x_axis, turn.z_axis, -turn.z_axis];
    let back = choices.into_iter().max_by(|a, b| a.z.total_cmp(&b.z)).unwrap_or(turn.z_axis);
    Mat3::from_cols(up.cross(back), up, back)
}

/// A fixed series of numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::room::view::turned;

    /// Edges of a box room and of tiles on its floor as a camera would show them.
    fn edges(view: &View) -> Vec<Segment> {
        let mut lines = Vec::new();
        for i in 0..6 {
            let side = -2.5 + i as f32;
            lines.push([Vec3::new(side, 0.0, -2.0), Vec3::new(side, 0.0, -6.0)]);
            lines.push([Vec3::new(side, 0.0, -6.0), Vec3::new(side, 2.6, -6.0)]);
            lines.push([Vec3::new(-2.5, 0.0, -3.0 - 0.5 * i as f32), Vec3::new(2.5, 0.0, -3.0 - 0.5 * i as f32)]);
        }
        lines
            .iter()
            .filter_map(|[a, b]| Some(Segment { a: view.pixel_of(*a)?, b: view.pixel_of(*b)? }))
            .filter(|line| line.length() > 5.0)
            .collect()
    }

    #[test]
    fn focal_length_and_horizon_come_back_from_the_edges_of_a_room() {
        for (yaw, pitch, roll, wide) in
            [(0.35, -0.12, 0.02, 65.0f32), (-0.5, -0.05, -0.03, 80.0), (0.6, -0.25, 0.0, 50.0)]
        {
            let focal = 400.0 / (wide / 2.0).to_radians().tan();
            let view = View { width: 800.0, height: 600.0, focal, turn: turned(yaw, pitch, roll), eye: EYE };
            let found = camera(&edges(&view), 800.0, 600.0).unwrap();
            let off = (found.view.horizon(400.0) - view.horizon(400.0)).abs();
            assert!(off < 0.03 * 600.0, "{yaw} horizon {off}");
            assert!((found.view.focal / focal - 1.0).abs() < 0.15, "{yaw} focal {} {focal}", found.view.focal);
            assert!(found.support > 0.8, "{}", found.support);
        }
    }

    #[test]
    fn edges_that_run_anywhere_give_no_camera_they_would_agree_on() {
        let mut dice = Dice(77);
        let mut at = || Vec2::new(dice.below(800) as f32, dice.below(600) as f32);
        let noise: Vec<Segment> = (0..60)
            .map(|_| {
                let a = at();
                Segment { a, b: a + (at() - Vec2::new(400.0, 300.0)).normalize_or(Vec2::X) * 60.0 }
            })
            .collect();
        if let Some(found) = camera(&noise, 800.0, 600.0) {
            assert!(found.support < 0.6, "{}", found.support);
        }
    }
}
