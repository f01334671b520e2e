//! Decoded pictures in the sizes in which they are shown: fitted whole, black where they have another shape.
//!
//! A picture is made once for each size, however many show it; one that has the wanted form is handed on as it is.
//!
//! Refuses to know: the consumers of each size.

use crate::{
    domain::time::{Format, Rate},
    media::format,
};
use gst::prelude::*;
use std::sync::Arc;

/// Sizes that are kept ready; a composite has used many after members came and went.
const SIZES: usize = 8;

/// A picture in a wanted size.
#[derive(Debug, Clone)]
pub struct Fitted {
    pub buffer: gst::Buffer,
    pub caps: gst::Caps,
    pub info: Arc<gst_video::VideoInfo>,
}

/// Fits the pictures of one form into sizes.
pub struct Fitter {
    from: gst_video::VideoInfo,
    sizes: Vec<Size>,
}

/// The conversion to one size.
struct Size {
    size: (u32, u32),
    caps: gst::Caps,
    info: Arc<gst_video::VideoInfo>,
    /// None where there is nothing to do.
    work: Option<Work>,
    /// The picture that was made last, by its number.
    last: Option<(u64, gst::Buffer)>,
}

struct Work {
    converter: gst_video::VideoConverter,
    /// The output as the converter sees it: with the rate and the interlacing of its input.
    info: gst_video::VideoInfo,
    pool: gst::BufferPool,
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = self.pool.set_active(false); // else its buffers would outlive it
    }
}

impl Fitter {
    /// For pictures of this form.
    pub fn new(from: gst_video::VideoInfo) -> Self {
        Self { from, sizes: Vec::new() }
    }

    /// Whether pictures have its form.
    pub fn is_for(&self, info: &gst_video::VideoInfo) -> bool {
        self.from == *info
    }

    /// A picture in a size, in the project's form. `number` identifies the picture.
    ///
    /// # Errors
    /// When it cannot be converted, or there is no memory.
    pub fn fit(&mut self, picture: &gst::Buffer, number: u64, size: (u32, u32)) -> Result<Fitted, glib::BoolError> {
        let known = self.sizes.iter().position(|known| known.size == size);
        let place = match known {
            Some(place) => place,
            None => {
                let made = Size::new(&self.from, size)?;
                if self.sizes.len() >= SIZES {
                    self.sizes.remove(0);
                }
                self.sizes.push(made);
                self.sizes.len() - 1
            }
        };
        let made = self.sizes.get_mut(place).ok_or_else(|| glib::bool_error!("no size"))?;
        let buffer = made.make(&self.from, picture, number)?;
        Ok(Fitted { buffer, caps: made.caps.clone(), info: made.info.clone() })
    }
}

impl Size {
    fn new(from: &gst_video::VideoInfo, size: (u32, u32)) -> Result<Self, glib::BoolError> {
        let format = Format { width: size.0, height: size.1, rate: Rate { num: 30, den: 1 } };
        let caps: gst::Caps = format::picture(format).parse()?;
        let info = gst_video::VideoInfo::from_caps(&caps)?;
        let same = from.format() == info.format()
            && (from.width(), from.height()) == size
            && from.par() == info.par()
            && from.colorimetry() == info.colorimetry();
        let work = if same { None } else { Some(Work::new(from, &info, &caps)?) };
        Ok(Self { size, caps, info: Arc::new(info), work, last: None })
    }

    fn make(
        &mut self,
        from: &gst_video::VideoInfo,
        picture: &gst::Buffer,
        number: u64,
    ) -> Result<gst::Buffer, glib::BoolError> {
        let Some(work) = &self.work else { return Ok(picture.clone()) };
        if let Some((known, made)) = &self.last
            && *known == number
        {
            return Ok(made.clone());
        }
        self.last = None; // its memory may be needed
        let mut made = work.pool.acquire_buffer(None).map_err(|_| glib::bool_error!("no memory for a picture"))?;
        let writable = made.get_mut().ok_or_else(|| glib::bool_error!("a pooled picture is shared"))?;
        {
            let source = gst_video::VideoFrameRef::from_buffer_ref_readable(picture, from)?;
            let mut target = gst_video::VideoFrameRef::from_buffer_ref_writable(&mut *writable, &work.info)?;
            work.converter.frame_ref(&source, &mut target);
        }
        writable.set_pts(picture.pts());
        self.last = Some((number, made.clone()));
        Ok(made)
    }
}

