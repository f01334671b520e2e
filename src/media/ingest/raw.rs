//! From the raw appsinks of a pipeline that makes a source's media here into the source.

use super::source::Source;
use crate::media::decode::raw;
use std::sync::{Arc, Weak};

/// Sends the pictures of an appsink, which come in the project's format, to a source.
pub fn frames(sink: &gst_app::AppSink, source: &Arc<Source>) {
    let source: Weak<Source> = Arc::downgrade(source);
    raw::pictures(sink, move |buffer, caps, info| {
        source.upgrade().ok_or(gst::FlowError::Eos)?.frame(buffer, caps, info);
        Ok(())
    });
}

/// Sends the blocks of an appsink to a source.
pub fn blocks(sink: &gst_app::AppSink, source: &Arc<Source>) {
    let source: Weak<Source> = Arc::downgrade(source);
    raw::blocks(sink, move |block| {
        source.upgrade().ok_or(gst::FlowError::Eos)?.block(block);
        Ok(())
    });
}
