//! A viewer: its position in a GOP cache, and the packets it gets from there.
//!
//! It begins at the last key frame and catches up with the pictures since then at a quick pace; then it follows the
//! live edge. All packets leave at a pace that a receiver's socket can take, so a frame may leave in several turns. When it
//! cannot follow, it loses everything up to the next key frame, never a part in between.
//!
//! Refuses to know: sockets, threads, and the origin of a stream.

use super::{
    access::{MessageChannel, PlayGrant, SendMessage, Source, ViewerCodecs},
    gop_cache::{Codec, Frame, GopCache},
    pace::Pace,
    rtp_timeline::RtpTimeline,
};
use crate::{domain::time::ShowTime, protocol::packet::VideoCodec};
use std::{
    any::Any,
    collections::HashMap,
    time::{Duration, Instant},
};
use str0m::{
    Rtc,
    format::{self, CodecSpec},
    media::{MediaKind, Mid, Pt},
    rtp::RtpWrite,
};

/// The backlog is sent within this time, but never slower or quicker than so many bytes per second. Its key frame and
/// what is live are sent at the quickest.
const RUN: Duration = Duration::from_millis(250);
const SLOWEST: f64 = 3e6;
const QUICKEST: f64 = 8e6;
/// When at least so many pictures came during the backlog, they are a backlog too.
const LAGGING: u64 = 3;
/// A viewer that asked for a key frame begins again when none came within this time; a minimum interval applies.
const KEYFRAME_TIMEOUT: Duration = Duration::from_millis(400);
const AGAIN: Duration = Duration::from_secs(2);
/// How long and how many sent packets are kept for retransmission.
const KEPT: Duration = Duration::from_millis(1500);
const KEPT_PACKETS: usize = 1536;

/// Relates show time to the machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct Epoch(pub Instant, pub ShowTime);

impl Epoch {
    fn at(self, pts: ShowTime) -> Instant {
        match pts.0.checked_sub(self.1.0) {
            Some(after) => self.0 + Duration::from_nanos(after),
            None => {
                self.0.checked_sub(Duration::from_nanos(pts.since(ShowTime(0)).abs_diff(self.1.0))).unwrap_or(self.0)
            }
        }
    }
}

/// See the module's text.
pub struct Viewer {
    /// Gives the stream; called again when its codec does not fit.
    pub source: Source,
    pub codecs: ViewerCodecs,
    pub messages: Option<SendMessage>,
    /// When the codec was first found not to fit, or another form was requested.
    pub codec_mismatch_since: Option<Instant>,
    /// Set when the viewer has requested a key frame and not received one.
    pub keyframe_requested_at: Option<Instant>,
    picture: Option<Track>,
    sound: Option<Track>,
    next: u64,
    awaiting_keyframe: bool,
    run: Option<Run>,
    /// The frame at `next`, when some of its packets have left.
    part: Option<Part>,
    pace: Pace,
    /// Whether frames wait for the pace.
    waits: bool,
    began: Option<Instant>,
    _guard: Box<dyn Any + Send>,
}

struct Track {
    mid: Mid,
    timeline: RtpTimeline,
    sequence: u64,
    /// The payload type for each codec that was sent; `None` where it was not negotiated.
    types: HashMap<Codec, Option<Pt>>,
}

/// The progress through the backlog.
struct Run {
    /// The first frame.
    begin: u64,
    /// Where the backlog ends, and when its last picture is shown.
    edge: u64,
    shown: ShowTime,
    /// Pictures still to send.
    pictures: u64,
    rate: f64,
}

/// How far a frame has left.
struct Part {
    mid: Mid,
    payload_type: Pt,
    stamp: u32,
    at: Instant,
    /// Payloads that have left.
    sent: usize,
}

/// The result of a round of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    Nothing,
    /// A packet was written to the session.
    Sent,
}

impl Viewer {
    /// A viewer for a grant. The receiver of its messages is returned to the caller.
    pub fn new(grant: PlayGrant, codecs: ViewerCodecs) -> (Self, Option<MessageChannel>) {
        let messages = grant.messages;
        let viewer = Self {
            source: grant.source,
            codecs,
            messages: messages.as_ref().map(|messages| messages.send_message.clone()),
            codec_mismatch_since: None,
            keyframe_requested_at: None,
            picture: None,
            sound: None,
            next: 0,
            awaiting_keyframe: true,
            run: None,
            part: None,
            pace: Pace::default(),
            waits: false,
            began: None,
            _guard: grant.guard,
        };
        (viewer, messages)
    }

