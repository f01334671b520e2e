//! What one sits on. Refuses to know: rooms.

use std::f32::consts::PI;

use glam::{Vec2, Vec3};

use super::Make;
use crate::imaging::{
    scene::Mesh,
    staging::palette::{Legs, Role},
};

/// A sofa of one (an armchair) to three seats.
pub fn sofa(make: &mut Make, seats: u32) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    let single = seats == 1;
    let role = if single { Role::Accent } else { Role::Fabric };
    let soft = make.look.soft;
    let leg = if make.look.legs == Legs::Block { 0.07 } else { 0.15 };
    let arm = if make.look.slim { 0.1 } else { 0.17 };
    let arm = if single { arm * 0.75 } else { arm };
    let seat = 0.43f32;
    let back = 0.2;
    make.legs(width - 0.08, depth - 0.08, leg + 0.02);
    // The body below, the arms at its sides, the back behind.
    make.pad(role, [width - 0.02, seat - 0.15 - leg, depth - 0.04], [0.0, leg, 0.0], 0.025 + 0.02 * soft);
    for side in [-1.0f32, 1.0] {
        let top = 0.6 + 0.05 * soft;
        make.pad(role, [arm, top - leg, depth - 0.02], [side * (width - arm) / 2.0, leg, 0.0], 0.03 + 0.045 * soft);
    }
    make.pad(role, [width - 0.02, height - 0.1 - leg, back], [0.0, leg, -(depth - back) / 2.0], 0.04 + 0.04 * soft);
    let inner = width - 2.0 * arm;
    let each = inner / seats as f32;
    for number in 0..seats {
        let x = -inner / 2.0 + each * (number as f32 + 0.5);
        let front = depth - back;
        make.pad(role, [each - 0.008, 0.17, front - 0.02], [x, seat - 0.165, back / 2.0], 0.045 + 0.025 * soft);
        let cushion = Mesh::rounded(each - 0.02, 0.42, 0.17, 0.06 + 0.02 * soft).tilted(Vec3::X, -0.2);
        make.add(role, cushion.moved(x, seat - 0.02, -depth / 2.0 + back + 0.09));
    }
    if single {
        scatter(make, Role::Throw, 0.36, 0.02, -depth / 2.0 + back + 0.3, 0.15);
    } else {
        scatter(make, Role::Accent, 0.44, -inner / 2.0 + 0.26, -depth / 2.0 + back + 0.31, 0.25);
        scatter(make, Role::Throw, 0.38, -inner / 2.0 + 0.52, -depth / 2.0 + back + 0.36, 0.1);
        scatter(make, Role::Throw, 0.44, inner / 2.0 - 0.27, -depth / 2.0 + back + 0.31, -0.25);
    }
}

/// A scatter cushion that leans at a back.
fn scatter(make: &mut Make, role: Role, side: f32, x: f32, z: f32, turn: f32) {
    let cushion = Mesh::cushion(side, 0.14, side).moved(0.0, -0.07, -side / 2.0).tilted(Vec3::X, PI / 2.0 - 0.32);
    make.add(role, cushion.turned(turn).moved(x, 0.435, z));
}

/// A chair for a table.
pub fn chair(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    let (width, depth) = (width - 0.02, depth - 0.06);
    make.legs(width, depth, 0.44);
    let role = if make.look.legs == Legs::Block { Role::Wood } else { Role::Chair };
    make.pad(role, [width - 0.02, 0.045, depth - 0.02], [0.0, 0.43, 0.0], 0.02);
    if make.look.legs == Legs::Block {
        for x in [-1.0f32, 1.0] {
            make.board(Role::Wood, [0.04, height - 0.44, 0.035], [x * (width / 2.0 - 0.04), 0.44, -depth / 2.0 + 0.03]);
        }
        for row in 0..3 {
            let y = 0.54 + row as f32 * 0.11;
            make.board(Role::Wood, [width - 0.1, 0.06, 0.02], [0.0, y, -depth / 2.0 + 0.03]);
        }
        make.pad(Role::Chair, [width - 0.06, 0.035, depth - 0.07], [0.0, 0.468, 0.01], 0.016);
    } else {
        // A shell: a curved back of narrow upright strips.
        let strips = 9;
        for strip in 0..strips {
            let angle = (strip as f32 / (strips - 1) as f32 - 0.5) * 1.7;
            let bow = width / 2.0 - 0.02;
            let piece = Mesh::rounded(0.062, height - 0.46, 0.024, 0.011).tilted(Vec3::X, -0.1).turned(-angle);
            make.add(
                role,
                piece.moved(angle.sin() * bow * 1.05, 0.45, -depth / 2.0 + 0.05 + (1.0 - angle.cos()) * bow),
            );
        }
    }
}

/// A chair on castors.
pub fn office_chair(make: &mut Make) {
    for foot in 0..5 {
        let angle = foot as f32 / 5.0 * 2.0 * PI;
        let end = Vec3::new(angle.sin() * 0.28, 0.06, angle.cos() * 0.28);
        make.add(Role::Metal, Mesh::rod(Vec3::new(0.0, 0.09, 0.0), end, 0.017));
        make.add(Role::Dark, Mesh::ball(0.029).moved(end.x, 0.0, end.z));
    }
    make.add(Role::Metal, Mesh::cylinder(0.025, 0.33).moved(0.0, 0.08, 0.0));
    make.pad(Role::Chair, [0.5, 0.08, 0.48], [0.0, 0.42, 0.02], 0.038);
    let back = Mesh::rounded(0.46, 0.5, 0.06, 0.03).tilted(Vec3::X, -0.12);
    make.add(Role::Chair, back.moved(0.0, 0.52, -0.22));
    make.add(Role::Metal, Mesh::rod(Vec3::new(0.0, 0.42, -0.1), Vec3::new(0.0, 0.62, -0.27), 0.02));
    for side in [-1.0f32, 1.0] {
        make.add(Role::Metal, Mesh::rod(Vec3::new(side * 0.26, 0.45, 0.0), Vec3::new(side * 0.27, 0.65, 0.0), 0.012));
        make.pad(Role::Dark, [0.055, 0.03, 0.26], [side * 0.27, 0.645, 0.0], 0.014);
    }
}

/// A bar stool.
pub fn stool(make: &mut Make) {
    make.legs(0.38, 0.38, 0.64);
    let ring = [0.215, 0.225].map(|y| Vec2::new(0.17, y));
    make.add(
        Role::Metal,
        Mesh::lathe(&[ring[0], ring[0] + Vec2::new(0.012, 0.0), ring[1] + Vec2::new(0.012, 0.0), ring[1], ring[0]], 28),
    );
    make.pad(Role::Chair, [0.38, 0.055, 0.38], [0.0, 0.63, 0.0], 0.026);
    make.pad(Role::Chair, [0.36, 0.12, 0.03], [0.0, 0.665, -0.18], 0.014);
}
