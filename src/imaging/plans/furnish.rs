//! What rooms are for, and furniture put into them along their walls.
//!
//! ```text
//! rooms by size and drawn fixtures ─► Use ─► largest free rectangle ─► pieces along its sides
//! ```
//!
//! Refuses to know: shapes of furniture, walls as surfaces.

use super::{
    Preset, furniture as f,
    model::{Kind, Model},
    palette::{Palette, RUG},
};
use crate::imaging::scene::Mesh;
use glam::Vec2;
use std::f32::consts::{FRAC_PI_2, PI};

/// What a room is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Living,
    Sleeping,
    Cooking,
    Bathing,
    Washing,
    Storing,
    Working,
    Meeting,
    Selling,
}

impl Use {
    /// The material of its floor.
    pub fn floor(self, palette: &Palette) -> usize {
        match self {
            Self::Living | Self::Working | Self::Selling => palette.living,
            Self::Sleeping | Self::Meeting => palette.sleeping,
            Self::Cooking | Self::Storing => palette.plain,
            Self::Bathing | Self::Washing => palette.wet,
        }
    }
}

/// Guesses what each room is for: by size, and by how much is drawn in it.
pub fn uses(model: &Model, preset: Preset) -> Vec<Use> {
    let count = model.rooms.all.len();
    let density = |room: usize| {
        let room = &model.rooms.all[room];
        room.ink as f32 / room.area.max(1) as f32
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| model.area(b).total_cmp(&model.area(a)));
    // Fixtures are drawn in kitchens and baths; elsewhere there is only a name.
    let densest = |from: f32, to: f32, skip: &[usize]| {
        let fitting =
            order.iter().copied().filter(|&room| (from..to).contains(&model.area(room)) && !skip.contains(&room));
        fitting.max_by(|&a, &b| density(a).total_cmp(&density(b)))
    };
    let largest = order.first().copied().unwrap_or(0);
    let bath = if count > 2 { densest(2.2, 9.0, &[largest]) } else { None };
    let cook = if count > 2 { densest(5.0, 30.0, &[largest, bath.unwrap_or(largest)]) } else { None };
    (0..count)
        .map(|room| {
            let area = model.area(room);
            match preset {
                Preset::Residential if Some(room) == bath => Use::Bathing,
                Preset::Residential if room == largest => Use::Living,
                Preset::Residential if Some(room) == cook => Use::Cooking,
                Preset::Residential if area > 7.0 => Use::Sleeping,
                Preset::Residential if area > 3.2 => Use::Washing,
                Preset::Office | Preset::Commercial if Some(room) == bath && area < 6.5 => Use::Bathing,
                Preset::Office if room != largest && (11.0..26.0).contains(&area) && room % 2 == 0 => Use::Meeting,
                Preset::Office if area > 4.5 => Use::Working,
                Preset::Commercial if area > 14.0 => Use::Selling,
                Preset::Commercial if area > 8.0 => Use::Working,
                _ => Use::Storing,
            }
        })
        .collect()
}

/// A free rectangle in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Free {
    pub low: Vec2,
    pub high: Vec2,
}

impl Free {
    fn size(&self) -> Vec2 {
        self.high - self.low
    }

    fn middle(&self) -> Vec2 {
        (self.low + self.high) * 0.5
    }
}

/// A side of a room, by where it is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    North,
    South,
    West,
    East,
}

/// Puts a piece with its back to a side of the rectangle; `along` 0 to 1 from west or north, where the piece of
/// `width` metres stays within.
fn against(free: &Free, side: Side, along: f32, width: f32, piece: Mesh) -> Mesh {
    let gap = 0.04;
    let place = |low: f32, high: f32| {
        let room = (high - low - width).max(0.0);
        low + width.min(high - low) * 0.5 + room * along
    };
    let (x, z) = (place(free.low.x, free.high.x), place(free.low.y, free.high.y));
    match side {
        Side::North => piece.moved(x, 0.0, free.low.y + gap),
        Side::South => piece.turned(PI).moved(x, 0.0, free.high.y - gap),
        Side::West => piece.turned(FRAC_PI_2).moved(free.low.x + gap, 0.0, z),
        Side::East => piece.turned(-FRAC_PI_2).moved(free.high.x - gap, 0.0, z),
    }
}

/// The largest rectangle of a room that walls and doors leave free; `None` when there is hardly any.
pub fn free(model: &Model, room: usize) -> Option<Free> {
    let area = |free: &Free| free.size().element_product();
    let roomy = cleared(model, room, 0.85).filter(|free| area(free) > 0.3 * model.area(room));
    roomy.or_else(|| cleared(model, room, 0.3))
}

