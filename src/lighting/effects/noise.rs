//! Smooth noise along a line that changes with time.
//!
//! ```text
//! row + 1   ●─────●─────●     points thrown by chance, one a cell;
//!  now ·····│·····│·····│···  between them the value goes smoothly,
//! row       ●─────●─────●     along the line and from row to row
//! ```
//!
//! The field is closed: after 2³² cells, or rows, it comes round without a seam, so places may run below 0.

use super::random::stir;

/// One line through the noise, read from LED to LED. Places have 16 bits behind the point: 65536 is one cell.
pub struct Track {
    salt: u64,
    row: u32,
    /// How far the next row has come, 0 to 256.
    risen: i32,
    at: u64,
    step: u64,
    cell: u32,
    left: i32,
    right: i32,
}

impl Track {
    /// Begins at a place of the line, at a time; `step` is from LED to LED. Another salt is another field.
    pub fn new(salt: u64, at: u64, step: u64, time: u64) -> Self {
        let cell = (at >> 16) as u32;
        let risen = SMOOTH[(time >> 8) as usize & 255];
        let mut track = Self { salt, row: (time >> 16) as u32, risen, at, step, cell, left: 0, right: 0 };
        (track.left, track.right) = (track.post(cell), track.post(cell.wrapping_add(1)));
        track
    }

    /// The value at the border of a cell, 0 to 255, at this time.
    fn post(&self, cell: u32) -> i32 {
        let point = |row: u32| stir(self.salt ^ (u64::from(row) << 32 | u64::from(cell))) as i32 & 255;
        between(point(self.row), point(self.row.wrapping_add(1)), self.risen)
    }

    /// The value here, 0 to 255; goes on to the next LED.
    #[inline]
    pub fn read(&mut self) -> u8 {
        let cell = (self.at >> 16) as u32;
        if cell != self.cell {
            self.left = if cell == self.cell.wrapping_add(1) { self.right } else { self.post(cell) };
            self.right = self.post(cell.wrapping_add(1));
            self.cell = cell;
        }
        let value = between(self.left, self.right, SMOOTH[(self.at >> 8) as usize & 255]);
        self.at = self.at.wrapping_add(self.step);
        value as u8
    }
}

#[inline]
fn between(from: i32, to: i32, amount: i32) -> i32 {
    from + (((to - from) * amount) >> 8)
}

/// From 0 to 256, level at both ends: 3 t² - 2 t³.
static SMOOTH: [i32; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = ((at * at * (768 - 2 * at)) >> 16) as i32;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: u64) -> Vec<u8> {
        let mut track = Track::new(3, 5 << 16, 65536 / 16, time);
        (0..1600).map(|_| track.read()).collect()
    }

    #[test]
    fn noise_is_smooth_along_the_line_and_in_time_and_uses_its_range() {
        let (now, later) = (line(700_000), line(700_000 + 65536 / 64));
        assert!(now.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 26), "{now:?}");
        assert!(now.iter().zip(&later).all(|(a, b)| a.abs_diff(*b) <= 8));
        assert!(now != later && now.iter().max() > Some(&200) && now.iter().min() < Some(&50));
    }

    #[test]
    fn a_line_may_be_read_from_anywhere() {
        let mut inside = Track::new(3, (5 << 16) + 100 * 4096, 4096, 700_000);
        assert_eq!(inside.read(), line(700_000)[100]);
        // Over the seam, too.
        let mut seam = Track::new(3, 0u64.wrapping_sub(8 * 4096), 4096, 700_000);
        let values: Vec<_> = (0..16).map(|_| seam.read()).collect();
        assert_eq!(values[8], Track::new(3, 0, 4096, 700_000).read());
        assert!(values.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 26), "{values:?}");
        // Steps of more than a cell are read, too.
        let mut coarse = Track::new(3, 5 << 16, 3 * 65536, 700_000);
        assert_eq!([coarse.read(), coarse.read()], [line(700_000)[0], line(700_000)[48]]);
    }
}
