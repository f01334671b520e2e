//! Marked pictures: each published frame contains its source and its number, and the output of program is read back,
//! slot by slot.

use super::{
    fixture::{Fixture, HEIGHT, Picture, WIDTH},
    publish,
};
use crate::code::{self, CELLS, COLUMNS, ROWS};
use gst::prelude::*;
use lumencast::protocol::packet::{Packet, VideoCodec};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Rows of a mark.
const BAND: usize = HEIGHT / 4;
/// Luma below the mark.
const BELOW: u8 = 120;

/// `frames` marked pictures of a source at 30 a second, as an encoder sends them; a key frame every half second.
pub fn packets(source: u8, frames: u32) -> Vec<Packet> {
    with_gop(source, frames, 15)
}

/// The same with a key frame every `gop` pictures.
pub fn with_gop(source: u8, frames: u32, gop: u32) -> Vec<Packet> {
    super::census::begin(); // GStreamer is ready from then on
    let graph = format!(
        "appsrc name=src format=time block=true max-buffers=4 \
         caps=video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate=30/1,colorimetry=bt709 ! \
         x264enc speed-preset=ultrafast quantizer=18 pass=quant bframes=0 key-int-max={gop} \
         option-string=scenecut=0 ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink name=out sync=false max-buffers=0"
    );
    let pipeline = gst::parse::launch(&graph).expect("a graph").downcast::<gst::Pipeline>().expect("a pipeline");
    let input = pipeline.by_name("src").and_then(|e| e.downcast::<gst_app::AppSrc>().ok()).expect("src");
    pipeline.set_state(gst::State::Playing).expect("playing");
    let painted = std::thread::spawn(move || {
        for n in 0..frames {
            let mut buffer = gst::Buffer::from_mut_slice(paint(source, n));
            let stamp = gst::ClockTime::from_nseconds(u64::from(n) * 1_000_000_000 / 30);
            buffer.get_mut().expect("a new buffer").set_pts(stamp);
            input.push_buffer(buffer).expect("it takes pictures");
        }
        input.end_of_stream().expect("it ends");
    });
    let packets = publish::collect(&pipeline, VideoCodec::H264);
    painted.join().expect("painted");
    assert_eq!(packets.len(), frames as usize + 1, "every picture was encoded");
    packets
}

fn paint(source: u8, n: u32) -> Vec<u8> {
    let word = code::word(source, n);
    let mut picture = Vec::with_capacity(WIDTH * HEIGHT * 3 / 2);
    for y in 0..BAND {
        picture.extend((0..WIDTH).map(|x| code::cell_luma(word, x * COLUMNS / WIDTH, y * ROWS / BAND)));
    }
    picture.resize(WIDTH * HEIGHT, BELOW);
    picture.resize(WIDTH * HEIGHT * 3 / 2, 128);
    picture
}

/// What one slot of program showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A source's frame.
    Mark { source: u8, n: u32 },
    /// A picture without a mark, by the luma near its left edge.
    Other { luma: u8 },
}

/// Everything that program shows from its beginning until it is ended.
pub struct Watch {
    over: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<(u64, Seen)>>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch.
    pub fn begin(fixture: &Fixture) -> Self {
        let (over, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (ended, into) = (over.clone(), seen.clone());
        let look = fixture.look();
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let Some((time, picture)) = look.next(Duration::from_millis(50)) else { continue };
                let slot = (time * 30 + 500_000_000) / 1_000_000_000;
                into.lock().expect("no test panics with it").push((slot, read(&picture)));
            }
        });
        Self { over, seen, thread: Some(thread) }
    }

    /// The last slot that was seen.
    pub fn last(&self) -> Option<(u64, Seen)> {
        self.seen.lock().expect("no test panics with it").last().copied()
    }

    /// What each slot showed up to now.
    pub fn seen(&self) -> Vec<(u64, Seen)> {
        self.seen.lock().expect("no test panics with it").clone()
    }

    /// Waits until program has shown a slot.
    pub fn until(&self, slot: u64) {
        Fixture::until("a slot of program", || self.last().is_some_and(|(last, _)| last >= slot));
    }

    /// Waits until a source's frames have followed each other for a second, one a slot; the slot as of then. Before that its
    /// decoder may still be catching up.
    pub fn settled(&self, wanted: u8) -> u64 {
        let lead = |(slot, seen): &(u64, Seen)| match seen {
            Seen::Mark { source, n } if *source == wanted => Some(i64::from(*n) - *slot as i64),
            _ => None,
        };
        Fixture::until("a source that is shown frame by frame", || {
            let seen = self.seen.lock().expect("no test panics with it");
            let last = seen.iter().rev().take(30).map(lead).collect::<Vec<_>>();
            last.len() == 30 && last[0].is_some() && last.iter().all(|lead| *lead == last[0])
        });
        self.last().expect("it has shown something").0
    }

    /// Ends it; gives what each slot showed.
    pub fn end(mut self) -> Vec<(u64, Seen)> {
        self.stop();
        let seen = std::mem::take(&mut *self.seen.lock().expect("no test panics with it"));
        assert!(!seen.is_empty());
        for pair in seen.windows(2) {
            assert_eq!(pair[1].0, pair[0].0 + 1, "a slot of program is missing or stands twice");
        }
        seen
    }
}

impl Watch {
    fn stop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it read all");
        }
    }
}

impl Drop for Watch {
    /// What looks at program is a pipeline, which no later test must count.
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a picture shows.
pub fn read(picture: &Picture) -> Seen {
    let mut cells = [0.0; CELLS];
    for (position, cell) in cells.iter_mut().enumerate() {
        let (column, row) = (position / ROWS, position % ROWS);
        let (x, y) = ((column * 2 + 1) * WIDTH / COLUMNS / 2, (row * 2 + 1) * BAND / ROWS / 2);
        let around = (0..49).map(|n| f32::from(picture.luma(x - 3 + n % 7, y - 3 + n / 7)));
        *cell = around.sum::<f32>() / 49.0;
    }
    match code::decode(&cells) {
        Ok((source, n)) => Seen::Mark { source, n },
        Err(_) => Seen::Other { luma: picture.luma(20, HEIGHT / 2 + 20) },
    }
}
