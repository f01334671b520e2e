//! Twelve rooms: from the front, from the side and into a corner; boards, tiles, carpet and concrete; upright pictures;
//! doors, windows, furniture, coloured walls.

use super::drawn::{Hole, Plan, Side, plan};
use glam::Vec3;
use lumencast::imaging::scene::{Material, Pattern};

fn hole(side: Side, from: f32, to: f32, low: f32, high: f32, colour: [f32; 3]) -> Hole {
    Hole { side, from, to, low, high, colour }
}

fn door(side: Side, from: f32, colour: [f32; 3]) -> Hole {
    hole(side, from, from + 0.9, 0.0, 2.02, colour)
}

fn window(side: Side, from: f32, to: f32) -> Hole {
    hole(side, from, to, 0.9, 2.1, [0.85, 0.92, 1.0])
}

fn thing(low: [f32; 3], high: [f32; 3], rgb: [f32; 3]) -> (Vec3, Vec3, Material) {
    (Vec3::from(low), Vec3::from(high), Material::srgb(rgb))
}

pub fn all() -> Vec<Plan> {
    let wall = |rgb: [f32; 3]| [Material::srgb(rgb); 3];
    let tiles = |rgb: [f32; 3], side: f32| Material::srgb(rgb).with(Pattern::Tiles { side });
    let carpet = |rgb: [f32; 3]| Material::srgb(rgb).with(Pattern::Carpet);
    let wood = |rgb: [f32; 3]| Material::srgb(rgb).with(Pattern::Boards { width: 0.16, length: 1.6 });
    let brown = [0.42, 0.27, 0.17];
    let white = [0.93, 0.92, 0.90];
    vec![
        plan("boards-front"),
        Plan {
            yaw: 0.4,
            floor: tiles([0.72, 0.72, 0.70], 0.45),
            walls: wall([0.90, 0.84, 0.70]),
            doors: vec![door(Side::Back, 0.6, brown)],
            ..plan("tiles-door")
        },
        Plan {
            yaw: -0.15,
            floor: carpet([0.70, 0.62, 0.50]),
            walls: wall([0.90, 0.87, 0.80]),
            windows: vec![window(Side::Back, -1.0, 0.9)],
            ..plan("carpet-window")
        },
        Plan {
            size: (480, 640),
            yaw: -0.3,
            wide: 52.0,
            left: -1.7,
            right: 1.8,
            doors: vec![door(Side::Right, 3.2, white)],
            ..plan("portrait-door")
        },
        Plan {
            yaw: -0.35,
            walls: wall([0.42, 0.55, 0.70]),
            floor: wood([0.76, 0.60, 0.42]),
            windows: vec![window(Side::Left, 2.8, 4.4)],
            ..plan("blue-walls")
        },
        Plan {
            yaw: 0.1,
            wide: 75.0,
            left: -3.0,
            right: 2.6,
            back: 6.0,
            floor: tiles([0.86, 0.84, 0.80], 0.6),
            walls: wall([0.70, 0.76, 0.66]),
            doors: vec![door(Side::Left, 3.6, white)],
            windows: vec![window(Side::Back, -0.8, 1.6)],
            ..plan("tiles-door-window")
        },
        Plan {
            yaw: 0.3,
            walls: wall([0.62, 0.70, 0.58]),
            things: vec![
                thing([-1.2, 0.0, 4.2], [0.8, 0.8, 5.1], [0.30, 0.32, 0.40]),
                thing([-0.6, 0.0, 2.9], [0.4, 0.4, 3.5], [0.80, 0.78, 0.74]),
            ],
            ..plan("sofa")
        },
        Plan {
            size: (480, 640),
            yaw: -0.25,
            wide: 54.0,
            left: -1.6,
            right: 1.9,
            back: 4.4,
            floor: tiles([0.30, 0.31, 0.33], 0.3),
            doors: vec![door(Side::Left, 2.9, brown)],
            ..plan("portrait-tiles")
        },
        Plan { yaw: 0.7, left: -2.8, right: 2.8, back: 4.6, floor: wood([0.48, 0.32, 0.20]), ..plan("corner") },
        Plan {
            yaw: 0.15,
            floor: Material::srgb([0.62, 0.62, 0.61]).with(Pattern::Concrete),
            walls: wall([0.72, 0.72, 0.71]),
            skirting: None,
            doors: vec![door(Side::Right, 3.4, [0.30, 0.33, 0.36])],
            ..plan("concrete")
        },
        Plan {
            yaw: -0.2,
            wide: 84.0,
            left: -2.6,
            right: 3.0,
            back: 5.6,
            floor: tiles([0.72, 0.42, 0.30], 0.4),
            walls: wall([0.93, 0.85, 0.55]),
            doors: vec![door(Side::Back, -1.9, brown), door(Side::Back, 1.2, white)],
            ..plan("terracotta-doors")
        },
        Plan {
            yaw: 0.25,
            floor: carpet([0.66, 0.60, 0.56]),
            walls: wall([0.86, 0.70, 0.70]),
            windows: vec![window(Side::Right, 3.0, 4.2)],
            things: vec![
                thing([-0.7, 0.0, 3.1], [1.0, 0.55, 5.1], [0.92, 0.92, 0.94]),
                thing([-2.2, 0.0, 3.3], [-1.6, 2.1, 4.9], [0.45, 0.30, 0.18]),
                thing([1.2, 0.0, 2.6], [2.2, 0.8, 3.4], [0.25, 0.35, 0.45]),
                thing([-1.0, 0.0, 2.0], [0.2, 0.45, 2.7], [0.30, 0.22, 0.16]),
            ],
            ..plan("furnished")
        },
    ]
}
