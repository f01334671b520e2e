//! The catalogue: pieces of furniture as meshes in metres.
//!
//! ```text
//! Kind + Look ─► Make (parts painted by role) ─► Mesh
//! ```
//!
//! A piece stands on y = 0 around x = z = 0 and faces +z. Refuses to know: where it stands, what its colours are.

mod bath;
mod decor;
mod kitchen;
mod seating;
mod sleeping;
mod storage;
mod tables;

use glam::{Vec2, Vec3};

use super::palette::{Legs, Look, Role};
use crate::imaging::scene::Mesh;

/// A piece of furniture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Sofa,
    Loveseat,
    Armchair,
    CoffeeTable,
    SideTable,
    Rug,
    SmallRug,
    FloorLamp,
    Media,
    Sideboard,
    Bookshelf,
    Plant,
    SmallPlant,
    Bed,
    SingleBed,
    Nightstand,
    Wardrobe,
    Desk,
    SmallDesk,
    OfficeChair,
    DiningTable,
    SmallTable,
    DiningChair,
    Counter,
    SmallCounter,
    Island,
    Fridge,
    Stool,
    Bathtub,
    Basin,
    Toilet,
    TowelRack,
}

impl Kind {
    /// All.
    #[cfg(test)]
    const ALL: [Self; 32] = [
        Self::Sofa,
        Self::Loveseat,
        Self::Armchair,
        Self::CoffeeTable,
        Self::SideTable,
        Self::Rug,
        Self::SmallRug,
        Self::FloorLamp,
        Self::Media,
        Self::Sideboard,
        Self::Bookshelf,
        Self::Plant,
        Self::SmallPlant,
        Self::Bed,
        Self::SingleBed,
        Self::Nightstand,
        Self::Wardrobe,
        Self::Desk,
        Self::SmallDesk,
        Self::OfficeChair,
        Self::DiningTable,
        Self::SmallTable,
        Self::DiningChair,
        Self::Counter,
        Self::SmallCounter,
        Self::Island,
        Self::Fridge,
        Self::Stool,
        Self::Bathtub,
        Self::Basin,
        Self::Toilet,
        Self::TowelRack,
    ];

    /// Metres across, up and from back to front; nothing of the piece is outside of it.
    pub fn size(self) -> Vec3 {
        let (x, y, z) = match self {
            Self::Sofa => (2.15, 0.84, 0.94),
            Self::Loveseat => (1.6, 0.84, 0.92),
            Self::Armchair => (0.84, 0.86, 0.86),
            Self::CoffeeTable => (1.1, 0.4, 0.6),
            Self::SideTable => (0.46, 0.52, 0.46),
            Self::Rug => (2.8, 0.012, 1.9),
            Self::SmallRug => (1.7, 0.012, 1.1),
            Self::FloorLamp => (0.46, 1.58, 0.46),
            Self::Media => (1.7, 0.5, 0.42),
            Self::Sideboard => (1.6, 0.82, 0.45),
            Self::Bookshelf => (0.92, 1.95, 0.34),
            Self::Plant => (0.8, 1.5, 0.8),
            Self::SmallPlant => (0.5, 0.9, 0.5),
            Self::Bed => (1.7, 1.1, 2.15),
            Self::SingleBed => (1.0, 1.0, 2.08),
            Self::Nightstand => (0.46, 1.0, 0.42),
            Self::Wardrobe => (1.5, 2.1, 0.6),
            Self::Desk => (1.5, 1.2, 0.72),
            Self::SmallDesk => (1.1, 1.2, 0.6),
            Self::OfficeChair => (0.66, 1.02, 0.66),
            Self::DiningTable => (1.8, 0.75, 0.9),
            Self::SmallTable => (1.0, 0.75, 0.8),
            Self::DiningChair => (0.47, 0.86, 0.53),
            Self::Counter => (2.4, 1.25, 0.64),
            Self::SmallCounter => (1.5, 1.25, 0.64),
            Self::Island => (1.7, 0.93, 0.86),
            Self::Fridge => (0.62, 1.88, 0.66),
            Self::Stool => (0.4, 0.78, 0.42),
            Self::Bathtub => (1.7, 0.78, 0.78),
            Self::Basin => (0.95, 1.14, 0.5),
            Self::Toilet => (0.4, 0.82, 0.68),
            Self::TowelRack => (0.62, 0.95, 0.26),
        };
        Vec3::new(x, y, z)
    }

    /// How far its outline reaches over what stands on the floor, across and in depth: under the edge of a table goes
    /// a chair, under the leaves of a plant an arm of a sofa.
    pub fn overhang(self) -> Vec2 {
        match self {
            Self::DiningTable | Self::SmallTable => Vec2::new(0.14, 0.16),
            Self::Desk | Self::SmallDesk => Vec2::new(0.03, 0.1),
            Self::Island => Vec2::new(0.0, 0.2),
            Self::OfficeChair => Vec2::splat(0.05),
            Self::Plant => Vec2::splat(0.2),
            Self::SmallPlant | Self::FloorLamp => Vec2::splat(0.08),
            _ => Vec2::ZERO,
        }
    }

    /// Whether others may stand on it.
    pub fn is_flat(self) -> bool {
        matches!(self, Self::Rug | Self::SmallRug)
    }

