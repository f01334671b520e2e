//! Black-and-white maps: what is marked, grown, shrunk, taken apart. Refuses to know: what the marks mean.

use std::collections::VecDeque;

/// One mark a pixel, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    pub width: usize,
    pub height: usize,
    pub data: Vec<bool>,
}

/// A connected piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Pixels.
    pub area: usize,
    /// Left, top and right, bottom pixel.
    pub low: (usize, usize),
    pub high: (usize, usize),
}

impl Piece {
    pub fn long_side(&self) -> usize {
        (self.high.0 - self.low.0).max(self.high.1 - self.low.1) + 1
    }

    pub fn touches_edge(&self, bits: &Bits) -> bool {
        self.low.0 == 0 || self.low.1 == 0 || self.high.0 + 1 == bits.width || self.high.1 + 1 == bits.height
    }
}

/// Pieces, and for each pixel the number of its piece plus 1; 0 for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    pub map: Vec<u32>,
    pub all: Vec<Piece>,
}

impl Bits {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![false; width * height] }
    }

    pub fn at(&self, x: isize, y: isize) -> bool {
        x >= 0
            && y >= 0
            && (x as usize) < self.width
            && (y as usize) < self.height
            && self.data[y as usize * self.width + x as usize]
    }

    pub fn count(&self) -> usize {
        self.data.iter().filter(|&&bit| bit).count()
    }

    pub fn inverted(&self) -> Self {
        Self { data: self.data.iter().map(|bit| !bit).collect(), ..*self }
    }

    pub fn transposed(&self) -> Self {
        let mut other = Self::new(self.height, self.width);
        for y in 0..self.height {
            for x in 0..self.width {
                other.data[x * self.height + y] = self.data[y * self.width + x];
            }
        }
        other
    }

    /// Marks a rectangle of pixels; what is outside is cut off. `high` is excluded.
    pub fn fill(&mut self, low: (usize, usize), high: (usize, usize)) {
        for y in low.1..high.1.min(self.height) {
            let row = &mut self.data[y * self.width..][..self.width];
            for bit in row.iter_mut().take(high.0).skip(low.0) {
                *bit = true;
            }
        }
    }

    /// Marks all within `radius` pixels across, down or diagonally of a mark.
    pub fn grown(&self, radius: usize) -> Self {
        if radius == 0 {
            return self.clone();
        }
        let spread = |bits: &Self| {
            let mut out = bits.clone();
            for (from, to) in bits.data.chunks_exact(bits.width).zip(out.data.chunks_exact_mut(bits.width)) {
                // Marks within the window around x, kept up to date as it moves.
                let mut within = from.iter().take(radius).filter(|&&bit| bit).count();
                for (x, bit) in to.iter_mut().enumerate() {
                    within += usize::from(from.get(x + radius).copied().unwrap_or(false));
                    *bit = within > 0;
                    within -= usize::from(x.checked_sub(radius).is_some_and(|left| from[left]));
                }
            }
            out
        };
        spread(&spread(self).transposed()).transposed()
    }

    /// Leaves only marks with marks all around within `radius`; beyond the edge counts as marked.
    pub fn shrunk(&self, radius: usize) -> Self {
        self.inverted().grown(radius).inverted()
    }

    /// Connected pieces of marked pixels, over corners too if `diagonal`.
    pub fn pieces(&self, diagonal: bool) -> Pieces {
        let mut map = vec![0u32; self.data.len()];
        let mut all = Vec::new();
        let mut queue = VecDeque::new();
        let steps: &[(isize, isize)] =
            &[(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)][..if diagonal { 8 } else { 4 }];
        for start in 0..self.data.len() {
            if !self.data[start] || map[start] != 0 {
                continue;
            }
            let number = all.len() as u32 + 1;
            let place = (start % self.width, start / self.width);
            let mut piece = Piece { area: 0, low: place, high: place };
            map[start] = number;
            queue.push_back(place);
            while let Some((x, y)) = queue.pop_front() {
                piece.area += 1;
                piece.low = (piece.low.0.min(x), piece.low.1.min(y));
                piece.high = (piece.high.0.max(x), piece.high.1.max(y));
                for (dx, dy) in steps {
                    let (u, v) = (x as isize + dx, y as isize + dy);
                    if self.at(u, v) {
                        let at = v as usize * self.width + u as usize;
                        if map[at] == 0 {
                            map[at] = number;
                            queue.push_back((u as usize, v as usize));
                        }
                    }
                }
            }
            all.push(piece);
        }
        Pieces { map, all }
    }

    /// Only the pieces that `keep` wants.
    pub fn kept(&self, pieces: &Pieces, mut keep: impl FnMut(usize, &Piece) -> bool) -> Self {
        let wanted: Vec<bool> = pieces.all.iter().enumerate().map(|(number, piece)| keep(number, piece)).collect();
        let data = pieces.map.iter().map(|&number| number > 0 && wanted[number as usize - 1]).collect();
        Self { data, ..*self }
    }

    /// For each marked pixel the length of the run of marks through it along its row, else 0.
    pub fn runs(&self) -> Vec<u16> {
        let mut runs = vec![0u16; self.data.len()];
        for (row, out) in self.data.chunks_exact(self.width).zip(runs.chunks_exact_mut(self.width)) {
            let mut start = 0;
            while start < row.len() {
                let length = row[start..].iter().take_while(|&&bit| bit).count();
                out[start..start + length].fill(length.min(u16::MAX as usize) as u16);
                start += length + 1;
            }
        }
        runs
    }

    /// For each marked pixel how far the nearest unmarked one is, across, down or diagonally; else 0.
    pub fn depth(&self) -> Vec<u16> {
        let (w, h) = (self.width as isize, self.height as isize);
        let mut depth: Vec<u16> = self.data.iter().map(|&bit| if bit { u16::MAX - 1 } else { 0 }).collect();
        let mut pass = |places: &mut dyn Iterator<Item = (isize, isize)>, before: [(isize, isize); 4]| {
            for (x, y) in places {
                let at = (y * w + x) as usize;
                for (dx, dy) in before {
                    let (u, v) = (x + dx, y + dy);
                    let near = if u < 0 || v < 0 || u >= w || v >= h { 0 } else { depth[(v * w + u) as usize] };
                    depth[at] = depth[at].min(near + 1);
                }
                if !self.data[at] {
                    depth[at] = 0;
                }
            }
        };
        pass(&mut (0..h).flat_map(|y| (0..w).map(move |x| (x, y))), [(-1, 0), (-1, -1), (0, -1), (1, -1)]);
        pass(&mut (0..h).rev().flat_map(|y| (0..w).rev().map(move |x| (x, y))), [(1, 0), (1, 1), (0, 1), (-1, 1)]);
        depth
    }
}
