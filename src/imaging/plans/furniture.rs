//! Furniture as plain, well-proportioned shapes: standing on y = 0, back at z = 0, front towards +z, middle at x = 0.
//!
//! Refuses to know: rooms, where things are put.

use super::palette::{Palette, RUG};
use crate::imaging::scene::Mesh;
use glam::Vec3;

/// A box from x to x, y to y, z to z.
fn block(x: (f32, f32), y: (f32, f32), z: (f32, f32)) -> Mesh {
    Mesh::cuboid(x.1 - x.0, y.1 - y.0, z.1 - z.0).moved((x.0 + x.1) * 0.5, y.0, (z.0 + z.1) * 0.5)
}

fn soft(x: (f32, f32), y: (f32, f32), z: (f32, f32), radius: f32) -> Mesh {
    let mesh = Mesh::rounded(x.1 - x.0, y.1 - y.0, z.1 - z.0, radius);
    mesh.moved((x.0 + x.1) * 0.5, y.0, (z.0 + z.1) * 0.5)
}

/// Four legs under a top.
fn legs(x: f32, z: (f32, f32), height: f32, thick: f32) -> Mesh {
    let places = [(-x, z.0), (x, z.0), (-x, z.1), (x, z.1)];
    Mesh::all(places.map(|(x, z)| Mesh::cuboid(thick, height, thick).moved(x, 0.0, z)))
}

/// A double or single bed with its head at the wall.
pub fn bed(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    let pillow = |x: f32| {
        let pillow = Mesh::cushion(0.62, 0.16, 0.42).tilted(Vec3::X, 0.35).moved(x, 0.53, 0.34);
        pillow.painted(p.white)
    };
    let pillows = if width > 1.2 { vec![pillow(-half * 0.48), pillow(half * 0.48)] } else { vec![pillow(0.0)] };
    Mesh::all([
        soft((-half - 0.06, half + 0.06), (0.0, 1.0), (0.0, 0.09), 0.03).painted(p.cloth),
        soft((-half - 0.03, half + 0.03), (0.08, 0.3), (0.06, 2.1), 0.02).painted(p.oak),
        soft((-half, half), (0.26, 0.5), (0.1, 2.06), 0.06).painted(p.linen),
        soft((-half - 0.03, half + 0.03), (0.24, 0.545), (0.78, 2.09), 0.05).painted(p.linen),
        soft((-half - 0.04, half + 0.04), (0.26, 0.57), (1.42, 2.0), 0.05).painted(p.accent),
        Mesh::all(pillows),
    ])
}

/// A small cupboard with a lamp.
pub fn nightstand(p: &Palette) -> Mesh {
    Mesh::all([
        soft((-0.22, 0.22), (0.06, 0.5), (0.02, 0.42), 0.015).painted(p.oak),
        Mesh::cone(0.07, 0.05, 0.2).moved(0.0, 0.5, 0.2).painted(p.steel),
        Mesh::cone(0.14, 0.1, 0.2).moved(0.0, 0.68, 0.2).painted(p.glow),
    ])
}

/// A cupboard with doors.
pub fn wardrobe(p: &Palette, width: f32, height: f32) -> Mesh {
    let doors = (width / 0.55).round().max(1.0);
    let mut mesh = block((-width * 0.5, width * 0.5), (0.0, height), (0.0, 0.58)).painted(p.oak);
    for door in 0..doors as u32 {
        let left = -width * 0.5 + width * door as f32 / doors;
        mesh.append(
            block((left + 0.012, left + width / doors - 0.012), (0.06, height - 0.02), (0.58, 0.6)).painted(p.white),
        );
    }
    mesh
}

/// A sofa with cushions.
pub fn sofa(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    let seats = ((width - 0.4) / 0.75).round().max(1.0);
    let mut mesh = Mesh::all([
        soft((-half, half), (0.08, 0.3), (0.02, 0.92), 0.04).painted(p.cloth),
        soft((-half, half), (0.1, 0.82), (0.0, 0.24), 0.08).painted(p.cloth),
        soft((-half, -half + 0.2), (0.1, 0.6), (0.0, 0.92), 0.07).painted(p.cloth),
        soft((half - 0.2, half), (0.1, 0.6), (0.0, 0.92), 0.07).painted(p.cloth),
        legs(half - 0.1, (0.1, 0.84), 0.1, 0.05).painted(p.dark),
    ]);
    let step = (width - 0.4) / seats;
    for seat in 0..seats as u32 {
        let left = -half + 0.2 + step * seat as f32;
        mesh.append(soft((left + 0.008, left + step - 0.008), (0.28, 0.45), (0.2, 0.94), 0.05).painted(p.cloth));
    }
    for (x, tint) in [(-half + 0.42, p.accent), (half - 0.42, p.linen)] {
        mesh.append(Mesh::cushion(0.44, 0.16, 0.44).tilted(Vec3::X, 1.2).moved(x, 0.66, 0.3).painted(tint));
    }
    mesh
}

