//! The house as surfaces: slab, floors, walls cut open, doors, windows. Refuses to know: furniture, light, the view.

use super::{
    bits::Bits,
    furnish::Use,
    model::{Gap, Kind, Model},
    palette::Palette,
    rooms,
};
use crate::imaging::scene::Mesh;
use glam::{Vec2, Vec3};

/// Metres of slab under the floors.
pub const SLAB: f32 = 0.16;
/// Metres from floor to glass and to the lintel.
const SILL: f32 = 0.9;
const LINTEL: f32 = 2.1;
/// Metres of the dark face on cut walls.
const FACE: f32 = 0.012;

/// Everything that is built, walls cut at `cut` metres.
pub fn build(model: &Model, uses: &[Use], palette: &Palette, cut: f32) -> Mesh {
    let mut house = Mesh::default();
    let outlines = model.outlines(&model.walls.bits);
    house.append(Mesh::extruded_all(&outlines, cut).painted(palette.wall));
    house.append(Mesh::extruded_all(&outlines, FACE).moved(0.0, cut, 0.0).painted(palette.cut));
    for gap in &model.gaps {
        match gap.kind {
            Kind::Window => house.append(window(gap, palette, cut)),
            Kind::Door => house.append(door(gap, palette, cut)),
        }
    }
    house.append(floors(model, uses, palette));
    house
}

/// Floors of all rooms, on under walls and through doors, and the slab below.
fn floors(model: &Model, uses: &[Use], palette: &Palette) -> Mesh {
    let (width, height) = (model.walls.bits.width, model.walls.bits.height);
    let mut covered = model.walls.bits.clone();
    let pixel = |at: Vec2| {
        let place = (at / model.scale + model.middle).round().max(Vec2::ZERO);
        (place.x as usize, place.y as usize)
    };
    for gap in &model.gaps {
        covered.fill(pixel(gap.low), pixel(gap.high));
    }
    let mut map = model.rooms.map.clone();
    rooms::spread(&mut map, width, (0.6 * model.walls.thickness) as usize + 1, |at| !covered.data[at]);
    for (covered, number) in covered.data.iter_mut().zip(&map) {
        *covered |= *number > 0;
    }
    let mut floors = Mesh::default();
    for (number, usage) in (1u32..).zip(uses) {
        let bits = Bits { width, height, data: map.iter().map(|&other| other == number).collect() };
        let floor = Mesh::extruded_all(&model.outlines(&bits), 0.02).moved(0.0, -0.02, 0.0);
        floors.append(floor.painted(usage.floor(palette)));
    }
    let rim = (0.12 / model.scale).round().max(1.0) as usize;
    let slab = covered.grown(rim);
    floors.append(Mesh::extruded_all(&model.outlines(&slab), SLAB - 0.02).moved(0.0, -SLAB, 0.0).painted(palette.base));
    floors
}

/// A box given along and across a wall: `along` from 0 to 1, `across` from 0 to 1, heights in metres.
fn part(gap: &Gap, along: (f32, f32), across: (f32, f32), heights: (f32, f32)) -> Mesh {
    let size = gap.high - gap.low;
    let (x, z) = if gap.level { (along, across) } else { (across, along) };
    Mesh::block(
        Vec3::new(gap.low.x + size.x * x.0, heights.0, gap.low.y + size.y * z.0),
        Vec3::new(gap.low.x + size.x * x.1, heights.1, gap.low.y + size.y * z.1),
    )
}

fn lintel(gap: &Gap, palette: &Palette, cut: f32, from: f32) -> Mesh {
    if cut < from + 0.05 {
        return Mesh::default();
    }
    let all = (0.0, 1.0);
    let face = part(gap, all, all, (cut, cut + FACE)).painted(palette.cut);
    Mesh::all([part(gap, all, all, (from, cut)).painted(palette.wall), face])
}

/// Parapet, sill, frame and glass.
fn window(gap: &Gap, palette: &Palette, cut: f32) -> Mesh {
    let all = (0.0, 1.0);
    let (sill, top) = (SILL.min(cut - 0.25), LINTEL.min(cut));
    let size = gap.high - gap.low;
    let (length, depth) = if gap.level { (size.x, size.y) } else { (size.y, size.x) };
    let (post, mid) = (0.05 / length.max(0.2), (0.5 - 0.03 / depth.max(0.07), 0.5 + 0.03 / depth.max(0.07)));
    let panes = (length / 0.95).round().clamp(1.0, 8.0) as usize;
    let mut window = Mesh::all([
        part(gap, (-0.02, 1.02), all, (0.0, sill - 0.03)).painted(palette.wall),
        part(gap, all, (-0.12, 1.12), (sill - 0.03, sill)).painted(palette.frame),
        part(gap, all, (0.47, 0.53), (sill, top - 0.01)).painted(palette.glass),
        part(gap, all, mid, (sill, sill + 0.05)).painted(palette.frame),
        part(gap, all, mid, (top - 0.05, top)).painted(palette.frame),
        lintel(gap, palette, cut, LINTEL),
    ]);
    for pane in 0..=panes {
        let at = pane as f32 / panes as f32 * (1.0 - post);
        window.append(part(gap, (at, at + post), mid, (sill, top)).painted(palette.frame));
    }
    window
}

/// A lintel where the cut is above it, and the leaf where one is drawn.
fn door(gap: &Gap, palette: &Palette, cut: f32) -> Mesh {
    let size = gap.high - gap.low;
    let length = if gap.level { size.x } else { size.y };
    let mut door = lintel(gap, palette, cut, LINTEL);
    if let Some(leaf) = gap.leaf
        && (0.5..=1.4).contains(&length)
    {
        let height = 2.02f32.min(cut - 0.02);
        let panel = Mesh::block(Vec3::new(0.0, 0.01, -0.02), Vec3::new(length - 0.03, height, 0.02));
        let knobs = [-0.05, 0.05].map(|z| Mesh::ball(0.028).moved(length - 0.12, 0.98, z).painted(palette.steel));
        let panel = Mesh::all([panel.painted(palette.white), Mesh::all(knobs)]);
        // Not fully open, as a person leaves it; turned about the hinge into the room in which it is drawn.
        let open = 1.35 * if leaf.below == leaf.at_end { 1.0 } else { -1.0 };
        let (start, end) = if leaf.at_end { (std::f32::consts::PI, 0.97) } else { (0.0, 0.03) };
        let edge = if leaf.below { 0.97 } else { 0.03 };
        door.append(if gap.level {
            panel.turned(start + open).moved(gap.low.x + size.x * end, 0.0, gap.low.y + size.y * edge)
        } else {
            // An upright wall is a level one mirrored along the diagonal.
            let turn = -std::f32::consts::FRAC_PI_2 - start - open;
            panel.turned(turn).moved(gap.low.x + size.x * edge, 0.0, gap.low.y + size.y * end)
        });
    }
    door
}
