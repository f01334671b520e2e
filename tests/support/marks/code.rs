//! The mark of one frame: 32 black or white cells over the top quarter of the picture.
//!
//! Sixteen columns of two cells, read column by column from the left, upper cell first, white is
//! one, most significant bit first: 4 bits source, 20 bits frame number, 8 bits CRC. The CRC is
//! CRC-8 with polynomial 0x2F, preset and final inversion 0xFF (the one AUTOSAR uses), so an
//! all-black and an all-white band are both invalid. A cell counts only near black or near white:
//! a picture mixed of two frames has grey cells wherever the two differ, and is refused.

/// Cells side by side.
pub const COLUMNS: usize = 16;
/// Cells one above the other.
pub const ROWS: usize = 2;
/// All cells of a mark.
pub const CELLS: usize = COLUMNS * ROWS;
/// Luma of a zero (video range black).
pub const BLACK: u8 = 16;
/// Luma of a one (video range white).
pub const WHITE: u8 = 235;

/// How far, as a share of the way from black to white, a cell may be from its end and still count.
const TOLERANCE: f32 = 0.25;

/// Why a frame has no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The whole picture is black.
    Black,
    /// At least one cell is neither black nor white: two pictures on top of each other.
    Mixed,
    /// All cells are clear, but the CRC does not fit: a torn or a foreign picture.
    Garbled,
}

/// The 32 bits of a mark, first cell in the top bit.
pub fn word(source: u8, number: u32) -> u32 {
    let payload = u32::from(source & 0x0F) << 20 | (number & 0x000F_FFFF);
    payload << 8 | u32::from(crc(payload))
}

/// The luma of one cell of a word.
pub fn cell_luma(word: u32, column: usize, row: usize) -> u8 {
    let position = column * ROWS + row;
    if word >> (CELLS - 1 - position) & 1 == 1 { WHITE } else { BLACK }
}

/// Reads `(source, number)` back from the mean luma of each cell, in code order.
pub fn decode(cells: &[f32; CELLS]) -> Result<(u8, u32), Unread> {
    let span = f32::from(WHITE - BLACK);
    let mut word = 0_u32;
    for luma in cells {
        let level = (luma - f32::from(BLACK)) / span;
        if level > TOLERANCE && level < 1.0 - TOLERANCE {
            return Err(Unread::Mixed);
        }
        word = word << 1 | u32::from(level > 0.5);
    }
    let payload = word >> 8;
    if crc(payload) != (word & 0xFF) as u8 {
        return Err(Unread::Garbled);
    }
    Ok(((payload >> 20) as u8, payload & 0x000F_FFFF))
}

fn crc(payload: u32) -> u8 {
    let mut register = 0xFF_u8;
    for byte in &payload.to_be_bytes()[1..] {
        register ^= byte;
        for _ in 0..8 {
            let carry = register & 0x80 != 0;
            register <<= 1;
            if carry {
                register ^= 0x2F;
            }
        }
    }
    !register
}
