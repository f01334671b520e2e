//! The picture of a composite: frames painted into their cells, black elsewhere.

use super::layout::Cell;
use crate::{
    domain::time::{Format, Slot},
    media::{format, ingest::frame_queue::Frame},
};
use gst::prelude::*;
use gst_video::prelude::*;

/// What is painted on. Its buffers come from a pool.
pub struct Canvas {
    format: Format,
    /// What its pictures are.
    pub caps: gst::Caps,
    info: gst_video::VideoInfo,
    pool: gst::BufferPool,
}

impl Canvas {
    /// # Errors
    /// When there is no memory for pictures.
    pub fn new(format: Format) -> anyhow::Result<Self> {
        let caps: gst::Caps = format::picture_at_rate(format).parse()?;
        let info = gst_video::VideoInfo::from_caps(&caps)?;
        let pool = gst_video::VideoBufferPool::new();
        let mut config = pool.config();
        config.set_params(Some(&caps), u32::try_from(info.size())?, 0, 0);
        pool.set_config(config)?;
        pool.set_active(true)?;
        Ok(Self { format, caps, info, pool: pool.upcast() })
    }

    /// The picture of a slot.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn paint(&self, frames: &[(Cell, Frame)], slot: Slot) -> anyhow::Result<gst::Buffer> {
        let mut buffer = self.pool.acquire_buffer(None)?;
        let writable = buffer.get_mut().ok_or_else(|| anyhow::anyhow!("a pooled picture is shared"))?;
        {
            let mut out = gst_video::VideoFrameRef::from_buffer_ref_writable(&mut *writable, &self.info)?;
            for plane in 0..3 {
                let shade = if plane == 0 { 16 } else { 128 };
                out.plane_data_mut(plane)?.fill(shade);
            }
            for (cell, frame) in frames {
                let picture = gst_video::VideoFrameRef::from_buffer_ref_readable(&frame.buffer, &frame.info)?;
                copy(&picture, &mut out, *cell)?;
            }
        }
        let rate = self.format.rate;
        let (begin, end) = (rate.time_of(slot).0, rate.time_of(Slot(slot.0 + 1)).0);
        writable.set_pts(gst::ClockTime::from_nseconds(begin));
        writable.set_dts(gst::ClockTime::NONE);
        writable.set_duration(gst::ClockTime::from_nseconds(end - begin));
        Ok(buffer)
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        let _ = self.pool.set_active(false); // else its buffers would outlive it
    }
}

/// Puts a picture into the middle of a cell. One that is larger, because it was decoded for another cell a moment ago,
/// is cut off; a smaller one has black around it.
fn copy(
    from: &gst_video::VideoFrameRef<&gst::BufferRef>,
    to: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    cell: Cell,
) -> anyhow::Result<()> {
    let (width, height) = (from.width().min(cell.width) & !1, from.height().min(cell.height) & !1);
    let middle = |whole: u32, part: u32| ((whole - part) / 2) & !1;
    let into = (cell.x + middle(cell.width, width), cell.y + middle(cell.height, height));
    let out_of = (middle(from.width(), width), middle(from.height(), height));
    for plane in 0..3_u32 {
        let share = if plane == 0 { 1 } else { 2 };
        let (columns, rows) = ((width / share) as usize, (height / share) as usize);
        let stride = |strides: &[i32]| strides.get(plane as usize).map_or(0, |s| s.unsigned_abs() as usize);
        let (from_stride, to_stride) = (stride(from.plane_stride()), stride(to.plane_stride()));
        let start = |at: (u32, u32), stride: usize| (at.1 / share) as usize * stride + (at.0 / share) as usize;
        let (source, target) = (from.plane_data(plane)?, to.plane_data_mut(plane)?);
        if from_stride == 0 || to_stride == 0 {
            continue;
        }
        let source = source.get(start(out_of, from_stride)..).unwrap_or_default().chunks(from_stride);
        let target = target.get_mut(start(into, to_stride)..).unwrap_or_default().chunks_mut(to_stride);
        for (row, line) in target.zip(source).take(rows) {
            if let (Some(row), Some(line)) = (row.get_mut(..columns), line.get(..columns)) {
                row.copy_from_slice(line);
            }
        }
    }
    Ok(())
}
