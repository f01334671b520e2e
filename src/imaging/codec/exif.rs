//! The one thing of EXIF that is kept: how a picture is to be turned to stand upright.
//!
//! Refuses to know: everything else that EXIF may hold; which files carry it.

use image::metadata::Orientation;

/// How a stored picture is turned to stand upright, EXIF 1 to 8.
pub type Turn = Orientation;

/// The turn in an EXIF block (a TIFF structure); upright where it has no valid one.
pub fn turn(tiff: &[u8]) -> Turn {
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}

/// An EXIF block that holds a turn and nothing else; `None` for what is upright already.
pub fn block(turn: Turn) -> Option<Vec<u8>> {
    if turn == Orientation::NoTransforms {
        return None;
    }
    // Big endian TIFF: the directory at 8 with one entry, tag 0x0112, one SHORT; no directory after it.
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([turn.to_exif(), 0, 0, 0, 0, 0, 0]);
    Some(tiff)
}

/// Whether rows become columns.
pub fn lies_on_side(turn: Turn) -> bool {
    turn.to_exif() >= 5
}

/// Width and height after a turn. Its own inverse.
pub fn upright_size(width: u32, height: u32, turn: Turn) -> (u32, u32) {
    if lies_on_side(turn) { (height, width) } else { (width, height) }
}

/// Pixels of `N` bytes, rows from the top, turned.
pub fn turned<const N: usize>(pixels: &[u8], width: usize, height: usize, turn: Turn) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<N>();
    let number = turn.to_exif();
    let (across, down) = if lies_on_side(turn) { (height, width) } else { (width, height) };
    let mut out = Vec::with_capacity(pixels.len() * N);
    for y in 0..down {
        for x in 0..across {
            // Where in the stored picture the upright pixel comes from.
            let (from_x, from_y) = match number {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                8 => (width - 1 - y, x),
                _ => (x, y),
            };
            out.extend(pixels.get(from_y * width + from_x).unwrap_or(&[0; N]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_turn_is_read_back() {
        for number in 2..=8 {
            let turn = Orientation::from_exif(number).unwrap();
            assert_eq!(super::turn(&block(turn).unwrap()), turn);
        }
        assert_eq!(block(Orientation::NoTransforms), None);
        assert_eq!(turn(b"MM\0\x2a\xff\xff\xff\xff"), Orientation::NoTransforms);
    }

    #[test]
    fn every_turn_puts_each_corner_where_exif_says() {
        // Stored: 1 2 3 / 4 5 6. What each number means is read off the EXIF table (row 0 is the visual …).
        let stored = [1, 2, 3, 4, 5, 6];
        let upright: [&[u8]; 8] = [
            &[1, 2, 3, 4, 5, 6],
            &[3, 2, 1, 6, 5, 4],
            &[6, 5, 4, 3, 2, 1],
            &[4, 5, 6, 1, 2, 3],
            &[1, 4, 2, 5, 3, 6],
            &[4, 1, 5, 2, 6, 3],
            &[6, 3, 5, 2, 4, 1],
            &[3, 6, 2, 5, 1, 4],
        ];
        for (number, expected) in (1..=8).zip(upright) {
            let turn = Orientation::from_exif(number).unwrap();
            assert_eq!(turned::<1>(&stored, 3, 2, turn), expected, "EXIF {number}");
        }
    }
}