/// An easy chair.
pub fn armchair(p: &Palette) -> Mesh {
    Mesh::all([
        soft((-0.38, 0.38), (0.12, 0.42), (0.05, 0.8), 0.07).painted(p.accent),
        soft((-0.38, 0.38), (0.12, 0.8), (0.0, 0.2), 0.08).painted(p.accent),
        soft((-0.4, -0.26), (0.12, 0.58), (0.0, 0.76), 0.06).painted(p.accent),
        soft((0.26, 0.4), (0.12, 0.58), (0.0, 0.76), 0.06).painted(p.accent),
        legs(0.3, (0.1, 0.7), 0.14, 0.04).painted(p.oak),
    ])
}

/// A low table on a rug, its middle at the origin.
pub fn lounge(p: &Palette) -> Mesh {
    Mesh::all([
        Mesh::rounded(RUG.x, 0.014, RUG.y, 0.004).painted(p.dark),
        Mesh::sheet(RUG.x, RUG.y).moved(0.0, 0.016, 0.0).painted(p.rug),
        soft((-0.55, 0.55), (0.36, 0.4), (-0.3, 0.3), 0.015).painted(p.oak),
        legs(0.48, (-0.24, 0.24), 0.36, 0.04).painted(p.dark),
        Mesh::cone(0.07, 0.11, 0.06).moved(0.2, 0.4, 0.05).painted(p.white),
        block((-0.36, -0.1), (0.4, 0.43), (-0.1, 0.1)).painted(p.accent),
    ])
}

/// A low board with a screen.
pub fn board(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    Mesh::all([
        soft((-half, half), (0.12, 0.5), (0.0, 0.4), 0.012).painted(p.oak),
        legs(half - 0.1, (0.08, 0.32), 0.12, 0.04).painted(p.dark),
        block((-0.2, 0.2), (0.5, 0.53), (0.12, 0.3)).painted(p.dark),
        soft((-0.62, 0.62), (0.55, 1.26), (0.18, 0.22), 0.008).painted(p.dark),
    ])
}

/// A chair looking towards +z.
pub fn chair(p: &Palette) -> Mesh {
    Mesh::all([
        soft((-0.22, 0.22), (0.42, 0.47), (0.0, 0.44), 0.02).painted(p.cloth),
        soft((-0.21, 0.21), (0.58, 0.88), (0.0, 0.04), 0.015).painted(p.oak),
        legs(0.18, (0.03, 0.4), 0.43, 0.035).painted(p.oak),
        Mesh::all([-0.18f32, 0.18].map(|x| block((x - 0.017, x + 0.017), (0.43, 0.8), (0.0, 0.035)))).painted(p.oak),
    ])
}

/// A table with chairs along both long sides, its middle at the origin.
pub fn dining(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    let mut mesh = Mesh::all([
        soft((-half, half), (0.71, 0.75), (-0.45, 0.45), 0.012).painted(p.oak),
        legs(half - 0.08, (-0.37, 0.37), 0.71, 0.06).painted(p.oak),
        Mesh::cone(0.06, 0.13, 0.09).moved(0.0, 0.75, 0.0).painted(p.white),
    ]);
    let seats = ((width - 0.1) / 0.6).floor().max(1.0);
    for seat in 0..seats as u32 {
        let x = (seat as f32 + 0.5) * width / seats - half;
        mesh.append(chair(p).moved(x, 0.0, -0.72));
        mesh.append(chair(p).turned(std::f32::consts::PI).moved(x, 0.0, 0.72));
    }
    mesh
}