    /// Metres up to the bulb of a lamp.
    pub fn lamp(self) -> Option<f32> {
        match self {
            Self::FloorLamp => Some(1.25),
            Self::Nightstand => Some(0.69),
            _ => None,
        }
    }

    /// The mesh in a look.
    pub fn mesh(self, look: &Look) -> Mesh {
        let mut make = Make { look, mesh: Mesh::default(), size: self.size() };
        match self {
            Self::Sofa => seating::sofa(&mut make, 3),
            Self::Loveseat => seating::sofa(&mut make, 2),
            Self::Armchair => seating::sofa(&mut make, 1),
            Self::DiningChair => seating::chair(&mut make),
            Self::OfficeChair => seating::office_chair(&mut make),
            Self::Stool => seating::stool(&mut make),
            Self::CoffeeTable => tables::coffee(&mut make),
            Self::SideTable => tables::side(&mut make),
            Self::DiningTable | Self::SmallTable => tables::dining(&mut make),
            Self::Desk | Self::SmallDesk => tables::desk(&mut make),
            Self::Rug | Self::SmallRug => decor::rug(&mut make),
            Self::FloorLamp => decor::floor_lamp(&mut make),
            Self::Plant | Self::SmallPlant => decor::plant(&mut make),
            Self::Media => storage::media(&mut make),
            Self::Sideboard => storage::sideboard(&mut make),
            Self::Bookshelf => storage::bookshelf(&mut make),
            Self::Wardrobe => storage::wardrobe(&mut make),
            Self::Nightstand => sleeping::nightstand(&mut make),
            Self::Bed | Self::SingleBed => sleeping::bed(&mut make),
            Self::Counter | Self::SmallCounter => kitchen::counter(&mut make),
            Self::Island => kitchen::island(&mut make),
            Self::Fridge => kitchen::fridge(&mut make),
            Self::Bathtub => bath::tub(&mut make),
            Self::Basin => bath::basin(&mut make),
            Self::Toilet => bath::toilet(&mut make),
            Self::TowelRack => bath::towels(&mut make),
        }
        make.mesh
    }
}

/// A piece being made.
struct Make<'a> {
    look: &'a Look,
    mesh: Mesh,
    size: Vec3,
}

impl Make<'_> {
    /// Adds a part made of a material.
    fn add(&mut self, role: Role, part: Mesh) {
        self.mesh.append(part.painted(role as usize));
    }

    /// A board with slightly rounded edges; `at` is the middle of its underside.
    fn board(&mut self, role: Role, size: [f32; 3], at: [f32; 3]) {
        let [x, y, z] = size;
        self.add(role, Mesh::rounded(x, y, z, 0.006f32.min(y / 3.0).min(x / 3.0)).moved(at[0], at[1], at[2]));
    }

    /// Something upholstered; `at` is the middle of its underside.
    fn pad(&mut self, role: Role, size: [f32; 3], at: [f32; 3], radius: f32) {
        self.add(role, Mesh::rounded(size[0], size[1], size[2], radius).moved(at[0], at[1], at[2]));
    }

    /// Four legs under something `width` x `depth`, `height` high.
    fn legs(&mut self, width: f32, depth: f32, height: f32) {
        let role = if self.look.legs == Legs::Metal { Role::Metal } else { Role::Wood };
        for (x, z) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
            let (x, z): (f32, f32) = (x * width / 2.0, z * depth / 2.0);
            match self.look.legs {
                Legs::Block => {
                    let side = 0.06f32.min(height);
                    self.board(
                        Role::Wood,
                        [side, height, side],
                        [x - x.signum() * side / 2.0, 0.0, z - z.signum() * side / 2.0],
                    );
                }
                Legs::Tapered => {
                    let lean = 0.12 * height;
                    let top = Vec3::new(x - x.signum() * (0.03 + lean), height, z - z.signum() * (0.03 + lean));
                    let foot = Vec3::new(x - x.signum() * 0.02, 0.0, z - z.signum() * 0.02);
                    let way = top - foot;
                    let turn = glam::Quat::from_rotation_arc(Vec3::Y, way.normalize_or(Vec3::Y));
                    let leg = Mesh::cone(0.011, 0.021, way.length());
                    self.add(role, leg.placed(glam::Affine3A::from_rotation_translation(turn, foot)));
                }
                Legs::Metal => {
                    let rod = Mesh::cylinder(0.011, height);
                    self.add(role, rod.moved(x - x.signum() * 0.02, 0.0, z - z.signum() * 0.02));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{staging::palette, wishes::Style};

    #[test]
    fn every_piece_stands_on_the_floor_and_stays_inside_its_size() {
        for style in [Style::Modern, Style::Traditional, Style::MidCentury] {
            let look = palette::look(style);
            for kind in Kind::ALL {
                let mesh = kind.mesh(&look);
                let (low, high) = mesh.bounds().unwrap();
                let half = kind.size() / 2.0 + 0.012;
                assert!(low.y.abs() < 0.005, "{kind:?} {style:?} stands at {}", low.y);
                assert!(low.x > -half.x && high.x < half.x, "{kind:?} {style:?} {low} {high}");
                assert!(low.z > -half.z && high.z < half.z, "{kind:?} {style:?} {low} {high}");
                assert!(high.y < kind.size().y + 0.02, "{kind:?} {style:?} {high}");
                assert!(high.y > 0.6 * kind.size().y, "{kind:?} {style:?} {high}");
            }
        }
    }
}
