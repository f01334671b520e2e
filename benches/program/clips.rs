//! What goes in: two moving, noisy 1080p30 clips as an encoder would send them, and the lower third as ffmpeg takes it.

use lumencast::media::graphics::{Fonts, Raster, template};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

/// Seconds that are encoded, and how often a clip repeats them: longer than any job runs.
const ENCODED_S: u64 = 10;
const TIMES: u64 = 12;
/// Moving pictures with noise, so that 6 Mb/s are used up.
const PICTURES: [&str; 2] = [
    "testsrc2=size=1920x1080:rate=30,noise=alls=14:allf=t",
    "testsrc2=size=1920x1080:rate=30,hflip,hue=h=120,scroll=horizontal=0.004,noise=alls=14:allf=t:all_seed=7",
];
/// The text of the lower third.
pub const FIELDS: [(&str, &str); 2] = [("name", "Anna Berg"), ("title", "Head of Climate Research")];

/// See the module's text.
pub struct Clips {
    pub clips: [PathBuf; 2],
    pub third: Third,
}

/// The lower third as one frame of raw yuva420p, straight alpha, cut to what it covers.
pub struct Third {
    pub file: PathBuf,
    pub size: (usize, usize),
    pub at: (i32, i32),
}

impl Clips {
    /// Makes the clips; those of an earlier run are taken again.
    pub fn make() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-program");
        std::fs::create_dir_all(&folder).expect("folder of the clips");
        let clips = [0, 1].map(|n| clip(&folder, n));
        Self { clips, third: third(&folder) }
    }
}

fn clip(folder: &Path, n: usize) -> PathBuf {
    let picture = format!("{},format=yuv420p", PICTURES[n]);
    let tone = format!("sine=frequency={}:sample_rate=48000", 440 * (n + 1));
    let length = ENCODED_S.to_string();
    let mut encode: Vec<&str> = vec!["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone, "-t", &length];
    encode.extend(["-c:v", "libx264", "-preset", "veryfast", "-b:v", "6M", "-maxrate", "6M", "-bufsize", "6M"]);
    encode.extend(["-g", "60", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]);
    encode.extend(["-color_range", "tv", "-c:a", "aac", "-b:a", "128k", "-ac", "2"]);
    let mut recipe = DefaultHasher::new();
    (&encode, TIMES).hash(&mut recipe);
    let file = folder.join(format!("clip{n}-{:016x}.mp4", recipe.finish()));
    if file.exists() {
        return file;
    }
    println!("making {} …", file.display());
    let once = folder.join(format!("once{n}.mp4"));
    ffmpeg(&encode, &once);
    let (input, repeat) = (once.display().to_string(), (TIMES - 1).to_string());
    let half = folder.join(format!("half{n}.mp4"));
    ffmpeg(&["-stream_loop", &repeat, "-i", &input, "-c", "copy"], &half);
    std::fs::rename(&half, &file).expect("the clip in its place"); // never a half-made one under that name
    std::fs::remove_file(&once).expect("the encoded part is there");
    file
}

fn ffmpeg(arguments: &[&str], file: &Path) {
    let mut ffmpeg = Command::new("ffmpeg");
    let status = ffmpeg.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]).args(arguments).arg(file);
    assert!(status.status().expect("ffmpeg starts").success(), "ffmpeg {arguments:?}");
}

/// The built-in template's own picture, so that both jobs key the very same thing.
fn third(folder: &Path) -> Third {
    let fonts = Fonts::system().expect("a font is installed");
    let drawn = template("lower-third").and_then(|template| template.render(&fonts, &FIELDS, 1920, 1080));
    let Raster { left, top, width, height, y, u, v, alpha, alpha_uv, .. } = drawn.expect("a built-in template");
    // Rasters hold colour times alpha, ffmpeg's overlay wants colour.
    let straight = |values: &[u8], alpha: &[u8]| -> Vec<u8> {
        values.iter().zip(alpha).map(|(v, a)| (u32::from(*v) * 255 / u32::from(*a).max(1)).min(255) as u8).collect()
    };
    let planes = [straight(&y, &alpha), straight(&u, &alpha_uv), straight(&v, &alpha_uv), alpha];
    let file = folder.join("lower-third.yuva");
    std::fs::write(&file, planes.concat()).expect("write the lower third");
    Third { file, size: (width, height), at: (left, top) }
}
