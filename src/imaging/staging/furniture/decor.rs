//! Rugs, lamps, plants. Refuses to know: rooms.

use std::f32::consts::PI;

use glam::{Affine3A, Quat, Vec2, Vec3};

use super::Make;
use crate::imaging::{
    scene::Mesh,
    staging::palette::{Legs, Role},
};

/// A rug; its pattern counts from its middle.
pub fn rug(make: &mut Make) {
    let (width, height, depth) = (make.size.x, make.size.y, make.size.z);
    let role = if width > 2.0 { Role::Rug } else { Role::SmallRug };
    make.add(role, Mesh::rounded(width, height - 0.002, depth, 0.004));
    // The pile itself: a sheet, which has places on the rug and not on the sides of a box.
    make.add(role, Mesh::sheet(width - 0.008, depth - 0.008).moved(0.0, height - 0.001, 0.0));
}

/// A lamp that stands on the floor.
pub fn floor_lamp(make: &mut Make) {
    let (radius, height) = (make.size.x / 2.0 - 0.02, make.size.y);
    let shade = 0.27;
    if make.look.legs == Legs::Tapered {
        // Three legs.
        for leg in 0..3 {
            let angle = leg as f32 / 3.0 * 2.0 * PI + 0.4;
            let foot = Vec3::new(angle.sin() * (radius - 0.01), 0.008, angle.cos() * (radius - 0.01));
            make.add(Role::Wood, Mesh::rod(foot, Vec3::new(0.0, height - shade - 0.02, 0.0), 0.014));
        }
        make.add(Role::Wood, Mesh::cylinder(0.03, 0.001));
    } else {
        make.add(Role::Metal, Mesh::cone(0.145, 0.14, 0.02));
        make.add(Role::Metal, Mesh::cylinder(0.012, height - shade + 0.04));
    }
    make.add(Role::Shade, Mesh::cone(radius, radius * 0.74, shade - 0.02).moved(0.0, height - shade, 0.0));
}

/// A plant in a pot: arching leaves in turns of the golden angle.
pub fn plant(make: &mut Make) {
    let (spread, height) = (make.size.x / 2.0, make.size.y);
    let pot = (height * 0.22, spread * 0.38);
    let profile = [(0.0, 0.0), (0.74, 0.0), (1.0, 0.94), (1.0, 1.0), (0.92, 1.0), (0.9, 0.86), (0.0, 0.86)];
    let profile = profile.map(|(x, y)| Vec2::new(x * pot.1, y * pot.0));
    make.add(Role::Pot, Mesh::lathe(&profile, 36));
    make.add(Role::Soil, Mesh::cylinder(pot.1 * 0.9, 0.01).moved(0.0, pot.0 * 0.86, 0.0));
    let leaves = 30;
    for leaf in 0..leaves {
        let share = (leaf as f32 + 0.5) / leaves as f32;
        let angle = leaf as f32 * 2.399_963;
        // The inner ones stand up, the outer ones hang.
        let rise = (height - pot.0) * (0.98 - 0.55 * share) * 0.93;
        let reach = (spread - 0.03) * (0.22 + 0.72 * share);
        let role = if leaf % 3 == 0 { Role::LeafB } else { Role::Leaf };
        make.add(
            role,
            frond(rise, reach, 0.035 + 0.05 * spread, 0.25 + 0.5 * share).turned(angle).moved(0.0, pot.0 * 0.84, 0.0),
        );
    }
}

/// A leaf that rises and bows over to the front.
fn frond(rise: f32, reach: f32, width: f32, hang: f32) -> Mesh {
    let steps = 7;
    let place = |t: f32| {
        let up = rise * (1.0 - (1.0 - t).powi(2)) - rise * hang * t.powi(3) * 0.55;
        Vec3::new(0.0, up, reach * t.powf(1.5))
    };
    let mut mesh = Mesh::default();
    for step in 0..steps {
        let (from, to) = (step as f32 / steps as f32, (step + 1) as f32 / steps as f32);
        let (a, b) = (place(from), place(to));
        // Narrow stalk first, widest at two thirds, a pointed end.
        let wide = |t: f32| (width * (PI * (t.powf(1.4))).sin().max(0.0)).max(0.004);
        let middle = (wide(from) + wide(to)) / 2.0;
        let way = b - a;
        let turn = Quat::from_rotation_arc(Vec3::Z, way.normalize_or(Vec3::Z));
        let long = way.length() * 1.08;
        let blade = Mesh::rounded(2.0 * middle, 0.004, long, 0.0015);
        mesh.append(blade.placed(Affine3A::from_rotation_translation(turn, (a + b) / 2.0)));
    }
    mesh
}
