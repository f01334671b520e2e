//! Cupboards and shelves. Refuses to know: rooms.

use super::Make;
use crate::imaging::{
    scene::Mesh,
    staging::palette::{Legs, Role},
};

/// A box on legs with `doors` fronts.
fn cupboard(make: &mut Make, height: f32, doors: u32) {
    let (width, depth) = (make.size.x - 0.01, make.size.z - 0.02);
    let leg = if make.look.legs == Legs::Block { 0.06 } else { 0.14f32.min(height * 0.3) };
    make.legs(width - 0.06, depth - 0.06, leg + 0.005);
    make.board(Role::Wood, [width, height - leg, depth - 0.02], [0.0, leg, -0.01]);
    let each = (width - 0.03) / doors as f32;
    for door in 0..doors {
        let x = -(width - 0.03) / 2.0 + each * (door as f32 + 0.5);
        let front = [each - 0.006, height - leg - 0.036, 0.018];
        make.board(Role::Front, front, [x, leg + 0.018, depth / 2.0 - 0.016]);
        let side = if door % 2 == 0 { 1.0 } else { -1.0 };
        let grip = Mesh::rounded(0.012, 0.14f32.min(height * 0.3), 0.016, 0.005);
        make.add(Role::Metal, grip.moved(x + side * (each / 2.0 - 0.045), leg + (height - leg) * 0.5, depth / 2.0));
    }
}

/// A low board for a television, with books and a small plant pot.
pub fn media(make: &mut Make) {
    let (width, height) = (make.size.x, make.size.y - 0.04);
    cupboard(make, height - 0.02, 3);
    books(make, -width / 2.0 + 0.2, height - 0.02, 0.0, 3, 7, true);
    make.add(Role::Pot, Mesh::cone(0.045, 0.06, 0.045).moved(width / 2.0 - 0.25, height - 0.02, 0.0));
}

/// A sideboard with a vase.
pub fn sideboard(make: &mut Make) {
    let (width, height) = (make.size.x, make.size.y - 0.12);
    cupboard(make, height, 4);
    make.add(Role::Pot, Mesh::cone(0.05, 0.035, 0.11).moved(width / 2.0 - 0.3, height, 0.0));
    make.add(Role::Pot, Mesh::ball(0.05).moved(width / 2.0 - 0.45, height, 0.04));
    books(make, -width / 2.0 + 0.25, height, 0.0, 3, 3, true);
}

/// A wardrobe with two or three doors.
pub fn wardrobe(make: &mut Make) {
    cupboard(make, make.size.y, 3);
}

/// Books side by side, or lying on one another.
fn books(make: &mut Make, left: f32, y: f32, z: f32, count: u32, seed: u32, lying: bool) {
    let mut place = 0.0;
    let roles = [Role::BookA, Role::BookB, Role::BookC, Role::Paper];
    for book in 0..count {
        let dice = (book * 7 + seed * 13 + book * book * 3) % 11;
        let role = roles[((dice + seed) % 4) as usize];
        let thick = 0.018 + 0.003 * (dice % 5) as f32;
        if lying {
            let size = [0.24 - 0.012 * book as f32, thick, 0.17];
            make.board(role, size, [left, y + place, z]);
        } else {
            let tall = 0.19 + 0.012 * dice as f32;
            make.board(role, [thick, tall, 0.17 + 0.005 * (dice % 4) as f32], [left + place + thick / 2.0, y, z]);
        }
        place += thick + 0.001;
    }
}

/// An open shelf with books and things.
pub fn bookshelf(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    let thick = 0.024;
    let metal = make.look.legs == Legs::Metal;
    for side in [-1.0f32, 1.0] {
        let x = side * (width - thick) / 2.0;
        if metal {
            for z in [-1.0f32, 1.0] {
                make.board(Role::Metal, [thick, height, thick], [x, 0.0, z * (depth - thick) / 2.0]);
            }
        } else {
            make.board(Role::Wood, [thick, height, depth], [x, 0.0, 0.0]);
        }
    }
    if !metal {
        make.board(Role::Wood, [width - thick, height - 0.08, 0.01], [0.0, 0.06, -depth / 2.0 + 0.006]);
    }
    let shelves = 6;
    let step = (height - 0.1) / (shelves - 1) as f32;
    for shelf in 0..shelves {
        let y = 0.06 + shelf as f32 * step;
        make.board(Role::Wood, [width - thick, thick, depth - 0.01], [0.0, y, 0.0]);
        let top = y + thick;
        let left = -width / 2.0 + 0.04;
        match shelf {
            0 => {
                make.pad(Role::Basket, [0.36, 0.22, 0.26], [-0.21, top, 0.0], 0.03);
                make.pad(Role::Basket, [0.36, 0.22, 0.26], [0.21, top, 0.0], 0.03);
            }
            5 => {}
            _ => {
                let count = 9 + (shelf * 5) % 8;
                books(make, left, top, -0.02, count, shelf, false);
                let right = width / 2.0 - 0.17;
                match shelf % 3 {
                    0 => make.add(Role::Pot, Mesh::cone(0.045, 0.065, 0.13).moved(right, top, 0.0)),
                    1 => books(make, right - 0.02, top, 0.0, 3, shelf + 4, true),
                    _ => make.add(Role::Throw, Mesh::ball(0.06).moved(right, top, 0.0)),
                }
            }
        }
    }
}