impl Work {
    fn new(from: &gst_video::VideoInfo, to: &gst_video::VideoInfo, caps: &gst::Caps) -> Result<Self, glib::BoolError> {
        // The converter changes neither rate nor interlacing and insists on the same values for input and output.
        let info = gst_video::VideoInfo::builder_from_info(to).fps(from.fps()).interlace_mode(from.interlace_mode());
        let info = info.build()?;
        let (x, y, width, height) = place(from, to);
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_dest_x(x);
        config.set_dest_y(y);
        config.set_dest_width(Some(width));
        config.set_dest_height(Some(height));
        config.set_fill_border(true);
        // Bilinear (two taps): good enough for a live picture.
        config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
        config.set("GstVideoResampler.max-taps", 2_i32);
        let converter = gst_video::VideoConverter::new(from, &info, Some(config))?;
        let pool = gst_video::VideoBufferPool::new();
        let mut params = pool.config();
        params.set_params(Some(caps), u32::try_from(to.size()).unwrap_or(u32::MAX), 0, 0);
        pool.set_config(params)?;
        pool.set_active(true)?;
        Ok(Self { converter, info, pool: pool.upcast() })
    }
}

/// Where a picture stands in another one so that all of it is seen in its own shape, in even pixels.
fn place(from: &gst_video::VideoInfo, to: &gst_video::VideoInfo) -> (i32, i32, i32, i32) {
    let par = from.par();
    let wide = u64::from(from.width()) * u64::try_from(par.numer()).unwrap_or(1).max(1);
    let high = u64::from(from.height()) * u64::try_from(par.denom()).unwrap_or(1).max(1);
    let (width, height) = (u64::from(to.width()), u64::from(to.height()));
    let even = |pixels: u64| (pixels & !1).max(2);
    let (w, h) = if wide * height > width * high {
        (width, even(height.min((width * high + wide / 2) / wide.max(1))))
    } else {
        (even(width.min((height * wide + high / 2) / high.max(1))), height)
    };
    let number = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    (number(((width - w.min(width)) / 2) & !1), number(((height - h.min(height)) / 2) & !1), number(w), number(h))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(width: u32, height: u32, par: (i32, i32)) -> gst_video::VideoInfo {
        gst::init().unwrap();
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
            .par(gst::Fraction::new(par.0, par.1))
            .build()
            .unwrap()
    }

    #[test]
    fn a_picture_of_another_shape_stands_in_the_middle_whole() {
        let to = info(640, 360, (1, 1));
        assert_eq!(place(&info(1280, 720, (1, 1)), &to), (0, 0, 640, 360));
        assert_eq!(place(&info(320, 360, (1, 1)), &to), (160, 0, 320, 360));
        assert_eq!(place(&info(1000, 250, (1, 1)), &to), (0, 100, 640, 160));
        // Anamorphic 16:9 in 720x576.
        assert_eq!(place(&info(720, 576, (64, 45)), &to), (0, 0, 640, 360));
        assert_eq!(place(&info(1, 4000, (1, 1)), &to), (318, 0, 2, 360));
    }

    #[test]
    fn a_picture_is_made_once_for_a_size_and_handed_on_as_it_is_when_it_fits() {
        gst::init().unwrap();
        let caps: gst::Caps =
            format::picture(Format { width: 64, height: 64, rate: Rate { num: 30, den: 1 } }).parse().unwrap();
        let from = gst_video::VideoInfo::from_caps(&caps).unwrap();
        let mut buffer = gst::Buffer::with_size(from.size()).unwrap();
        buffer.get_mut().unwrap().map_writable().unwrap()[..64 * 64].fill(200);
        let mut fitter = Fitter::new(from);
        let same = fitter.fit(&buffer, 1, (64, 64)).unwrap();
        assert_eq!(same.buffer.as_ptr(), buffer.as_ptr());
        let wide = fitter.fit(&buffer, 1, (128, 64)).unwrap();
        assert_eq!(wide.buffer.as_ptr(), fitter.fit(&buffer, 1, (128, 64)).unwrap().buffer.as_ptr());
        let luma = wide.buffer.map_readable().unwrap();
        assert_eq!((luma[128 * 32 + 64], luma[128 * 32 + 8]), (200, 16), "the picture, and black beside it");
        drop(luma);
        assert_ne!(wide.buffer.as_ptr(), fitter.fit(&buffer, 2, (128, 64)).unwrap().buffer.as_ptr());
    }
}
