//! The colours of a picture that furniture shall follow: the commonest, by k-means in Oklab.
//!
//! ```text
//! small copy ─► clusters, begun far apart ─► colour and share, most first ─► upholstery, accents, rugs, wood
//! ```
//!
//! Refuses to know: pieces.

use super::schemes::Scheme;
use crate::imaging::{
    picture::Picture,
    resize,
    tone::{self, Lab},
};

/// Clusters.
const COUNT: usize = 6;

/// The commonest colours of a picture and their shares, most first.
pub fn dominant(picture: &Picture) -> Vec<(Lab, f32)> {
    let small = if picture.long_edge() > 96 { resize::to_fit(picture, 96) } else { picture.clone() };
    let points: Vec<Lab> = small.pixels().map(|pixel| Lab::of(tone::light(pixel))).collect();
    let Some(&first) = points.first() else { return Vec::new() };
    let far = |a: Lab, b: Lab| (a.l - b.l).powi(2) + 4.0 * ((a.a - b.a).powi(2) + (a.b - b.b).powi(2));
    let nearest = |centres: &[Lab], point: Lab| {
        let distances = centres.iter().map(|&centre| far(centre, point));
        distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
    };
    let mut centres = vec![first];
    while centres.len() < COUNT {
        let Some(next) = points.iter().max_by(|a, b| nearest(&centres, **a).1.total_cmp(&nearest(&centres, **b).1))
        else {
            break;
        };
        centres.push(*next);
    }
    let mut shares = vec![0.0f32; centres.len()];
    for _ in 0..12 {
        let mut sums = vec![(Lab::default(), 0.0f32); centres.len()];
        for &point in &points {
            let sum = &mut sums[nearest(&centres, point).0];
            *sum = (sum.0 + point, sum.1 + 1.0);
        }
        for ((centre, share), (sum, count)) in centres.iter_mut().zip(&mut shares).zip(sums) {
            *share = count / points.len() as f32;
            if count > 0.0 {
                *centre = sum * (1.0 / count);
            }
        }
    }
    let mut found: Vec<(Lab, f32)> = centres.into_iter().zip(shares).filter(|(_, share)| *share > 0.01).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

/// Lets a scheme follow colours.
pub fn adopt(scheme: &mut Scheme, colours: &[(Lab, f32)]) {
    let rgb = |colour: Lab| colour.light().to_array().map(|value| tone::encoded(value.clamp(0.01, 0.95)));
    // Large surfaces take common quiet colours, small ones the lively.
    let mut lively: Vec<(Lab, f32)> = colours.to_vec();
    lively.sort_by(|a, b| (b.0.chroma() * b.1.sqrt()).total_cmp(&(a.0.chroma() * a.1.sqrt())));
    let quiet = |colour: &&(Lab, f32)| (0.3..0.9).contains(&colour.0.l);
    if let Some((common, _)) = colours.iter().find(quiet) {
        scheme.fabric = rgb(*common);
    }
    if let Some((accent, _)) = lively.first().filter(|(colour, _)| colour.chroma() > 0.03) {
        scheme.accent = rgb(*accent);
        scheme.chair = scheme.accent;
    }
    if let Some((throw, _)) = lively.get(1) {
        scheme.throw = rgb(*throw);
    }
    if let Some((rug, _)) = colours.iter().filter(quiet).nth(1) {
        scheme.rug = rgb(*rug);
        scheme.duvet = scheme.rug;
    }
    // What is brown is likely wood.
    let brown = |colour: &&(Lab, f32)| {
        let (lab, _) = colour;
        (0.25..0.75).contains(&lab.l) && lab.b > 0.03 && lab.a > 0.0 && lab.chroma() < 0.13
    };
    if let Some((wood, _)) = colours.iter().find(brown) {
        // As dark as that one, in its own hue: wood stays wood under a reference of any colour.
        let stained = |own: [f32; 3]| {
            let own = Lab::of(tone::light(&own));
            let factor = wood.l / own.l.max(0.1);
            rgb(Lab { l: wood.l, a: own.a * factor, b: own.b * factor })
        };
        scheme.wood = stained(scheme.wood);
        scheme.table = stained(scheme.table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{staging::palette::schemes, wishes::Style};

    #[test]
    fn the_colours_of_a_reference_are_found_and_followed() {
        let colour = |at: usize| match at % 40 {
            0..20 => [0.6, 0.62, 0.6],
            20..32 => [0.1, 0.45, 0.5],
            _ => [0.85, 0.6, 0.1],
        };
        let picture = Picture::from_data(40, 30, (0..1200).flat_map(colour).collect()).unwrap();
        let found = dominant(&picture);
        assert!((found[0].1 - 0.5).abs() < 0.02 && found[0].0.chroma() < 0.02, "{found:?}");
        let mut scheme = schemes::scheme(Style::Modern);
        adopt(&mut scheme, &found);
        assert!((scheme.fabric[0] - 0.6).abs() < 0.03, "{:?}", scheme.fabric);
        let lively = |rgb: [f32; 3]| rgb[0] - rgb[2] > 0.5 || rgb[2] - rgb[0] > 0.25;
        assert!(lively(scheme.accent) && lively(scheme.throw), "{:?} {:?}", scheme.accent, scheme.throw);
    }

    #[test]
    fn wood_takes_the_lightness_of_a_reference_and_keeps_its_hue() {
        let reddish = Lab { l: 0.35, a: 0.07, b: 0.035 };
        let mut scheme = schemes::scheme(Style::Scandinavian);
        let lab = |rgb: [f32; 3]| Lab::of(tone::light(&rgb));
        let before = lab(scheme.wood);
        adopt(&mut scheme, &[(reddish, 1.0)]);
        let after = lab(scheme.wood);
        assert!((after.l - 0.35).abs() < 0.02 && before.l > 0.6, "{before:?} {after:?}");
        assert!((after.b.atan2(after.a) - before.b.atan2(before.a)).abs() < 0.08, "{before:?} {after:?}");
    }
}