    /// Adds an outgoing track that was negotiated.
    pub fn add(&mut self, rtc: &mut Rtc, mid: Mid, kind: MediaKind) {
        if !rtc.media(mid).is_some_and(|media| media.direction().is_sending()) {
            return;
        }
        if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
            stream.set_rtx_cache(KEPT_PACKETS, KEPT, None);
        }
        let rate = if kind == MediaKind::Video { 90_000 } else { 48_000 };
        let (timeline, sequence) = (RtpTimeline::new(rate, rand::random()), u64::from(rand::random::<u16>() >> 1));
        let track = Some(Track { mid, timeline, sequence, types: HashMap::new() });
        match kind {
            MediaKind::Video => self.picture = self.picture.take().or(track),
            MediaKind::Audio => self.sound = self.sound.take().or(track),
        }
    }

    /// Moves to the beginning of a GOP cache: the viewer is new there, or requested a key frame of a publisher that
    /// cannot make one.
    pub fn begin(&mut self, gop_cache: &GopCache, now: Instant) {
        (self.next, self.awaiting_keyframe, self.keyframe_requested_at, self.began) =
            (gop_cache.beginning(), true, None, Some(now));
        self.part = None;
        self.catch_up(gop_cache);
    }

    /// Makes everything from `next` on a backlog.
    fn catch_up(&mut self, gop_cache: &GopCache) {
        let past = || gop_cache.from(self.next);
        let pictures = past().filter(|frame| frame.codec.is_picture()).count() as u64;
        let last = past().filter(|frame| frame.codec.is_picture()).last();
        let bytes: usize = past().map(|frame| frame.bytes).sum();
        self.run = last.map(|frame| Run {
            begin: self.next,
            edge: gop_cache.end(),
            shown: frame.pts,
            pictures,
            rate: (bytes as f64 / RUN.as_secs_f64()).clamp(SLOWEST, QUICKEST),
        });
        if let (Some(run), Some(track)) = (&self.run, &mut self.picture) {
            track.timeline.begin(run.shown, run.pictures);
        }
    }

    /// Whether frames wait to be sent, so that it is to be called again soon.
    pub fn runs(&self) -> bool {
        self.waits
    }

    /// Notes that the viewer lacks a key frame. Gives whether to request one from the publisher.
    pub fn asks(&mut self, now: Instant) -> bool {
        let fresh = self.run.is_some() || self.began.is_none_or(|began| now - began < KEYFRAME_TIMEOUT);
        if fresh || self.keyframe_requested_at.is_some() {
            return false; // it is catching up
        }
        self.keyframe_requested_at = Some(now);
        true
    }

    /// Whether it waited in vain for a key frame and should begin again.
    pub fn begins_again(&self, now: Instant) -> bool {
        let often = self.began.is_some_and(|began| now - began < AGAIN);
        !often
            && self.run.is_none()
            && self.keyframe_requested_at.is_some_and(|requested| now - requested > KEYFRAME_TIMEOUT)
    }

    /// Writes the packets that are due. `full` means that the outgoing queue is full: then nothing is written, and what
    /// leaves the GOP cache meanwhile is lost.
    pub fn pump(&mut self, rtc: &mut Rtc, gop_cache: &GopCache, epoch: Epoch, now: Instant, full: bool) -> SendOutcome {
        let mut outcome = SendOutcome::Nothing;
        if full {
            return outcome;
        }
        if self.next < gop_cache.first() {
            // The group it was in has left the cache.
            (self.next, self.awaiting_keyframe, self.run, self.part) = (gop_cache.beginning(), true, None, None);
        }
        let rate = self.run.as_ref().filter(|run| self.next > run.begin).map_or(QUICKEST, |run| run.rate);
        self.pace.refill(rate, now);
        while let Some(frame) = gop_cache.frame(self.next) {
            if self.run.as_ref().is_some_and(|run| self.next >= run.edge) {
                let later = gop_cache.from(self.next).filter(|frame| frame.codec.is_picture()).count() as u64;
                match later < LAGGING {
                    true => self.run = None,
                    false => self.catch_up(gop_cache),
                }
            }
            let Some(mut part) = self.part.take().or_else(|| self.open(rtc, frame, epoch, now)) else {
                self.next += 1;
                continue;
            };
            let before = part.sent;
            self.send(rtc, frame, &mut part);
            if part.sent > before {
                outcome = SendOutcome::Sent;
            }
            if part.sent < frame.payloads.len() {
                self.part = Some(part);
                break;
            }
            self.next += 1;
        }
        if self.run.as_ref().is_some_and(|run| self.next >= run.edge) && gop_cache.frame(self.next).is_none() {
            self.run = None;
        }
        self.waits = gop_cache.frame(self.next).is_some();
        outcome
    }

    /// Begins with a frame; `None` for one that is not sent.
    fn open(&mut self, rtc: &Rtc, frame: &Frame, epoch: Epoch, now: Instant) -> Option<Part> {
        let (track, time) = if frame.codec.is_picture() {
            self.awaiting_keyframe &= !frame.keyframe;
            let past = self.run.as_mut().map(|run| {
                run.pictures = run.pictures.saturating_sub(1);
                (run.shown, run.pictures)
            });
            let track = self.picture.as_mut().filter(|_| !self.awaiting_keyframe)?;
            if frame.keyframe {
                self.keyframe_requested_at = None;
            }
            let (shown, before) = past.unwrap_or((frame.pts, 0));
            let at = epoch.at(shown) - Duration::from_millis(before);
            (track, (shown, before, past.is_some(), at))
        } else {
            // Sound of the backlog would be played late.
            let track = self.sound.as_mut().filter(|_| self.run.is_none())?;
            (track, (frame.pts, 0, false, epoch.at(frame.pts)))
        };
        let Some(payload_type) = track.payload_type(rtc, frame.codec) else {
            self.codec_mismatch_since.get_or_insert(now);
            return None;
        };
        let (shown, before, past, at) = time;
        let stamp = if past { track.timeline.past(shown, before) } else { track.timeline.live(shown) };
        Some(Part { mid: track.mid, payload_type, stamp, at, sent: 0 })
    }

    /// Sends of a frame what the pace allows.
    fn send(&mut self, rtc: &mut Rtc, frame: &Frame, part: &mut Part) {
        let is_picture = frame.codec.is_picture();
        let Some(track) = (if is_picture { &mut self.picture } else { &mut self.sound }) else { return };
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(part.mid, None) else {
            part.sent = frame.payloads.len();
            return;
        };
        while let Some(payload) = frame.payloads.get(part.sent) {
            if !self.pace.take(payload.len()) {
                return;
            }
            part.sent += 1;
            let sequence = track.sequence.into();
            let write = RtpWrite::new(part.payload_type, sequence, part.stamp, part.at, payload.clone());
            let is_last = part.sent == frame.payloads.len();
            stream.write_rtp(write.marker(is_last && is_picture).nackable(is_picture));
            track.sequence += 1;
        }
    }
}