/// The same with so many metres kept free before a door that swings.
fn cleared(model: &Model, room: usize, swing: f32) -> Option<Free> {
    const CELL: f32 = 0.1;
    let (columns, rows) = ((model.half * 2.0 / CELL).ceil().x as usize, (model.half * 2.0 / CELL).ceil().y as usize);
    let at = |column: usize, row: usize| Vec2::new(column as f32 + 0.5, row as f32 + 0.5) * CELL - model.half;
    let barred = |at: Vec2| {
        model.gaps.iter().filter(|gap| gap.kind == Kind::Door).any(|gap| {
            let deep = if gap.leaf.is_some() { swing } else { swing * 0.5 };
            let reach = if gap.level { Vec2::new(0.0, deep) } else { Vec2::new(deep, 0.0) };
            at.cmpge(gap.low - reach).all() && at.cmple(gap.high + reach).all()
        })
    };
    // The largest rectangle under the heights of free columns, row by row.
    let mut heights = vec![0usize; columns + 1];
    let mut best = (0, None);
    for row in 0..rows {
        for (column, height) in heights.iter_mut().enumerate().take(columns) {
            let place = at(column, row);
            *height = if model.room_at(place) == Some(room) && !barred(place) { *height + 1 } else { 0 };
        }
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for (column, &height) in heights.iter().enumerate() {
            let mut start = column;
            while let Some(&(from, high)) = stack.last()
                && high >= height
            {
                stack.pop();
                let area = high * (column - from);
                if area > best.0 {
                    let half = Vec2::splat(CELL * 0.5);
                    let (low, top) = (at(from, row + 1 - high) - half, at(column.max(1) - 1, row) + half);
                    best = (area, Some(Free { low, high: top }));
                }
                start = from;
            }
            stack.push((start, height));
        }
    }
    best.1.filter(|free| free.size().min_element() > 0.55)
}

/// Furniture of all rooms.
pub fn furnish(model: &Model, uses: &[Use], palette: &Palette, cut: f32) -> Mesh {
    let rooms = uses.iter().enumerate().filter_map(|(room, usage)| Some((free(model, room)?, *usage)));
    Mesh::all(rooms.map(|(free, usage)| {
        let side = |sides: [Side; 2]| walled(model, &free, sides);
        room(&free, usage, palette, cut - 0.08, side)
    }))
}

/// The side along which more wall stands; the first when they are about alike.
fn walled(model: &Model, free: &Free, sides: [Side; 2]) -> Side {
    let share = |side: Side| {
        let wall = (0..20).filter(|&n| {
            let along = free.low + free.size() * ((n as f32 + 0.5) / 20.0);
            let at = match side {
                Side::North => Vec2::new(along.x, free.low.y - 0.25),
                Side::South => Vec2::new(along.x, free.high.y + 0.25),
                Side::West => Vec2::new(free.low.x - 0.25, along.y),
                Side::East => Vec2::new(free.high.x + 0.25, along.y),
            };
            model.room_at(at).is_none()
        });
        wall.count()
    };
    if share(sides[1]) > share(sides[0]) + 5 { sides[1] } else { sides[0] }
}

