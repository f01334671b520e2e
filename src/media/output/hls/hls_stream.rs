//! The HLS stream: what one stream offers its viewers, in memory.
//!
//! One writer puts parts on it, any number of readers take playlists and bytes off it and may wait for what comes
//! next. It outlives its writers: when a publisher comes back, in whatever format, a new *discontinuity* begins with a
//! discontinuity and the media sequence goes on.
//!
//! Refuses to know: GStreamer, HTTP.

use super::{
    init::Format,
    name::{Name, Track, What},
    plan::{DECLARED, PartTiming},
    track_window::TrackWindow,
};
use crate::{domain::time::Rate, protocol::m3u8};
use bytes::Bytes;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// How a stream is cut for viewers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HlsSettings {
    /// Target length of segments; they end at the first key frame after it. 500 to 10 000.
    pub segment_ms: u32,
    /// Target length of parts. 50 to 2 000, and not above `segment_ms`.
    pub part_ms: u32,
    /// Finished segments in the playlist, at least 3.
    pub window: usize,
}

impl Default for HlsSettings {
    fn default() -> Self {
        Self { segment_ms: 2000, part_ms: 200, window: 6 }
    }
}

impl HlsSettings {
    fn checked(self) -> Self {
        let segment_ms = self.segment_ms.clamp(500, 10_000);
        Self { segment_ms, part_ms: self.part_ms.clamp(50, segment_ms.min(2000)), window: self.window.max(3) }
    }
}

/// Up to where a playlist has to reach before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// As it is.
    Now,
    /// Holds this whole segment.
    Segment(u64),
    /// Holds this part of a segment, or anything newer.
    Part(u64, u64),
}

/// Why a reader got nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// There is no such file or playlist, or no more, or not yet.
    Unknown,
    /// What was asked for lies too far ahead to be waited for.
    TooFar,
    /// It did not come within three target durations.
    TimedOut,
}

/// What an HLS stream counted since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HlsStreamStats {
    pub bytes: u64,
    /// Finished segments of the picture.
    pub segments: u64,
    /// Since the last segment of the picture was finished.
    pub last_segment_age: Option<Duration>,
    /// Since the last part of either track came.
    pub last_part_age: Option<Duration>,
    /// Writers so far: 1 more for each return of the publisher.
    pub discontinuities: u64,
}

/// The HLS stream of one stream.
#[derive(Debug)]
pub struct HlsStream {
    settings: HlsSettings,
    birth: u64,
    state: Mutex<State>,
    /// Counts changes; readers that wait look again when it moves.
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    /// Counts from 1; 0 before the first writer.
    discontinuity: u64,
    /// Whether the present discontinuity may still be written.
    open: bool,
    /// Nanoseconds since 1970 at show time zero.
    wall_of_zero: i128,
    /// `EXT-X-TARGETDURATION`; set with the first segment and constant from then on.
    target_s: Option<u64>,
    /// No segment had to be cut without a key frame so far.
    independent: bool,
    expects_audio: bool,
    rate: Rate,
    video: TrackWindow,
    audio: TrackWindow,
    /// The playlists as text, made at each change and not at each request.
    written: [Option<Bytes>; 2],
    bytes: u64,
    last_segment: Option<Instant>,
    last_part: Option<Instant>,
}

impl HlsStream {
    /// An empty HLS stream; settings out of range are moved to the nearest sensible ones.
    pub fn new(settings: HlsSettings) -> Self {
        let birth = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
        let state = State {
            discontinuity: 0,
            open: false,
            wall_of_zero: 0,
            target_s: None,
            independent: true,
            expects_audio: false,
            rate: Rate { num: 30, den: 1 },
            video: TrackWindow::new(Track::Video, birth),
            audio: TrackWindow::new(Track::Audio, birth),
            written: [None, None],
            bytes: 0,
            last_segment: None,
            last_part: None,
        };
        Self { settings: settings.checked(), birth, state: Mutex::new(state), changed: watch::Sender::new(0) }
    }

    /// The settings in force.
    pub fn settings(&self) -> HlsSettings {
        self.settings
    }

    /// What was counted.
    pub fn stats(&self) -> HlsStreamStats {
        let state = self.lock();
        HlsStreamStats {
            bytes: state.bytes,
            segments: state.video.finished,
            last_segment_age: state.last_segment.map(|at| at.elapsed()),
            last_part_age: state.last_part.map(|at| at.elapsed()),
            discontinuities: state.discontinuity,
        }
    }

