//! The output of a pull or an endpoint, gathered and read.

use crate::support::marks::{Reading, Region, read};
use lumencast::{
    media::ingest::pull::{self, Pull, PullNews, PullSpec},
    protocol::{
        guard::Guard,
        h264,
        packet::{AudioCodec, Packet, VideoCodec},
    },
};
use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Everything that a test waits for must come within this.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Packets as they came, with the time of their arrival.
#[derive(Clone, Default)]
pub struct Gathered(Arc<Mutex<Vec<(Instant, Packet)>>>);

impl Gathered {
    pub fn put(&self, packet: Packet) {
        self.0.lock().unwrap().push((Instant::now(), packet));
    }

    pub fn all(&self) -> Vec<(Instant, Packet)> {
        self.0.lock().unwrap().clone()
    }

    /// Access units of picture: time of arrival, pts, dts.
    pub fn pictures(&self) -> Vec<(Instant, Duration, Duration)> {
        let picture = |(at, packet)| match packet {
            Packet::Video { pts, dts, .. } => Some((at, pts, dts)),
            _ => None,
        };
        self.all().into_iter().filter_map(picture).collect()
    }

    /// Stamps of the sound.
    pub fn sounds(&self) -> Vec<Duration> {
        let sound = |(_, packet)| match packet {
            Packet::Audio { pts, .. } => Some(pts),
            _ => None,
        };
        self.all().into_iter().filter_map(sound).collect()
    }

    pub fn video_configs(&self) -> Vec<VideoCodec> {
        let config = |(_, packet)| match packet {
            Packet::VideoConfig { codec, .. } => Some(codec),
            _ => None,
        };
        self.all().into_iter().filter_map(config).collect()
    }

    pub fn audio_configs(&self) -> Vec<AudioCodec> {
        let config = |(_, packet)| match packet {
            Packet::AudioConfig { codec, .. } => Some(codec),
            _ => None,
        };
        self.all().into_iter().filter_map(config).collect()
    }

    /// What came until so many pictures were there.
    pub fn until(&self, pictures: usize) -> Self {
        let mut count = 0;
        let within = |(_, packet): &(Instant, Packet)| {
            count += usize::from(matches!(packet, Packet::Video { .. }));
            count <= pictures
        };
        Self(Arc::new(Mutex::new(self.all().into_iter().take_while(within).collect())))
    }

    /// Waits until so many pictures are there.
    pub fn wait_pictures(&self, count: usize) {
        wait_for(&format!("{count} pictures"), || (self.pictures().len() >= count).then_some(()));
    }

    /// Decodes the pictures, H.264 or MPEG-2, with ffmpeg and reads their marks.
    pub fn reading(&self) -> Reading {
        if self.video_configs().contains(&VideoCodec::Mpeg2) {
            return self.reading_of_mpeg2();
        }
        let mut file = tempfile::Builder::new().suffix(".h264").tempfile().unwrap();
        let mut unit = |unit: &[u8]| {
            file.write_all(&[0, 0, 0, 1]).unwrap();
            file.write_all(unit).unwrap();
        };
        for (_, packet) in self.all() {
            match packet {
                Packet::VideoConfig { codec, record } => {
                    assert_eq!(codec, VideoCodec::H264);
                    h264::parameter_sets(&record).into_iter().for_each(&mut unit);
                }
                Packet::Video { data, .. } => h264::units(&data).for_each(&mut unit),
                _ => {}
            }
        }
        file.flush().unwrap();
        read(file.path(), Region::FULL)
    }

    fn reading_of_mpeg2(&self) -> Reading {
        let mut file = tempfile::Builder::new().suffix(".m2v").tempfile().unwrap();
        for (_, packet) in self.all() {
            if let Packet::Video { data, .. } = packet {
                file.write_all(&data).unwrap();
            }
        }
        file.flush().unwrap();
        read(file.path(), Region::FULL)
    }

    /// Asserts that pictures `from` to `to` of a source came, each once and in order.
    pub fn assert_whole(&self, source: u8, from: u32, to: u32) {
        let reading = self.reading();
        let runs = reading.runs();
        assert_eq!(runs.len(), 1, "{reading}");
        assert_eq!((runs[0].source, runs[0].first_n, runs[0].last_n), (source, from, to), "{reading}");
        assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
    }

    /// Asserts that every picture of a source from its first on came, at least to `least`: the last ones of an SRT
    /// sender that closes are lost, as many as the latency holds.
    pub fn assert_from_the_first(&self, source: u8, least: u32) {
        let reading = self.reading();
        let runs = reading.runs();
        assert_eq!(runs.len(), 1, "{reading}");
        assert_eq!((runs[0].source, runs[0].first_n), (source, 0), "{reading}");
        assert!(runs[0].last_n >= least, "{reading}");
        assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
    }

    /// Asserts that the stamps of the pictures, in the order of showing, are a frame apart (30 a second), that none is
    /// decoded after it is shown, and that decoding times never go back.
    pub fn assert_even_stamps(&self, tolerance: Duration) {
        let pictures = self.pictures();
        assert!(pictures.iter().all(|(_, pts, dts)| dts <= pts), "decoded after it is shown");
        assert!(pictures.windows(2).all(|pair| pair[0].2 <= pair[1].2), "decoding times go back");
        // A reordered picture may come before those that are shown ahead of it: what is shown later than the newest
        // decoding time is not judged, since pictures of that time may still be on their way.
        let newest = pictures.last().map(|(_, _, dts)| *dts);
        let mut shown: Vec<_> = pictures.iter().map(|(_, pts, _)| *pts).filter(|pts| Some(*pts) <= newest).collect();
        shown.sort();
        for pair in shown.windows(2) {
            let step = pair[1] - pair[0];
            assert!(step.abs_diff(Duration::from_nanos(33_333_333)) <= tolerance, "a step of {step:?}");
        }
    }
}

/// A pull and all its news.
pub struct Pulled {
    pub got: Gathered,
    pub news: Arc<Mutex<Vec<PullNews>>>,
    pub pull: Option<Pull>,
}

impl Pulled {
    /// Pulls with loopback allowed.
    pub fn start(url: &str) -> Self {
        Self::under(Guard::allowing(["127.0.0.0/8"]).unwrap(), url, false)
    }

    pub fn under(guard: Guard, url: &str, again: bool) -> Self {
        gst::init().unwrap();
        let (got, news) = (Gathered::default(), Arc::new(Mutex::new(Vec::new())));
        let (sink, told) = (got.clone(), news.clone());
        let put = move |packet| {
            sink.put(packet);
            true
        };
        let spec = PullSpec::of(url, again).unwrap();
        let pull = pull::start(spec, Arc::new(guard), put, move |news| told.lock().unwrap().push(news)).unwrap();
        Self { got, news, pull: Some(pull) }
    }

    pub fn news(&self) -> Vec<PullNews> {
        self.news.lock().unwrap().clone()
    }

    /// Waits for news that meet a condition.
    pub fn wait_news(&self, what: &str, is: impl Fn(&PullNews) -> bool) -> PullNews {
        wait_for(&format!("{what}, got {} packets", self.got.all().len()), || self.news().into_iter().find(&is))
    }

    pub fn wait_complete(&self) {
        self.wait_news("the end", |news| *news == PullNews::Complete);
    }
}

/// Polls until a condition holds.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + TIMEOUT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited too long for {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
