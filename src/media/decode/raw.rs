//! What comes out of a pipeline's raw appsinks: pictures and blocks of sound.
//!
//! Refuses to know: what becomes of them.

use crate::domain::time::ShowTime;
use gst::prelude::*;
use std::sync::Arc;

/// A sample of the mix's format, left and right, full scale ±1.0.
pub type Sample = [f32; 2];

/// Sound in the mix's format.
pub struct Block<'a> {
    /// Its first sample's time as it is stamped.
    pub at: ShowTime,
    pub samples: &'a [Sample],
    /// The same as GStreamer has it.
    pub buffer: &'a gst::Buffer,
    pub caps: &'a gst::Caps,
}

/// Calls `each` with every picture of an appsink; it stops when that gives an error.
pub fn pictures(
    sink: &gst_app::AppSink,
    each: impl Fn(gst::Buffer, &gst::Caps, &Arc<gst_video::VideoInfo>) -> Result<(), gst::FlowError> + Send + 'static,
) {
    accept_strides(sink);
    let mut known: Option<(gst::Caps, Arc<gst_video::VideoInfo>)> = None;
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                if known.as_ref().is_none_or(|(known, _)| known.as_ref() != caps) {
                    let info = gst_video::VideoInfo::from_caps(caps).map_err(|_| gst::FlowError::NotNegotiated)?;
                    known = Some((caps.to_owned(), Arc::new(info)));
                }
                drop(sample); // else the buffer would be shared and its stamp could not be set without a copy
                if let Some((caps, info)) = &known {
                    each(buffer, caps, info)?;
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
}

/// Lets a decoder hand over its own memory, with its own strides. An appsink does not announce that it can read them,
/// and then every picture is copied.
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

/// Calls `each` with every block of an appsink in the mix's format; it stops when that gives an error.
pub fn blocks(sink: &gst_app::AppSink, each: impl Fn(&Block<'_>) -> Result<(), gst::FlowError> + Send + 'static) {
    let mut samples: Vec<Sample> = Vec::new();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps()) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                let Some(at) = buffer.pts().map(|pts| ShowTime(pts.nseconds())) else {
                    return Ok(gst::FlowSuccess::Ok);
                };
                {
                    let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
                    samples.clear();
                    samples.extend(map.chunks_exact(8).map(|bytes| {
                        let (left, right) = bytes.split_at(4);
                        [left, right].map(|b| f32::from_le_bytes(b.try_into().unwrap_or_default()))
                    }));
                }
                each(&Block { at, samples: &samples, buffer: &buffer, caps: &caps.to_owned() })?;
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
}
