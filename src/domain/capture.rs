//! What an input captures from devices of this machine.

/// What a camera is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraFormat {
    Raw,
    Jpeg,
    H264,
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureDevice {
    /// `device` is a path (`/dev/video0`); `size` in pixels and `rate` in frames a second are the device's to choose
    /// when they are not given.
    V4l2 { device: String, format: CameraFormat, size: Option<(u32, u32)>, rate: Option<u32> },
    /// `number` counts the cards' inputs from 0; `connection` (`sdi`, `hdmi`, `auto` ...) and `mode` (`1080i50`, `auto`
    /// ...) are GStreamer's names. A signal that is not there gives no frames.
    Decklink { number: u32, connection: String, mode: String },
    /// A moving picture made here in another form than the project's; it ends after so many frames, as a device that is
    /// pulled out.
    Test { frames: Option<u32> },
}

/// Where sound comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundDevice {
    /// `device` is an ALSA name (`hw:1,0`).
    Alsa { device: String },
    /// The card of the same number; `connection` is GStreamer's name (`embedded`, `aes`, `auto` ...).
    Decklink { number: u32, connection: String },
    /// A tone made here.
    Test,
}

/// What is captured onto one input: a picture, a sound, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSpec {
    pub picture: Option<PictureDevice>,
    pub sound: Option<SoundDevice>,
}

impl CaptureSpec {
    /// Whether both want the same camera, card or sound card, which only one can have at a time.
    pub fn shares_a_device(&self, other: &Self) -> bool {
        let camera = |spec: &Self| match &spec.picture {
            Some(PictureDevice::V4l2 { device, .. }) => Some(device.clone()),
            Some(PictureDevice::Decklink { .. } | PictureDevice::Test { .. }) | None => None,
        };
        let sound_card = |spec: &Self| match &spec.sound {
            Some(SoundDevice::Alsa { device }) => Some(device.clone()),
            Some(SoundDevice::Decklink { .. } | SoundDevice::Test) | None => None,
        };
        let cards = |spec: &Self| {
            let picture = match spec.picture {
                Some(PictureDevice::Decklink { number, .. }) => Some(number),
                _ => None,
            };
            let sound = match spec.sound {
                Some(SoundDevice::Decklink { number, .. }) => Some(number),
                _ => None,
            };
            [picture, sound]
        };
        let same = |a: Option<String>, b: Option<String>| a.is_some() && a == b;
        same(camera(self), camera(other))
            || same(sound_card(self), sound_card(other))
            || cards(self).into_iter().flatten().any(|card| cards(other).contains(&Some(card)))
    }
}
