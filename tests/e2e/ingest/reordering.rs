//! A publisher with three B-frames that lean on each other.

use super::{
    fixture::{played, publish},
    tags::tags_of,
};
use crate::{rooms::fixture::Fixture, support::marks::Clip};

#[tokio::test]
async fn pictures_of_a_pyramid_of_b_frames_stand_where_their_sound_is_from_any_beginning() {
    let _turn = crate::support::shared_turn(30);
    let fixture = Fixture::open().await;
    let clip = Clip { bframes: 3, gop: 60, kbps: 800, ..Clip::of(13, 30.0).size(320, 180) }.cached();
    let _camera = publish(&fixture, "pyramid", tags_of(&clip, &["-c", "copy"])).await;
    for beginning in ["with the stream", "in its middle"] {
        let reading = played(&fixture, "pyramid", 150).await;
        assert_eq!((reading.undecodable(), reading.flaws()), (vec![], (0, 0, 0)), "{beginning}\n{reading}");
        let skews = reading.skews();
        assert!(skews.len() >= 3 && skews.iter().all(|skew| skew.ms.abs() < 20.0), "{beginning}\n{reading}");
    }
}
