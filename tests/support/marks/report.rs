//! A reading as text: the output of a failing test, so that the timeline is in the log and the test need not be run
//! again.

use super::timeline::Reading;
use std::fmt;

impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = &self.streams;
        writeln!(
            out,
            "{}\n  {} {}x{}, sound {:?}; {} frames, {:.3} ms apart, {} errors",
            self.media,
            streams.video_codec,
            streams.width,
            streams.height,
            streams.audio_codec,
            self.frames.len(),
            self.step() * 1000.0,
            self.errors
        )?;
        for run in self.runs() {
            writeln!(
                out,
                "  {:9.3} s  source {} frames {}..={} (index {}, {} read, {} unread): \
                 {} lost, {} repeated, {} backwards",
                self.frames[run.first_index].pts,
                run.source,
                run.first_n,
                run.last_n,
                run.first_index,
                run.frames,
                run.unread,
                run.lost,
                run.repeated,
                run.backwards
            )?;
        }
        self.write_flaws(out)?;
        let skews: Vec<String> = self.skews().iter().map(|s| format!("{:+.1}", s.ms)).collect();
        let spans: Vec<String> = self.sound.spans().iter().map(|(a, b)| format!("{a:.3}-{b:.3}")).collect();
        writeln!(out, "  flashes {:.3?}\n  beeps   {:.3?}", self.flashes(), self.beeps)?;
        writeln!(out, "  skew ms [{}]; sound at {}", skews.join(", "), spans.join(", "))?;
        for line in &self.error_lines {
            writeln!(out, "  ffmpeg: {line}")?;
        }
        Ok(())
    }
}

impl Reading {
    fn write_flaws(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before: Option<(usize, u8, u32)> = None;
        for (index, source, n) in self.marks() {
            let smooth = before.is_none_or(|(_, s, m)| s == source && n == m + 1);
            if let Some((_, s, m)) = before.filter(|_| !smooth) {
                let pts = self.frames[index].pts;
                writeln!(out, "  {pts:9.3} s  index {index}: {s}/{m} -> {source}/{n}")?;
            }
            before = Some((index, source, n));
        }
        for stretch in
            self.undecodable().chunk_by(|a, b| b - a == 1 && self.frames[*a].unread == self.frames[*b].unread)
        {
            let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
            let frame = self.frames[first];
            let why = frame.unread.map_or(String::new(), |why| format!("{why:?}"));
            writeln!(out, "  {:9.3} s  index {first}..={last} unread: {why}", frame.pts)?;
        }
        for gap in self.gaps() {
            writeln!(out, "  {:9.3} s  index {}: step of {:.1} ms", gap.pts, gap.index, gap.ms)?;
        }
        Ok(())
    }
}
