//! The service as a whole, on rooms that are drawn with a known camera.

use glam::{Vec2, Vec3};

use super::{
    layout::{self, ground::Ground},
    site::Site,
    stage,
    wanted::Wanted,
};
use crate::{
    domain::imaging::{Options, Request, Resolution, Service},
    imaging::{
        Fault, Stop,
        picture::{Picture, Plane},
        room::{
            self, Room,
            confidence::Confidence,
            floor::{Floor, Walls},
            light::RoomLight,
            openings::Opening,
            shell::{Face, Shell},
            view::{EYE, View, turned},
        },
        tone,
    },
};

const LEFT: f32 = -2.2;
const RIGHT: f32 = 2.6;
const BACK: f32 = 5.0;

fn view(width: u32, height: u32, yaw: f32, wide: f32) -> View {
    let focal = width as f32 / 2.0 / (wide / 2.0).to_radians().tan();
    View { width: width as f32, height: height as f32, focal, turn: turned(yaw, -0.1, 0.0), eye: EYE }
}

/// A box with a brown floor, pale walls and skirting boards.
fn drawn(view: &View) -> Picture {
    let mut picture = Picture::new(view.width as u32, view.height as u32);
    let width = view.width as usize;
    let light = |x: f32, y: f32| {
        let way = view.ray(x, y);
        let eye = Vec3::new(0.0, EYE, 0.0);
        let planes = [
            (-eye.y / way.y, Vec3::new(0.34, 0.22, 0.14)),
            ((2.6 - eye.y) / way.y, Vec3::splat(0.8)),
            (LEFT / way.x, Vec3::splat(0.62)),
            (RIGHT / way.x, Vec3::splat(0.7)),
            (-BACK / way.z, Vec3::splat(0.5)),
            (2.0 / way.z, Vec3::splat(0.4)),
        ];
        let hit = planes.into_iter().filter(|plane| plane.0 > 1e-3).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let place = eye + way * hit.0;
        let light = if place.y > 0.001 && place.y < 0.1 { Vec3::splat(0.85) } else { hit.1 };
        light * (1.0 - 0.04 * (place.x + 3.0))
    };
    for (at, pixel) in picture.pixels_mut().enumerate() {
        let (x, y) = ((at % width) as f32, (at / width) as f32);
        let parts = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        let light = parts.into_iter().map(|(dx, dy)| light(x + dx, y + dy)).sum::<Vec3>() / 4.0;
        for (value, light) in pixel.iter_mut().zip(light.to_array()) {
            *value = tone::encoded(light);
        }
    }
    picture
}

fn request(config: &str, style: &str) -> Request {
    Request {
        service: Service::VirtualStaging,
        config: config.into(),
        resolution: Resolution::TwoK,
        prompt: String::new(),
        options: Options { style: Some(style.into()), ..Options::default() },
        location: None,
    }
}

fn staged(picture: &Picture, mask: Option<&Plane>, config: &str, style: &str) -> Result<Picture, Fault> {
    stage(picture.clone(), mask, None, &request(config, style), &Stop::default())
}

fn changed(a: &Picture, b: &Picture, x: usize, y: usize) -> f32 {
    let at = (y * a.width() as usize + x) * 3;
    (0..3).map(|channel| (a.data[at + channel] - b.data[at + channel]).abs()).fold(0.0, f32::max)
}

#[test]
fn the_camera_the_floor_and_the_walls_of_a_room_are_found() {
    for (yaw, wide) in [(0.4, 70.0), (-0.3, 62.0), (0.15, 80.0)] {
        let real = view(640, 480, yaw, wide);
        let room = room::look(&drawn(&real), &Stop::default()).unwrap();
        let found = room.view.scaled(640.0, 480.0);
        let off = (found.horizon(320.0) - real.horizon(320.0)).abs() / 480.0;
        assert!(room.found && off < 0.03, "{yaw} horizon is off by {off}");
        assert!((found.focal / real.focal - 1.0).abs() < 0.15, "{yaw} focal {} {}", found.focal, real.focal);
        let found_floor = room.floor().unwrap();
        let walls = found_floor.walls;
        assert!((walls.back - BACK).abs() < 0.5, "{yaw} {walls:?}");
        let (mut right, mut all) = (0, 0);
        for y in 0..480 {
            for x in 0..640 {
                let floor = real.floor_at(x as f32 + 0.5, y as f32 + 0.5);
                let is = floor.is_some_and(|at| at.x > LEFT && at.x < RIGHT && at.y < BACK);
                let region = &found_floor.region;
                let said = region.at(x * i64::from(region.width()) / 640, y * i64::from(region.height()) / 480) > 0.5;
                right += i32::from(is == said);
                all += 1;
            }
        }
        assert!(right * 100 > all * 96, "{yaw}: {right} of {all} pixels");
    }
}

