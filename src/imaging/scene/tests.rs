//! Small scenes of which it is known where light must and must not arrive.

use super::*;
use crate::imaging::{Fault, Stop};
use glam::{Vec2, Vec3};

const SIZE: u32 = 48;

fn seen(scene: &Scene, samples: u32, catchers: Vec<Catcher>) -> Rendered {
    render(scene, SIZE, SIZE, &Options { samples, catchers }, &Stop::default()).unwrap()
}

/// From above, 4 m of ground from edge to edge, +x right and +z down the picture.
fn from_above() -> Scene {
    Scene::new(Camera::parallel(Vec3::new(0.0, 10.0, 0.0), Vec3::ZERO, 4.0, 1.0))
}

/// The pixel of a place on the ground seen from above.
fn pixel(x: f32, z: f32) -> usize {
    let at = |v: f32| ((v / 4.0 + 0.5) * SIZE as f32) as usize;
    at(z) * SIZE as usize + at(x)
}

#[test]
fn a_shadow_falls_away_from_the_sun() {
    let mut scene = from_above();
    scene.sky = Sky { colour: Vec3::splat(0.2), ..Sky::default() };
    scene.sun = Some(Sun { towards: Vec3::new(-1.0, 1.0, 0.0), colour: Vec3::ONE, softness: 0.0 });
    scene.add(Mesh::cuboid(0.6, 1.0, 0.6));
    let shade = seen(&scene, 4, vec![Catcher::floor()]).shade;
    let (dark, lit) = (shade.data[pixel(0.8, 0.0)], shade.data[pixel(-0.8, 0.0)]);
    assert!(dark < 0.35, "in the shadow {dark}");
    assert!(lit > 0.85, "towards the sun {lit}");
    assert!(shade.data[pixel(1.8, 0.0)] > 0.9, "a shadow of 1 m ends");
}

#[test]
fn a_ball_covers_the_pixels_that_geometry_says() {
    let mut scene = from_above();
    scene.add(Mesh::ball(1.0));
    let out = seen(&scene, 4, Vec::new());
    let covered: f32 = out.colour.iter().map(|pixel| pixel[3]).sum();
    let expected = std::f32::consts::PI * (SIZE as f32 / 4.0).powi(2);
    assert!((covered / expected - 1.0).abs() < 0.02, "{covered} of {expected}");
    let middle = out.depth.data[pixel(0.0, 0.0)];
    assert!((middle - 8.0).abs() < 0.05 && out.depth.data[0].is_infinite(), "{middle}");
}

#[test]
fn an_open_white_floor_is_as_bright_as_the_sky_and_a_corner_is_darker() {
    let mut scene = from_above();
    let grey = scene.material(Material { reflectance: 0.0, ..Material::matt(Vec3::splat(0.5)) });
    scene.add(Mesh::sheet(4.0, 4.0).painted(grey));
    scene.add(Mesh::cuboid(0.1, 2.0, 4.0).moved(-1.9, 0.0, 0.0).painted(grey));
    scene.add(Mesh::cuboid(4.0, 2.0, 0.1).moved(0.0, 0.0, -1.9).painted(grey));
    let out = seen(&scene, 4, Vec::new());
    let (corner, open) = (out.colour[pixel(-1.75, -1.75)][1], out.colour[pixel(1.6, 1.6)][1]);
    assert!((open - 0.5).abs() < 0.04, "half of the sky's light comes back: {open}");
    assert!(corner < 0.8 * open, "{corner} of {open}");
}

#[test]
fn a_red_wall_tints_what_is_near_and_nothing_else() {
    let mut scene = from_above();
    let white = scene.material(Material::matt(Vec3::splat(0.8)));
    let red = scene.material(Material::matt(Vec3::new(0.8, 0.05, 0.05)));
    scene.sky.reach = 1.0;
    scene.add(Mesh::sheet(4.0, 4.0).painted(white));
    scene.add(Mesh::cuboid(0.1, 1.0, 4.0).moved(-1.9, 0.0, 0.0).painted(red));
    let out = seen(&scene, 4, Vec::new());
    let redness = |x: f32| {
        let [r, g, ..] = out.colour[pixel(x, 0.0)];
        r / g
    };
    assert!(redness(-1.75) > 1.03, "beside the wall {}", redness(-1.75));
    assert!((redness(1.0) - 1.0).abs() < 0.005, "far away {}", redness(1.0));
    assert!(redness(-1.9) > 8.0, "the wall itself {}", redness(-1.9));
}

