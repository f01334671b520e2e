//! PSNR of doubled pictures: photographs are halved, doubled, and compared with what they were.
//!
//! Over all three channels, values of 0 to 1 as in the file (sRGB). Refuses to know: speed of shrinking.

use super::cpu;
use lumencast::imaging::{Stop, codec, picture::Picture, resize, upscale};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Prints a row for each photograph and way of halving.
pub fn table(photos: &[PathBuf], weights: &Path) {
    let network = upscale::Weights::load(weights);
    println!("PSNR in dB over RGB of 2x (network: {}):", if network.is_some() { "there" } else { "not there" });
    println!("  {:20} {:8} {:>8} {:>8} {:>8}", "photograph", "halved", "Lanczos", "edges", "network");
    let (mut seconds, mut pixels) = (0.0, 0u64);
    for path in photos {
        let truth = even(&codec::decode(&fs::read(path).expect("readable"), None).expect("a picture"));
        for (name, small) in [("by area", by_area(&truth)), ("Lanczos", by_lanczos(&truth))] {
            let (width, height) = (truth.width(), truth.height());
            let plain = psnr(&truth, &resize::resize(&small, width, height));
            let stop = Stop::default();
            let edges = psnr(&truth, &upscale::enlarge(&small, width, height, &stop).expect("it runs"));
            let begin = cpu::own_cpu_s();
            let network =
                network.as_ref().map(|network| psnr(&truth, &network.double(&small, &stop).expect("it runs")));
            seconds += cpu::own_cpu_s() - begin;
            pixels += u64::from(small.width()) * u64::from(small.height());
            let network = network.map_or("-".into(), |value| format!("{value:.2}"));
            let file = path.file_stem().unwrap_or_default().to_string_lossy();
            println!("  {file:20} {name:8} {plain:8.2} {edges:8.2} {network:>8}");
        }
    }
    println!("  network: {:.1} CPU seconds for 1 megapixel to 4", seconds / (pixels.max(1) as f64 / 1e6));
}

fn psnr(truth: &Picture, made: &Picture) -> f64 {
    let error = |(a, b): (&f32, &f32)| f64::from(a - b.clamp(0.0, 1.0)).powi(2);
    let mean = truth.data.iter().zip(&made.data).map(error).sum::<f64>() / truth.data.len() as f64;
    -10.0 * mean.log10()
}

/// Without a last odd column or row.
fn even(picture: &Picture) -> Picture {
    let (width, height) = (picture.width() & !1, picture.height() & !1);
    let at = (0..height).flat_map(|y| (0..width).flat_map(move |x| picture.at(x.into(), y.into())));
    Picture::from_data(width, height, at.collect()).expect("as many values as pixels")
}

fn by_area(picture: &Picture) -> Picture {
    let mut out = Picture::new(picture.width() / 2, picture.height() / 2);
    let width = i64::from(out.width());
    for (at, pixel) in out.pixels_mut().enumerate() {
        let (x, y) = (at as i64 % width * 2, at as i64 / width * 2);
        let four = [picture.at(x, y), picture.at(x + 1, y), picture.at(x, y + 1), picture.at(x + 1, y + 1)];
        pixel
            .iter_mut()
            .enumerate()
            .for_each(|(part, value)| *value = four.iter().map(|one| one[part]).sum::<f32>() / 4.0);
    }
    in_8_bit(&out)
}

fn by_lanczos(picture: &Picture) -> Picture {
    in_8_bit(&resize::resize(picture, picture.width() / 2, picture.height() / 2))
}

/// As a file would hold it.
fn in_8_bit(picture: &Picture) -> Picture {
    Picture::from_rgb8(picture.width(), picture.height(), &picture.to_rgb8()).expect("as many bytes as values")
}
