//! What belongs into which room, the most important first.
//!
//! Distances are metres to the right and to the front of a group's first piece. Refuses to know: where anything goes.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::Vec2;

use super::group::{Group, Member, Stand};
use crate::imaging::staging::{furniture::Kind, wanted::Wanted};

/// Square metres of seen floor from which a room is large.
const LARGE: f32 = 11.0;

/// The stages of a room: of each the first group that fits is put.
pub fn stages(config: &str, area: f32, wanted: &Wanted) -> Vec<Vec<Group>> {
    let plan = Plan { wanted, large: area > LARGE, stages: Vec::new() };
    match config {
        "bedroom" => plan.bedroom(),
        "kitchen" => plan.kitchen(),
        "dining-room" => plan.dining(),
        "office" => plan.office(),
        "bathroom" => plan.bathroom(),
        _ => plan.living(),
    }
}

fn member(kind: Kind, right: f32, front: f32, turn: f32, worth: f32) -> Member {
    Member { kind, at: Vec2::new(right, front), turn, worth }
}

struct Plan<'a> {
    wanted: &'a Wanted,
    large: bool,
    stages: Vec<Vec<Group>>,
}

impl Plan<'_> {
    /// The same without what is denied.
    fn allowed(&self, group: Group) -> Group {
        let members = group.members.into_iter().filter(|member| self.wanted.allows(member.kind)).collect();
        Group { members, ..group }
    }

    fn stage(&mut self, groups: Vec<Group>) {
        let groups = groups.into_iter().map(|group| self.allowed(group)).collect();
        self.stages.push(groups);
    }

    /// Single pieces as often as wanted, or `usual`.
    fn single(&mut self, kinds: &[Kind], stand: Stand, usual: u32) {
        let Some(&first) = kinds.first() else { return };
        for _ in 0..self.wanted.count(first, usual) {
            let one = |&kind: &Kind| Group { members: vec![member(kind, 0.0, 0.0, 0.0, 1.0)], stand, central: false };
            self.stage(kinds.iter().map(one).collect());
        }
    }

    fn living(mut self) -> Vec<Vec<Group>> {
        let chairs = self.wanted.count(Kind::Armchair, if self.large { 2 } else { 1 });
        let seats = |sofa: Kind| {
            let half = sofa.size().x / 2.0;
            let mut members = vec![
                member(sofa, 0.0, 0.0, 0.0, 4.0),
                member(Kind::CoffeeTable, 0.0, 1.12, 0.0, 1.5),
                member(if sofa == Kind::Sofa { Kind::Rug } else { Kind::SmallRug }, 0.0, 1.05, 0.0, 1.0),
            ];
            for (number, side) in [1.0f32, -1.0].into_iter().enumerate().take(chairs.min(2) as usize) {
                let worth = if number == 0 { 1.5 } else { 1.0 };
                members.push(member(Kind::Armchair, side * (half + 0.55), 1.45, -side * 1.15, worth));
            }
            members.push(member(Kind::SideTable, half + 0.34, -0.1, 0.0, 0.6));
            members.push(member(Kind::FloorLamp, -half - 0.32, -0.12, 0.0, 0.8));
            Group { members, stand: Stand::NearWall, central: true }
        };
        let small = Group {
            members: vec![
                member(Kind::Armchair, 0.0, 0.0, 0.0, 3.0),
                member(Kind::SideTable, 0.72, 0.1, 0.0, 1.0),
                member(Kind::FloorLamp, -0.68, -0.1, 0.0, 1.0),
            ],
            stand: Stand::NearWall,
            central: true,
        };
        let seating = if self.wanted.allows(Kind::Sofa) {
            vec![seats(Kind::Sofa), seats(Kind::Loveseat), small]
        } else {
            vec![small]
        };
        self.stage(seating);
        self.single(&[Kind::Media], Stand::Wall, 1);
        self.single(&[Kind::Bookshelf], Stand::Wall, u32::from(self.large));
        self.single(&[Kind::Plant, Kind::SmallPlant], Stand::Corner, 1);
        self.single(&[Kind::Armchair], Stand::Open, chairs.saturating_sub(2));
        self.stages
    }

    fn bedroom(mut self) -> Vec<Vec<Group>> {
        let bed = |bed: Kind| {
            let (half, back) = (bed.size().x / 2.0, bed.size().z / 2.0);
            Group {
                members: vec![
                    member(bed, 0.0, 0.0, 0.0, 4.0),
                    member(Kind::Nightstand, half + 0.3, -back + 0.24, 0.0, 1.2),
                    member(Kind::Nightstand, -half - 0.3, -back + 0.24, 0.0, 1.0),
                    member(Kind::Rug, 0.0, 0.75, 0.0, 0.8),
                ],
                stand: Stand::NearWall,
                central: true,
            }
        };
        self.stage(vec![bed(Kind::Bed), bed(Kind::SingleBed)]);
        self.single(&[Kind::Wardrobe, Kind::Bookshelf], Stand::Wall, 1);
        self.single(&[Kind::Armchair], Stand::Corner, u32::from(self.large));
        self.single(&[Kind::Plant, Kind::SmallPlant], Stand::Corner, 1);
        self.single(&[Kind::FloorLamp], Stand::Corner, u32::from(self.large));
        self.stages
    }

    fn kitchen(mut self) -> Vec<Vec<Group>> {
        let counter = |counter: Kind, side: f32| Group {
            members: vec![
                member(counter, 0.0, 0.0, 0.0, 4.0),
                member(Kind::Fridge, side * (counter.size().x / 2.0 + 0.33), 0.0, 0.0, 1.6),
            ],
            stand: Stand::NearWall,
            central: false,
        };
        let island = |stools: u32| {
            let mut members = vec![member(Kind::Island, 0.0, 0.0, 0.0, 3.0)];
            for number in 0..stools {
                let right = (number as f32 - (stools - 1) as f32 / 2.0) * 0.55;
                members.push(member(Kind::Stool, right, 0.52, PI, 0.5));
            }
            Group { members, stand: Stand::Open, central: true }
        };
        self.stage(vec![
            counter(Kind::Counter, 1.0),
            counter(Kind::Counter, -1.0),
            counter(Kind::SmallCounter, 1.0),
            counter(Kind::SmallCounter, -1.0),
        ]);
        if self.large || self.wanted.count(Kind::Island, 0) > 0 {
            self.stage(vec![island(self.wanted.count(Kind::Stool, 3))]);
        } else if self.wanted.allows(Kind::SmallTable) {
            self.stage(vec![Self::table(Kind::SmallTable, self.wanted.count(Kind::DiningChair, 2))]);
        }
        self.single(&[Kind::Plant, Kind::SmallPlant], Stand::Corner, 1);
        self.stages
    }

    /// A table and its chairs: at its long sides, then at its ends.
    fn table(table: Kind, chairs: u32) -> Group {
        let size = table.size();
        let (side, end) = (size.z / 2.0 + 0.12, size.x / 2.0 + 0.14);
        let places = if table == Kind::DiningTable {
            vec![
                (-0.42, -side, 0.0),
                (0.42, -side, 0.0),
                (-0.42, side, PI),
                (0.42, side, PI),
                (end, 0.0, -FRAC_PI_2),
                (-end, 0.0, FRAC_PI_2),
            ]
        } else {
            vec![(-end, 0.0, FRAC_PI_2), (end, 0.0, -FRAC_PI_2), (0.0, -side, 0.0), (0.0, side, PI)]
        };
        let mut members = vec![member(table, 0.0, 0.0, 0.0, 3.0)];
        let chairs = places.into_iter().take(chairs as usize);
        members.extend(chairs.map(|(right, front, turn)| member(Kind::DiningChair, right, front, turn, 0.5)));
        Group { members, stand: Stand::Open, central: true }
    }

    fn dining(mut self) -> Vec<Vec<Group>> {
        let named = self.wanted.count(Kind::DiningChair, 0);
        let chairs = if named > 0 { named } else { 6 };
        let mut large = Self::table(Kind::DiningTable, chairs);
        large.members.push(member(Kind::Rug, 0.0, 0.0, 0.0, 0.3));
        self.stage(vec![large, Self::table(Kind::SmallTable, chairs.min(4))]);
        self.single(&[Kind::Sideboard], Stand::Wall, 1);
        self.single(&[Kind::Plant, Kind::SmallPlant], Stand::Corner, 1);
        self.single(&[Kind::FloorLamp], Stand::Corner, u32::from(self.large));
        self.stages
    }

    fn office(mut self) -> Vec<Vec<Group>> {
        let desk = |desk: Kind| Group {
            members: vec![
                member(desk, 0.0, 0.0, 0.0, 4.0),
                member(Kind::OfficeChair, 0.08, 0.68, PI - 0.35, 2.0),
                member(Kind::SmallRug, 0.0, 0.75, 0.0, 0.4),
            ],
            stand: Stand::NearWall,
            central: true,
        };
        self.stage(vec![desk(Kind::Desk), desk(Kind::SmallDesk)]);
        self.single(&[Kind::Bookshelf], Stand::Wall, if self.large { 2 } else { 1 });
        self.single(&[Kind::Plant, Kind::SmallPlant], Stand::Corner, 1);
        self.single(&[Kind::FloorLamp], Stand::Corner, 1);
        self.single(&[Kind::Armchair], Stand::Corner, u32::from(self.large));
        self.stages
    }

    fn bathroom(mut self) -> Vec<Vec<Group>> {
        let wall = |kind: Kind, central: bool| Group {
            members: vec![member(kind, 0.0, 0.0, 0.0, 3.0)],
            stand: Stand::NearWall,
            central,
        };
        self.stage(vec![wall(Kind::Bathtub, true)]);
        self.stage(vec![wall(Kind::Basin, true)]);
        self.stage(vec![wall(Kind::Toilet, false)]);
        self.single(&[Kind::TowelRack], Stand::Wall, 1);
        self.single(&[Kind::SmallRug], Stand::Open, 1);
        self.single(&[Kind::Plant, Kind::SmallPlant], Stand::Corner, 1);
        self.stages
    }
}
