//! Composes program's picture of one slot.
//!
//! Refuses to know: why the scene is what it is. Cost follows content: one source without graphics is passed on by
//! reference; a mix reads two pictures and writes one; graphics touch only their own pixels.

use super::{
    Input,
    scene::Scene,
    slate::{still, with_planes},
};
use crate::{
    domain::{
        source::SourceId,
        time::{Format, Slot},
    },
    media::{
        format,
        graphics::{self, Keyer, NEUTRAL, Picture, Planes, PlanesMut},
        ingest::frame_queue::Frame,
    },
};
use gst::prelude::*;
use gst_video::prelude::*;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// See the module's text.
pub struct Composer {
    project: Format,
    /// Caps of program.
    pub caps: gst::Caps,
    info: Arc<gst_video::VideoInfo>,
    pool: gst::BufferPool,
    empty: Frame,
    hold_slots: u64,
}

/// A composed picture.
pub struct Composed {
    pub buffer: gst::Buffer,
    /// Whether a slate stands in for a source.
    pub slate: bool,
}

impl Composer {
    /// A composer of the project's pictures; `hold` is how long a source's last frame stays.
    ///
    /// # Errors
    /// When there is no picture memory.
    pub fn new(project: Format, hold: Duration) -> anyhow::Result<Self> {
        let caps: gst::Caps = format::picture_at_rate(project).parse()?;
        let info = Arc::new(gst_video::VideoInfo::from_caps(&caps)?);
        let pool = gst_video::VideoBufferPool::new();
        let mut config = pool.config();
        config.set_params(Some(&caps), u32::try_from(info.size())?, 4, 0);
        pool.set_config(config)?;
        pool.set_active(true)?;
        let empty = still(&Picture::flat(project.width as usize, project.height as usize, NEUTRAL), &info)?;
        let hold_slots = project.rate.slots_in(hold);
        Ok(Self { project, caps, info, pool: pool.upcast(), empty, hold_slots })
    }

    /// The picture of a slot.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn compose(
        &self,
        scene: Option<Scene>,
        frames: &BTreeMap<SourceId, Frame>,
        inputs: &BTreeMap<SourceId, Input>,
        keys: &Keyer,
        slot: Slot,
    ) -> anyhow::Result<Composed> {
        let mut slate = false;
        let mut pick = |id: SourceId| {
            let held = frames.get(&id).filter(|frame| slot.0 - frame.slot.0 <= self.hold_slots);
            slate |= held.is_none();
            held.or_else(|| inputs.get(&id).map(|input| &input.slate)).unwrap_or(&self.empty)
        };
        let keyed = !keys.is_clear() && keys.poses(slot.0).next().is_some();
        let mut buffer = match scene {
            Some(Scene::Mix { from, to, share }) => {
                let (a, b) = (pick(from), pick(to));
                self.draw(|out| {
                    graphics::fade(out, &planes(&a.map()?), &planes(&b.map()?), (share * 256.0).round() as u16);
                    Ok(())
                })?
            }
            Some(Scene::One(id)) if !keyed => pick(id).buffer.copy(),
            None if !keyed => self.empty.buffer.copy(),
            one => {
                let frame = match one {
                    Some(Scene::One(id)) => pick(id),
                    _ => &self.empty,
                };
                self.draw(|out| {
                    graphics::copy(out, &planes(&frame.map()?));
                    Ok(())
                })?
            }
        };
        if keyed {
            let writable = buffer.get_mut().ok_or_else(|| anyhow::anyhow!("a picture of our own is shared"))?;
            let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(writable, &self.info)?;
            with_planes(&mut frame, |out| {
                for (raster, pose) in keys.poses(slot.0) {
                    graphics::blend(out, raster, pose.opacity, pose.dx, pose.dy);
                }
                Ok(())
            })?;
        }
        let rate = self.project.rate;
        let (begin, end) = (rate.time_of(slot).0, rate.time_of(Slot(slot.0 + 1)).0);
        let stamped = buffer.make_mut();
        stamped.set_pts(gst::ClockTime::from_nseconds(begin));
        stamped.set_dts(gst::ClockTime::NONE);
        stamped.set_duration(gst::ClockTime::from_nseconds(end - begin));
        stamped.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::DELTA_UNIT);
        Ok(Composed { buffer, slate })
    }

    /// A fresh picture, drawn.
    fn draw(&self, draw: impl FnOnce(&mut PlanesMut<'_>) -> anyhow::Result<()>) -> anyhow::Result<gst::Buffer> {
        let mut buffer = self.pool.acquire_buffer(None)?;
        let writable = buffer.get_mut().ok_or_else(|| anyhow::anyhow!("a pooled picture is shared"))?;
        let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(writable, &self.info)?;
        with_planes(&mut frame, draw)?;
        drop(frame);
        Ok(buffer)
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        let _ = self.pool.set_active(false); // else its buffers would outlive it
    }
}

impl Frame {
    fn map(&self) -> anyhow::Result<gst_video::VideoFrameRef<&gst::BufferRef>> {
        Ok(gst_video::VideoFrameRef::from_buffer_ref_readable(&self.buffer, &self.info)?)
    }
}

fn planes<'a>(frame: &'a gst_video::VideoFrameRef<&gst::BufferRef>) -> Planes<'a> {
    let plane = |n| frame.plane_data(n).unwrap_or_default();
    let stride = |n: usize| frame.plane_stride().get(n).map_or(0, |s| s.unsigned_abs() as usize);
    Planes {
        y: plane(0),
        y_stride: stride(0),
        u: plane(1),
        v: plane(2),
        uv_stride: stride(1),
        width: frame.width() as usize,
        height: frame.height() as usize,
    }
}