    /// The multivariant playlist; `None` until the first segment is finished.
    pub fn master(&self) -> Option<String> {
        Self::master_of(&self.lock())
    }

    /// The same, waited for: a stream that is published because somebody asks has no segment yet.
    ///
    /// # Errors
    /// [`Miss::Unknown`] when there is none in time.
    pub async fn master_within(&self, patience: Duration) -> Result<String, Miss> {
        let found = self.wait_for(patience, |state| Ok(Self::master_of(state)));
        found.await.map_err(|_| Miss::Unknown)
    }

    fn master_of(state: &State) -> Option<String> {
        let (video, audio) = (&state.video, &state.audio);
        // Sound that was promised is waited for, but a publisher may also send none.
        if video.finished == 0 || (state.expects_audio && audio.finished == 0 && video.finished < 3) {
            return None;
        }
        let format = video.format()?;
        let mut codecs = vec![format.codec.clone()];
        let sound = audio.format().filter(|_| audio.finished > 0);
        codecs.extend(sound.map(|f| f.codec.clone()));
        let master = m3u8::Master {
            independent: state.independent,
            uri: Track::Video.playlist().to_owned(),
            bandwidth: (video.peak_bps + audio.peak_bps).max(1),
            average_bandwidth: (video.average_bps() + audio.average_bps()).max(1),
            codecs,
            resolution: format.size,
            frame_rate: state.rate.fps(),
            audio: sound.map(|f| m3u8::Audio {
                uri: Track::Audio.playlist().to_owned(),
                name: "Main".to_owned(),
                channels: f.channels,
            }),
        };
        Some(master.write())
    }

    /// A track's media playlist, once it reaches as far as asked.
    ///
    /// # Errors
    /// See [`Miss`]; waiting ends after three target durations.
    pub async fn playlist(&self, track: Track, reach: Reach) -> Result<Bytes, Miss> {
        self.wait(|state| {
            let track_window = state.track_window(track);
            let text = state.written[track as usize].clone().ok_or(Miss::Unknown)?;
            let (next_msn, next_part) = track_window.next();
            let reached = match reach {
                Reach::Now => true,
                Reach::Segment(msn) => track_window.last_finished().is_some_and(|last| last >= msn),
                // A part behind the last one of a finished segment means the first of the next (section 6.2.5.2).
                Reach::Part(msn, part) => {
                    let behind =
                        track_window.segment(msn).is_some_and(|s| s.whole.is_some() && part >= s.parts.len() as u64);
                    let (msn, part) = if behind { (msn + 1, 0) } else { (msn, part) };
                    (next_msn, next_part) > (msn, part)
                }
            };
            if reached {
                return Ok(Some(text));
            }
            let (Reach::Segment(msn) | Reach::Part(msn, _)) = reach else { return Ok(None) };
            if msn > track_window.last_finished().unwrap_or(0).saturating_add(2) {
                return Err(Miss::TooFar);
            }
            // The advance part limit of section 6.2.5.2.
            let limit = 3000u64.div_ceil(u64::from(self.settings.part_ms)).max(3);
            match reach {
                Reach::Part(m, part) if m == next_msn && part >= next_part + limit => Err(Miss::TooFar),
                _ => Ok(None),
            }
        })
        .await
    }

    /// The bytes of an initialization segment, segment or part and whose they are. The part that comes next is
    /// waited for.
    ///
    /// # Errors
    /// See [`Miss`].
    pub async fn file(&self, name: &str) -> Result<(Track, Bytes), Miss> {
        let name = Name::read(name).filter(|n| n.birth == self.birth).ok_or(Miss::Unknown)?;
        let data = self
            .wait(|state| {
                let track_window = state.track_window(name.track);
                let found = match name.what {
                    What::Init(discontinuity) => track_window.init(discontinuity).cloned(),
                    What::Segment(msn) => track_window.segment(msn).and_then(|s| s.whole.clone()),
                    What::Part(msn, part) => {
                        let parts = track_window.segment(msn).map(|s| &s.parts);
                        let found = parts.and_then(|p| p.get(usize::try_from(part).ok()?)).map(|p| p.data.clone());
                        if found.is_none() && (msn, part) == track_window.next() {
                            return Ok(None);
                        }
                        found
                    }
                };
                found.map(Some).ok_or(Miss::Unknown)
            })
            .await?;
        Ok((name.track, data))
    }

    async fn wait<T>(&self, look: impl Fn(&State) -> Result<Option<T>, Miss>) -> Result<T, Miss> {
        let patience = Duration::from_secs(3 * self.lock().target_s.unwrap_or(1));
        self.wait_for(patience, look).await
    }

