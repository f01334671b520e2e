//! Where each member of a composite is shown. Sans-IO.

pub use crate::domain::output::Layout;

/// A place in the picture, in pixels; all even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Members in the row below the speaker that make it no narrower.
const ROW: u32 = 4;

/// The cell of each of `count` members in a picture of a size; `None` for members that are not shown. `large` is the
/// index of the member that speaks.
pub fn cells(layout: Layout, count: usize, large: usize, (width, height): (u32, u32)) -> Vec<Option<Cell>> {
    let whole = Cell { x: 0, y: 0, width, height };
    match layout {
        _ if count == 0 => Vec::new(),
        _ if count == 1 => vec![Some(whole)],
        Layout::Single => (0..count).map(|n| (n == 0).then_some(whole)).collect(),
        Layout::Grid => {
            let columns = (1..).find(|columns| columns * columns >= count).unwrap_or(1);
            let rows = count.div_ceil(columns);
            let (columns_u, rows_u) = (number(columns), number(rows));
            let (w, h) = (even(width / columns_u), even(height / rows_u));
            let cell = |n: usize| {
                let (column, row) = (number(n % columns), number(n / columns));
                // The last row may be shorter: it stands in the middle.
                let in_row = number(columns.min(count - n / columns * columns));
                let left = begin((width - in_row * w) / 2);
                let top = begin((height - rows_u * h) / 2);
                Some(Cell { x: left + column * w, y: top + row * h, width: w, height: h })
            };
            (0..count).map(cell).collect()
        }
        Layout::Speaker => {
            let others = number(count - 1);
            let top = even(height * 3 / 4);
            let (w, h) = (even(width / others.max(ROW)), even(height - top));
            let left = begin((width - others * w) / 2);
            let mut next = 0;
            let mut small = || {
                next += 1;
                Cell { x: left + (next - 1) * w, y: top, width: w, height: h }
            };
            let speaker = Cell { height: top, ..whole };
            (0..count).map(|n| Some(if n == large { speaker } else { small() })).collect()
        }
    }
}

/// An even place; the edge is one.
fn begin(pixels: u32) -> u32 {
    pixels & !1
}

/// An even size; nothing is not one.
fn even(pixels: u32) -> u32 {
    (pixels & !1).max(2)
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_in_the_picture_and_never_on_each_other() {
        for layout in [Layout::Grid, Layout::Speaker, Layout::Single] {
            for count in 0..30 {
                let cells = cells(layout, count, count / 2, (1280, 720));
                assert_eq!(cells.len(), count);
                let shown: Vec<Cell> = cells.into_iter().flatten().collect();
                for (n, a) in shown.iter().enumerate() {
                    assert!(a.x + a.width <= 1280 && a.y + a.height <= 720, "{layout:?} {count}: {a:?}");
                    assert!([a.x, a.y, a.width, a.height].iter().all(|v| v % 2 == 0), "{a:?}");
                    for b in &shown[n + 1..] {
                        let apart = a.x + a.width <= b.x
                            || b.x + b.width <= a.x
                            || a.y + a.height <= b.y
                            || b.y + b.height <= a.y;
                        assert!(apart, "{layout:?} {count}: {a:?} and {b:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn two_stand_side_by_side_and_the_speaker_is_the_largest() {
        let two = cells(Layout::Grid, 2, 0, (1280, 720));
        let cell = |x| Some(Cell { x, y: 0, width: 640, height: 720 });
        assert_eq!(two, [cell(0), cell(640)]);
        let three = cells(Layout::Speaker, 3, 1, (1280, 720));
        assert_eq!(three[1], Some(Cell { x: 0, y: 0, width: 1280, height: 540 }));
        assert_eq!(three[0], Some(Cell { x: 320, y: 540, width: 320, height: 180 }));
        assert_eq!(three[2], Some(Cell { x: 640, y: 540, width: 320, height: 180 }));
    }
}
