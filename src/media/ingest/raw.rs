//! From a pipeline's raw appsinks into the source: frames to the grid, blocks to the sound.

use super::{sound::Sample, source::Source};
use crate::domain::time::ShowTime;
use gst::prelude::*;
use std::sync::{Arc, Weak};

/// Sends the decoded frames of an appsink to a source. `told` is called with each frame's arrival for a first look.
pub fn frames(sink: &gst_app::AppSink, source: &Arc<Source>) {
    accept_strides(sink);
    let source: Weak<Source> = Arc::downgrade(source);
    let mut known: Option<(gst::Caps, Arc<gst_video::VideoInfo>)> = None;
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let source = source.upgrade().ok_or(gst::FlowError::Eos)?;
                let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                if known.as_ref().is_none_or(|(known, _)| known.as_ref() != caps) {
                    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| gst::FlowError::NotNegotiated)?;
                    known = Some((caps.to_owned(), Arc::new(info)));
                }
                if let Some((caps, info)) = &known {
                    drop(sample); // else the buffer would be shared and its stamp could not be set without a copy
                    source.frame(buffer, caps, info);
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
}

/// Lets a decoder hand over its own memory, with its own strides. An appsink does not say that it can read them, and
/// then every picture is copied.
fn accept_strides(sink: &gst_app::AppSink) {
    let Some(pad) = sink.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| match info.query_mut().map(|q| q.view_mut()) {
        Some(gst::QueryViewMut::Allocation(query)) => {
            query.add_allocation_meta::<gst_video::VideoMeta>(None);
            gst::PadProbeReturn::Handled
        }
        _ => gst::PadProbeReturn::Ok,
    });
}

/// Sends the decoded blocks of an appsink to a source.
pub fn blocks(sink: &gst_app::AppSink, source: &Arc<Source>) {
    let source: Weak<Source> = Arc::downgrade(source);
    let mut samples: Vec<Sample> = Vec::new();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let source = source.upgrade().ok_or(gst::FlowError::Eos)?;
                let Some(buffer) = sample.buffer() else { return Ok(gst::FlowSuccess::Ok) };
                let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
                samples.clear();
                samples.extend(map.chunks_exact(8).map(|bytes| {
                    let (left, right) = bytes.split_at(4);
                    [left, right].map(|b| f32::from_le_bytes(b.try_into().unwrap_or_default()))
                }));
                if let Some(pts) = buffer.pts() {
                    source.block(ShowTime(pts.nseconds()), &samples);
                }
                if let Some(caps) = sample.caps().filter(|_| source.raw_audio.is_wanted()) {
                    let mut shifted = buffer.copy();
                    let offset = source.offset();
                    let pts = buffer.pts().map(|pts| pts.nseconds().saturating_add_signed(offset));
                    if let Some(shifted) = shifted.get_mut() {
                        shifted.set_pts(pts.map(gst::ClockTime::from_nseconds));
                    }
                    source.raw_audio.push(&shifted, &caps.to_owned());
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
}
