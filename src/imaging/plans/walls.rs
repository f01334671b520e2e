//! Finds walls in ink: thick strokes, or the cavities between the two lines of outlined walls.
//!
//! ```text
//! ink ─► thick strokes ─► enough? ─► walls
//!    └─► thin closed cavities ─┘
//! ```
//!
//! Text, dimension lines and furniture are thin or small and drop out. Refuses to know: rooms, metres.

use super::bits::Bits;

/// Walls, and how thick they mostly are in pixels.
#[derive(Debug, Clone)]
pub struct Walls {
    pub bits: Bits,
    pub thickness: f32,
}

impl Walls {
    /// Pixels of wall end to end, about.
    pub fn length(&self) -> f32 {
        self.bits.count() as f32 / self.thickness
    }

    /// Ink that is not on a wall or its edge.
    pub fn without(&self, ink: &Bits) -> Bits {
        let near = self.bits.grown(2);
        Bits { data: ink.data.iter().zip(&near.data).map(|(&ink, &wall)| ink && !wall).collect(), ..*ink }
    }

    fn extent(&self) -> f32 {
        let marked = (0..self.bits.data.len()).filter(|&at| self.bits.data[at]);
        let ((mut x0, mut x1), (mut y0, mut y1)) = ((usize::MAX, 0), (usize::MAX, 0));
        for at in marked {
            let (x, y) = (at % self.bits.width, at / self.bits.width);
            (x0, x1, y0, y1) = (x0.min(x), x1.max(x), y0.min(y), y1.max(y));
        }
        (x1.saturating_sub(x0).max(y1.saturating_sub(y0)) + 1) as f32
    }

    /// Whether there is wall enough to go at least most of the way around.
    fn enclose(&self) -> bool {
        let extent = self.extent();
        extent > 0.15 * self.bits.width.max(self.bits.height) as f32 && self.length() > 1.8 * extent
    }
}

/// Candidates, the more likely first.
pub fn find(ink: &Bits) -> Vec<Walls> {
    let found = [strokes(ink), cavities(ink)];
    found.into_iter().flatten().filter(Walls::enclose).collect()
}

/// The thickness that covers most pixels within `range`.
fn usual(counts: &[f32], range: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let around = |at: usize| -> f32 { counts[at.saturating_sub(1)..(at + 2).min(counts.len())].iter().sum() };
    let best = range.filter(|&at| at < counts.len()).max_by(|&a, &b| around(a).total_cmp(&around(b)))?;
    (around(best) > 0.0).then_some(best)
}

/// Strokes clearly thicker than lines and letters.
fn strokes(ink: &Bits) -> Option<Walls> {
    let long = ink.width.max(ink.height);
    let (across, down) = (ink.runs(), ink.transposed().runs());
    let mut counts = vec![0f32; long / 16];
    for (at, run) in across.iter().enumerate().filter(|(_, run)| **run > 0) {
        let other = down[(at % ink.width) * ink.height + at / ink.width];
        if let Some(count) = counts.get_mut((*run).min(other) as usize) {
            *count += 1.0;
        }
    }
    let thick = usual(&counts, 4.max(long / 260)..=long / 22)?;
    let lengths: Vec<f32> = counts.iter().enumerate().map(|(at, count)| count / at.max(1) as f32).collect();
    let thin = usual(&lengths, 1..=thick / 2).unwrap_or(1);
    let side = (2.2 * thin as f32).clamp(3.0, (thick as f32 * 0.5).max(3.0));
    let radius = (((side - 1.0) * 0.5).round() as usize).max(1);
    let open = ink.shrunk(radius).grown(radius);
    let least = (3.5 * thick as f32).max(0.04 * long as f32) as usize;
    let pieces = open.pieces(true);
    let bits = open.kept(&pieces, |_, piece| {
        let (w, h) = (piece.high.0 - piece.low.0 + 1, piece.high.1 - piece.low.1 + 1);
        // A blot fills its frame and is thick both ways.
        let blot = piece.area * 2 > w * h && w.min(h) > 3 * thick;
        piece.long_side() >= least && !blot
    });
    Some(without_frame(Walls { bits, thickness: thick as f32 }))
}