/// A room with a floor that is known to the pixel.
fn known(view: View, left: f32, right: f32, back: f32) -> Site {
    let mut region = Plane::filled(view.width as u32, view.height as u32, 0.0);
    let walls = Walls { left, right, back };
    for (at, value) in region.data.iter_mut().enumerate() {
        let (x, y) = ((at % view.width as usize) as f32 + 0.5, (at / view.width as usize) as f32 + 0.5);
        *value = f32::from(u8::from(view.floor_at(x, y).is_some_and(|floor| walls.hold(floor))));
    }
    let light = RoomLight { towards: Vec3::Y, directed: 0.3, white: Vec3::ONE, black: 0.0 };
    let shell = Shell { walls, ceiling: 2.6, skirting: [0.0; 3] };
    let free = Plane::filled(region.width(), region.height(), 1.0);
    let near = free.clone();
    let confidence = Confidence::default();
    let (openings, things) = (Vec::new(), Vec::new());
    let room = Room { view, found: true, shell, confidence, free, near, openings, things };
    Site { room, floor: Floor { region, walls }, light }
}

#[test]
fn in_rooms_of_all_sizes_pieces_stand_on_the_floor_and_beside_one_another() {
    for (left, right, back) in [(-1.5, 1.5, 4.2), (-2.2, 2.6, 5.0), (-4.0, 4.0, 7.5)] {
        let room = known(view(320, 240, 0.15, 70.0), left, right, back);
        let ground = Ground::of(&room);
        for config in Service::VirtualStaging.configs() {
            let placed = layout::furnish(&room, config, &Wanted::default()).unwrap();
            assert!(placed.len() >= 2, "{config} {back}: {placed:?}");
            for (number, piece) in placed.iter().enumerate() {
                assert!(ground.floor(&piece.extent()) > 0.999, "{config} {back}: {piece:?} is off the floor");
                for corner in piece.footprint() {
                    let inside = corner.x > left - 0.05 && corner.x < right + 0.05 && corner.y < back + 0.05;
                    assert!(inside, "{config} {back}: {piece:?}");
                }
                for other in &placed[..number] {
                    let flat = piece.kind.is_flat() != other.kind.is_flat();
                    let apart = !layout::crosses(&piece.footprint(), &other.footprint());
                    assert!(flat || apart, "{config} {back}: {piece:?} is in {other:?}");
                }
            }
        }
    }
}

#[test]
fn nothing_stands_before_a_door_or_in_the_way_to_it() {
    for config in Service::VirtualStaging.configs() {
        let mut site = known(view(320, 240, 0.1, 70.0), -2.4, 2.6, 5.0);
        let door = Opening { wall: Face::Back, low: Vec2::new(-0.4, 0.0), high: Vec2::new(0.5, 2.0) };
        site.room.openings.push(door);
        let placed = layout::furnish(&site, config, &Wanted::default()).unwrap();
        let view = &site.room.view;
        let door = door.corners(&site.room.shell).map(|corner| view.pixel_of(corner).unwrap());
        let (left, right) = (door[0].x.min(door[3].x), door[1].x.max(door[2].x));
        for piece in &placed {
            let extent = piece.extent();
            let in_the_way = extent.high.y > 4.15 && extent.high.x > -0.35 && extent.low.x < 0.45;
            assert!(!in_the_way, "{config}: {piece:?}");
            let top = view.pixel_of(Vec3::new(piece.at.x, piece.kind.size().y, -piece.at.y)).unwrap();
            let covers = (left..right).contains(&top.x) && top.y < door[0].y;
            assert!(!covers, "{config}: {piece:?}");
        }
    }
}

#[test]
fn the_prompt_adds_and_removes_pieces() {
    let room = known(view(320, 240, 0.1, 70.0), -3.5, 3.5, 6.5);
    let kinds = |prompt: &str| -> Vec<layout::Kind> {
        let placed = layout::furnish(&room, "living-room", &Wanted::of(prompt)).unwrap();
        placed.into_iter().map(|piece| piece.kind).collect()
    };
    use layout::Kind;
    let plants = |kinds: &[Kind]| kinds.iter().filter(|kind| matches!(kind, Kind::Plant | Kind::SmallPlant)).count();
    assert!(kinds("").contains(&Kind::Rug));
    let other = kinds("no rug, three plants and a bookshelf");
    assert!(!other.contains(&Kind::Rug) && other.contains(&Kind::Bookshelf), "{other:?}");
    assert_eq!((plants(&kinds("")), plants(&other)), (1, 3));
}

