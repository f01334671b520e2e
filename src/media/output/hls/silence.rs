//! Silent frames of AAC, in the format of a stream whose sound has stopped.
//!
//! Refuses to know: when there is silence.

/// A silent `raw_data_block` of AAC-LC (ISO/IEC 14496-3, table 4.3): a single channel element whose spectrum is empty.
const MONO: [u8; 6] = [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80];
/// The same of a channel pair element.
const STEREO: [u8; 9] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80];
/// The object type of AAC-LC (ISO/IEC 14496-3, table 1.17).
const AAC_LC: u8 = 2;

/// See the module's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Silence(&'static [u8]);

impl Silence {
    /// The silence of a stream of this format; `None` where it is neither mono nor stereo in AAC-LC.
    pub fn of(caps: &gst::CapsRef) -> Option<Self> {
        let structure = caps.structure(0)?;
        let config = structure.get::<gst::Buffer>("codec_data").ok()?;
        let config = config.map_readable().ok()?;
        if config.first()? >> 3 != AAC_LC {
            return None;
        }
        match (*config.get(1)? >> 3) & 0x0f {
            1 => Some(Self(&MONO)),
            2 => Some(Self(&STEREO)),
            _ => None,
        }
    }

    /// A frame at a time, of a length; both in nanoseconds.
    pub fn frame(self, at: u64, length: u64) -> gst::Buffer {
        let mut buffer = gst::Buffer::from_slice(self.0);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(at));
            buffer.set_dts(gst::ClockTime::from_nseconds(at));
            buffer.set_duration(gst::ClockTime::from_nseconds(length));
        }
        buffer
    }
}
