use super::*;
use crate::{
    domain::imaging::{Options, Resolution, Service},
    imaging::grade::colour::{luma, oklab},
};

fn request(config: &str) -> Request {
    Request {
        service: Service::RenderEnhancement,
        config: config.to_owned(),
        resolution: Resolution::TwoK,
        prompt: String::new(),
        options: Options::default(),
        location: None,
    }
}

/// A blue sky, a grey wall with windows, leaves beside it, a street below; it has some texture where such things do.
fn street() -> Picture {
    let (width, height) = (160_u32, 120_u32);
    let mut picture = Picture::new(width, height);
    for (index, pixel) in picture.pixels_mut().enumerate() {
        let (x, y) = (index as u32 % width, index as u32 / width);
        let ripple = |amount: f32| (((x * 7 + y * 13) % 11) as f32 / 10.0 - 0.5) * amount;
        let window = (x / 12) % 2 == 1 && (y / 10) % 2 == 1;
        let colour = if y < 40 {
            let low = y as f32 / 40.0;
            [0.36 + 0.14 * low, 0.56 + 0.12 * low, 0.82 + 0.05 * low]
        } else if y >= 84 {
            [0.46 + ripple(0.05), 0.45 + ripple(0.05), 0.44 + ripple(0.05)]
        } else if (50..54).contains(&x) {
            [0.97, 0.97, 0.96]
        } else if x < 50 {
            [0.22 + ripple(0.16), 0.40 + ripple(0.2), 0.14 + ripple(0.1)]
        } else if window {
            [0.13, 0.14, 0.15]
        } else {
            [0.70 + ripple(0.03), 0.68 + ripple(0.03), 0.65 + ripple(0.03)]
        };
        pixel.copy_from_slice(&colour);
    }
    picture
}

fn made(config: &str, change: impl Fn(&mut Options)) -> Picture {
    let mut request = request(config);
    change(&mut request.options);
    enhance(street(), None, &request, &Stop::default()).unwrap()
}

fn mean(picture: &Picture, columns: std::ops::Range<i64>, rows: std::ops::Range<i64>) -> [f32; 3] {
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for y in rows {
        for x in columns.clone() {
            for (sum, value) in sum.iter_mut().zip(picture.at(x, y)) {
                *sum += value;
            }
            count += 1.0;
        }
    }
    sum.map(|sum| sum / count)
}

fn everywhere(picture: &Picture) -> [f32; 3] {
    mean(picture, 0..160, 0..120)
}

#[test]
fn a_good_picture_stays_nearly_as_it_is() {
    let (before, after) = (street(), made("exterior-modern", |_| ()));
    let change: f32 = before.data.iter().zip(&after.data).map(|(one, other)| (one - other).abs()).sum();
    let change = change / before.data.len() as f32;
    assert!((0.002..0.06).contains(&change), "{change}");
    assert_eq!((after.width(), after.height()), (160, 120));
}

#[test]
fn each_preset_has_its_own_look() {
    let made: Vec<_> =
        Service::RenderEnhancement.configs().iter().map(|config| (config, made(config, |_| ()))).collect();
    for (index, (config, one)) in made.iter().enumerate() {
        for (other_config, other) in &made[index + 1..] {
            let apart: f32 = one.data.iter().zip(&other.data).map(|(one, other)| (one - other).abs()).sum();
            assert!(apart / one.data.len() as f32 > 0.002, "{config} and {other_config}");
        }
    }
}

#[test]
fn warm_light_raises_red_over_blue_and_cool_light_lowers_it() {
    let lit = |word: Option<&str>| {
        let [red, _, blue] = everywhere(&made("interior-modern", |options| options.lighting = word.map(str::to_owned)));
        red - blue
    };
    assert!(lit(Some("warm")) > lit(None) + 0.03);
    assert!(lit(Some("cool")) < lit(None) - 0.03);
    assert!(lit(Some("golden hour")) > lit(None) + 0.03);
}

#[test]
fn night_is_dark_and_bright_is_light() {
    let lit = |word: Option<&str>| {
        luma(&everywhere(&made("exterior-modern", |options| options.lighting = word.map(str::to_owned))))
    };
    assert!(lit(Some("night")) < 0.45 * lit(None), "{} of {}", lit(Some("night")), lit(None));
    assert!(lit(Some("bright")) > lit(None) + 0.03);
    assert!(lit(Some("sunset")) < lit(None) && lit(Some("sunset")) > lit(Some("night")));
}