#[test]
fn furniture_throws_shadows_on_the_floor_and_leaves_the_ceiling_alone() {
    let before = drawn(&view(320, 240, 0.3, 70.0));
    let after = staged(&before, None, "living-room", "modern").unwrap();
    let differing = |rows: std::ops::Range<usize>| {
        rows.flat_map(|y| (0..320).map(move |x| (x, y))).filter(|&(x, y)| changed(&before, &after, x, y) > 0.02).count()
    };
    assert_eq!(differing(0..30), 0, "the upper wall and the ceiling");
    assert!(differing(90..240) > 3000);
    // Shade: all channels of the brown floor fall in one proportion.
    let shaded = (100..240).flat_map(|y| (0..320).map(move |x| (x, y))).filter(|&(x, y)| {
        let at = (y * 320 + x) * 3;
        let share: [f32; 3] =
            std::array::from_fn(|c| tone::linear(after.data[at + c]) / tone::linear(before.data[at + c]).max(1e-3));
        share[0] < 0.85 && share[0] > 0.2 && (share[0] - share[1]).abs() < 0.02 && (share[1] - share[2]).abs() < 0.03
    });
    assert!(shaded.count() > 150);
    assert_eq!(after, staged(&before, None, "living-room", "modern").unwrap(), "the same again");
    let rustic = staged(&before, None, "living-room", "rustic").unwrap();
    let other = (0..240).flat_map(|y| (0..320).map(move |x| (x, y)));
    assert!(other.filter(|&(x, y)| changed(&rustic, &after, x, y) > 0.05).count() > 1500);
}

#[test]
fn a_mask_says_where_furniture_may_stand() {
    let view = view(320, 240, 0.0, 70.0);
    let before = drawn(&view);
    let mut mask = Plane::filled(320, 240, 0.0);
    for (at, value) in mask.data.iter_mut().enumerate() {
        let floor = view.floor_at((at % 320) as f32 + 0.5, (at / 320) as f32 + 0.5);
        *value = f32::from(u8::from(floor.is_some_and(|at| at.x > 0.0 && at.x < RIGHT && at.y < BACK)));
    }
    let after = staged(&before, Some(&mask), "dining-room", "modern").unwrap();
    let count = |right: bool| {
        let pixels = (0..240).flat_map(|y| (0..320).map(move |x| (x, y)));
        pixels.filter(|&(x, y)| (x >= 150) == right && changed(&before, &after, x, y) > 0.01).count()
    };
    assert!(count(true) > 1500, "{}", count(true));
    assert_eq!(count(false), 0);
}

#[test]
fn a_picture_without_floor_is_refused_with_advice() {
    let grey = Picture::from_data(160, 120, vec![0.5; 160 * 120 * 3]).unwrap();
    let refused = |result: Result<Picture, Fault>, word: &str| match result {
        Err(Fault::Unsuitable(text)) => assert!(text.contains(word), "{text}"),
        other => panic!("{:?}", other.map(|picture| picture.width())),
    };
    refused(staged(&grey, None, "living-room", "modern"), "mask");
    let mut sky = Plane::filled(160, 120, 0.0);
    sky.data[..160 * 20].fill(1.0);
    refused(staged(&grey, Some(&sky), "living-room", "modern"), "horizon");
    let mut speck = Plane::filled(160, 120, 0.0);
    for y in 108..120 {
        speck.data[y * 160 + 70..y * 160 + 90].fill(1.0);
    }
    refused(staged(&grey, Some(&speck), "living-room", "modern"), "small");
    let stop = Stop::default();
    stop.stop();
    assert_eq!(stage(grey, None, None, &request("living-room", ""), &stop), Err(Fault::Stopped));
}

#[test]
fn rectangles_are_weighed_by_the_floor_below_them() {
    let room = known(view(320, 240, 0.0, 70.0), -1.0, 1.0, 5.0);
    let ground = Ground::of(&room);
    let rect = |low: Vec2, high: Vec2| layout::ground::Rect { low, high };
    assert!(ground.floor(&rect(Vec2::new(-0.8, 3.0), Vec2::new(0.8, 4.5))) > 0.999);
    let half = ground.floor(&rect(Vec2::new(0.0, 3.0), Vec2::new(2.0, 4.0)));
    assert!((half - 0.5).abs() < 0.04, "{half}");
    assert!(ground.floor(&rect(Vec2::new(-0.5, 5.2), Vec2::new(0.5, 6.0))) < 0.01);
}
