//! A live publisher in this process: coded test picture and tone on feeds, stamped with show time.

use gst::prelude::*;
use lumencast::{
    app::rooms::hls::HlsStream,
    domain::time::Rate,
    media::{
        clock::ShowClock,
        link::{Carries, Feed},
        output::{hls::HlsOutput, stream::CodedStream},
    },
};
use std::{path::Path, sync::Arc};

pub struct Coding {
    pub encode: &'static str,
    pub width: u32,
    pub height: u32,
}

pub const H264_720: Coding = Coding { encode: H264, width: 1280, height: 720 };
pub const H264_360: Coding = Coding { encode: H264, width: 640, height: 360 };
pub const HEVC_360: Coding = Coding { encode: HEVC, width: 640, height: 360 };

const H264: &str = "x264enc speed-preset=ultrafast tune=zerolatency bitrate=2000 key-int-max=30 bframes=0 ! \
    h264parse ! video/x-h264,stream-format=avc,alignment=au";
const HEVC: &str = "x265enc speed-preset=ultrafast tune=zerolatency bitrate=1000 key-int-max=30 ! \
    h265parse ! video/x-h265,stream-format=hvc1,alignment=au";

pub struct Show {
    pub clock: ShowClock,
    pub video: Arc<Feed>,
    pub audio: Arc<Feed>,
}

pub struct Publisher(gst::Pipeline);

impl Drop for Publisher {
    fn drop(&mut self) {
        self.0.set_state(gst::State::Null).unwrap();
    }
}

impl Show {
    pub fn new() -> Self {
        gst::init().unwrap();
        Self { clock: ShowClock::start(), video: Feed::new(Carries::Coded), audio: Feed::new(Carries::Coded) }
    }

    /// Picture with 30 frames per second and a key frame each second, and a stereo tone, until it is dropped.
    pub fn publish(&self, coding: Coding) -> Publisher {
        let Coding { encode, width, height } = coding;
        let graph = format!(
            "videotestsrc is-live=true pattern=smpte ! video/x-raw,format=I420,width={width},height={height},framerate=30/1 ! \
             {encode} ! appsink name=video sync=false async=false \
             audiotestsrc is-live=true samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! \
             aacparse ! audio/mpeg,mpegversion=4,stream-format=raw ! appsink name=audio sync=false async=false"
        );
        self.play(&graph, 0)
    }

    /// A clip's picture and sound as they are, at their time, from a second of show time on.
    pub fn publish_clip(&self, clip: &Path) -> Publisher {
        let clip = clip.display();
        let graph = format!(
            "filesrc location={clip} ! qtdemux name=d \
             d.video_0 ! queue ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! \
             appsink name=video sync=true async=false \
             d.audio_0 ! queue ! aacparse ! audio/mpeg,mpegversion=4,stream-format=raw ! \
             appsink name=audio sync=true async=false"
        );
        self.play(&graph, 1_000_000_000)
    }

    fn play(&self, graph: &str, from: i64) -> Publisher {
        let pipeline = gst::parse::launch(graph).unwrap().downcast::<gst::Pipeline>().unwrap();
        for (name, feed) in [("video", &self.video), ("audio", &self.audio)] {
            let sink = pipeline.by_name(name).unwrap();
            sink.static_pad("sink").unwrap().set_offset(from);
            feed.fill_from(&sink.downcast().unwrap());
        }
        self.clock.adopt(&pipeline);
        pipeline.set_state(gst::State::Playing).unwrap();
        Publisher(pipeline)
    }

    pub fn output(&self, hls_stream: &Arc<HlsStream>) -> HlsOutput {
        let stream = CodedStream {
            name: "input-1".into(),
            video: self.video.clone(),
            audio: Some(self.audio.clone()),
            rate: Rate { num: 30, den: 1 },
            is_encoded_here: false,
            keep: None,
        };
        HlsOutput::start(stream, &self.clock, hls_stream.clone(), |failure| panic!("{failure:?}")).unwrap()
    }
}