#[test]
fn snow_lightens_the_ground_and_rain_darkens_it() {
    let ground = |word: Option<&str>| {
        let picture = made("exterior-modern", |options| options.weather = word.map(str::to_owned));
        luma(&mean(&picture, 10..150, 104..118))
    };
    assert!(ground(Some("snow")) > ground(None) + 0.2, "{} of {}", ground(Some("snow")), ground(None));
    assert!(ground(Some("rain")) < ground(None) - 0.05, "{} of {}", ground(Some("rain")), ground(None));
}

#[test]
fn an_overcast_sky_is_grey_and_fog_hides_what_is_far_rather_than_what_is_near() {
    let sky = |word: &str| {
        let picture = made("exterior-modern", |options| options.weather = Some(word.to_owned()));
        let [red, _, blue] = mean(&picture, 10..150, 4..30);
        blue - red
    };
    assert!(sky("overcast") < 0.08 && sky("sunny") > 0.2, "{} {}", sky("overcast"), sky("sunny"));
    let contrast = |picture: &Picture| luma(&mean(picture, 62..70, 52..58)) - luma(&mean(picture, 62..70, 62..68));
    let (clear, foggy) =
        (made("exterior-modern", |_| ()), made("exterior-modern", |options| options.weather = Some("fog".to_owned())));
    assert!(contrast(&foggy).abs() < 0.75 * contrast(&clear).abs(), "{} {}", contrast(&foggy), contrast(&clear));
}

#[test]
fn autumn_turns_leaves_orange_and_leaves_a_blue_sky_alone() {
    let season = |word: Option<&str>| made("landscape", |options| options.season = word.map(str::to_owned));
    let (before, autumn) = (season(None), season(Some("autumn")));
    let leaves = |picture: &Picture| oklab(mean(picture, 5..45, 50..80));
    assert!(leaves(&before)[1] < -0.03, "green: {:?}", leaves(&before));
    assert!(leaves(&autumn)[1] > 0.01 && leaves(&autumn)[2] > 0.04, "orange: {:?}", leaves(&autumn));
    let (sky, sky_after) = (mean(&before, 10..150, 3..30), mean(&autumn, 10..150, 3..30));
    assert!(sky.iter().zip(sky_after).all(|(one, other)| (one - other).abs() < 0.015), "{sky:?} {sky_after:?}");
}

#[test]
fn the_mask_keeps_what_is_outside_exactly_and_its_edge_is_soft() {
    let mut mask = Plane::filled(160, 120, 0.0);
    for (index, value) in mask.data.iter_mut().enumerate() {
        *value = if index % 160 >= 80 { 1.0 } else { 0.0 };
    }
    let mut request = request("exterior-modern");
    request.options.lighting = Some("night".to_owned());
    let before = street();
    let after = enhance(before.clone(), Some(&mask), &request, &Stop::default()).unwrap();
    let change = |x: i64| {
        let sum: f32 = (86..116).map(|y| luma(&before.at(x, y)) - luma(&after.at(x, y))).sum();
        sum / 30.0
    };
    for y in 0..120 {
        for x in 0..80 {
            assert_eq!(before.at(x, y), after.at(x, y), "{x} {y}");
        }
    }
    assert!(change(130) > 0.15);
    assert!(change(80) < 0.6 * change(130), "soft: {} of {}", change(80), change(130));
    assert!((80..110).any(|x| (0.25..0.75).contains(&(change(x) / change(130)))));
}

#[test]
fn the_same_request_gives_the_same_picture() {
    let rain = || made("exterior-modern", |options| options.weather = Some("rain".to_owned()));
    assert_eq!(rain(), rain());
}

#[test]
fn pictures_of_odd_sizes_pass() {
    for (width, height) in [(1, 1), (2, 7), (900, 2), (3, 700)] {
        for weather in ["snow", "rain", "fog"] {
            let mut request = request("aerial");
            request.options.weather = Some(weather.to_owned());
            request.options.lighting = Some("night".to_owned());
            request.options.season = Some("autumn".to_owned());
            let made = enhance(Picture::new(width, height), None, &request, &Stop::default()).unwrap();
            assert!(made.data.iter().all(|value| value.is_finite()), "{width}x{height}");
        }
    }
}

#[test]
fn work_called_off_ends() {
    let stop = Stop::default();
    stop.stop();
    assert_eq!(enhance(street(), None, &request("aerial"), &stop), Err(Fault::Stopped));
}