#[test]
fn a_lamp_lights_by_the_square_of_its_distance_and_casts_shadows() {
    let mut scene = from_above();
    scene.sky = Sky { colour: Vec3::ZERO, ground: Vec3::ZERO, reach: 1.0 };
    let white = scene.material(Material { reflectance: 0.0, ..Material::matt(Vec3::ONE) });
    scene.add(Mesh::sheet(4.0, 4.0).painted(white));
    scene.add(Mesh::cuboid(0.3, 0.2, 0.3).moved(1.0, 0.0, 0.0).painted(white));
    scene.lamps.push(Lamp::Bulb { position: Vec3::new(0.0, 1.0, 0.0), radius: 0.02, colour: Vec3::ONE });
    let out = seen(&scene, 32, Vec::new());
    let bright = |x: f32| out.colour[pixel(x, 0.04)][1];
    assert!((bright(0.0) - 1.0).abs() < 0.05, "{}", bright(0.0));
    // At 1 m to the side: half by the square, 1 / sqrt 2 by the slope.
    assert!((bright(-1.0) / 0.3536 - 1.0).abs() < 0.1, "{}", bright(-1.0));
    assert!(bright(1.22) < 0.05, "behind the box {}", bright(1.22));
}

#[test]
fn what_is_behind_glass_is_seen_and_mirrors_show_what_is_before_them() {
    let mut scene = from_above();
    let blue = scene.material(Material::matt(Vec3::new(0.0, 0.0, 1.0)));
    let glass = scene.material(Material::glass());
    let mirror = scene.material(Material::matt(Vec3::ONE).glossy(0.0, 0.95));
    scene.add(Mesh::sheet(1.0, 1.0).moved(-1.0, 0.0, 0.0).painted(blue));
    scene.add(Mesh::sheet(1.0, 1.0).moved(-1.0, 0.5, 0.0).painted(glass));
    scene.add(Mesh::sheet(1.0, 1.0).moved(1.0, 0.0, 0.0).painted(mirror));
    scene.sky = Sky { colour: Vec3::new(0.2, 0.9, 0.2), ground: Vec3::ZERO, reach: 0.1 };
    let out = seen(&scene, 4, Vec::new());
    let [r, _, b, a] = out.colour[pixel(-1.0, 0.0)];
    assert!(b > 2.0 * r && (a - 1.0).abs() < 0.01, "{r} {b} {a}");
    let [r, g, ..] = out.colour[pixel(1.0, 0.0)];
    assert!((r - 0.2).abs() < 0.06 && (g - 0.9).abs() < 0.1, "the sky in the mirror: {r} {g}");
}

#[test]
fn the_filter_leaves_little_noise_and_two_runs_are_equal() {
    let mut scene = from_above();
    let white = scene.material(Material::matt(Vec3::splat(0.8)));
    scene.add(Mesh::sheet(4.0, 4.0).painted(white));
    scene.add(Mesh::cuboid(0.5, 1.5, 0.5).moved(-1.5, 0.0, -1.5).painted(white));
    let (few, many) = (seen(&scene, 4, Vec::new()), seen(&scene, 64, Vec::new()));
    let error: f32 = few.colour.iter().zip(&many.colour).map(|(a, b)| (a[1] - b[1]).powi(2)).sum();
    let error = (error / few.colour.len() as f32).sqrt();
    assert!(error < 0.02, "{error}");
    assert_eq!(few, seen(&scene, 4, Vec::new()));
}

#[test]
fn a_picture_higher_than_a_band_has_no_seams() {
    let mut scene = Scene::new(Camera::parallel(Vec3::new(0.0, 10.0, 0.0), Vec3::ZERO, 4.0, 0.05));
    scene.add(Mesh::sheet(4.0, 4.0));
    let out = render(&scene, 12, 240, &Options::default(), &Stop::default()).unwrap();
    assert_eq!(out.colour.len(), 12 * 240);
    let bright: Vec<f32> =
        out.colour.chunks(12).map(|row| row.iter().map(|pixel| pixel[1]).sum::<f32>() / 12.0).collect();
    assert!(bright.windows(2).all(|two| (two[0] - two[1]).abs() < 0.02), "{bright:?}");
}

