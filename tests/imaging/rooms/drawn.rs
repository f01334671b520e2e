//! Rooms that are rendered with a known camera: a box with doors, windows and things, and what each pixel shows.

use glam::Vec3;
use lumencast::imaging::{
    Stop,
    picture::Picture,
    room::view::{View, turned},
    scene::{self, Camera, Lamp, Material, Mesh, Options, Pattern, Scene, Sky},
    tone,
};

/// A side of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    Back,
}

/// What a pixel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    Floor,
    Wall,
    Ceiling,
    Door,
    Window,
    Thing,
}

/// A rectangle in a wall: metres along it (ahead of the camera on side walls, to the right on the one ahead) and up.
#[derive(Debug, Clone, Copy)]
pub struct Hole {
    pub side: Side,
    pub from: f32,
    pub to: f32,
    pub low: f32,
    pub high: f32,
    pub colour: [f32; 3],
}

/// A room and the camera in it. u is metres to the right, v metres ahead.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: &'static str,
    pub size: (u32, u32),
    pub yaw: f32,
    pub pitch: f32,
    /// Degrees along the width.
    pub wide: f32,
    pub left: f32,
    pub right: f32,
    pub back: f32,
    pub height: f32,
    pub floor: Material,
    pub walls: [Material; 3],
    pub ceiling: [f32; 3],
    pub skirting: Option<[f32; 3]>,
    pub doors: Vec<Hole>,
    pub windows: Vec<Hole>,
    /// Corners (u, height, v) and colour.
    pub things: Vec<(Vec3, Vec3, Material)>,
}

/// A picture and the truth about it.
pub struct Drawn {
    pub picture: Picture,
    pub shows: Vec<Shows>,
}

const EYE: f32 = 1.5;

pub fn plan(name: &'static str) -> Plan {
    let wall = Material::srgb([0.88, 0.86, 0.82]);
    Plan {
        name,
        size: (640, 480),
        yaw: 0.0,
        pitch: -0.08,
        wide: 70.0,
        left: -2.2,
        right: 2.4,
        back: 5.2,
        height: 2.6,
        floor: Material::srgb([0.55, 0.40, 0.27]).with(Pattern::Boards { width: 0.16, length: 1.6 }),
        walls: [wall, wall, wall],
        ceiling: [0.96, 0.96, 0.95],
        skirting: Some([0.95, 0.95, 0.94]),
        doors: Vec::new(),
        windows: Vec::new(),
        things: Vec::new(),
    }
}

impl Plan {
    pub fn view(&self) -> View {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        let focal = width / 2.0 / (self.wide / 2.0).to_radians().tan();
        View { width, height, focal, turn: turned(self.yaw, self.pitch, 0.0), eye: EYE }
    }

    /// The corners of a thin slab that lies on a wall's inner face.
    fn slab(&self, hole: &Hole, thick: f32) -> (Vec3, Vec3) {
        let Hole { from, to, low, high, .. } = *hole;
        match hole.side {
            Side::Left => (Vec3::new(self.left, low, -to), Vec3::new(self.left + thick, high, -from)),
            Side::Right => (Vec3::new(self.right - thick, low, -to), Vec3::new(self.right, high, -from)),
            Side::Back => (Vec3::new(from, low, -self.back), Vec3::new(to, high, -self.back + thick)),
        }
    }