    async fn wait_for<T>(
        &self,
        patience: Duration,
        look: impl Fn(&State) -> Result<Option<T>, Miss>,
    ) -> Result<T, Miss> {
        let mut changed = self.changed.subscribe();
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            if let Some(found) = look(&self.lock())? {
                return Ok(found);
            }
            match tokio::time::timeout_at(deadline, changed.changed()).await {
                Ok(Ok(())) => {}
                _ => return Err(Miss::TimedOut),
            }
        }
    }

    /// Begins a discontinuity: what older writers still have is refused from now on. `show_now` is show time as of now.
    pub(super) fn begin(&self, show_now: u64, expects_audio: bool, rate: Rate) -> u64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i128);
        let mut state = self.lock();
        state.close(self.keep());
        state.discontinuity += 1;
        state.open = true;
        state.wall_of_zero = wall - i128::from(show_now);
        state.expects_audio = expects_audio;
        state.rate = rate;
        let discontinuity = state.discontinuity;
        self.publish(state);
        discontinuity
    }

    /// Ends a discontinuity; what it left unfinished is finished as it is.
    pub(super) fn end(&self, discontinuity: u64) {
        let mut state = self.lock();
        if state.discontinuity == discontinuity && state.open {
            state.close(self.keep());
            state.open = false;
            self.publish(state);
        }
    }

    /// Fixes the target duration when the first segment ends after `duration` nanoseconds; returns it in seconds.
    pub(super) fn latch_target(&self, duration: u64) -> u64 {
        let configured = u64::from(self.settings.segment_ms).div_ceil(1000);
        // Sound may be one frame longer than the picture it belongs to: where that could round up, the target does.
        let seen = duration.saturating_sub(50_000_000).div_ceil(1_000_000_000);
        *self.lock().target_s.get_or_insert(configured.max(seen))
    }

    /// After how many nanoseconds a segment has to end, with or without a key frame.
    pub(super) fn longest(&self) -> u64 {
        let configured = u64::from(self.settings.segment_ms).div_ceil(1000);
        let seconds = self.lock().target_s.unwrap_or(configured.max(10));
        seconds * 1_000_000_000 + 400_000_000
    }

    pub(super) fn put_init(&self, track: Track, discontinuity: u64, data: Bytes, format: Format) {
        let mut state = self.lock();
        if state.discontinuity == discontinuity && state.open {
            state.track_window_mut(track).put_init(discontinuity, data, format);
        }
    }

    pub(super) fn put(&self, track: Track, discontinuity: u64, data: Bytes, part: PartTiming) {
        let mut state = self.lock();
        if state.discontinuity != discontinuity || !state.open {
            return;
        }
        let now = Instant::now();
        state.bytes += data.len() as u64;
        state.last_part = Some(now);
        let wall_of_zero = state.wall_of_zero;
        let track_window = state.track_window_mut(track);
        let begins = track_window.next().1 == 0;
        let finished = track_window.put(discontinuity, data, part, wall_of_zero, self.keep());
        if track == Track::Video {
            if finished {
                state.last_segment = Some(now);
            }
            if begins && !part.independent && state.independent {
                tracing::info!("a segment had to begin without a key frame: the stream's are too far apart");
                state.independent = false;
            }
        }
        self.publish(state);
    }

    /// Segments kept: those of the playlist, and as long again after they left it (section 6.2.2).
    fn keep(&self) -> usize {
        self.settings.window * 2 + 2
    }

    fn publish(&self, mut state: MutexGuard<'_, State>) {
        let part_target = Duration::from_micros(u64::from(self.settings.part_ms) * 10 * DECLARED);
        let target_s = state.target_s.unwrap_or(1);
        for (track, other) in [(Track::Video, Track::Audio), (Track::Audio, Track::Video)] {
            if state.track_window(track).finished == 0 {
                continue;
            }
            let list = state.track_window(track).list(self.settings.window, target_s * 3_000_000_000);
            let reports = state.track_window(other).report().into_iter().collect();
            let list = m3u8::Media { independent: state.independent, target_s, part_target, reports, ..list };
            state.written[track as usize] = Some(list.write().into());
        }
        drop(state);
        self.changed.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn track_window(&self, track: Track) -> &TrackWindow {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    fn track_window_mut(&mut self, track: Track) -> &mut TrackWindow {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }

    fn close(&mut self, keep: usize) {
        self.video.finish(keep);
        self.audio.finish(keep);
    }
}
