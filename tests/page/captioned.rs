//! A publisher whose picture carries CEA-608 captions (as cc_data of CEA-708 in SEI, ATSC A/53 part 4).

use gst::prelude::*;
use gst_video::{VideoCaptionMeta, VideoCaptionType};
use std::sync::Mutex;

/// Frames between two captions.
const PERIOD: usize = 60;
const TEXTS: [&str; 2] = ["HELLO FROM THE STREAM", "AND THE NEXT LINE"];

/// Publishes until it is dropped.
pub struct Captioned(gst::Pipeline);

impl Captioned {
    /// Publishes 640x360 at 30 frames a second to an RTMP address.
    pub fn publish(url: &str) -> Self {
        gst::init().expect("GStreamer");
        let graph =
            "videotestsrc is-live=true name=source ! video/x-raw,format=I420,width=640,height=360,framerate=30/1 !
            x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=800 ! h264parse ! mux.
            audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux.
            flvmux name=mux streamable=true ! rtmp2sink name=sink";
        let pipeline = gst::parse::launch(graph).expect("a pipeline").downcast::<gst::Pipeline>().expect("one");
        pipeline.by_name("sink").expect("a sink").set_property("location", url);
        let pairs = TEXTS.iter().cycle().flat_map(|text| {
            let mut pairs = caption(text);
            pairs.resize(PERIOD, [0, 0]);
            pairs
        });
        let pairs = Mutex::new(pairs);
        let pad = pipeline.by_name("source").and_then(|source| source.static_pad("src")).expect("its pad");
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let pair = pairs.lock().expect("nobody panicked with it").next();
            if let (Some(buffer), Some([a, b])) = (info.buffer_mut(), pair) {
                // One pair of field 1 in each frame.
                let data = [0xfc, parity(a), parity(b)];
                VideoCaptionMeta::add(buffer.make_mut(), VideoCaptionType::Cea708Raw, &data);
            }
            gst::PadProbeReturn::Ok
        });
        pipeline.set_state(gst::State::Playing).expect("it plays");
        Self(pipeline)
    }
}

impl Drop for Captioned {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// A pop-on caption on row 15: load, clear the hidden memory, place, write, show. Control codes are sent twice.
fn caption(text: &str) -> Vec<[u8; 2]> {
    let control = [[0x14, 0x20], [0x14, 0x2e], [0x14, 0x70]];
    let mut pairs: Vec<_> = control.into_iter().flat_map(|code| [code, code]).collect();
    pairs.extend(text.as_bytes().chunks(2).map(|two| [two[0], *two.get(1).unwrap_or(&0)]));
    pairs.extend([[0x14, 0x2f]; 2]);
    pairs
}

/// The byte with odd parity in its top bit.
fn parity(byte: u8) -> u8 {
    if byte.count_ones().is_multiple_of(2) { byte | 0x80 } else { byte }
}
