//! Reads marks, flashes, beeps and exact times back from a file or URL, through one ffmpeg child.
//!
//! ffmpeg decodes, crops to the region and scales to a small grey picture on a pipe; sound goes
//! to a file beside it. Times are the frames' own: whole pts and time base from ffmpeg's log, since
//! its decimal times are rounded. What ffmpeg calls an error is counted, never hidden.

use super::super::child::Watchdog;
use super::code::{self, CELLS, COLUMNS, ROWS, Unread};
use super::decoder_log::DecoderLog;
use super::picture::{AFTERGLOW, FLASH};
use super::probe;
use super::sound::Sound;
use super::timeline::{Frame, Reading};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The small picture all measuring is done on.
const WIDTH: usize = 320;
const HEIGHT: usize = 192;
/// The mark's part of it.
const BAND: usize = HEIGHT / 4;
/// A picture darker than this on average is black (video black is 16).
const DARK: f32 = 24.0;
/// Error lines kept; all are counted.
const KEPT_LINES: usize = 40;

/// The part of the picture in which the marked clip is shown, as shares of width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge, 0 to 1.
    pub x: f64,
    /// Upper edge, 0 to 1.
    pub y: f64,
    /// Width, above 0 to 1.
    pub w: f64,
    /// Height, above 0 to 1.
    pub h: f64,
}

impl Region {
    /// The whole picture.
    pub const FULL: Self = Self { x: 0.0, y: 0.0, w: 1.0, h: 1.0 };

    /// A rectangle in pixels `(x, y, width, height)` of a picture of `(width, height)`.
    pub fn pixels(inner: (u32, u32, u32, u32), outer: (u32, u32)) -> Self {
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        Self {
            x: share(inner.0, outer.0),
            y: share(inner.1, outer.1),
            w: share(inner.2, outer.0),
            h: share(inner.3, outer.1),
        }
    }
}

/// Reads a whole file, or a URL to its end, within a minute.
pub fn read(media: impl AsRef<Path>, region: Region) -> Reading {
    Reader::of(media).region(region).read()
}

/// A reading with options.
#[derive(Clone, Debug)]
pub struct Reader {
    media: String,
    region: Region,
    most: Option<usize>,
    limit: Duration,
    input: Vec<String>,
}

impl Reader {
    /// Will read this file or URL, whole picture, to its end, within a minute.
    pub fn of(media: impl AsRef<Path>) -> Self {
        Self {
            media: media.as_ref().to_string_lossy().into_owned(),
            region: Region::FULL,
            most: None,
            limit: Duration::from_secs(60),
            input: Vec::new(),
        }
    }

    /// Looks only at this part of the picture.
    pub fn region(self, region: Region) -> Self {
        Self { region, ..self }
    }

    /// Ends after this many frames: for streams without an end.
    pub fn frames(self, most: usize) -> Self {
        let most = Some(most);
        Self { most, ..self }
    }

