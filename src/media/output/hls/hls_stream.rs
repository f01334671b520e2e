//! The HLS stream: what one stream offers its viewers, in memory: a list of renditions, pictures and sounds.
//!
//! One writer puts parts on it, any number of readers take playlists and bytes off it and may wait for the next ones.
//! It outlives its writers: when a publisher comes back, in whatever format, a new *period* begins and the media
//! sequence goes on.
//!
//! Refuses to know: GStreamer, HTTP.

mod master;

use super::{
    init::Format,
    name::{Name, Resource, Track},
    plan::{PartTiming, part_target},
    track_window::TrackWindow,
};
use crate::protocol::m3u8;
use bytes::Bytes;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// How long the first segment of a stream that was not read before is waited for. A publisher's key frames may be ten
/// seconds apart.
const FIRST: Duration = Duration::from_secs(12);

/// How long sound is waited for from the first picture on. It may have to be decoded and encoded first.
const SILENT: Duration = Duration::from_millis(1500);

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
pub enum ReloadTarget {
    /// As it is.
    Now,
    /// Holds this whole segment.
    Segment(u64),
    /// Holds this part of a segment, or anything newer.
    Part(u64, u64),
}

/// What a period carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    /// Pictures, and sound that is waited for.
    Both,
    Picture,
    Sound,
}

/// Why a reader got nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HlsError {
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
    /// Finished segments of the picture, or of sound alone.
    pub segments: u64,
    /// Since the last segment of the picture was finished.
    pub last_segment_age: Option<Duration>,
    /// Since the last part of either track came.
    pub last_part_age: Option<Duration>,
    /// Writers so far: 1 more for each return of the publisher.
    pub periods: u64,
}

/// The HLS stream of one stream.
#[derive(Debug)]
pub struct HlsStream {
    settings: HlsSettings,
    created_at: u64,
    state: Mutex<State>,
    /// Counts changes; readers that wait look again when it moves.
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    /// Counts from 1; 0 before the first writer.
    period: u64,
    /// Whether the present period may still be written.
    open: bool,
    /// Whether a writer is on its way or at work: then a reader may wait for the first segment.
    expected: bool,
    /// Nanoseconds since 1970 at show time zero.
    wall_of_zero: i128,
    /// `EXT-X-TARGETDURATION`; set with the first segment and constant from then on.
    target_s: Option<u64>,
    /// `PART-TARGET` in nanoseconds; set when the first frames of a stream are known.
    part_target: Option<u64>,
    /// No segment had to be cut without a key frame so far.
    independent: bool,
    carried: Carried,
    /// At least one picture, best first, then sounds. All are cut at the same places.
    renditions: Vec<TrackWindow>,
    bytes: u64,
    last_segment: Option<Instant>,
    last_part: Option<Instant>,
    /// When the present period began.
    begun: Option<Instant>,
}

impl HlsStream {
    /// An empty HLS stream of one picture and one sound; settings out of range are moved to the nearest sensible ones.
    pub fn new(settings: HlsSettings) -> Self {
        Self::of(settings, &Track::ONE_OF_EACH)
    }

