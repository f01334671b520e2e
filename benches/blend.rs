//! Cost per 1080p frame of what the mixer does with pictures and graphics.

use criterion::{Criterion, criterion_group, criterion_main};
use lumencast::media::graphics::{Fonts, Picture, Raster, blend, copy, fade, template};

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;

fn drawn(id: &str, fields: &[(&str, &str)]) -> Raster {
    let fonts = Fonts::system().expect("a font is installed");
    template(id).and_then(|template| template.render(&fonts, fields, WIDTH, HEIGHT)).expect("a built-in template")
}

/// Half transparent everywhere: nothing can be copied.
fn veil() -> Raster {
    let rgba = [90, 60, 30, 128].repeat(WIDTH * HEIGHT);
    Raster::from_rgba(&rgba, WIDTH, HEIGHT, 0, 0).expect("a raster")
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("1080p frame");
    let mut dst = Picture::flat(WIDTH, HEIGHT, [90, 110, 140]);
    let fields = [("name", "Anna Berg"), ("title", "Head of Climate Research")];
    let lower = drawn("lower-third", &fields);
    let card = drawn("full-frame", &[("headline", "Headline"), ("body", "Text")]);
    let veil = veil();
    for (name, raster, opacity) in [
        ("lower third", &lower, 255),
        ("lower third, coming in", &lower, 100),
        ("opaque card", &card, 255),
        ("opaque card, coming in", &card, 100),
        ("veil over everything", &veil, 255),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| blend(&mut dst.planes_mut(), raster, opacity, 0, 0));
        });
    }
    let a = Picture::flat(WIDTH, HEIGHT, [50, 100, 150]);
    let b = Picture::flat(WIDTH, HEIGHT, [200, 150, 100]);
    group.bench_function("fade", |bench| {
        bench.iter(|| fade(&mut dst.planes_mut(), &a.planes(), &b.planes(), 100));
    });
    group.bench_function("copy", |bench| {
        bench.iter(|| copy(&mut dst.planes_mut(), &a.planes()));
    });
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
