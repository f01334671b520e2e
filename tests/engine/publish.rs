//! What a publisher sends: coded pictures of one colour, as packets.

use bytes::Bytes;
use gst::prelude::*;
use lumencast::protocol::packet::{Packet, VideoCodec};
use std::time::Duration;

/// `frames` pictures of a colour (0xRRGGBB) at 30 a second, a key frame every 15.
pub fn coded(codec: VideoCodec, width: u32, height: u32, colour: u32, frames: u32) -> Vec<Packet> {
    let chain = match codec {
        VideoCodec::H264 => {
            "x264enc speed-preset=ultrafast bframes=0 key-int-max=15 ! h264parse ! \
             video/x-h264,stream-format=avc,alignment=au"
        }
        VideoCodec::Hevc => {
            "x265enc speed-preset=ultrafast key-int-max=15 option-string=bframes=0 ! h265parse ! \
             video/x-h265,stream-format=hvc1,alignment=au"
        }
        other => panic!("{other:?} is not made here"),
    };
    let graph = format!(
        "videotestsrc name=src pattern=solid-color ! video/x-raw,format=I420,width={width},height={height},\
         framerate=30/1,colorimetry=bt709 ! {chain} ! appsink name=out sync=false max-buffers=0"
    );
    let pipeline = gst::parse::launch(&graph).expect("a graph").downcast::<gst::Pipeline>().expect("a pipeline");
    let source = pipeline.by_name("src").expect("src");
    source.set_property("num-buffers", i32::try_from(frames).expect("few"));
    source.set_property("foreground-color", 0xff00_0000 | colour);
    pipeline.set_state(gst::State::Playing).expect("playing");
    let packets = collect(&pipeline, codec);
    assert_eq!(packets.len(), frames as usize + 1, "every picture was encoded");
    packets
}

/// Everything that comes out of a playing pipeline's `out`, as packets; it is stopped at its end.
pub fn collect(pipeline: &gst::Pipeline, codec: VideoCodec) -> Vec<Packet> {
    let sink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok()).expect("out");
    let mut packets = Vec::new();
    let mut first = None;
    while let Ok(sample) = sink.pull_sample() {
        let (buffer, caps) = (sample.buffer().expect("a buffer"), sample.caps().expect("caps"));
        if packets.is_empty() {
            let record = caps.structure(0).and_then(|s| s.get::<gst::Buffer>("codec_data").ok()).expect("codec_data");
            let record = Bytes::copy_from_slice(&record.map_readable().expect("mapped"));
            packets.push(Packet::VideoConfig { codec, record });
        }
        let stamp = |t: Option<gst::ClockTime>| t.expect("a stamp").nseconds();
        let zero = *first.get_or_insert(stamp(buffer.dts_or_pts()));
        packets.push(Packet::Video {
            codec,
            pts: Duration::from_nanos(stamp(buffer.pts()) - zero),
            dts: Duration::from_nanos(stamp(buffer.dts_or_pts()) - zero),
            keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            data: Bytes::copy_from_slice(&buffer.map_readable().expect("mapped")),
        });
    }
    pipeline.set_state(gst::State::Null).expect("stopped");
    packets
}
