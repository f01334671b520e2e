//! Pictures per CPU second and peak memory of plain shrinking beside `vipsthumbnail`, and how near to the truth the
//! upscalers come.
//!
//! ```text
//! 12-megapixel JPEG ─► one process a picture: decode, resize to 2048, encode at quality 85 ─► JPEG
//! photographs ─► halved ─► doubled by each upscaler ─► PSNR against the photographs
//! ```
//!
//! Settings by environment: `BENCH_JPEG` (a JPEG instead of the one made here), `BENCH_PHOTOS` (a folder of JPEGs,
//! `media-fixtures/photos`), `BENCH_WEIGHTS` (`target/weights/esrgan-slim`), `BENCH_ROUNDS` (20 pictures each).

mod cpu;
mod quality;

use lumencast::imaging::{codec, picture::Picture, resize};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Pixels along the long edge, and the quality of the JPEG.
const EDGE: u32 = 2048;
const QUALITY: u8 = 85;

fn main() {
    let args: Vec<String> = env::args().collect();
    // A round of our own: this program again, with its mode as an argument.
    if let [_, mode, from, to] = args.as_slice()
        && mode == "shrink"
    {
        let jpeg = fs::read(from).expect("the picture can be read");
        fs::write(to, codec::shrink_jpeg(&jpeg, EDGE, QUALITY).expect("the picture shrinks"))
            .expect("it can be written");
        return;
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = |name: &str, usual: &str| env::var_os(name).map_or(root.join(usual), PathBuf::from);
    let photos = photos(&folder("BENCH_PHOTOS", "media-fixtures/photos"));
    shrinking(photos.first().expect("there is a photograph"));
    quality::table(&photos, &folder("BENCH_WEIGHTS", "target/weights/esrgan-slim"));
}

fn photos(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of photographs can be read");
    let mut photos: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    photos.retain(|path| path.extension().is_some_and(|end| end == "jpg" || end == "jpeg"));
    photos.sort();
    photos
}

fn shrinking(photo: &Path) {
    let home = tempfile::tempdir().expect("a folder for pictures");
    let source = env::var_os("BENCH_JPEG").map(PathBuf::from).unwrap_or_else(|| {
        let path = home.path().join("large.jpg");
        fs::write(&path, large(photo)).expect("the picture can be written");
        path
    });
    let bytes = fs::read(&source).expect("the picture can be read");
    let head = codec::probe(&bytes).expect("it is a picture");
    println!("{} x {}, {} KB, to {EDGE} at quality {QUALITY}:", head.width, head.height, bytes.len() / 1000);
    let rounds = env::var("BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let this = env::current_exe().expect("this program has a path");
    let (ours, theirs) = (home.path().join("ours.jpg"), home.path().join("theirs.jpg"));
    let usage = cpu::run(rounds, || {
        let mut command = Command::new(&this);
        command.arg("shrink").arg(&source).arg(&ours);
        command
    });
    usage.expect("our round runs").print("shrink_jpeg", &ours);
    let usage = cpu::run(rounds, || {
        let mut command = Command::new("vipsthumbnail");
        command.arg(&source).args(["--size", &EDGE.to_string(), "-o"]);
        command.arg(format!("{}[Q={QUALITY}]", theirs.display()));
        command
    });
    match usage {
        Some(usage) => usage.print("vipsthumbnail", &theirs),
        None => println!("  vipsthumbnail does not run; scripts/setup.sh bench installs it"),
    }
}

/// A baseline JPEG of 4000 x 3000 with the contents of a photograph and the grain of a camera, the same each time.
fn large(photo: &Path) -> Vec<u8> {
    let small = codec::decode(&fs::read(photo).expect("the photograph can be read"), None).expect("it is a picture");
    let mut large: Picture = resize::resize(&small, 4000, 3000);
    let mut state = 0x2545_f491u32;
    for value in &mut large.data {
        // xorshift32; grain of about 2 of 255 levels.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *value += (f32::from(state as u8) / 255.0 - 0.5) * 0.03;
    }
    codec::encode_jpeg(&large, 89).expect("it can be written")
}