    pub fn draw(&self) -> Drawn {
        let view = self.view();
        let window = [0.0, 0.0, view.width, view.height];
        let mut scene = Scene::new(Camera::of(view.view_matrix(), view.window_matrix(window)).unwrap());
        scene.sky = Sky { colour: Vec3::splat(0.55), ground: Vec3::splat(0.5), reach: 1.2 };
        let middle = Vec3::new((self.left + self.right) / 2.0, self.height - 0.25, -self.back * 0.55);
        scene.lamps.push(Lamp::Bulb { position: middle, radius: 0.25, colour: Vec3::splat(0.9) });
        let mut add = |mesh: Mesh, material: Material| {
            let number = scene.material(material);
            scene.add(mesh.painted(number));
        };
        let (left, right, back, height) = (self.left, self.right, -self.back, self.height);
        let front = 1.0;
        let block = |low: [f32; 3], high: [f32; 3]| Mesh::block(Vec3::from(low), Vec3::from(high));
        add(block([left, -0.1, back], [right, 0.0, front]), self.floor);
        add(block([left, height, back], [right, height + 0.1, front]), Material::srgb(self.ceiling));
        add(block([left - 0.1, 0.0, back], [left, height, front]), self.walls[0]);
        add(block([right, 0.0, back], [right + 0.1, height, front]), self.walls[1]);
        add(block([left, 0.0, back - 0.1], [right, height, back]), self.walls[2]);
        if let Some(colour) = self.skirting {
            for (low, high) in [
                ([left, 0.0, back], [left + 0.015, 0.08, front]),
                ([right - 0.015, 0.0, back], [right, 0.08, front]),
                ([left, 0.0, back], [right, 0.08, back + 0.015]),
            ] {
                add(block(low, high), Material::srgb(colour));
            }
        }
        for door in &self.doors {
            let frame = Hole { from: door.from - 0.07, to: door.to + 0.07, high: door.high + 0.07, ..*door };
            let (low, high) = self.slab(&frame, 0.02);
            add(Mesh::block(low, high), Material::srgb(door.colour.map(|value| value * 0.82)));
            let (low, high) = self.slab(door, 0.03);
            add(Mesh::block(low, high), Material::srgb(door.colour));
        }
        for window in &self.windows {
            let frame = Hole {
                from: window.from - 0.06,
                to: window.to + 0.06,
                low: window.low - 0.06,
                high: window.high + 0.06,
                ..*window
            };
            let (low, high) = self.slab(&frame, 0.02);
            add(Mesh::block(low, high), Material::srgb([0.97, 0.97, 0.97]));
            let (low, high) = self.slab(window, 0.03);
            add(Mesh::block(low, high), Material::srgb([0.1; 3]).shining(Vec3::from(window.colour)));
        }
        for (low, high, material) in &self.things {
            let (from, to) = (Vec3::new(low.x, low.y, -high.z), Vec3::new(high.x, high.y, -low.z));
            add(Mesh::block(from, to), *material);
        }
        let options = Options { samples: 4, ..Options::default() };
        let seen = scene::render(&scene, self.size.0, self.size.1, &options, &Stop::default()).unwrap();
        let mut picture = Picture::new(self.size.0, self.size.1);
        let mut noise = 0x9E37_79B9u32;
        for (pixel, colour) in picture.pixels_mut().zip(&seen.colour) {
            for (value, light) in pixel.iter_mut().zip(colour) {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let grain = (noise >> 8) as f32 / 16_777_216.0 - 0.5;
                *value = (tone::encoded(*light) + grain * 0.016).clamp(0.0, 1.0);
            }
        }
        let width = self.size.0 as usize;
        let count = width * self.size.1 as usize;
        let shows = (0..count).map(|at| self.shows(view.ray((at % width) as f32 + 0.5, (at / width) as f32 + 0.5)));
        Drawn { shows: shows.collect(), picture }
    }

    /// What a ray from the camera meets.
    fn shows(&self, ray: Vec3) -> Shows {
        let eye = Vec3::new(0.0, EYE, 0.0);
        let planes = [
            (-EYE / ray.y, Shows::Floor, None),
            ((self.height - EYE) / ray.y, Shows::Ceiling, None),
            (self.left / ray.x, Shows::Wall, Some(Side::Left)),
            (self.right / ray.x, Shows::Wall, Some(Side::Right)),
            (-self.back / ray.z, Shows::Wall, Some(Side::Back)),
        ];
        let nearest = planes.into_iter().filter(|plane| plane.0 > 1e-3).min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((far, mut shows, side)) = nearest else { return Shows::Thing };
        let at = eye + ray * far;
        if let Some(side) = side {
            let along = if side == Side::Back { at.x } else { -at.z };
            let within = |hole: &&Hole| {
                hole.side == side && (hole.from..hole.to).contains(&along) && (hole.low..hole.high).contains(&at.y)
            };
            if self.doors.iter().find(within).is_some() {
                shows = Shows::Door;
            } else if self.windows.iter().find(within).is_some() {
                shows = Shows::Window;
            }
        }
        for (low, high, _) in &self.things {
            let (low, high) = (Vec3::new(low.x, low.y, -high.z), Vec3::new(high.x, high.y, -low.z));
            let (one, other) = ((low - eye) / ray, (high - eye) / ray);
            let (enter, leave) = (one.min(other).max_element(), one.max(other).min_element());
            if enter < leave && enter > 0.0 && enter < far {
                return Shows::Thing;
            }
        }
        shows
    }
}