/// Closed strips of paper between lines, all about as wide.
fn cavities(ink: &Bits) -> Option<Walls> {
    let long = ink.width.max(ink.height);
    let paper = ink.inverted();
    let (pieces, depth) = (paper.pieces(false), paper.depth());
    let mut width = vec![0u16; pieces.all.len()];
    for (number, depth) in pieces.map.iter().zip(&depth) {
        if let Some(most) = (*number as usize).checked_sub(1).and_then(|number| width.get_mut(number)) {
            *most = (*most).max(depth.saturating_mul(2).saturating_sub(1));
        }
    }
    let strip = |number: usize, area: usize, times: f32| {
        let width = f32::from(width[number]);
        area as f32 >= times * width * width
    };
    let mut counts = vec![0f32; long / 16];
    for (number, piece) in pieces.all.iter().enumerate() {
        if let Some(count) = counts.get_mut(width[number] as usize)
            && strip(number, piece.area, 4.0)
        {
            *count += piece.area as f32;
        }
    }
    let usual = usual(&counts, 4.max(long / 300)..=long / 24)? as f32;
    // Where walls meet with an offset a cavity is wide, but only there.
    let mut broad = vec![0usize; pieces.all.len() + 1];
    for (number, depth) in pieces.map.iter().zip(&depth) {
        broad[*number as usize] += usize::from(f32::from(*depth) > 0.75 * usual);
    }
    let cavity = paper.kept(&pieces, |number, piece| {
        let width = f32::from(width[number]);
        let narrow = broad[number + 1] * 40 <= piece.area && width <= 3.5 * usual;
        let long = piece.area as f32 >= 1.8 * usual * usual && strip(number, piece.area, 1.2);
        width >= 0.7 * usual && narrow && long && !piece.touches_edge(ink)
    });
    // The lines themselves belong to the wall.
    let line = stroke(ink);
    let near = cavity.grown(line);
    let mut bits = cavity;
    for at in 0..bits.data.len() {
        bits.data[at] |= near.data[at] && ink.data[at];
    }
    let bits = bits.shrunk(1).grown(1);
    // Short pieces of wall count when window strips tie them to others.
    let panes = paper.kept(&pieces, |number, piece| {
        let (w, h) = (piece.high.0 - piece.low.0 + 1, piece.high.1 - piece.low.1 + 1);
        let width = f32::from(width[number]);
        piece.area * 10 >= w * h * 9 && width >= 0.25 * usual && width < 0.7 * usual && strip(number, piece.area, 3.0)
    });
    let mut tied = panes.grown(line + 1);
    for at in 0..tied.data.len() {
        tied.data[at] = bits.data[at] || tied.data[at] && (ink.data[at] || panes.data[at]);
    }
    let tied = tied.kept(&tied.pieces(true), |_, piece| {
        let (w, h) = (piece.high.0 - piece.low.0 + 1, piece.high.1 - piece.low.1 + 1);
        // Alone and squat: a stove or another fixture drawn in outline.
        let fixture = (w.max(h) as f32) < 7.0 * usual && (w.min(h) as f32) > 2.0 * usual && piece.area * 2 > w * h;
        piece.long_side() as f32 >= 3.0 * usual && !fixture
    });
    let data = bits.data.iter().zip(&tied.data).map(|(&wall, &tied)| wall && tied).collect();
    let bits = Bits { data, ..bits };
    Some(without_frame(Walls { bits, thickness: usual + 2.0 * line as f32 - 1.0 }))
}

/// How thick lines mostly are, in pixels.
fn stroke(ink: &Bits) -> usize {
    let (across, down) = (ink.runs(), ink.transposed().runs());
    let mut counts = [0f32; 12];
    for at in 0..ink.data.len() {
        let run = across[at].min(down[(at % ink.width) * ink.height + at / ink.width]) as usize;
        if run > 0 && run < counts.len() {
            counts[run] += 1.0 / run as f32;
        }
    }
    (1..counts.len()).max_by(|&a, &b| counts[a].total_cmp(&counts[b])).unwrap_or(1)
}

/// Without a frame around the whole sheet.
fn without_frame(walls: Walls) -> Walls {
    let pieces = walls.bits.pieces(true);
    let thick = 2 * walls.thickness as usize;
    let Some((outer, frame)) = pieces.all.iter().enumerate().max_by_key(|(_, piece)| piece.long_side()) else {
        return walls;
    };
    let inside = |piece: &super::bits::Piece| {
        piece.low.0 > frame.low.0 + thick
            && piece.low.1 > frame.low.1 + thick
            && piece.high.0 + thick < frame.high.0
            && piece.high.1 + thick < frame.high.1
    };
    let held: usize = pieces.all.iter().filter(|piece| inside(piece)).map(|piece| piece.area).sum();
    let along = (0..walls.bits.data.len()).filter(|&at| pieces.map[at] as usize == outer + 1).all(|at| {
        let (x, y) = (at % walls.bits.width, at / walls.bits.width);
        x < frame.low.0 + thick || x + thick > frame.high.0 || y < frame.low.1 + thick || y + thick > frame.high.1
    });
    if along && held * 2 > frame.area {
        let bits = walls.bits.kept(&pieces, |number, _| number != outer);
        return Walls { bits, ..walls };
    }
    walls
}