impl Track {
    fn payload_type(&mut self, rtc: &Rtc, codec: Codec) -> Option<Pt> {
        let mid = self.mid;
        *self.types.entry(codec).or_insert_with(|| negotiated(rtc, mid, codec))
    }
}

/// The peer's payload type for a codec: of H.264 the one of the same profile, or else the highest one, since decoders
/// support more than they list.
fn negotiated(rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
    let media = rtc.media(mid)?;
    let (wanted, profile) = match codec {
        Codec::Picture(VideoCodec::H264, profile) => (format::Codec::H264, u32::from(profile)),
        Codec::Picture(VideoCodec::Vp8, _) => (format::Codec::Vp8, 0),
        Codec::Picture(VideoCodec::Vp9, _) => (format::Codec::Vp9, 0),
        Codec::Sound(crate::protocol::packet::AudioCodec::Opus) => (format::Codec::Opus, 0),
        Codec::Picture(..) | Codec::Sound(_) => return None,
    };
    let named = |spec: &CodecSpec| spec.format.profile_level_id.map_or(0, |level| level >> 16);
    let params = rtc.codec_config().params().iter();
    let offered = params.filter(|param| param.spec().codec == wanted && media.remote_pts().contains(&param.pt()));
    let best = offered.max_by_key(|param| {
        let spec = param.spec();
        (named(&spec) == profile, named(&spec))
    });
    best.map(|param| param.pt())
}
