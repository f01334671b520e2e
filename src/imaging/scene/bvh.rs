//! Finds the first triangle on a ray among many: a tree of boxes.
//!
//! ```text
//! triangles ─► split where boxes get small (binned surface area) ─► nodes, children side by side ─► first / any hit
//! ```
//!
//! Refuses to know: materials, light; of triangles only where they are and whether light passes.

use super::Ray;
use glam::Vec3A;

/// Triangles in a node that is not split further.
const FEW: usize = 3;
/// Deepest level; the stack of a search holds one entry a level.
const DEEP: usize = 56;
const BINS: usize = 12;

#[derive(Debug, Clone, Copy)]
struct Box3 {
    low: Vec3A,
    high: Vec3A,
}

impl Box3 {
    const NONE: Self = Self { low: Vec3A::INFINITY, high: Vec3A::NEG_INFINITY };

    fn with(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn surface(self) -> f32 {
        let size = (self.high - self.low).max(Vec3A::ZERO);
        size.x * size.y + size.y * size.z + size.z * size.x
    }
}

/// `count` 0: children at `first` and `first + 1`; otherwise a leaf of `count` triangles from `first`.
#[derive(Debug, Clone, Copy)]
struct Node {
    bounds: Box3,
    first: u32,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Corner {
    origin: Vec3A,
    one: Vec3A,
    two: Vec3A,
    index: u32,
    clear: bool,
}

/// A found triangle.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// In lengths of the ray's direction.
    pub distance: f32,
    /// Weights of the second and third corner.
    pub weights: (f32, f32),
    /// Index among the triangles given.
    pub triangle: u32,
}

/// The tree.
#[derive(Debug)]
pub struct Bvh {
    nodes: Vec<Node>,
    corners: Vec<Corner>,
}

impl Bvh {
    /// Of triangles by their corners; `true` for those through which light passes.
    pub fn new(triangles: impl Iterator<Item = ([glam::Vec3; 3], bool, u32)>) -> Self {
        let corners: Vec<Corner> = triangles
            .map(|([a, b, c], clear, index)| Corner {
                origin: a.into(),
                one: (b - a).into(),
                two: (c - a).into(),
                index,
                clear,
            })
            .filter(|one| one.origin.is_finite() && one.one.cross(one.two).length_squared() > 0.0)
            .collect();
        let mut tree = Self { nodes: Vec::new(), corners };
        if !tree.corners.is_empty() {
            let all = tree.bounds(0, tree.corners.len());
            tree.nodes.push(Node { bounds: all, first: 0, count: tree.corners.len() as u32 });
            tree.split(0, 0);
        }
        tree
    }

    fn bounds(&self, first: usize, count: usize) -> Box3 {
        self.corners[first..first + count].iter().fold(Box3::NONE, |sum, one| sum.with(one.bounds()))
    }

    fn split(&mut self, node: usize, level: usize) {
        let Node { first, count, bounds } = self.nodes[node];
        let (first, count) = (first as usize, count as usize);
        if count <= FEW || level >= DEEP {
            return;
        }
        let Some((axis, at)) = self.best(first, count, bounds) else { return };
        let part = &mut self.corners[first..first + count];
        let mut left = 0;
        for index in 0..part.len() {
            if part[index].middle()[axis] < at {
                part.swap(left, index);
                left += 1;
            }
        }
        if left == 0 || left == count {
            return;
        }
        let child = self.nodes.len();
        for (first, count) in [(first, left), (first + left, count - left)] {
            let bounds = self.bounds(first, count);
            self.nodes.push(Node { bounds, first: first as u32, count: count as u32 });
        }
        self.nodes[node] = Node { bounds, first: child as u32, count: 0 };
        self.split(child, level + 1);
        self.split(child + 1, level + 1);
    }

    /// The axis and place of the cheapest cut; `None` when none is cheaper than a leaf.
    fn best(&self, first: usize, count: usize, bounds: Box3) -> Option<(usize, f32)> {
        let part = &self.corners[first..first + count];
        let middles = part.iter().fold(Box3::NONE, |sum, one| {
            let middle = one.middle();
            sum.with(Box3 { low: middle, high: middle })
        });
        let mut best = (bounds.surface() * count as f32, None);
        for axis in 0..3 {
            let (low, span) = (middles.low[axis], middles.high[axis] - middles.low[axis]);
            if span <= 1e-7 {
                continue;
            }
            let mut bins = [(Box3::NONE, 0usize); BINS];
            for one in part {
                let bin = (((one.middle()[axis] - low) / span * BINS as f32) as usize).min(BINS - 1);
                bins[bin] = (bins[bin].0.with(one.bounds()), bins[bin].1 + 1);
            }
            let mut below = [(0.0, 0usize); BINS];
            let mut sum = (Box3::NONE, 0);
            for (bin, cost) in bins.iter().zip(&mut below) {
                sum = (sum.0.with(bin.0), sum.1 + bin.1);
                *cost = (sum.0.surface() * sum.1 as f32, sum.1);
            }
            sum = (Box3::NONE, 0);
            for cut in (1..BINS).rev() {
                sum = (sum.0.with(bins[cut].0), sum.1 + bins[cut].1);
                let (cost, left) = below[cut - 1];
                let cost = cost + sum.0.surface() * sum.1 as f32 + bounds.surface() * 0.8;
                if left > 0 && sum.1 > 0 && cost < best.0 {
                    best = (cost, Some((axis, low + span * cut as f32 / BINS as f32)));
                }
            }
        }
        best.1
    }

