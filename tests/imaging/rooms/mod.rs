//! Twelve rendered rooms, of which the truth is known to the pixel, through the services design-options and
//! virtual-staging.

mod drawn;
mod plans;

use drawn::{Drawn, Shows};
use lumencast::{
    domain::imaging::{Options, Request, Resolution, Service},
    imaging::{Fault, Stop, design, picture::Picture, staging},
};

fn request(service: Service, config: &str, prompt: &str) -> Request {
    Request {
        service,
        config: config.to_owned(),
        resolution: Resolution::TwoK,
        prompt: prompt.to_owned(),
        options: Options::default(),
        location: None,
    }
}

/// How much of what shows something has changed, and how much of the changes lies there.
struct Changes {
    counts: [f32; 6],
    changed: [f32; 6],
}

impl Changes {
    fn of(drawn: &Drawn, after: &Picture) -> Self {
        let (mut counts, mut changed) = ([0.0; 6], [0.0; 6]);
        for ((shows, before), after) in drawn.shows.iter().zip(drawn.picture.pixels()).zip(after.pixels()) {
            let most = before.iter().zip(after).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            counts[*shows as usize] += 1.0;
            changed[*shows as usize] += f32::from(u8::from(most > 0.06));
        }
        Self { counts, changed }
    }

    /// The share of a part that changed.
    fn part(&self, shows: Shows) -> f32 {
        self.changed[shows as usize] / self.counts[shows as usize].max(1.0)
    }

    /// The share of all changes that lies on a part.
    fn share(&self, shows: Shows) -> f32 {
        self.changed[shows as usize] / self.changed.iter().sum::<f32>().max(1.0)
    }
}

/// Paints a surface in all rooms; the names of those where it was refused.
fn painted(prompt: &str, surface: &str, check: impl Fn(&str, &Changes)) -> Vec<&'static str> {
    let mut refused = Vec::new();
    for plan in plans::all() {
        let drawn = plan.draw();
        let order = request(Service::DesignOptions, "interior-modern", prompt);
        match design::design(drawn.picture.clone(), None, None, &order, &Stop::default()) {
            Ok(after) => check(plan.name, &Changes::of(&drawn, &after)),
            Err(Fault::Unsuitable(text)) => {
                assert!(text.contains(surface) && text.contains("mask"), "{}: {text}", plan.name);
                refused.push(plan.name);
            }
            Err(other) => panic!("{}: {other:?}", plan.name),
        }
    }
    refused
}

#[test]
fn a_floor_is_painted_up_to_its_line_and_no_further() {
    let refused = painted("navy floor", "the floor", |name, changes| {
        let above = 1.0 - changes.share(Shows::Floor) - changes.share(Shows::Thing);
        assert!(above < 0.01, "{name}: {above} of the paint lies above the floor");
        assert!(changes.share(Shows::Thing) < 0.01, "{name}: things are painted");
        assert!(changes.part(Shows::Door) < 0.01, "{name}: a door is painted");
        assert!(changes.part(Shows::Floor) > 0.6, "{name}: {} of the floor", changes.part(Shows::Floor));
    });
    assert_eq!(refused, ["furnished"], "rooms without a sure floor");
}

#[test]
fn walls_are_painted_without_ceiling_doors_windows_and_things() {
    let refused = painted("navy walls", "the walls", |name, changes| {
        let beyond = 1.0 - changes.share(Shows::Wall);
        assert!(beyond < 0.04, "{name}: {beyond} of the paint lies on no wall");
        for shows in [Shows::Door, Shows::Window, Shows::Thing] {
            assert!(changes.part(shows) < 0.02, "{name}: {shows:?} is painted");
        }
        assert!(changes.part(Shows::Wall) > 0.85, "{name}: {} of the walls", changes.part(Shows::Wall));
    });
    assert!(refused.len() <= 4, "{refused:?}");
}

#[test]
fn furniture_stands_on_the_floor_and_covers_no_door() {
    let mut refused = Vec::new();
    for plan in plans::all() {
        let drawn = plan.draw();
        let order = request(Service::VirtualStaging, "living-room", "");
        match staging::stage(drawn.picture.clone(), None, None, &order, &Stop::default()) {
            Ok(after) => {
                let changes = Changes::of(&drawn, &after);
                assert!(changes.part(Shows::Floor) > 0.03, "{}: {}", plan.name, changes.part(Shows::Floor));
                assert!(changes.part(Shows::Door) < 0.01, "{}: {}", plan.name, changes.part(Shows::Door));
                assert!(changes.part(Shows::Ceiling) < 0.001, "{}: the ceiling", plan.name);
                assert!(changes.part(Shows::Window) < 0.25, "{}: {}", plan.name, changes.part(Shows::Window));
            }
            Err(Fault::Unsuitable(text)) => {
                assert!(text.contains("floor"), "{}: {text}", plan.name);
                refused.push(plan.name);
            }
            Err(other) => panic!("{}: {other:?}", plan.name),
        }
    }
    assert_eq!(refused, ["furnished"]);
}

#[test]
fn what_is_asked_outside_without_a_mask_is_refused_by_name() {
    let picture = plans::all().remove(0).draw().picture;
    let order = request(Service::DesignOptions, "exterior-modern", "white facade");
    let made = design::design(picture, None, None, &order, &Stop::default());
    assert!(matches!(made, Err(Fault::Unsuitable(text)) if text.contains("the facade") && text.contains("mask")));
}
