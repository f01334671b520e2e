//! The palettes look like their names, and close.

use lumencast::{
    domain::lights::{Palette, Rgb},
    lighting::palette::{PEAK, colour},
};

fn places(palette: Palette) -> impl Iterator<Item = Rgb> {
    (0..=255).map(move |place| colour(palette, place))
}

fn passes(palette: Palette, wanted: Rgb) -> bool {
    places(palette).any(|colour| colour.iter().zip(wanted).all(|(have, want): (&u8, u8)| have.abs_diff(want) <= 40))
}

#[test]
fn no_palette_jumps_not_even_from_its_end_to_its_beginning() {
    for palette in Palette::ALL {
        let round: Vec<Rgb> = places(palette).chain([colour(palette, 0)]).collect();
        let leap = |pair: &[Rgb]| pair[0].iter().zip(pair[1]).map(|(a, b)| a.abs_diff(b)).max();
        let worst = round.windows(2).map(leap).max().flatten();
        assert!(worst <= Some(14), "{palette:?}: {worst:?}");
    }
}

#[test]
fn each_passes_the_colours_that_it_is_known_for() {
    let known: [(Palette, &[Rgb]); 7] = [
        (Palette::Rainbow, &[[255, 0, 0], [255, 255, 0], [0, 255, 0], [0, 255, 255], [0, 0, 255], [255, 0, 255]]),
        (Palette::Lava, &[[0, 0, 0], [128, 0, 0], [255, 0, 0], [255, 140, 0], [255, 255, 255]]),
        (Palette::Ocean, &[[0, 0, 100], [0, 0, 205], [0, 128, 128], [127, 255, 212]]),
        (Palette::Party, &[[128, 0, 160], [255, 0, 0], [255, 140, 0]]),
        (Palette::Forest, &[[0, 60, 0], [0, 128, 0], [107, 180, 35], [154, 255, 100]]),
        (Palette::Cloud, &[[0, 0, 255], [100, 170, 255], [255, 255, 255]]),
        (Palette::Heat, &[[0, 0, 0], [255, 0, 0], [255, 255, 0], [255, 255, 255]]),
    ];
    for (palette, colours) in known {
        for wanted in colours {
            assert!(passes(palette, *wanted), "{palette:?} never comes near {wanted:?}");
        }
    }
    assert!(places(Palette::Party).all(|[red, green, blue]| green < red.max(blue)), "no green at a party");
    assert!(places(Palette::Forest).all(|[red, green, blue]| green > red && green > blue), "a forest is green");
    assert!(places(Palette::Ocean).all(|[red, green, blue]| red < green.max(blue)));
}

#[test]
fn those_with_a_dark_end_climb_to_their_peak() {
    let light = |colour: Rgb| colour.iter().map(|channel| u32::from(*channel)).sum::<u32>();
    for palette in [Palette::Lava, Palette::Ocean, Palette::Forest, Palette::Cloud, Palette::Heat] {
        let brightest = places(palette).map(light).max();
        assert_eq!(Some(light(colour(palette, PEAK))), brightest, "{palette:?}");
        assert_eq!(Some(light(colour(palette, 0))), places(palette).map(light).min(), "{palette:?}");
    }
}