/// A kitchen along a wall: cupboards, sink, stove and a tall fridge at its right end.
pub fn kitchen(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    let run = half - 0.66;
    let mut mesh = Mesh::all([
        block((-half, run), (0.0, 0.1), (0.02, 0.54)).painted(p.dark),
        block((-half, run), (0.1, 0.86), (0.0, 0.6)).painted(p.white),
        soft((-half - 0.01, run), (0.86, 0.9), (0.0, 0.63), 0.006).painted(p.stone),
        soft((run + 0.02, half), (0.02, 1.5), (0.0, 0.64), 0.02).painted(p.steel),
        block((run + 0.02, half), (0.98, 0.99), (0.62, 0.645)).painted(p.dark),
        soft((-half + 0.3, -half + 0.9), (0.893, 0.906), (0.1, 0.52), 0.004).painted(p.steel),
        block((-half + 0.34, -half + 0.86), (0.9, 0.908), (0.14, 0.48)).painted(p.dark),
        Mesh::rod(Vec3::new(-half + 0.6, 0.9, 0.07), Vec3::new(-half + 0.6, 1.15, 0.09), 0.015).painted(p.steel),
        Mesh::rod(Vec3::new(-half + 0.6, 1.15, 0.09), Vec3::new(-half + 0.6, 1.1, 0.26), 0.013).painted(p.steel),
    ]);
    let stove = (run - 0.75).max(-half + 1.0);
    mesh.append(soft((stove, stove + 0.58), (0.895, 0.91), (0.06, 0.56), 0.004).painted(p.dark));
    for (x, z) in [(0.15, 0.18), (0.43, 0.18), (0.15, 0.43), (0.43, 0.43)] {
        mesh.append(Mesh::cylinder(0.085, 0.006).moved(stove + x, 0.908, z).painted(p.steel));
    }
    let doors = ((run + half) / 0.6).round().max(1.0);
    for door in 1..doors as u32 {
        let x = -half + (run + half) * door as f32 / doors;
        mesh.append(block((x - 0.004, x + 0.004), (0.1, 0.86), (0.595, 0.603)).painted(p.dark));
    }
    mesh
}

/// A bath tub with its long side at the wall.
pub fn tub(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    Mesh::all([
        soft((-half, half), (0.0, 0.5), (0.0, 0.08), 0.03).painted(p.white),
        soft((-half, half), (0.0, 0.5), (0.68, 0.76), 0.03).painted(p.white),
        soft((-half, -half + 0.09), (0.0, 0.5), (0.0, 0.76), 0.03).painted(p.white),
        soft((half - 0.09, half), (0.0, 0.5), (0.0, 0.76), 0.03).painted(p.white),
        block((-half + 0.05, half - 0.05), (0.0, 0.18), (0.05, 0.71)).painted(p.white),
        Mesh::rod(Vec3::new(half - 0.14, 0.62, 0.38), Vec3::new(half, 0.62, 0.38), 0.018).painted(p.steel),
    ])
}

/// A toilet.
pub fn toilet(p: &Palette) -> Mesh {
    let bowl = Mesh::cone(0.12, 0.2, 0.38).scaled(0.92, 1.0, 1.25).moved(0.0, 0.0, 0.42);
    let lid = Mesh::cylinder(0.2, 0.035).scaled(0.94, 1.0, 1.27).moved(0.0, 0.385, 0.42);
    Mesh::all([soft((-0.2, 0.2), (0.36, 0.8), (0.0, 0.17), 0.03), bowl, lid]).painted(p.white)
}

/// A basin on a cupboard with a mirror.
pub fn basin(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    Mesh::all([
        block((-half, half), (0.25, 0.78), (0.0, 0.44)).painted(p.oak),
        soft((-half - 0.01, half + 0.01), (0.78, 0.86), (0.0, 0.47), 0.02).painted(p.white),
        Mesh::cylinder(0.16, 0.01).scaled(1.2, 1.0, 0.9).moved(0.0, 0.856, 0.25).painted(p.steel),
        Mesh::rod(Vec3::new(0.0, 0.86, 0.05), Vec3::new(0.0, 1.0, 0.12), 0.014).painted(p.steel),
    ])
}

/// A desk with a screen, and a chair in front of it.
pub fn desk(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    Mesh::all([
        soft((-half, half), (0.7, 0.735), (0.0, 0.75), 0.008).painted(p.oak),
        legs(half - 0.06, (0.06, 0.69), 0.7, 0.045).painted(p.dark),
        soft((-0.3, 0.3), (0.86, 1.2), (0.14, 0.17), 0.006).painted(p.dark),
        block((-0.03, 0.03), (0.735, 0.9), (0.12, 0.14)).painted(p.dark),
        block((-0.2, 0.2), (0.735, 0.75), (0.38, 0.52)).painted(p.white),
        office_chair(p).turned(std::f32::consts::PI).moved(0.05, 0.0, 1.22),
    ])
}

