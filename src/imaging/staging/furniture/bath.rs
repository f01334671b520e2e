//! Bathrooms. Refuses to know: rooms.

use glam::{Vec2, Vec3};

use super::Make;
use crate::imaging::{scene::Mesh, staging::palette::Role};

/// A hollow basin turned from a profile and drawn out to `width` x `depth`.
fn hollow(width: f32, height: f32, depth: f32) -> Mesh {
    let profile = [
        (0.0, 0.0),
        (0.36, 0.0),
        (0.42, 0.06),
        (0.46, 0.45),
        (0.485, 0.9),
        (0.5, 0.95),
        (0.498, 0.99),
        (0.48, 1.0),
        (0.455, 0.98),
        (0.43, 0.8),
        (0.38, 0.3),
        (0.3, 0.2),
        (0.0, 0.18),
    ];
    Mesh::lathe(&profile.map(|(x, y)| Vec2::new(x, y)), 56).scaled(width, height, depth)
}

/// A free-standing bathtub with its tap.
pub fn tub(make: &mut Make) {
    let (width, depth) = (make.size.x, make.size.z);
    make.add(Role::Ceramic, hollow(width, 0.58, depth - 0.04).moved(0.0, 0.0, 0.02));
    let tap = -depth / 2.0 + 0.02;
    make.add(Role::Metal, Mesh::cylinder(0.016, 0.74).moved(0.35, 0.0, tap));
    make.add(Role::Metal, Mesh::rod(Vec3::new(0.35, 0.735, tap), Vec3::new(0.35, 0.72, tap + 0.2), 0.013));
    let towel = Mesh::rounded(0.32, 0.28, 0.05, 0.02).moved(-0.45, 0.33, depth / 2.0 - 0.025);
    make.add(Role::Throw, towel);
}

/// A cupboard with a washbasin on it.
pub fn basin(make: &mut Make) {
    let (width, depth) = (make.size.x, make.size.z);
    make.legs(width - 0.06, depth - 0.06, 0.2);
    make.board(Role::Wood, [width - 0.01, 0.52, depth - 0.04], [0.0, 0.19, -0.01]);
    for row in 0..2 {
        let y = 0.2 + row as f32 * 0.255;
        make.board(Role::Front, [width - 0.04, 0.245, 0.02], [0.0, y, depth / 2.0 - 0.035]);
        make.add(Role::Metal, Mesh::rounded(0.2, 0.014, 0.016, 0.005).moved(0.0, y + 0.19, depth / 2.0 - 0.018));
    }
    make.board(Role::Stone, [width, 0.035, depth - 0.01], [0.0, 0.71, 0.0]);
    make.add(Role::Ceramic, hollow(0.5, 0.13, 0.36).moved(0.0, 0.745, 0.03));
    make.add(Role::Metal, Mesh::cylinder(0.014, 0.3).moved(0.0, 0.745, -depth / 2.0 + 0.06));
    make.add(
        Role::Metal,
        Mesh::rod(Vec3::new(0.0, 1.035, -depth / 2.0 + 0.06), Vec3::new(0.0, 1.02, -depth / 2.0 + 0.2), 0.01),
    );
    make.add(Role::Pot, Mesh::cone(0.035, 0.03, 0.13).moved(0.33, 0.745, -0.05));
    make.add(Role::Throw, Mesh::rounded(0.2, 0.1, 0.18, 0.03).moved(-0.34, 0.745, -0.03));
}

/// A toilet with its cistern at the back.
pub fn toilet(make: &mut Make) {
    let (width, depth) = (make.size.x, make.size.z);
    let back = -depth / 2.0;
    make.pad(Role::Ceramic, [width - 0.02, 0.4, 0.18], [0.0, 0.4, back + 0.1], 0.03);
    make.pad(Role::Ceramic, [width - 0.01, 0.03, 0.19], [0.0, 0.79, back + 0.1], 0.012);
    make.pad(Role::Ceramic, [0.23, 0.38, 0.44], [0.0, 0.0, back + 0.27], 0.1);
    let front = back + 0.42;
    make.add(Role::Ceramic, hollow(width - 0.03, 0.34, 0.5).moved(0.0, 0.06, front));
    let lid = [(0.0, 0.0), (0.49, 0.0), (0.5, 0.4), (0.48, 0.9), (0.0, 1.0)].map(|(x, y)| Vec2::new(x, y));
    make.add(Role::Ceramic, Mesh::lathe(&lid, 48).scaled(width - 0.02, 0.035, 0.51).moved(0.0, 0.4, front));
    make.add(Role::Metal, Mesh::cylinder(0.025, 0.008).moved(0.0, 0.82 - 0.002, back + 0.1));
}

/// A rack with two towels.
pub fn towels(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    for side in [-1.0f32, 1.0] {
        let x = side * (width / 2.0 - 0.015);
        for z in [-1.0f32, 1.0] {
            let foot = Vec3::new(x, 0.01, z * (depth / 2.0 - 0.02));
            make.add(Role::Metal, Mesh::rod(foot, Vec3::new(x, height - 0.02, 0.0), 0.01));
        }
        let (back, front) = (-depth / 2.0 + 0.02, depth / 2.0 - 0.02);
        make.add(Role::Metal, Mesh::rod(Vec3::new(x, 0.01, back), Vec3::new(x, 0.01, front), 0.01));
    }
    for (y, z) in [(height - 0.02, 0.0), (height * 0.62, 0.035)] {
        let end = width / 2.0 - 0.015;
        make.add(Role::Metal, Mesh::rod(Vec3::new(-end, y, z), Vec3::new(end, y, z), 0.009));
    }
    make.pad(Role::Linen, [0.25, 0.5, 0.04], [-0.14, height - 0.5, 0.0], 0.016);
    make.pad(Role::Throw, [0.22, 0.36, 0.045], [0.15, height - 0.36, 0.0], 0.018);
}
