//! Slates: the still picture of each input that is shown when it delivers nothing.
//!
//! Drawn where time is to be had, not on the mixer's thread: text takes some milliseconds.

use crate::{
    domain::time::{Format, Slot},
    media::{
        format,
        graphics::{self, Fonts, NEUTRAL, Picture, PlanesMut},
        ingest::frame_queue::Frame,
    },
};
use gst_video::prelude::*;
use std::sync::Arc;

/// Draws the slate of an input; without fonts it is a plain card.
///
/// # Errors
/// When the project has no such picture format.
pub fn slate(project: Format, label: &str) -> anyhow::Result<Frame> {
    let caps: gst::Caps = format::picture_at_rate(project).parse()?;
    let info = Arc::new(gst_video::VideoInfo::from_caps(&caps)?);
    let (width, height) = (project.width as usize, project.height as usize);
    let drawn = Fonts::system().and_then(|fonts| graphics::slate(&fonts, label, width, height));
    let drawn = drawn.inspect_err(|error| tracing::warn!("a slate without text: {error}")).ok();
    still(&drawn.unwrap_or_else(|| Picture::flat(width, height, NEUTRAL)), &info)
}

/// A drawn picture as a frame that can stand in any slot.
pub(super) fn still(picture: &Picture, info: &Arc<gst_video::VideoInfo>) -> anyhow::Result<Frame> {
    let mut buffer = gst::Buffer::with_size(info.size())?;
    let writable = buffer.get_mut().ok_or_else(|| anyhow::anyhow!("a new buffer is shared"))?;
    let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(writable, info)?;
    with_planes(&mut frame, |out| {
        graphics::copy(out, &picture.planes());
        Ok(())
    })?;
    drop(frame);
    Ok(Frame { slot: Slot(0), seen_from: Slot(0), buffer, info: info.clone() })
}

/// Draws into a mapped picture.
pub(super) fn with_planes(
    frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    draw: impl FnOnce(&mut PlanesMut<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let stride = |n: usize| frame.plane_stride().get(n).map_or(0, |s| s.unsigned_abs() as usize);
    let (y_stride, uv_stride) = (stride(0), stride(1));
    let [y, u, v, ..] = frame.planes_data_mut();
    draw(&mut PlanesMut { y, y_stride, u, v, uv_stride, width, height })
}