/// A chair on wheels looking towards +z.
pub fn office_chair(p: &Palette) -> Mesh {
    Mesh::all([
        soft((-0.25, 0.25), (0.44, 0.52), (0.03, 0.52), 0.03).painted(p.accent),
        soft((-0.23, 0.23), (0.58, 1.02), (0.0, 0.07), 0.03).painted(p.accent),
        Mesh::cylinder(0.03, 0.4).moved(0.0, 0.06, 0.27).painted(p.steel),
        Mesh::cone(0.28, 0.05, 0.06).moved(0.0, 0.02, 0.27).painted(p.dark),
    ])
}

/// A long table with chairs on both sides, its middle at the origin.
pub fn meeting(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    let mut mesh = Mesh::all([
        soft((-half, half), (0.7, 0.74), (-0.55, 0.55), 0.015).painted(p.oak),
        block((-half + 0.4, -half + 0.5), (0.0, 0.7), (-0.35, 0.35)).painted(p.dark),
        block((half - 0.5, half - 0.4), (0.0, 0.7), (-0.35, 0.35)).painted(p.dark),
    ]);
    let seats = (width / 0.72).floor().max(1.0);
    for seat in 0..seats as u32 {
        let x = (seat as f32 + 0.5) * width / seats - half;
        mesh.append(office_chair(p).moved(x, 0.0, -1.0));
        mesh.append(office_chair(p).turned(std::f32::consts::PI).moved(x, 0.0, 1.0));
    }
    mesh
}

/// Shelves with things on them.
pub fn shelf(p: &Palette, width: f32, height: f32) -> Mesh {
    let half = width * 0.5;
    let mut mesh = Mesh::all([
        block((-half, -half + 0.03), (0.0, height), (0.0, 0.38)).painted(p.oak),
        block((half - 0.03, half), (0.0, height), (0.0, 0.38)).painted(p.oak),
        block((-half, half), (0.0, height), (0.0, 0.015)).painted(p.oak),
    ]);
    let boards = (height / 0.36).floor().max(1.0) as u32;
    for board in 0..=boards {
        let y = (height - 0.03) * board as f32 / boards as f32;
        mesh.append(block((-half, half), (y, y + 0.03), (0.0, 0.38)).painted(p.oak));
        let mut x = -half + 0.08;
        let mut turn = board * 7 + 3;
        while x < half - 0.3 {
            turn = turn.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let (w, h) = (0.1 + (turn >> 20 & 7) as f32 * 0.02, 0.14 + (turn >> 12 & 7) as f32 * 0.015);
            let tint = [p.accent, p.linen, p.cloth, p.white][(turn >> 16 & 3) as usize];
            mesh.append(block((x, x + w), (y + 0.03, y + 0.03 + h), (0.06, 0.32)).painted(tint));
            x += w + 0.05 + (turn >> 24 & 3) as f32 * 0.05;
        }
    }
    mesh
}

/// A counter of a shop with a till.
pub fn counter(p: &Palette, width: f32) -> Mesh {
    let half = width * 0.5;
    Mesh::all([
        block((-half, half), (0.0, 0.98), (0.05, 0.6)).painted(p.oak),
        soft((-half - 0.03, half + 0.03), (0.98, 1.03), (0.0, 0.68), 0.01).painted(p.stone),
        block((half - 0.55, half - 0.2), (1.03, 1.08), (0.15, 0.45)).painted(p.dark),
        soft((half - 0.52, half - 0.23), (1.08, 1.3), (0.28, 0.31), 0.01).painted(p.dark),
    ])
}

/// A plant in a pot, its middle at the origin.
pub fn plant(p: &Palette) -> Mesh {
    let mut mesh = Mesh::all([
        Mesh::cone(0.13, 0.18, 0.34).painted(p.white),
        Mesh::cylinder(0.16, 0.01).moved(0.0, 0.33, 0.0).painted(p.dark),
    ]);
    for leaf in 0..14u32 {
        let angle = leaf as f32 * 2.4;
        let lean = 0.35 + 0.55 * (leaf % 5) as f32 / 4.0;
        let length = 0.5 + 0.06 * (leaf % 3) as f32;
        let blade = Mesh::ball(0.5).scaled(0.16, length, 0.03);
        mesh.append(blade.tilted(Vec3::X, lean).turned(angle).moved(0.0, 0.34, 0.0).painted(p.leaf));
    }
    mesh
}

/// A washing machine.
pub fn washer(p: &Palette) -> Mesh {
    let door = Mesh::cylinder(0.19, 0.02).tilted(Vec3::X, std::f32::consts::FRAC_PI_2).moved(0.0, 0.42, 0.59);
    Mesh::all([soft((-0.3, 0.3), (0.0, 0.85), (0.0, 0.6), 0.02).painted(p.white), door.painted(p.dark)])
}
