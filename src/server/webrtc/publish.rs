//! A publisher: frames from its session, as packets for its lease.
//!
//! Refuses to know: sockets, threads, rooms.

use super::{
    access::PublishGrant,
    layers::{Layers, Verdict},
    sync::Sync,
};
use crate::{
    app::access::admission::PublishLease,
    protocol::{
        h264,
        packet::{AudioCodec, Packet, VideoCodec},
        stills,
    },
};
use bytes::Bytes;
use std::time::Instant;
use str0m::{
    Rtc,
    format::Codec,
    media::{KeyframeRequestKind, MediaData, MediaKind, Mid, Rid},
    rtp::Extension,
};

/// Bitrate for a publisher that measures bandwidth only by REMB, in bits per second.
const CEILING: f64 = 20e6;

/// See the module's text.
pub struct Publisher {
    lease: PublishLease,
    picture_allowed: bool,
    picture: Option<Mid>,
    sync: Sync,
    /// The picture's configuration that was passed on.
    configured: Option<(VideoCodec, Bytes)>,
    audio_configured: bool,
    /// Pictures are dropped up to the next key frame.
    awaiting_keyframe: bool,
    layers: Layers,
}

/// The lease was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evicted;

impl Publisher {
    /// A publisher with the lease that was granted.
    pub fn new(grant: PublishGrant) -> Self {
        Self {
            lease: grant.lease,
            picture_allowed: grant.picture,
            picture: None,
            sync: Sync::default(),
            configured: None,
            audio_configured: false,
            awaiting_keyframe: true,
            layers: Layers::default(),
        }
    }

    /// Its lease.
    pub fn lease(&self) -> &PublishLease {
        &self.lease
    }

    /// Adds a track that was negotiated, its picture in so many layers.
    pub fn add(&mut self, mid: Mid, kind: MediaKind, layers: usize) {
        if kind == MediaKind::Video && self.picture.is_none() {
            self.picture = Some(mid);
            self.layers.expect(layers);
        }
    }

    /// Requests a key frame of what is on air, unless one was requested a moment ago.
    pub fn ask(&mut self, rtc: &mut Rtc, now: Instant) {
        self.ask_layer(rtc, self.layers.on_air(), now);
    }

    fn ask_layer(&mut self, rtc: &mut Rtc, rid: Option<Rid>, now: Instant) {
        let Some(mut writer) = self.picture.and_then(|mid| rtc.writer(mid)) else { return };
        let kinds = [KeyframeRequestKind::Pli, KeyframeRequestKind::Fir];
        let possible = kinds.into_iter().find(|kind| writer.is_request_keyframe_possible(*kind));
        if possible.is_none() || !self.layers.may_ask(rid, now) {
            return;
        }
        // No request is possible before the first packet came.
        if possible.is_some_and(|kind| writer.request_keyframe(rid, kind).is_ok()) {
            metrics::counter!("webrtc_keyframe_requests_sent_total").increment(1);
        }
    }

    /// Sends REMB to a publisher without transport-wide feedback. To be called once a second.
    pub fn allow(&self, rtc: &mut Rtc) {
        let Some(mid) = self.picture else { return };
        let measures =
            |media: &str0m::media::Media| media.remote_extmap().id_of(Extension::TransportSequenceNumber).is_some();
        if rtc.media(mid).is_some_and(measures) {
            return;
        }
        if let Some(stream) = rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_remb(CEILING.into());
        }
    }

    /// Handles a frame.
    ///
    /// # Errors
    /// [`Evicted`] when the lease is gone.
    pub fn take(&mut self, rtc: &mut Rtc, frame: &MediaData, now: Instant) -> Result<(), Evicted> {
        self.lease.alive();
        let codec = match frame.params.spec().codec {
            Codec::Opus => return self.sound(frame),
            Codec::H264 => VideoCodec::H264,
            Codec::Vp8 => VideoCodec::Vp8,
            Codec::Vp9 => VideoCodec::Vp9,
            _ => return Ok(()),
        };
        if !self.picture_allowed {
            return Ok(());
        }
        let at = self.sync.layer(frame.rid, frame.time, frame.network_time, frame.last_sender_info.as_ref());
        let size = frame.is_keyframe().then(|| size(codec, &frame.data)).flatten();
        match self.layers.judge(frame.rid, size, now) {
            Verdict::Take => self.awaiting_keyframe |= !frame.contiguous,
            Verdict::Begin => self.awaiting_keyframe = true,
            Verdict::Leave => return Ok(()),
            Verdict::Ask => {
                self.ask_layer(rtc, frame.rid, now);
                return Ok(());
            }
        }
        let Some(pts) = self.sync.picture(at) else { return Ok(()) };
        let (data, keyframe, record) = match codec {
            VideoCodec::H264 => {
                let Some(unit) = h264::access_unit(&frame.data) else { return Ok(()) };
                (unit.data, unit.keyframe, unit.record)
            }
            _ => (Bytes::copy_from_slice(&frame.data), frame.is_keyframe(), Some(Bytes::new())),
        };
        if let Some(record) = record.filter(|record| self.configured.as_ref() != Some(&(codec, record.clone()))) {
            self.configured = Some((codec, record.clone()));
            self.push(Packet::VideoConfig { codec, record })?;
        }
        // A key frame cannot be decoded as long as no parameter sets have come.
        let decodable = keyframe && self.configured.as_ref().is_some_and(|(configured, _)| *configured == codec);
        self.awaiting_keyframe &= !decodable;
        if self.awaiting_keyframe {
            self.ask(rtc, now);
            return Ok(());
        }
        match data.is_empty() {
            true => Ok(()),
            false => self.push(Packet::Video { codec, pts, dts: pts, keyframe, data }),
        }
    }

    fn sound(&mut self, frame: &MediaData) -> Result<(), Evicted> {
        let Some(pts) = self.sync.sound(frame.time, frame.network_time, frame.last_sender_info.as_ref()) else {
            return Ok(());
        };
        if !self.audio_configured {
            self.audio_configured = true;
            self.push(Packet::AudioConfig { codec: AudioCodec::Opus, record: Bytes::new() })?;
        }
        self.push(Packet::Audio { codec: AudioCodec::Opus, pts, data: Bytes::copy_from_slice(&frame.data) })
    }

    fn push(&self, packet: Packet) -> Result<(), Evicted> {
        self.lease.push(packet).map_err(|_| Evicted)
    }
}

/// The size of a key frame in pixels.
fn size(codec: VideoCodec, data: &[u8]) -> Option<(u32, u32)> {
    match codec {
        VideoCodec::H264 => h264::size_of_record(&h264::access_unit(data)?.record?),
        VideoCodec::Vp8 => stills::vp8_size(data),
        VideoCodec::Vp9 => stills::vp9_size(data),
        _ => None,
    }
}
