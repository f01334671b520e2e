//! What this machine has: which elements are there, which encoders open, which capture devices are seen.

use super::{
    encoder::{self, Codec},
    plugins,
};
use gst::prelude::*;

/// Elements without which the server cannot work, and the Debian package each is in.
const NEEDED: [(&str, &str); 21] = [
    ("appsrc", "gstreamer1.0-plugins-base"),
    ("appsink", "gstreamer1.0-plugins-base"),
    ("audioconvert", "gstreamer1.0-plugins-base"),
    ("audioresample", "gstreamer1.0-plugins-base"),
    ("audiotestsrc", "gstreamer1.0-plugins-base"),
    ("videoconvertscale", "gstreamer1.0-plugins-base"),
    ("videotestsrc", "gstreamer1.0-plugins-base"),
    ("aacparse", "gstreamer1.0-plugins-good"),
    ("flvmux", "gstreamer1.0-plugins-good"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
    ("h265parse", "gstreamer1.0-plugins-bad"),
    ("rtmp2sink", "gstreamer1.0-plugins-bad"),
    ("avdec_h264", "gstreamer1.0-libav"),
    ("avdec_h265", "gstreamer1.0-libav"),
    ("avdec_aac", "gstreamer1.0-libav"),
    ("capsfilter", "libgstreamer1.0-0"),
    ("filesink", "libgstreamer1.0-0"),
    ("queue", "libgstreamer1.0-0"),
    ("tee", "libgstreamer1.0-0"),
    ("cmafmux", "this program itself"),
    ("isofmp4mux", "this program itself"),
];

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// GStreamer's version.
    pub version: String,
    /// Elements that were looked for.
    pub looked_for: usize,
    /// Missing elements and the packages they are in.
    pub missing: Vec<(&'static str, &'static str)>,
    /// Codec and the encoder chosen for it, or why there is none.
    pub encoders: Vec<(&'static str, Result<String, String>)>,
}

impl Survey {
    /// One line naming the first thing that is missing.
    pub fn fault(&self) -> Option<String> {
        let element = |(element, package): &(&str, &str)| format!("GStreamer element {element} is missing ({package})");
        let encoder = || self.encoders.iter().find_map(|(_, found)| found.as_ref().err().cloned());
        self.missing.first().map(element).or_else(encoder)
    }
}

/// Looks for everything that is needed.
///
/// # Errors
/// When GStreamer itself does not start.
pub fn survey() -> anyhow::Result<Survey> {
    gst::init()?;
    plugins::register().map_err(anyhow::Error::msg)?;
    let missing = NEEDED.into_iter().filter(|(element, _)| gst::ElementFactory::find(element).is_none()).collect();
    let chosen = |codec| encoder::best(codec).map(|e| e.element.clone()).map_err(|e| e.to_string());
    let encoders = vec![("H.264", chosen(Codec::H264)), ("AAC", chosen(Codec::Aac))];
    Ok(Survey { version: gst::version_string().to_string(), looked_for: NEEDED.len(), missing, encoders })
}

/// A capture device.
#[derive(Debug, Clone)]
pub struct Device {
    pub name: String,
    /// GStreamer's class, e.g. `Video/Source`.
    pub class: String,
    /// Formats it offers.
    pub formats: Vec<String>,
}

/// Capture devices that GStreamer sees.
///
/// # Errors
/// When GStreamer does not start.
pub fn devices() -> anyhow::Result<Vec<Device>> {
    gst::init()?;
    let monitor = gst::DeviceMonitor::new();
    monitor.add_filter(Some("Video/Source"), None);
    monitor.add_filter(Some("Audio/Source"), None);
    let started = monitor.start().is_ok();
    let describe = |device: gst::Device| Device {
        name: device.display_name().to_string(),
        class: device.device_class().to_string(),
        formats: device
            .caps()
            .into_iter()
            .flat_map(|caps| caps.iter().map(|s| s.to_string()).collect::<Vec<_>>())
            .collect(),
    };
    let devices = monitor.devices().into_iter().map(describe).collect();
    if started {
        monitor.stop();
    }
    Ok(devices)
}

/// Bytes that the disk of a folder has left for this user.
pub fn free_bytes(folder: &std::path::Path) -> Option<u64> {
    let stats = rustix::fs::statvfs(folder).ok()?;
    Some(stats.f_bavail * stats.f_frsize)
}
