//! Kitchens. Refuses to know: rooms.

use glam::{Vec2, Vec3};

use super::Make;
use crate::imaging::{scene::Mesh, staging::palette::Role};

/// Cupboards with `doors` fronts below `top`, drawn back at the floor.
fn base(make: &mut Make, width: f32, depth: f32, doors: u32, shift: f32) {
    make.board(Role::Dark, [width - 0.04, 0.1, depth - 0.1], [0.0, 0.0, shift - 0.03]);
    make.board(Role::Front, [width, 0.77, depth - 0.04], [0.0, 0.1, shift - 0.02]);
    let each = width / doors as f32;
    for door in 0..doors {
        let x = -width / 2.0 + each * (door as f32 + 0.5);
        let face = shift + depth / 2.0 - 0.031;
        // A row of drawers above, doors below.
        make.board(Role::Front, [each - 0.006, 0.18, 0.02], [x, 0.68, face]);
        make.board(Role::Front, [each - 0.006, 0.56, 0.02], [x, 0.112, face]);
        for y in [0.825, 0.63] {
            make.add(Role::Metal, Mesh::rounded(each * 0.45, 0.012, 0.02, 0.005).moved(x, y, face + 0.018));
        }
    }
}

/// A run of cupboards with a sink and a hob.
pub fn counter(make: &mut Make) {
    let (width, depth) = (make.size.x, make.size.z);
    let doors = if width > 2.0 { 4 } else { 3 };
    base(make, width - 0.01, depth - 0.02, doors, 0.0);
    make.board(Role::Stone, [width, 0.04, depth], [0.0, 0.87, 0.0]);
    make.board(Role::Stone, [width, 0.1, 0.02], [0.0, 0.91, -depth / 2.0 + 0.012]);
    // The sink: a dark hollow in a steel rim, and its tap.
    let sink = -width * 0.26;
    make.board(Role::Metal, [0.52, 0.006, 0.42], [sink, 0.908, 0.02]);
    make.board(Role::Dark, [0.46, 0.003, 0.36], [sink, 0.9125, 0.02]);
    make.add(Role::Metal, Mesh::cylinder(0.016, 0.27).moved(sink, 0.91, -0.22));
    make.add(Role::Metal, Mesh::rod(Vec3::new(sink, 1.175, -0.22), Vec3::new(sink, 1.165, -0.04), 0.012));
    make.add(Role::Metal, Mesh::cylinder(0.012, 0.05).moved(sink, 1.125, -0.045));
    let hob = width * 0.25;
    make.board(Role::Screen, [0.58, 0.008, 0.5], [hob, 0.908, 0.01]);
    for (x, z, radius) in [(-0.14, -0.11, 0.08), (0.14, -0.11, 0.1), (-0.14, 0.13, 0.1), (0.14, 0.13, 0.08)] {
        make.add(Role::Metal, ring(radius).moved(hob + x, 0.9155, z + 0.01));
    }
    // A pot on it, boards at the wall.
    make.add(Role::Metal, Mesh::cylinder(0.1, 0.13).moved(hob + 0.14, 0.917, -0.1));
    let board = Mesh::rounded(0.26, 0.32, 0.018, 0.008).tilted(Vec3::X, -0.12);
    make.add(Role::Table, board.moved(0.02, 0.915, -depth / 2.0 + 0.085));
    make.add(Role::Pot, Mesh::cone(0.06, 0.07, 0.16).moved(0.25 * width / 2.4, 0.91, -0.18));
}

/// A thin ring.
fn ring(radius: f32) -> Mesh {
    let inner = radius - 0.006;
    let profile = [(inner, 0.0), (radius, 0.0), (radius, 0.002), (inner, 0.002)];
    Mesh::lathe(&profile.map(|(x, y)| Vec2::new(x, y)), 40)
}

/// An island; its top overhangs at the front for stools.
pub fn island(make: &mut Make) {
    let (width, depth) = (make.size.x, make.size.z);
    base(make, width - 0.02, depth - 0.24, 3, -0.11);
    make.board(Role::Front, [width - 0.02, 0.87, 0.03], [0.0, 0.0, depth / 2.0 - 0.24]);
    make.board(Role::Stone, [width, 0.05, depth], [0.0, 0.87, 0.0]);
}

/// A fridge with a freezer below.
pub fn fridge(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    make.board(Role::Dark, [width - 0.04, 0.04, depth - 0.06], [0.0, 0.0, -0.01]);
    make.pad(Role::Steel, [width, height - 0.04, depth - 0.08], [0.0, 0.03, -0.035], 0.01);
    make.pad(Role::Steel, [width - 0.004, height * 0.34, 0.06], [0.0, 0.05, depth / 2.0 - 0.045], 0.014);
    make.pad(Role::Steel, [width - 0.004, height * 0.6, 0.06], [0.0, height * 0.34 + 0.06, depth / 2.0 - 0.045], 0.014);
    for (y, long) in [(height * 0.22, 0.22), (height * 0.42, 0.4)] {
        let grip = Mesh::rounded(0.02, long, 0.02, 0.008);
        make.add(Role::Metal, grip.moved(-width / 2.0 + 0.06, y, depth / 2.0 - 0.012));
    }
}