    /// The first triangle from `near` to `far` lengths along the ray.
    pub fn first(&self, ray: &Ray, near: f32, far: f32) -> Option<Hit> {
        let mut best = None;
        self.search(ray, far, |one, way, reach| {
            if let Some((distance, weights)) = one.meet(way)
                && distance > near
                && distance < *reach
            {
                *reach = distance;
                best = Some(Hit { distance, weights, triangle: one.index });
            }
            false
        });
        best
    }

    /// Whether anything solid stands within `far` lengths.
    pub fn any(&self, ray: &Ray, far: f32) -> bool {
        let mut found = false;
        self.search(ray, far, |one, way, reach| {
            found = !one.clear && one.meet(way).is_some_and(|(distance, _)| distance > 0.0 && distance < *reach);
            found
        });
        found
    }

    /// Calls `look` with the triangles near the ray, near boxes first, until it returns `true`.
    fn search(&self, ray: &Ray, mut far: f32, mut look: impl FnMut(&Corner, &Way, &mut f32) -> bool) {
        let way = Way::new(ray);
        let mut stack = [(0u32, 0.0f32); DEEP + 2];
        let mut filled = 0;
        let Some(root) = self.nodes.first() else { return };
        let Some(mut enter) = way.enter(&root.bounds, far) else { return };
        let mut node = root;
        loop {
            if enter < far {
                if node.count > 0 {
                    let first = node.first as usize;
                    for one in &self.corners[first..first + node.count as usize] {
                        if look(one, &way, &mut far) {
                            return;
                        }
                    }
                } else {
                    let (a, b) = (node.first, node.first + 1);
                    let hits = [a, b].map(|child| way.enter(&self.nodes[child as usize].bounds, far));
                    let next = match hits {
                        [Some(one), Some(two)] => {
                            let (near, other) = if one <= two { ((a, one), (b, two)) } else { ((b, two), (a, one)) };
                            stack[filled] = other;
                            filled += 1;
                            Some(near)
                        }
                        [Some(one), None] => Some((a, one)),
                        [None, Some(two)] => Some((b, two)),
                        [None, None] => None,
                    };
                    if let Some((child, at)) = next {
                        (node, enter) = (&self.nodes[child as usize], at);
                        continue;
                    }
                }
            }
            if filled == 0 {
                return;
            }
            filled -= 1;
            let (child, at) = stack[filled];
            (node, enter) = (&self.nodes[child as usize], at);
        }
    }
}

/// A ray made ready.
struct Way {
    origin: Vec3A,
    direction: Vec3A,
    inverse: Vec3A,
}

impl Way {
    fn new(ray: &Ray) -> Self {
        let direction = Vec3A::from(ray.direction);
        // No division by zero: a direction along an axis leans by nothing that matters.
        let safe = Vec3A::select(direction.abs().cmplt(Vec3A::splat(1e-12)), Vec3A::splat(1e-12), direction);
        Self { origin: ray.origin.into(), direction, inverse: safe.recip() }
    }

    /// Where it enters a box, if before `far`.
    #[inline(always)]
    fn enter(&self, bounds: &Box3, far: f32) -> Option<f32> {
        let (a, b) = ((bounds.low - self.origin) * self.inverse, (bounds.high - self.origin) * self.inverse);
        let enter = a.min(b).max_element().max(0.0);
        let leave = a.max(b).min_element().min(far);
        (enter <= leave).then_some(enter)
    }
}

impl Corner {
    fn bounds(&self) -> Box3 {
        let (a, b, c) = (self.origin, self.origin + self.one, self.origin + self.two);
        Box3 { low: a.min(b).min(c), high: a.max(b).max(c) }
    }

    fn middle(&self) -> Vec3A {
        self.origin + (self.one + self.two) / 3.0
    }

    /// Distance and weights where a way goes through, from either side.
    #[inline(always)]
    fn meet(&self, way: &Way) -> Option<(f32, (f32, f32))> {
        let p = way.direction.cross(self.two);
        let determinant = self.one.dot(p);
        if determinant.abs() < 1e-14 {
            return None;
        }
        let inverse = 1.0 / determinant;
        let s = way.origin - self.origin;
        let u = s.dot(p) * inverse;
        if !(0.0..=1.0).contains(&u) {
            return None;
        }
        let q = s.cross(self.one);
        let v = way.direction.dot(q) * inverse;
        (v >= 0.0 && u + v <= 1.0).then(|| (self.two.dot(q) * inverse, (u, v)))
    }
}