    /// Must be done within this time.
    pub fn deadline(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// ffmpeg options put before the input, such as `-live_start_index`.
    pub fn input_options<const N: usize>(mut self, options: [&str; N]) -> Self {
        self.input.extend(options.map(str::to_owned));
        self
    }

    /// The same on a thread where blocking is allowed.
    pub async fn read_async(self) -> Reading {
        tokio::task::spawn_blocking(move || self.read())
            .await
            .unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic()))
    }

    /// Reads. A medium that cannot be opened or is corrupt gives what can be decoded and
    /// `errors`; only a passed deadline panics.
    pub fn read(&self) -> Reading {
        let end = Instant::now() + self.limit;
        let mut reading = Reading {
            media: self.media.clone(),
            streams: probe::streams(&self.media, self.limit),
            ..Reading::default()
        };
        reading.note(reading.streams.complaints.clone(), KEPT_LINES);
        if reading.streams.video_codec.is_empty() && reading.streams.audio_codec.is_empty() {
            return reading;
        }
        let scratch = tempfile::tempdir().expect("scratch folder");
        let pcm = scratch.path().join("sound.s16");
        let mut child = self
            .command(&reading.streams, &pcm)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ffmpeg starts");
        let mut quit = child.stdin.take().expect("ffmpeg's stdin");
        let mut pictures = child.stdout.take().expect("ffmpeg's stdout");
        let log = child.stderr.take().expect("ffmpeg's stderr");
        let left = end.saturating_duration_since(Instant::now());
        let dog = Watchdog::over(child, left);
        let listener = std::thread::spawn(move || DecoderLog::listen(log));
        let mut small = vec![0_u8; WIDTH * HEIGHT];
        while pictures.read_exact(&mut small).is_ok() {
            if self.most.is_none_or(|most| reading.frames.len() < most) {
                reading.frames.push(look(&small));
            } else {
                // What was asked for is there: ffmpeg shall end as if its user pressed q.
                let _ = quit.write_all(b"q");
            }
        }
        let status = dog.wait();
        let log = listener.join().expect("log reader");
        for (index, frame) in reading.frames.iter_mut().enumerate() {
            frame.pts = log.pts.get(index).copied().unwrap_or(f64::NAN);
        }
        reading.note(log.complaints, KEPT_LINES);
        if !status.success() && self.most.is_none() {
            reading.note(vec![format!("ffmpeg ended with {status}")], KEPT_LINES);
        }
        if let Ok(bytes) = std::fs::read(&pcm) {
            reading.sound = Sound::new(log.rate, &log.blocks, &bytes);
            reading.tones = reading.sound.beeps();
            let whole = reading.tones.iter().filter(|tone| tone.is_whole());
            reading.beeps = whole.map(|tone| tone.start).collect();
        }
        assert!(!dog.expired(), "not read within {:?}: {reading}", self.limit);
        reading
    }

    fn command(&self, streams: &probe::Streams, pcm: &Path) -> Command {
        let Region { x, y, w, h } = self.region;
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg
            .args(["-hide_banner", "-nostats", "-y", "-copyts"])
            .args(["-loglevel", "repeat+level+info"])
            .args(&self.input)
            .args(["-i", &self.media]);
        if !streams.video_codec.is_empty() {
            // The luma plane itself: a conversion to grey would stretch video range to full range.
            let look = format!(
                "format=yuv420p,extractplanes=y,crop=iw*{w}:ih*{h}:iw*{x}:ih*{y}:exact=1,\
                 showinfo=checksum=0,scale={WIDTH}:{HEIGHT}:flags=area"
            );
            ffmpeg
                .args(["-map", "0:v:0", "-filter:v", &look])
                // Frames keep the medium's time base. Otherwise ffmpeg takes one frame of the rate that it guessed from
                // the first pictures, and where that is too low it counts frames that share a tick as errors.
                .args(["-fps_mode", "passthrough", "-enc_time_base:v", "-1", "-f", "rawvideo"])
                .args(["-pix_fmt", "gray", "pipe:1"]);
        }
        if !streams.audio_codec.is_empty() {
            ffmpeg
                .args(["-map", "0:a:0", "-filter:a"])
                .arg("aformat=sample_fmts=s16:channel_layouts=mono,asettb=1/sr,ashowinfo")
                .args(["-f", "s16le"])
                .arg(pcm);
        }
        ffmpeg
    }
}

/// Judges one small picture.
fn look(small: &[u8]) -> Frame {
    let mut cells = [0.0_f32; CELLS];
    let (wide, high) = (WIDTH / COLUMNS, BAND / ROWS);
    for (index, cell) in cells.iter_mut().enumerate() {
        let (column, row) = (index / ROWS, index % ROWS);
        // The middle of the cell only: its edges are blurred by coding and scaling.
        let left = column * wide + wide / 4;
        let top = row * high + high / 4;
        *cell = mean(small, left, top, wide / 2, high / 2);
    }
    let mean_luma = mean(small, 0, 0, WIDTH, HEIGHT);
    let read = match code::decode(&cells) {
        Err(_) if mean_luma < DARK => Err(Unread::Black),
        read => read,
    };
    // Upper middle below the mark: graphics of the lower third do not reach it.
    let glow = mean(small, WIDTH / 10, HEIGHT * 3 / 10, WIDTH * 8 / 10, HEIGHT * 3 / 10);
    Frame {
        pts: 0.0,
        mark: read.ok(),
        unread: read.err(),
        mean_luma,
        flash: glow > f32::from(AFTERGLOW) - 18.0,
        flash_start: glow > (f32::from(AFTERGLOW) + f32::from(FLASH)) / 2.0,
    }
}

fn mean(small: &[u8], left: usize, top: usize, wide: usize, high: usize) -> f32 {
    let rows = small.chunks_exact(WIDTH).skip(top).take(high);
    let sum: u32 = rows.map(|row| row[left..left + wide].iter().map(|v| u32::from(*v)).sum::<u32>()).sum();
    sum as f32 / (wide * high) as f32
}
