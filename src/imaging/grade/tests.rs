use super::{
    balance::{Limits, measure},
    colour::{luma, oklab, smooth},
    field::shrink,
    tone::Tone,
    *,
};

/// Grey patches from dark to light.
fn patches(colour: [f32; 3]) -> Picture {
    let mut picture = Picture::new(96, 64);
    for (index, pixel) in picture.pixels_mut().enumerate() {
        let light = 0.25 + 0.55 * ((index % 96) / 16) as f32 / 5.0;
        for (value, colour) in pixel.iter_mut().zip(colour) {
            *value = light * colour;
        }
    }
    picture
}

fn cast(picture: &Picture) -> f32 {
    let chromas = picture.pixels().map(|pixel| {
        let [_, a, b] = oklab([pixel[0], pixel[1], pixel[2]]);
        a.hypot(b)
    });
    chromas.sum::<f32>() / (96.0 * 64.0)
}

#[test]
fn a_grey_card_with_a_cast_comes_back_neutral() {
    for colour in [[1.0, 0.93, 0.82], [0.88, 0.97, 1.0], [0.92, 1.0, 0.9]] {
        let mut picture = patches(colour);
        let before = cast(&picture);
        let limits = Limits { cast: 1.0, ..Limits::default() };
        measure(&shrink(&picture), &limits).apply(&mut picture, &Stop::default()).unwrap();
        assert!(cast(&picture) < 0.25 * before, "{colour:?}: {before} became {}", cast(&picture));
    }
}

#[test]
fn a_neutral_picture_of_good_exposure_is_left_alone() {
    let mut picture = patches([1.0; 3]);
    for (index, pixel) in picture.pixels_mut().enumerate().filter(|(index, _)| index % 96 < 2) {
        pixel.fill(if index % 2 == 0 { 0.02 } else { 0.98 });
    }
    let before = picture.clone();
    measure(&shrink(&picture), &Limits::default()).apply(&mut picture, &Stop::default()).unwrap();
    let change: f32 = before.data.iter().zip(&picture.data).map(|(one, other)| (one - other).abs()).sum();
    assert!(change / (before.data.len() as f32) < 0.03, "{}", change / before.data.len() as f32);
}

#[test]
fn a_dull_dark_picture_gets_lighter_and_an_over_bright_one_darker() {
    let exposed = |factor: f32, offset: f32| {
        let mut picture = patches([1.0; 3]);
        picture.data.iter_mut().for_each(|value| *value = *value * factor + offset);
        let before = picture.pixels().map(luma).sum::<f32>();
        measure(&shrink(&picture), &Limits::default()).apply(&mut picture, &Stop::default()).unwrap();
        picture.pixels().map(luma).sum::<f32>() / before
    };
    assert!(exposed(0.5, 0.0) > 1.1, "{}", exposed(0.5, 0.0));
    assert!(exposed(0.5, 0.55) < 1.0, "{}", exposed(0.5, 0.55));
}

#[test]
fn clarity_strengthens_shapes_and_draws_no_halo_along_an_edge() {
    let mut picture = Picture::new(200, 40);
    for (index, pixel) in picture.pixels_mut().enumerate() {
        let x = index % 200;
        let ripple = 0.03 * ((x as f32) * 0.35).sin() * smooth(70.0, 40.0, (x as f32 - 40.0).abs() + 30.0);
        pixel.fill(if x < 120 { 0.3 + ripple } else { 0.8 });
    }
    let before = picture.clone();
    let tone = Tone { clarity: 0.5, texture: 0.3, ..Tone::default() };
    tone.apply(&mut picture, 0.0, &Stop::default()).unwrap();
    let swing = |picture: &Picture| {
        let row = (20..60).map(|x| picture.at(x, 20)[0]);
        row.clone().fold(f32::MIN, f32::max) - row.fold(f32::MAX, f32::min)
    };
    assert!(swing(&picture) > 1.1 * swing(&before), "{} of {}", swing(&picture), swing(&before));
    for x in 100..200 {
        let (old, new) = (before.at(x, 20)[0], picture.at(x, 20)[0]);
        assert!((new - old).abs() < 0.03, "column {x}: {old} became {new}");
    }
}

#[test]
fn a_half_shown_mask_blends_and_none_changes_nothing() {
    let (before, mut after) = (patches([1.0; 3]), patches([0.5, 0.5, 0.5]));
    within(&before, &mut after, &Plane::filled(96, 64, 0.0), 4.0, &Stop::default()).unwrap();
    assert_eq!(before, after);
    let mut after = patches([0.5, 0.5, 0.5]);
    let all = after.clone();
    within(&before, &mut after, &Plane::filled(96, 64, 1.0), 4.0, &Stop::default()).unwrap();
    assert!(all.data.iter().zip(&after.data).all(|(one, other)| (one - other).abs() < 1e-5));
}
