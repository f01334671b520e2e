//! Takes exact times and error lines out of the log of the decoding ffmpeg.
//!
//! It knows the wording of ffmpeg's showinfo and ashowinfo filters (5.1 and later) and nothing of marks.

use super::sound::Block;
use std::io::{BufRead, BufReader};
use std::process::ChildStderr;

/// The messages of ffmpeg while it works.
#[derive(Default)]
pub struct DecoderLog {
    /// Times of the frames in seconds, in order of output.
    pub pts: Vec<f64>,
    /// Samples per second.
    pub rate: u32,
    /// The blocks of samples, in order of output.
    pub blocks: Vec<Block>,
    /// Lines ffmpeg calls errors, or that speak of corruption.
    pub complaints: Vec<String>,
}

impl DecoderLog {
    /// Reads to the end of the child's stderr.
    pub fn listen(pipe: ChildStderr) -> Self {
        let mut log = Self::default();
        let mut tick = 0.0;
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            if line.contains("showinfo") && line.contains("[info]") {
                log.measure(&line, &mut tick);
            } else if ["[error]", "[fatal]", "[panic]"].iter().any(|tag| line.contains(tag)) || line.contains("corrupt")
            {
                log.complaints.push(line.into_owned());
            }
        }
        log
    }

    /// One line of (a)showinfo: the time base, or one frame or block of samples.
    fn measure(&mut self, line: &str, tick: &mut f64) {
        if let Some(base) = line.split("config in time_base: ").nth(1) {
            let base = base.split(',').next().unwrap_or_default();
            if let Some((num, den)) = base.split_once('/') {
                let parse = |text: &str| text.trim().parse::<f64>().unwrap_or(f64::NAN);
                *tick = parse(num) / parse(den);
            }
            return;
        }
        if !line.contains(" pts:") {
            return;
        }
        // A frame without a time still takes its place in the order.
        let pts = field(line, " pts:").unwrap_or(f64::NAN);
        match (field(line, " rate:"), field(line, " nb_samples:")) {
            (Some(rate), Some(samples)) => {
                self.rate = rate as u32;
                self.blocks.push(Block { start: pts / rate, samples: samples as usize });
            }
            _ => self.pts.push(pts * *tick),
        }
    }
}

/// The number behind a name in ffmpeg's `name: value` lists, which pad values with blanks.
fn field(line: &str, name: &str) -> Option<f64> {
    let rest = line.split_once(name)?.1.trim_start();
    rest.split_whitespace().next()?.parse().ok()
}
