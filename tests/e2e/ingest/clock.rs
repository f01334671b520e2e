//! A publisher whose clock is set in mid-stream.

use super::{
    fixture::{played, publish},
    playlist::Playlist,
    tags::{Tag, tags_of},
};
use crate::{rooms::fixture::Fixture, support::marks::Clip};

/// When the clock is set, in milliseconds of the clip.
const AT: i64 = 5_000;
/// The timestamp of the clip's beginning, so that none becomes negative.
const BEGIN: i64 = 60_000;

fn set_by(tags: &[Tag], step: i64) -> Vec<Tag> {
    let moved = |tag: &Tag| {
        let time = BEGIN + i64::from(tag.time) + if tag.due >= AT { step } else { 0 };
        Tag { time: u32::try_from(time).expect("a timestamp"), ..tag.clone() }
    };
    tags.iter().map(moved).collect()
}

#[tokio::test]
async fn a_clock_that_is_set_back_or_forward_costs_no_picture_and_no_sound() {
    let _turn = crate::support::shared_turn(40);
    let fixture = Fixture::open().await;
    let clip = Clip { hum_hz: 400, kbps: 800, ..Clip::of(3, 14.0).size(320, 180) }.cached();
    let tags = tags_of(&clip, &["-c", "copy"]);
    let steps = [-100, -1_000, -4_000, -10_000, 2_000, 10_000];
    let mut publishers = Vec::new();
    for step in steps {
        publishers.push(publish(&fixture, &format!("by{step}"), set_by(&tags, step)).await);
    }
    let readings = steps.map(|step| format!("by{step}"));
    let readings = futures::future::join_all(readings.iter().map(|room| played(&fixture, room, 270))).await;
    for (step, reading) in steps.into_iter().zip(readings) {
        assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{step}\n{reading}");
        let first = reading.marks().next().expect("a picture").2;
        assert!(first < 120 && first + 269 > 200, "the clock was set while it was watched: from {first}");
        assert!(reading.skews().iter().all(|skew| skew.ms.abs() < 25.0), "{step}: picture and sound\n{reading}");
        assert!(reading.skews().len() >= 5, "{step}\n{reading}");
        let list = Playlist::of(&fixture, &format!("by{step}"), "video").await;
        list.check();
        assert_eq!(list.discontinuities, 0, "{step}\n{}", list.text);
    }
    publishers.iter().for_each(|publisher| publisher.abort());
}