    /// The same with these renditions; the first has to be a picture.
    pub fn of(settings: HlsSettings, renditions: &[Track]) -> Self {
        let created_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64);
        let state = State {
            period: 0,
            open: false,
            expected: false,
            wall_of_zero: 0,
            target_s: None,
            part_target: None,
            independent: true,
            carried: Carried::Picture,
            renditions: renditions.iter().map(|track| TrackWindow::new(*track, created_at)).collect(),
            bytes: 0,
            last_segment: None,
            last_part: None,
            begun: None,
        };
        Self { settings: settings.checked(), created_at, state: Mutex::new(state), changed: watch::Sender::new(0) }
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
            segments: state.leading().map_or(0, |leading| leading.finished),
            last_segment_age: state.last_segment.map(|at| at.elapsed()),
            last_part_age: state.last_part.map(|at| at.elapsed()),
            periods: state.period,
        }
    }

    /// The multivariant playlist, once the first segment is finished: a stream that is published on request has none at
    /// first, and is waited for.
    ///
    /// # Errors
    /// [`HlsError::Unknown`] when nothing is published here, [`HlsError::TimedOut`] when nothing comes within 12 s.
    pub async fn master(&self) -> Result<String, HlsError> {
        let found = self.wait_for(FIRST, |state| match master::of(state) {
            None if !state.expected => Err(HlsError::Unknown),
            master => Ok(master),
        });
        found.await
    }

    /// A track's media playlist, once it reaches as far as asked. The first segment of a stream that has just been asked
    /// for is waited for.
    ///
    /// # Errors
    /// See [`HlsError`]; waiting ends after three target durations.
    pub async fn playlist(&self, track: Track, target: ReloadTarget) -> Result<Bytes, HlsError> {
        let is_first = |state: &State| match state.rendition(track).ok_or(HlsError::Unknown)? {
            TrackWindow { written: Some(_), .. } => Ok(Some(())),
            _ if matches!(track, Track::Audio(_)) && state.is_without_sound() => Err(HlsError::Unknown),
            _ if matches!(track, Track::Video(_)) && state.carried == Carried::Sound => Err(HlsError::Unknown),
            _ if state.expected => Ok(None),
            _ => Err(HlsError::Unknown),
        };
        self.wait_for(FIRST, is_first).await?;
        self.wait(|state| {
            let track_window = state.rendition(track).ok_or(HlsError::Unknown)?;
            let text = track_window.written.clone().ok_or(HlsError::Unknown)?;
            let (next_msn, next_part) = track_window.next();
            let reached = match target {
                ReloadTarget::Now => true,
                ReloadTarget::Segment(msn) => track_window.last_finished().is_some_and(|last| last >= msn),
                // A part behind the last one of a finished segment means the first of the next (section 6.2.5.2).
                ReloadTarget::Part(msn, part) => {
                    let behind =
                        track_window.segment(msn).is_some_and(|s| s.whole.is_some() && part >= s.parts.len() as u64);
                    let (msn, part) = if behind { (msn + 1, 0) } else { (msn, part) };
                    (next_msn, next_part) > (msn, part)
                }
            };
            if reached {
                return Ok(Some(text));
            }
            let (ReloadTarget::Segment(msn) | ReloadTarget::Part(msn, _)) = target else { return Ok(None) };
            if msn > track_window.last_finished().unwrap_or(next_msn).saturating_add(2) {
                return Err(HlsError::TooFar);
            }
            // The advance part limit of section 6.2.5.2.
            let part_ns = state.part_target.unwrap_or(u64::from(self.settings.part_ms) * 1_000_000).max(1);
            let limit = 3_000_000_000_u64.div_ceil(part_ns).max(3);
            match target {
                ReloadTarget::Part(m, part) if m == next_msn && part >= next_part + limit => Err(HlsError::TooFar),
                _ => Ok(None),
            }
        })
        .await
    }

    /// The bytes of an initialization segment, segment or part, and its track. The part that comes next is waited for.
    ///
    /// # Errors
    /// See [`HlsError`].
    pub async fn file(&self, name: &str) -> Result<(Track, Bytes), HlsError> {
        let name = Name::read(name).filter(|n| n.created_at == self.created_at).ok_or(HlsError::Unknown)?;
        let data = self
            .wait(|state| {
                let track_window = state.rendition(name.track).ok_or(HlsError::Unknown)?;
                let found = match name.resource {
                    Resource::Init(period) => track_window.init(period).cloned(),
                    Resource::Segment(msn) => track_window.segment(msn).and_then(|s| s.whole.clone()),
                    Resource::Part(msn, part) => {
                        let parts = track_window.segment(msn).map(|s| &s.parts);
                        let found = parts.and_then(|p| p.get(usize::try_from(part).ok()?)).map(|p| p.data.clone());
                        if found.is_none() && (msn, part) == track_window.next() {
                            return Ok(None);
                        }
                        found
                    }
                };
                found.map(Some).ok_or(HlsError::Unknown)
            })
            .await?;
        Ok((name.track, data))
    }

    async fn wait<T>(&self, look: impl Fn(&State) -> Result<Option<T>, HlsError>) -> Result<T, HlsError> {
        let max_wait = Duration::from_secs(3 * self.lock().target_s.unwrap_or(1));
        self.wait_for(max_wait, look).await
    }

    async fn wait_for<T>(
        &self,
        max_wait: Duration,
        look: impl Fn(&State) -> Result<Option<T>, HlsError>,
    ) -> Result<T, HlsError> {
        let mut changed = self.changed.subscribe();
        let deadline = tokio::time::Instant::now() + max_wait;
        loop {
            if let Some(found) = look(&self.lock())? {
                return Ok(found);
            }
            match tokio::time::timeout_at(deadline, changed.changed()).await {
                Ok(Ok(())) => {}
                _ => return Err(HlsError::TimedOut),
            }
        }
    }

    /// A writer is on its way.
    pub(super) fn expect(&self) {
        self.lock().expected = true;
    }

    /// Forgets what was published and goes on with its numbers when the next writer comes.
    pub(super) fn suspend(&self) {
        let mut state = self.lock();
        (state.open, state.expected) = (false, false);
        state.renditions.iter_mut().for_each(TrackWindow::clear);
        self.publish(state);
    }

    /// Whether no segment has begun yet.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().leading().is_none_or(|leading| leading.segments.is_empty())
    }

    /// Begins a period: parts of older writers are refused from now on. `show_now` is show time as of now.
    pub(super) fn begin(&self, show_now: u64, carried: Carried) -> u64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i128);
        let mut state = self.lock();
        state.close(self.keep());
        state.period += 1;
        state.open = true;
        state.wall_of_zero = wall - i128::from(show_now);
        state.carried = carried;
        state.begun = Some(Instant::now());
        let period = state.period;
        self.publish(state);
        period
    }

    /// Ends a period; what it left unfinished is finished as it is.
    pub(super) fn end(&self, period: u64) {
        let mut state = self.lock();
        if state.period == period && state.open {
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

    /// Fixes the longest part for a stream whose frames are `frame` nanoseconds apart; returns it in nanoseconds. A later
    /// publisher's parts keep to it, unless a single frame of it is longer.
    pub(super) fn latch_part_target(&self, frame: u64) -> u64 {
        let part = u64::from(self.settings.part_ms) * 1_000_000;
        let mut state = self.lock();
        let target = match state.part_target {
            Some(target) if frame <= target => target,
            _ => part_target(part, frame),
        };
        *state.part_target.insert(target)
    }

    /// The longest part, in nanoseconds; what was asked for while it is not fixed.
    pub(super) fn part_target(&self) -> u64 {
        self.lock().part_target.unwrap_or(u64::from(self.settings.part_ms) * 1_000_000)
    }

    /// After how many nanoseconds a segment has to end, with or without a key frame.
    pub(super) fn longest(&self) -> u64 {
        let configured = u64::from(self.settings.segment_ms).div_ceil(1000);
        let seconds = self.lock().target_s.unwrap_or(configured.max(10));
        seconds * 1_000_000_000 + 400_000_000
    }

    pub(super) fn put_init(&self, track: Track, period: u64, data: Bytes, format: Format) {
        let mut state = self.lock();
        if state.period == period
            && state.open
            && let Some(own) = state.rendition_mut(track)
        {
            own.put_init(period, data, format);
        }
    }

    pub(super) fn put(&self, track: Track, period: u64, data: Bytes, part: PartTiming) {
        let mut state = self.lock();
        if state.period != period || !state.open {
            return;
        }
        let now = Instant::now();
        state.bytes += data.len() as u64;
        state.last_part = Some(now);
        let wall_of_zero = state.wall_of_zero;
        let Some(track_window) = state.rendition_mut(track) else { return };
        let begins = track_window.next().1 == 0;
        let finished = track_window.put(period, data, part, wall_of_zero, self.keep());
        if finished && (matches!(track, Track::Video(_)) || state.carried == Carried::Sound) {
            state.last_segment = Some(now);
        }
        if begins && !part.independent && state.independent {
            tracing::info!("a segment had to begin without a key frame: the stream's are too far apart");
            state.independent = false;
        }
        self.publish(state);
    }

    /// Segments kept: those of the playlist, and as long again after they left it (section 6.2.2).
    fn keep(&self) -> usize {
        self.settings.window * 2 + 2
    }

    fn publish(&self, mut state: MutexGuard<'_, State>) {
        let part_target = Duration::from_nanos(state.part_target.unwrap_or_default());
        let target_s = state.target_s.unwrap_or(1);
        let reports: Vec<_> = state.renditions.iter().map(TrackWindow::report).collect();
        let independent = state.independent;
        for (own, rendition) in state.renditions.iter_mut().enumerate().filter(|(_, r)| !r.is_empty()) {
            let list = rendition.list(self.settings.window, target_s * 3_000_000_000);
            let others = reports.iter().enumerate().filter(|(n, _)| *n != own);
            let reports = others.filter_map(|(_, report)| report.clone()).collect();
            let list = m3u8::Media { independent, target_s, part_target, reports, ..list };
            rendition.written = Some(list.write().into());
        }
        drop(state);
        self.changed.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rendition(&self, track: Track) -> Option<&TrackWindow> {
        self.renditions.iter().find(|rendition| rendition.track == track)
    }

    fn rendition_mut(&mut self, track: Track) -> Option<&mut TrackWindow> {
        self.renditions.iter_mut().find(|rendition| rendition.track == track)
    }

    fn pictures(&self) -> impl Iterator<Item = &TrackWindow> {
        self.renditions.iter().filter(|rendition| matches!(rendition.track, Track::Video(_)))
    }

    fn sounds(&self) -> impl Iterator<Item = &TrackWindow> {
        self.renditions.iter().filter(|rendition| matches!(rendition.track, Track::Audio(_)))
    }

    /// The best picture, or the sound where it is alone.
    fn leading(&self) -> Option<&TrackWindow> {
        if self.carried == Carried::Sound { self.sounds().next() } else { self.pictures().next() }
    }

    /// The best picture.
    fn best(&self) -> Option<&TrackWindow> {
        self.pictures().next()
    }

    /// A stream whose picture has been there for a while and whose sound has not begun is believed to have none.
    fn is_without_sound(&self) -> bool {
        let has_begun = self.sounds().any(|sound| sound.has_begun(self.period));
        let is_shown = self.best().is_some_and(|best| !best.is_empty());
        !has_begun && is_shown && self.begun.is_some_and(|begun| begun.elapsed() >= SILENT)
    }

    fn close(&mut self, keep: usize) {
        for rendition in &mut self.renditions {
            rendition.finish(keep);
        }
    }
}

#[cfg(test)]
mod tests;
