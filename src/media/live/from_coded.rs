//! A coded stream of this engine, such as program, as a live stream, so that all consumers of live streams can take it.
//!
//! ```text
//! CodedStream: picture Feed ─┬─► Live
//!              sound Feed ───┘
//! ```
//!
//! The coded stream is requested when the first listener comes, and dropped a while after the last one left.
//!
//! Refuses to know: the encoder.

use super::{Live, Publishing, Unit};
use crate::{
    domain::time::ShowTime,
    media::{clock::ShowClock, coding, output::stream::CodedStream, pipeline::Failure},
    protocol::packet::Packet,
};
use std::{sync::Arc, time::Duration};

/// A live stream that is filled from a coded one. `provide` is called each time the first listener comes.
pub fn of_coded(
    name: impl Into<String>,
    clock: ShowClock,
    provide: impl Fn() -> Result<CodedStream, Failure> + Send + Sync + 'static,
) -> Arc<Live> {
    Live::lazy(name, clock, move |live: &Arc<Live>| {
        let stream = provide()?;
        let publishing = Arc::new(live.begin());
        let picture = Arc::downgrade(&stream.video);
        publishing.on_want_keyframe(move || {
            if let Some(picture) = picture.upgrade() {
                picture.want_keyframe();
            }
        });
        // Sound first: what comes while the key frame is being made must not be missed.
        let mut sound_track = Track::new(&publishing);
        let sound = stream.audio.as_ref().map(|feed| feed.listen(move |buffer, caps| sound_track.sound(buffer, caps)));
        let mut picture_track = Track::new(&publishing);
        let picture = stream.video.listen(move |buffer, caps| picture_track.picture(buffer, caps));
        // In drop order: nothing is passed on from a stream that is dropped.
        Ok(Box::new((picture, sound, publishing, stream)))
    })
}

/// One of the two feeds, on the thread that writes it.
struct Track {
    publishing: Arc<Publishing>,
    sent_caps: Option<gst::Caps>,
}

impl Track {
    fn new(publishing: &Arc<Publishing>) -> Self {
        Self { publishing: publishing.clone(), sent_caps: None }
    }

    fn picture(&mut self, buffer: &gst::Buffer, caps: &gst::Caps) {
        let Some(codec) = coding::video_codec(caps) else { return };
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        if self.sent_caps.is_none() && !keyframe {
            return; // no decoder could begin with it
        }
        if self.changes(caps) {
            self.send(Packet::VideoConfig { codec, record: coding::record(caps) }, None, None);
        }
        let (pts, dts) = (buffer.pts(), buffer.dts_or_pts());
        let (Some(at), Some(data)) = (pts.zip(dts), coding::bytes(buffer.clone())) else { return };
        let time = |time: gst::ClockTime| Duration::from_nanos(time.nseconds());
        self.send(Packet::Video { codec, pts: time(at.0), dts: time(at.1), keyframe, data }, pts, dts);
    }

    fn sound(&mut self, buffer: &gst::Buffer, caps: &gst::Caps) {
        let Some(codec) = coding::audio_codec(caps) else { return };
        if self.changes(caps) {
            self.send(Packet::AudioConfig { codec, record: coding::record(caps) }, None, None);
        }
        let (Some(at), Some(data)) = (buffer.pts(), coding::bytes(buffer.clone())) else { return };
        let pts = Duration::from_nanos(at.nseconds());
        self.send(Packet::Audio { codec, pts, data }, Some(at), Some(at));
    }

    fn changes(&mut self, caps: &gst::Caps) -> bool {
        let changes = self.sent_caps.as_ref() != Some(caps);
        if changes {
            self.sent_caps = Some(caps.clone());
        }
        changes
    }

    fn send(&self, packet: Packet, pts: Option<gst::ClockTime>, dts: Option<gst::ClockTime>) {
        let now = || self.publishing.live().clock().now();
        let at = |time: Option<gst::ClockTime>| time.map_or_else(now, |time| ShowTime(time.nseconds()));
        let unit = Unit { packet, pts: at(pts), dts: at(dts), run: self.publishing.run() };
        self.publishing.relay(&Arc::new(unit));
    }
}
