//! Tables. Refuses to know: rooms.

use glam::{Vec2, Vec3};

use super::Make;
use crate::imaging::{
    scene::Mesh,
    staging::palette::{Legs, Role},
};

/// A low table with a shelf, a bowl and books.
pub fn coffee(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y - 0.06, make.size.z);
    make.board(Role::Table, [width, 0.035, depth], [0.0, height - 0.035, 0.0]);
    if make.look.legs == Legs::Block {
        make.board(Role::Wood, [width - 0.1, 0.02, depth - 0.1], [0.0, 0.12, 0.0]);
    }
    make.legs(width - 0.04, depth - 0.04, height - 0.03);
    make.board(Role::BookA, [0.26, 0.028, 0.19], [-0.25, height, 0.06]);
    make.add(Role::BookB, Mesh::rounded(0.22, 0.022, 0.16, 0.004).turned(0.3).moved(-0.25, height + 0.028, 0.06));
    make.add(Role::Pot, bowl(0.12, 0.06).moved(0.22, height, -0.05));
}

/// An open bowl.
fn bowl(radius: f32, height: f32) -> Mesh {
    let outside = (0..=8).map(|step| {
        let t = step as f32 / 8.0;
        Vec2::new(radius * (0.35 + 0.65 * t.sqrt()), height * t)
    });
    let mut profile = vec![Vec2::ZERO];
    profile.extend(outside);
    profile.push(Vec2::new(radius * 0.95, height));
    profile.push(Vec2::new(radius * 0.5, height * 0.3));
    profile.push(Vec2::new(0.0, height * 0.2));
    Mesh::lathe(&profile, 32)
}

/// A small round table.
pub fn side(make: &mut Make) {
    let (radius, height) = (make.size.x / 2.0 - 0.01, make.size.y - 0.02);
    make.add(Role::Table, Mesh::cylinder(radius, 0.025).moved(0.0, height - 0.025, 0.0));
    make.add(Role::Metal, Mesh::cylinder(0.018, height - 0.03));
    make.add(Role::Metal, Mesh::cone(0.16, 0.15, 0.014));
}

/// A table to eat at, laid with a bowl and a runner.
pub fn dining(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y - 0.01, make.size.z);
    let height = height - 0.09;
    make.board(Role::Table, [width, 0.04, depth], [0.0, height - 0.04, 0.0]);
    make.board(Role::Table, [width - 0.36, 0.06, 0.025], [0.0, height - 0.1, depth / 2.0 - 0.18]);
    make.board(Role::Table, [width - 0.36, 0.06, 0.025], [0.0, height - 0.1, -depth / 2.0 + 0.18]);
    make.legs(width - 0.26, depth - 0.28, height - 0.03);
    make.add(Role::Throw, Mesh::rounded(width * 0.62, 0.004, depth * 0.34, 0.0015).moved(0.0, height, 0.0));
    make.add(Role::Pot, bowl(0.15, 0.08).moved(0.0, height + 0.004, 0.0));
}

/// A desk with a monitor, a keyboard and a lamp.
pub fn desk(make: &mut Make) {
    let (width, depth) = (make.size.x, make.size.z);
    let top = 0.74;
    make.board(Role::Table, [width, 0.03, depth], [0.0, top - 0.03, 0.0]);
    make.legs(width - 0.04, depth - 0.06, top - 0.025);
    // Drawers under the left end, as seen from behind the desk.
    let chest = width * 0.26;
    let left = -width / 2.0 + chest / 2.0 + 0.05;
    make.board(Role::Front, [chest, 0.14, depth - 0.12], [left, top - 0.17, 0.0]);
    make.add(Role::Metal, Mesh::rounded(0.1, 0.012, 0.012, 0.005).moved(left, top - 0.11, depth / 2.0 - 0.055));
    let screen = (width * 0.42).min(0.62);
    make.board(Role::Dark, [0.22, 0.012, 0.16], [0.0, top, -depth / 2.0 + 0.18]);
    make.board(Role::Dark, [0.04, 0.16, 0.02], [0.0, top, -depth / 2.0 + 0.15]);
    make.board(Role::Dark, [screen, screen * 0.58, 0.022], [0.0, top + 0.1, -depth / 2.0 + 0.17]);
    make.board(Role::Screen, [screen - 0.02, screen * 0.58 - 0.02, 0.004], [0.0, top + 0.11, -depth / 2.0 + 0.181]);
    make.board(Role::Dark, [0.4, 0.014, 0.13], [0.0, top, 0.08]);
    let lamp = Vec3::new(width / 2.0 - 0.16, top, -depth / 2.0 + 0.16);
    make.add(Role::Metal, Mesh::cylinder(0.07, 0.014).moved(lamp.x, lamp.y, lamp.z));
    let elbow = lamp + Vec3::new(0.05, 0.26, 0.0);
    let head = lamp + Vec3::new(-0.13, 0.38, 0.06);
    make.add(Role::Metal, Mesh::rod(lamp, elbow, 0.008));
    make.add(Role::Metal, Mesh::rod(elbow, head, 0.008));
    make.add(Role::Metal, Mesh::cone(0.075, 0.025, 0.09).moved(head.x, head.y - 0.07, head.z));
    make.board(Role::BookA, [0.2, 0.03, 0.26], [-width / 2.0 + 0.22, top, -0.02]);
    make.board(Role::BookC, [0.19, 0.024, 0.24], [-width / 2.0 + 0.22, top + 0.03, -0.02]);
}
