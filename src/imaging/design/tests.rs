use super::*;
use crate::{
    domain::imaging::{Options, Resolution, Service},
    imaging::grade::colour::oklab,
};

fn request(prompt: &str, style: Option<&str>, flooring: Option<&str>) -> Request {
    Request {
        service: Service::DesignOptions,
        config: "interior-modern".to_owned(),
        resolution: Resolution::TwoK,
        prompt: prompt.to_owned(),
        options: Options {
            style: style.map(str::to_owned),
            flooring: flooring.map(str::to_owned),
            ..Options::default()
        },
        location: None,
    }
}

/// A bright wall over a brown floor, both with slow shading and a fine grain.
fn room() -> Picture {
    let (width, height) = (160, 120);
    let mut picture = Picture::new(width, height);
    for (index, pixel) in picture.pixels_mut().enumerate() {
        let (x, y) = (index as u32 % width, index as u32 / width);
        let shade = 0.85 + 0.15 * x as f32 / width as f32 + if (x / 2 + y / 2) % 2 == 0 { 0.012 } else { -0.012 };
        let colour = if y < 72 { [0.82, 0.80, 0.74] } else { [0.45, 0.36, 0.28] };
        for (value, colour) in pixel.iter_mut().zip(colour) {
            *value = colour * shade;
        }
    }
    picture
}

fn mean(picture: &Picture, columns: std::ops::Range<i64>, rows: std::ops::Range<i64>) -> [f32; 3] {
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for y in rows {
        for x in columns.clone() {
            for (sum, value) in sum.iter_mut().zip(oklab(picture.at(x, y))) {
                *sum += value;
            }
            count += 1.0;
        }
    }
    sum.map(|sum| sum / count)
}

/// Correlation of lightness along one row.
fn correlation(one: &Picture, other: &Picture, row: i64, columns: std::ops::Range<i64>) -> f32 {
    let values = |picture: &Picture| columns.clone().map(|x| oklab(picture.at(x, row))[0]).collect::<Vec<_>>();
    let (one, other) = (values(one), values(other));
    let centre = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (middle, other_middle) = (centre(&one), centre(&other));
    let product = |pairs: &mut dyn Iterator<Item = (f32, f32)>| pairs.map(|(a, b)| a * b).sum::<f32>();
    let both = product(&mut one.iter().zip(&other).map(|(a, b)| (a - middle, b - other_middle)));
    let first = product(&mut one.iter().map(|a| (a - middle, a - middle)));
    let second = product(&mut other.iter().map(|b| (b - other_middle, b - other_middle)));
    both / (first * second).sqrt().max(1e-9)
}

#[test]
fn a_wall_in_the_mask_takes_the_colour_and_keeps_its_shading() {
    let picture = room();
    let mut mask = Plane::filled(160, 120, 0.0);
    for (index, value) in mask.data.iter_mut().enumerate() {
        *value = if index / 160 < 60 && (20..140).contains(&(index % 160)) { 1.0 } else { 0.0 };
    }
    let made = design(picture.clone(), Some(&mask), None, &request("sage green walls", None, None), &Stop::default());
    let made = made.unwrap();
    let [_, a, b] = mean(&made, 50..110, 15..45);
    let [_, old_a, _] = mean(&picture, 50..110, 15..45);
    assert!(a < old_a - 0.02 && b > 0.0, "it is green now: {a} {b}");
    assert!(correlation(&picture, &made, 30, 50..110) > 0.9);
    for (index, (one, other)) in picture.pixels().zip(made.pixels()).enumerate() {
        if mask.data[index] == 0.0 {
            assert_eq!(one, other, "outside of the mask at {index}");
        }
    }
}

#[test]
fn a_picture_without_such_a_surface_is_refused_by_name() {
    let mut picture = room();
    for (index, pixel) in picture.pixels_mut().enumerate() {
        let chequered = ((index % 160 / 4) + index / 160 / 4) % 2;
        pixel.copy_from_slice(if chequered == 0 { &[0.9, 0.2, 0.1] } else { &[0.1, 0.3, 0.8] });
    }
    let made = design(picture, None, None, &request("blue walls", None, None), &Stop::default());
    assert!(matches!(made, Err(Fault::Unsuitable(text)) if text.contains("wall")));
}

#[test]
fn the_mean_colour_moves_towards_the_reference_and_not_past_it() {
    let picture = room();
    let mut reference = Picture::new(80, 60);
    for (index, pixel) in reference.pixels_mut().enumerate() {
        let light = 0.3 + 0.6 * (index % 80) as f32 / 80.0;
        pixel.copy_from_slice(&[light * 0.7, light * 0.85, light]);
    }
    let made = design(picture.clone(), None, Some(&reference), &request("", None, None), &Stop::default()).unwrap();
    let (before, after, goal) =
        (mean(&picture, 0..160, 0..120), mean(&made, 0..160, 0..120), mean(&reference, 0..80, 0..60));
    let apart = |one: [f32; 3], other: [f32; 3]| (one[1] - other[1]).hypot(one[2] - other[2]);
    assert!(apart(after, goal) < 0.5 * apart(before, goal), "{before:?} to {after:?} of {goal:?}");
    assert!(made.data.iter().all(|value| (0.0..=1.0).contains(value)));
}

#[test]
fn each_style_has_its_own_colours() {
    let styles = [
        "modern",
        "traditional",
        "minimalist",
        "scandinavian",
        "industrial",
        "mid-century",
        "bohemian",
        "rustic",
        "coastal",
        "luxury",
    ];
    let made: Vec<Picture> = styles
        .iter()
        .map(|style| design(room(), None, None, &request("", Some(style), None), &Stop::default()).unwrap())
        .collect();
    for (index, one) in made.iter().enumerate() {
        for (other_index, other) in made.iter().enumerate().skip(index + 1) {
            let apart: f32 = one.data.iter().zip(&other.data).map(|(one, other)| (one - other).abs()).sum();
            let apart = apart / one.data.len() as f32;
            assert!(apart > 0.004, "{} and {}: {apart}", styles[index], styles[other_index]);
        }
    }
}

#[test]
fn planks_run_together_towards_the_horizon() {
    let view = View::usual(1500.0, 1000.0);
    let steps = |row: f32| {
        let lights: Vec<f32> =
            (0..1500).map(|x| pattern::at(&view, crate::imaging::wishes::Texture::Wood, x as f32, row).0).collect();
        lights.windows(2).filter(|pair| pair[1] - pair[0] < -0.03).count()
    };
    assert!(steps(750.0) > steps(980.0), "more boards fit further away: {} and {}", steps(750.0), steps(980.0));
}
