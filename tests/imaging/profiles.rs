//! Files in colours of their own, beside what LittleCMS makes of them: `media-fixtures/profiles`.

use lumencast::imaging::codec::{clean, decode};
use std::{fs, path::PathBuf};

/// The most that the colours of a file may differ by in the mean, of 255.
const MEAN: f64 = 2.0;
/// Values are rounded twice, here and there.
const ROUNDED: f64 = 0.6;

fn file(name: &str) -> Vec<u8> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "media-fixtures", "profiles", name].iter().collect();
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Mean and largest difference, of 255.
fn difference(a: &[u8], b: &[u8]) -> (f64, u8) {
    assert_eq!(a.len(), b.len());
    let all = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: u64 = all.clone().map(u64::from).sum();
    (sum as f64 / a.len() as f64, all.max().unwrap_or_default())
}

#[test]
fn colours_are_those_that_littlecms_makes() {
    // The mean difference of the file's own values, which is what ignoring the profile would give.
    for (name, ignored) in [
        ("display-p3.jpg", 5.0),
        ("display-p3-table.webp", 5.0),
        ("adobe-rgb.jpg", 6.0),
        ("adobe-rgb-palette.png", 6.0),
        ("prophoto.png", 15.0),
        ("grey-gamma-1.8.jpg", 12.0),
        ("srgb.jpg", 0.0),
        ("inks.jpg", 10.0),
    ] {
        let bytes = file(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let expected = image::load_from_memory(&file(&format!("{stem}.srgb.png"))).expect("a picture").to_rgb8();
        let cleaned = clean(&bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let made = decode(&cleaned.bytes, None).expect("a clean picture").to_rgb8();
        let (mean, most) = difference(&made, &expected);
        println!("{name}: mean {mean:.2}, most {most}");
        assert!(mean < if ignored == 0.0 { ROUNDED } else { MEAN }, "{name}: mean {mean:.2}, most {most}");
        let plain = image::load_from_memory(&bytes).expect("a picture").to_rgb8();
        assert!(difference(&plain, &expected).0 >= ignored, "{name} tells nothing: its profile changes too little");
    }
}