#[test]
fn a_wall_takes_shadows_where_a_catcher_stands() {
    let mut scene = Scene::new(Camera::looking(Vec3::new(0.0, 1.0, 4.0), Vec3::new(0.0, 1.0, 0.0), 1.0, 1.0));
    scene.sun = Some(Sun { towards: Vec3::new(0.0, 0.0, 1.0), colour: Vec3::ONE, softness: 0.02 });
    scene.sky.colour = Vec3::splat(0.1);
    scene.add(Mesh::cuboid(0.2, 0.2, 0.2).moved(0.0, 0.2, 0.2));
    let wall = Catcher { point: Vec3::ZERO, normal: Vec3::Z };
    let out = seen(&scene, 4, vec![Catcher::floor(), wall]);
    let open = out.shade.at(4, 4);
    assert!(open > 0.9, "{open}");
    assert!(out.shade.data.iter().all(|shade| (0.0..=1.6).contains(shade)));
}

#[test]
fn builders_enclose_what_they_should() {
    // The volume under all triangles is positive only when every one of them faces outwards.
    let volume = |mesh: &Mesh| -> f32 {
        let corner = |index: u32| mesh.vertices[index as usize].position;
        let part = |triangle: &Triangle| {
            let [a, b, c] = triangle.corners.map(corner);
            a.dot(b.cross(c)) / 6.0
        };
        mesh.triangles.iter().map(part).sum()
    };
    let ell = [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0), (0.0, 2.0)].map(|(x, y)| Vec2::new(x, y));
    let square = |half: f32| {
        vec![Vec2::new(-half, -half), Vec2::new(half, -half), Vec2::new(half, half), Vec2::new(-half, half)]
    };
    let pi = std::f32::consts::PI;
    for (name, mesh, expected) in [
        ("cuboid", Mesh::cuboid(1.0, 2.0, 3.0), 6.0),
        ("block", Mesh::block(Vec3::new(1.0, 1.0, 1.0), Vec3::new(2.0, 3.0, 2.0)), 2.0),
        ("rounded", Mesh::rounded(1.0, 1.0, 1.0, 0.05), 0.99),
        ("cylinder", Mesh::cylinder(0.5, 2.0), pi * 0.5),
        ("cone", Mesh::cone(1.0, 0.0, 3.0), pi),
        ("ball", Mesh::ball(1.0), pi * 4.0 / 3.0),
        ("extruded", Mesh::extruded(&ell, 2.0), 6.0),
        ("extruded the other way round", Mesh::extruded(&ell.iter().rev().copied().collect::<Vec<_>>(), 2.0), 6.0),
        ("with a hole", Mesh::extruded_all(&[square(1.0), square(0.5)], 1.0), 3.0),
        ("rod", Mesh::rod(Vec3::ZERO, Vec3::new(2.0, 0.0, 0.0), 0.1), pi * 0.02),
        ("mirrored", Mesh::cuboid(1.0, 1.0, 1.0).scaled(-2.0, 1.0, 1.0), 2.0),
    ] {
        let found = volume(&mesh);
        assert!((found / expected - 1.0).abs() < 0.03, "{name}: {found} of {expected}");
        let outward = |triangle: &Triangle| {
            let [a, b, c] = triangle.corners.map(|index| mesh.vertices[index as usize]);
            let flat = (b.position - a.position).cross(c.position - a.position);
            flat.length() < 1e-6 || flat.dot(a.normal + b.normal + c.normal) > 0.0
        };
        assert!(mesh.triangles.iter().all(outward), "{name}: normals and corners agree");
    }
    let cushion = volume(&Mesh::cushion(0.5, 0.2, 0.5));
    assert!((0.02..0.05).contains(&cushion), "{cushion}");
}

#[test]
fn broken_meshes_are_drawn_as_far_as_they_go() {
    let mut scene = from_above();
    scene.add(Mesh::extruded(&[Vec2::ZERO, Vec2::X], 1.0));
    scene.mesh.triangles.push(Triangle { corners: [0, 1, 9_999], material: 77 });
    scene.add(Mesh::cuboid(0.0, 0.0, 0.0));
    scene.add(Mesh::cuboid(f32::NAN, 1.0, 1.0));
    scene.add(Mesh::cuboid(1.0, 1.0, 1.0).painted(42));
    let out = seen(&scene, 1, Vec::new());
    assert!(out.colour[pixel(0.0, 0.0)][3] > 0.9);
    let nothing = seen(&from_above(), 1, vec![Catcher::floor()]);
    assert!(nothing.colour.iter().all(|pixel| pixel[3] == 0.0));
    assert!(nothing.shade.data.iter().all(|shade| (shade - 1.0).abs() < 1e-4));
}

#[test]
fn a_stopped_rendering_ends() {
    let stop = Stop::default();
    stop.stop();
    assert_eq!(render(&from_above(), 8, 8, &Options::default(), &stop).unwrap_err(), Fault::Stopped);
}
