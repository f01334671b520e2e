//! Beds and what stands beside them. Refuses to know: rooms.

use glam::{Vec2, Vec3};

use super::Make;
use crate::imaging::{
    scene::Mesh,
    staging::palette::{Legs, Role},
};

/// A bed, made, with its headboard at the back.
pub fn bed(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    let double = width > 1.3;
    let back = -depth / 2.0;
    let board = if make.look.legs == Legs::Block { Role::Wood } else { Role::Fabric };
    if board == Role::Wood {
        make.board(board, [width, height - 0.02, 0.05], [0.0, 0.0, back + 0.03]);
        make.board(board, [width - 0.1, 0.42, 0.02], [0.0, height - 0.5, back + 0.062]);
    } else {
        let panels = if double { 4 } else { 2 };
        for panel in 0..panels {
            let each = width / panels as f32;
            let x = -width / 2.0 + each * (panel as f32 + 0.5);
            make.pad(board, [each - 0.004, height - 0.12, 0.1], [x, 0.1, back + 0.055], 0.035);
        }
        make.board(board, [width - 0.1, 0.12, 0.04], [0.0, 0.0, back + 0.04]);
    }
    make.legs(width - 0.1, depth - 0.12, 0.12);
    let (inner, length) = (width - 0.06, depth - 0.12);
    let middle = 0.045;
    make.board(
        if board == Role::Wood { Role::Wood } else { Role::Fabric },
        [width - 0.02, 0.2, length],
        [0.0, 0.1, middle],
    );
    make.pad(Role::Linen, [inner, 0.24, length - 0.03], [0.0, 0.28, middle], 0.06);
    // The duvet hangs over the sides; its end is turned back below the pillows.
    let duvet = length * 0.68;
    let front = middle + length / 2.0;
    make.pad(Role::Duvet, [width - 0.005, 0.3, duvet], [0.0, 0.27, front - duvet / 2.0], 0.075);
    make.pad(Role::Linen, [width - 0.003, 0.115, 0.34], [0.0, 0.475, front - duvet + 0.06], 0.05);
    let throw = 0.5;
    make.pad(Role::Throw, [width, 0.31, throw], [0.0, 0.268, front - 0.28 - throw / 2.0], 0.08);
    let places: &[f32] = if double { &[-0.25, 0.25] } else { &[0.0] };
    for &place in places {
        let wide = if double { width * 0.46 } else { width * 0.72 };
        let pillow = Mesh::cushion(wide, 0.18, 0.46).moved(0.0, -0.09, -0.23).tilted(Vec3::X, 0.95);
        make.add(Role::Linen, pillow.moved(place * width, 0.55, back + 0.34));
        let second = Mesh::cushion(wide * 0.85, 0.16, 0.4).moved(0.0, -0.08, -0.2).tilted(Vec3::X, 0.8);
        make.add(Role::Accent, second.moved(place * width, 0.57, back + 0.5));
    }
}

/// A small chest with a lamp on it.
pub fn nightstand(make: &mut Make) {
    let (width, depth) = (make.size.x - 0.02, make.size.z - 0.02);
    let top = 0.5;
    let leg = 0.16;
    make.legs(width - 0.02, depth - 0.02, leg + 0.01);
    make.board(Role::Wood, [width, top - leg, depth - 0.02], [0.0, leg, -0.01]);
    for row in 0..2 {
        let y = leg + 0.012 + row as f32 * (top - leg) / 2.0;
        make.board(Role::Front, [width - 0.03, (top - leg) / 2.0 - 0.02, 0.016], [0.0, y, depth / 2.0 - 0.016]);
        make.add(Role::Metal, Mesh::rounded(0.09, 0.012, 0.014, 0.005).moved(0.0, y + 0.07, depth / 2.0));
    }
    lamp(make, top, 0.15, 0.42);
    make.board(Role::BookB, [0.14, 0.025, 0.2], [width / 2.0 - 0.09, top, 0.07]);
}

/// A table lamp.
fn lamp(make: &mut Make, y: f32, radius: f32, height: f32) {
    let body = [(0.0, 0.0), (0.06, 0.0), (0.085, 0.06), (0.07, 0.13), (0.015, 0.19), (0.012, 0.26), (0.0, 0.26)];
    make.add(Role::Pot, Mesh::lathe(&body.map(|(x, y)| Vec2::new(x, y)), 32).moved(-0.05, y, -0.04));
    let shade = Mesh::cone(radius, radius * 0.72, height * 0.48);
    make.add(Role::Shade, shade.moved(-0.05, y + height * 0.52, -0.04));
}
