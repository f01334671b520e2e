//! The project's format as caps: every raw picture and every block of sound between pipelines has exactly this form.

use crate::domain::time::Format;
use gst::prelude::*;

/// Pictures of the project as caps, without the rate: sources come at their own and are put on the grid.
///
/// Everything is pinned. What is left open would be negotiated to something that costs a conversion later.
pub fn picture(project: Format) -> String {
    let Format { width, height, .. } = project;
    format!(
        "video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,colorimetry=bt709,chroma-site=mpeg2"
    )
}

/// Pictures of the project with its rate.
pub fn picture_at_rate(project: Format) -> String {
    let (num, den) = (project.rate.num, project.rate.den);
    format!("{},framerate={num}/{den},interlace-mode=progressive", picture(project))
}

/// Sound that is mixed.
pub const SOUND: &str = "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=interleaved";

/// Whether coded media of these caps needs other headers (an initialization segment, a sample entry). What parsers refine on
/// the way (rates, levels) does not.
pub fn differs(old: &gst::CapsRef, new: &gst::CapsRef) -> bool {
    if old == new {
        return false;
    }
    let (Some(old), Some(new)) = (old.structure(0), new.structure(0)) else { return true };
    let fields = ["codec_data", "stream-format", "width", "height", "rate", "channels"];
    old.name() != new.name() || fields.iter().any(|f| old.value(*f).ok().map(show) != new.value(*f).ok().map(show))
}

fn show(value: &glib::SendValue) -> String {
    value.serialize().map_or_else(|_| String::new(), |text| text.to_string())
}
