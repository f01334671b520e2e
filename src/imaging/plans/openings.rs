//! Finds doors and windows: gaps between ends of walls that face each other. Refuses to know: rooms, metres.

use super::{bits::Bits, walls::Walls};

/// A gap in a wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Left, top pixel.
    pub low: (usize, usize),
    /// Right, bottom pixel, excluded.
    pub high: (usize, usize),
    /// Whether the wall runs across the picture.
    pub level: bool,
    /// Lines that run along the wall through the gap, as glass is drawn.
    pub lines: usize,
    /// The leaf of a door, if one is drawn at a right angle to the wall.
    pub leaf: Option<Leaf>,
}

/// A door standing open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Whether it hangs at the right (in upright walls: lower) end of the gap.
    pub at_end: bool,
    /// Whether it stands below (in upright walls: to the right of) the wall.
    pub below: bool,
}

impl Opening {
    /// Pixels from wall to wall.
    pub fn gap(&self) -> usize {
        if self.level { self.high.0 - self.low.0 } else { self.high.1 - self.low.1 }
    }

    fn transposed(self) -> Self {
        let swap = |(a, b)| (b, a);
        Self { low: swap(self.low), high: swap(self.high), level: !self.level, ..self }
    }
}

/// Gaps of all walls.
pub fn find(walls: &Walls, ink: &Bits) -> Vec<Opening> {
    let free = walls.without(ink);
    let mut found = level(&walls.bits, ink, &free, walls.thickness);
    let upright = level(&walls.bits.transposed(), &ink.transposed(), &free.transposed(), walls.thickness);
    found.extend(upright.into_iter().map(Opening::transposed));
    // Wider than any door and not of glass: a part of a room, not a gap.
    found.retain(|gap| gap.lines >= 2 || gap.gap() as f32 <= 8.5 * walls.thickness);
    found
}

/// A gap that is followed from row to row.
struct Run {
    left: usize,
    right: usize,
    top: usize,
    rows: usize,
}

/// Gaps in walls that run across; `free` is ink away from walls.
fn level(walls: &Bits, ink: &Bits, free: &Bits, thickness: f32) -> Vec<Opening> {
    let slack = (0.35 * thickness).max(2.0) as usize;
    let (least, most) = ((0.6 * thickness) as usize, (1.9 * thickness) as usize);
    let (narrow, wide) = ((1.6 * thickness) as usize, (22.0 * thickness) as usize);
    let mut found = Vec::new();
    let mut open: Vec<Run> = Vec::new();
    let mut close = |run: Run| {
        if run.rows >= least.max(2) && run.rows <= most {
            let opening = Opening {
                low: (run.left, run.top),
                high: (run.right, run.top + run.rows),
                level: true,
                lines: 0,
                leaf: None,
            };
            found.push(Opening { lines: lines(ink, &opening), leaf: leaf(free, &opening), ..opening });
        }
    };
    for y in 0..=walls.height {
        let mut next: Vec<Run> = Vec::new();
        let row = walls.data.get(y * walls.width..(y + 1) * walls.width).unwrap_or(&[]);
        let mut last = None;
        for (x, _) in row.iter().enumerate().filter(|(_, wall)| **wall) {
            if let Some(left) = last.replace(x + 1)
                && (narrow..=wide).contains(&(x - left))
            {
                let same = |run: &Run| run.left.abs_diff(left) <= slack && run.right.abs_diff(x) <= slack;
                next.push(match open.iter().position(same) {
                    Some(at) => {
                        let run = open.swap_remove(at);
                        Run { left: run.left.min(left), right: run.right.max(x), rows: run.rows + 1, ..run }
                    }
                    None => Run { left, right: x, top: y, rows: 1 },
                });
            }
        }
        open.drain(..).for_each(&mut close);
        open = next;
    }
    found
}

/// Lines along a level gap.
fn lines(ink: &Bits, gap: &Opening) -> usize {
    let margin = (gap.gap() / 10).max(1);
    let (left, right) = (gap.low.0 + margin, gap.high.0 - margin);
    let covered = |y: usize| {
        let here = (left..right).filter(|&x| (y.saturating_sub(1)..=y + 1).any(|v| ink.at(x as isize, v as isize)));
        here.count() * 100 >= right.saturating_sub(left) * 82
    };
    let mut count = 0;
    let mut inside = false;
    for y in gap.low.1.saturating_sub(2)..gap.high.1 + 2 {
        let line = covered(y);
        count += usize::from(line && !inside);
        inside = line;
    }
    count
}

/// The line of an open door at one end of a level gap.
fn leaf(ink: &Bits, gap: &Opening) -> Option<Leaf> {
    let length = gap.gap() as isize;
    let slack = (length / 12).max(2);
    let mut best = (70, None);
    for (at_end, x) in [(false, gap.low.0 as isize), (true, gap.high.0 as isize - 1)] {
        for (below, from) in [(false, gap.low.1 as isize - length), (true, gap.high.1 as isize)] {
            // Most of one column of the square beside the gap, and little of the columns around it, is ink.
            let rows = from + length / 12..from + length - length / 12;
            let column = |x: isize| {
                rows.clone().filter(|&y| ink.at(x, y)).count() as isize * 100 / rows.clone().count().max(1) as isize
            };
            let most = (x - slack..=x + slack).map(column).max().unwrap_or(0);
            let blank = column(x - 3 * slack).min(column(x + 3 * slack)) < 50;
            if most > best.0 && blank {
                best = (most, Some(Leaf { at_end, below }));
            }
        }
    }
    best.1
}