/// Furniture of one room, nothing higher than `top` metres; `walled` picks the better of two sides.
fn room(free: &Free, usage: Use, p: &Palette, top: f32, walled: impl Fn([Side; 2]) -> Side) -> Mesh {
    let size = free.size();
    let (wide, deep) = (size.x, size.y);
    let level = wide >= deep;
    let longer =
        if level { (walled([Side::North, Side::South]), wide) } else { (walled([Side::West, Side::East]), deep) };
    let mut all = Mesh::default();
    let mut put =
        |side: Side, along: f32, width: f32, piece: Mesh| all.append(against(free, side, along, width, piece));
    match usage {
        Use::Living => living(free, p, &mut all),
        Use::Sleeping => {
            let bed = if wide.min(deep) > 2.5 { 1.6 } else { 0.95 };
            if wide.min(deep) < 2.0 {
                put(longer.0, 0.5, 1.2, f::wardrobe(p, 1.2, top));
                return all;
            }
            let (head, foot) = if deep >= 2.3 { (Side::North, Side::South) } else { (Side::West, Side::East) };
            let span = if deep >= 2.3 { wide } else { deep };
            put(head, 0.5, bed, f::bed(p, bed));
            if span > bed + 1.2 {
                let beside = (0.5 * (span - bed) - 0.52) / (span - 0.44);
                put(head, beside, 0.44, f::nightstand(p));
                put(head, 1.0 - beside, 0.44, f::nightstand(p));
            }
            let length = if deep >= 2.3 { deep } else { wide };
            if length > 3.3 {
                let width = (span * 0.6).min(2.2);
                put(foot, 0.5, width, f::wardrobe(p, width, top));
            } else if span > bed + 2.0 {
                put(
                    if deep >= 2.3 { Side::East } else { Side::South },
                    1.0,
                    1.6,
                    f::wardrobe(p, 1.6f32.min(length), top),
                );
            }
        }
        Use::Cooking => {
            let (side, span) = longer;
            let width = (span * 0.95).min(4.2);
            if width > 1.9 {
                put(side, 0.5, width, f::kitchen(p, width));
            }
            if wide.min(deep) > 2.7 {
                let table = f::dining(p, 1.4);
                let table = if level { table } else { table.turned(FRAC_PI_2) };
                let push = match side {
                    Side::North => Vec2::new(0.0, 0.45),
                    Side::South => Vec2::new(0.0, -0.45),
                    Side::West => Vec2::new(0.45, 0.0),
                    Side::East => Vec2::new(-0.45, 0.0),
                };
                let at = free.middle() + push;
                all.append(table.moved(at.x, 0.0, at.y));
            }
        }
        Use::Bathing => {
            let (back, other, span) =
                if level { (Side::North, Side::South, wide) } else { (Side::West, Side::East, deep) };
            let depth = wide.min(deep);
            if depth > 1.35 && span > 1.5 {
                put(other, 1.0, 1.6, f::tub(p, 1.6f32.min(span)));
            }
            put(back, 0.05, 0.7, f::basin(p, 0.7));
            if span > 1.4 {
                put(back, 0.92, 0.4, f::toilet(p));
            }
        }
        Use::Washing => {
            put(longer.0, 0.0, 0.6, f::washer(p));
            put(longer.0, 1.0, 1.0, f::shelf(p, 1.0, top.min(1.4)));
        }
        Use::Storing => {
            let (side, span) = longer;
            if wide.min(deep) < 0.75 {
                return all;
            }
            put(side, 0.5, span * 0.9, f::shelf(p, (span * 0.9).min(3.0), top.min(1.4)));
        }
        Use::Working => {
            let (columns, rows) = ((wide / 1.9).floor().max(1.0), (deep / 2.2).floor().max(1.0));
            for row in 0..rows as u32 {
                for column in 0..columns as u32 {
                    let x = free.low.x + wide * (column as f32 + 0.5) / columns;
                    let z = free.low.y + deep * (row as f32 + 0.5) / rows - 0.85;
                    all.append(f::desk(p, 1.5f32.min(wide)).moved(x, 0.0, z.max(free.low.y + 0.02)));
                }
            }
        }
        Use::Meeting => {
            let width = (wide.max(deep) - 1.2).clamp(1.4, 4.4);
            let table = f::meeting(p, width);
            let table = if level { table } else { table.turned(FRAC_PI_2) };
            all.append(table.moved(free.middle().x, 0.0, free.middle().y));
            corner_plant(free, p, &mut all);
        }
        Use::Selling => {
            put(Side::West, 0.1, 2.0, f::counter(p, 2.0f32.min(deep)).moved(0.0, 0.0, 0.7));
            let rows = ((deep - 1.0) / 1.7).floor().max(1.0);
            let width = (wide - 3.6).min(5.0);
            for row in 0..rows as u32 {
                let z = free.low.y + 0.3 + row as f32 * 1.7;
                if width > 1.0 && z < free.high.y - 0.6 {
                    let x = free.high.x - 0.7 - width * 0.5;
                    all.append(f::shelf(p, width, top.min(1.5)).moved(x, 0.0, z));
                    all.append(f::shelf(p, width, top.min(1.5)).turned(PI).moved(x, 0.0, z));
                }
            }
        }
    }
    all
}

fn living(free: &Free, p: &Palette, all: &mut Mesh) {
    let (wide, deep) = (free.size().x, free.size().y);
    let level = wide >= deep;
    let length = wide.max(deep);
    let sitting = length.min(4.2);
    // The lounge takes one end of a long room, the table the other.
    let (lounge, rest) = if length > 5.6 {
        let cut = if level { Vec2::new(length - sitting, 0.0) } else { Vec2::new(0.0, length - sitting) };
        let high = if level {
            Vec2::new(free.high.x - sitting, free.high.y)
        } else {
            Vec2::new(free.high.x, free.high.y - sitting)
        };
        (Free { low: free.low + cut, ..*free }, Some(Free { high, ..*free }))
    } else {
        (*free, None)
    };
    let sofa = (lounge.size().x - 0.5).clamp(1.5, 2.3);
    all.append(against(&lounge, Side::North, 0.5, sofa, f::sofa(p, sofa)));
    let table = Vec2::new(lounge.middle().x, lounge.low.y + 1.0 + RUG.y * 0.45);
    if lounge.size().y > 2.6 {
        all.append(f::lounge(p).moved(table.x, 0.0, table.y));
    }
    if lounge.size().y > 3.3 {
        all.append(against(&lounge, Side::South, 0.5, 1.8, f::board(p, 1.8)));
    }
    if lounge.size().x > 3.7 && lounge.size().y > 2.6 {
        let chair = f::armchair(p).turned(-FRAC_PI_2 + 0.25);
        all.append(chair.moved(table.x + 1.75, 0.0, table.y));
    }
    corner_plant(&lounge, p, all);
    if let Some(rest) = rest
        && rest.size().min_element() > 2.2
    {
        let width = (rest.size().max_element() - 1.0).clamp(1.2, 2.0);
        let dining = f::dining(p, width);
        let dining = if rest.size().x >= rest.size().y { dining } else { dining.turned(FRAC_PI_2) };
        all.append(dining.moved(rest.middle().x, 0.0, rest.middle().y));
    }
}

fn corner_plant(free: &Free, p: &Palette, all: &mut Mesh) {
    all.append(f::plant(p).moved(free.high.x - 0.35, 0.0, free.low.y + 0.35));
}
