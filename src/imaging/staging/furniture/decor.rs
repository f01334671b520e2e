//! Rugs, lamps, plants. Refuses to know: rooms.

use std::f32::consts::PI;

use glam::{Vec2, Vec3};

use super::Make;
use crate::imaging::{
    scene::{Mesh, Triangle, Vertex},
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
    let leaves = 34;
    for leaf in 0..leaves {
        let share = (leaf as f32 + 0.5) / leaves as f32;
        let angle = leaf as f32 * 2.399_963;
        // The inner ones stand up, the outer ones hang.
        let rise = (height - pot.0) * (0.98 - 0.55 * share) * 0.93;
        let reach = (spread - 0.03) * (0.22 + 0.72 * share);
        let role = if leaf % 3 == 0 { Role::LeafB } else { Role::Leaf };
        make.add(
            role,
            frond(rise, reach, 0.03 + 0.05 * spread, 0.25 + 0.5 * share).turned(angle).moved(0.0, pot.0 * 0.84, 0.0),
        );
    }
}

/// A leaf that rises and bows over to the front: a ribbon, hollow along its middle, seen from both sides.
fn frond(rise: f32, reach: f32, width: f32, hang: f32) -> Mesh {
    const STEPS: usize = 9;
    let place = |t: f32| {
        let up = rise * (1.0 - (1.0 - t).powi(2)) - rise * hang * t.powi(3) * 0.55;
        Vec3::new(0.0, up, reach * t.powf(1.5))
    };
    let mut mesh = Mesh::default();
    for side in [1.0f32, -1.0] {
        let first = mesh.vertices.len() as u32;
        for step in 0..=STEPS {
            let t = step as f32 / STEPS as f32;
            let way = (place((t + 0.03).min(1.0)) - place((t - 0.03).max(0.0))).normalize_or(Vec3::Y);
            let out = Vec3::X.cross(way) * -side;
            // A narrow stalk first, widest behind the middle, a pointed end.
            let wide = (width * (PI * t.powf(1.3)).sin()).max(0.004 * (1.0 - t));
            for across in [-1.0f32, 0.0, 1.0] {
                let fold = Vec3::X.cross(way) * (-0.25 * wide * across.abs());
                mesh.vertices.push(Vertex {
                    position: place(t) + Vec3::X * (across * wide) + fold + out * 0.001,
                    normal: (out + Vec3::X * (side * -0.25 * across)).normalize_or(Vec3::Y),
                    uv: Vec2::new(across * wide, t),
                });
            }
        }
        for step in 0..STEPS as u32 {
            for across in 0..2 {
                let a = first + step * 3 + across;
                let corners = [[a, a + 1, a + 3], [a + 1, a + 4, a + 3]];
                mesh.triangles.extend(corners.map(|[a, b, c]| Triangle {
                    corners: if side > 0.0 { [a, c, b] } else { [a, b, c] },
                    material: 0,
                }));
            }
        }
    }
    mesh
}
