//! Finds rooms: areas that walls and their gaps enclose. Refuses to know: metres, the purpose of a room.

use super::{bits::Bits, openings::Opening, walls::Walls};
use std::collections::VecDeque;

/// A room.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// Pixels of floor between the walls.
    pub area: usize,
    /// Pixels of thin ink on it: fixtures and furniture as drawn.
    pub ink: usize,
}

/// Rooms, and for each pixel the number of its room plus 1; 0 for none.
#[derive(Debug, Clone, PartialEq)]
pub struct Rooms {
    pub map: Vec<u32>,
    pub all: Vec<Room>,
}

/// Rooms between walls, with their gaps treated as closed; when too little is enclosed that way, with the walls grown
/// until they close.
pub fn find(walls: &Walls, openings: &[Opening], ink: &Bits) -> Rooms {
    let mut closed = walls.bits.clone();
    for opening in openings {
        closed.fill(opening.low, opening.high);
    }
    let mut best = enclosed(&closed, 0, walls, ink);
    let hull = span(&walls.bits);
    for step in [1.0, 2.0, 3.2] {
        let area: usize = best.all.iter().map(|room| room.area).sum();
        if area * 3 > hull {
            break;
        }
        let other = enclosed(&closed, (walls.thickness * step) as usize, walls, ink);
        if other.all.iter().map(|room| room.area).sum::<usize>() * 2 > area * 3 {
            best = other;
        }
    }
    best
}

/// Pixels between the outermost walls, row by row: about what the house covers.
fn span(walls: &Bits) -> usize {
    let width = |row: &[bool]| Some(row.iter().rposition(|&bit| bit)? - row.iter().position(|&bit| bit)?);
    walls.data.chunks_exact(walls.width).filter_map(width).sum()
}

/// Pieces of free space that do not reach the edge once walls are grown by `radius`.
fn enclosed(closed: &Bits, radius: usize, walls: &Walls, ink: &Bits) -> Rooms {
    let free = closed.grown(radius).inverted();
    let pieces = free.pieces(false);
    let least = (3.0 * walls.thickness).powi(2) as usize / 2;
    let mut numbers = vec![0u32; pieces.all.len() + 1];
    let mut count = 0;
    for (number, piece) in pieces.all.iter().enumerate() {
        if !piece.touches_edge(&free) && piece.area >= least {
            count += 1;
            numbers[number + 1] = count;
        }
    }
    let mut map: Vec<u32> = pieces.map.iter().map(|&number| numbers[number as usize]).collect();
    if radius > 0 {
        spread(&mut map, closed.width, radius, |at| closed.data[at]);
    }
    let mut all = vec![Room { area: 0, ink: 0 }; count as usize];
    for (at, number) in map.iter().enumerate() {
        if let Some(room) = (*number as usize).checked_sub(1).and_then(|number| all.get_mut(number)) {
            room.area += 1;
            room.ink += usize::from(ink.data[at]);
        }
    }
    Rooms { map, all }
}

/// Numbers grow over their neighbours by up to `far` pixels, not over what is `barred`.
pub fn spread(map: &mut [u32], width: usize, far: usize, barred: impl Fn(usize) -> bool) {
    let mut queue: VecDeque<(usize, usize)> = (0..map.len()).filter(|&at| map[at] > 0).map(|at| (at, 0)).collect();
    while let Some((at, gone)) = queue.pop_front() {
        if gone == far {
            continue;
        }
        let x = at % width;
        let near = [
            (x > 0).then(|| at - 1),
            (x + 1 < width).then_some(at + 1),
            at.checked_sub(width),
            Some(at + width).filter(|&down| down < map.len()),
        ];
        for next in near.into_iter().flatten() {
            if map[next] == 0 && !barred(next) {
                map[next] = map[at];
                queue.push_back((next, gone + 1));
            }
        }
    }
}
