//! The registry of encodes: one for each source and profile, shared by all consumers.
//!
//! ```text
//! recorder ─┐
//! HLS ──────┼─ (source, profile) ─► Encodes ─► Encode, while one of them holds it
//! push ─────┘
//! ```
//!
//! An encode without consumers does not run. Picture and sound are profiles of their own, so that consumers of pictures
//! of different sizes share the sound.
//!
//! Refuses to know: where raw pictures and sound come from, and what becomes of them encoded.

use super::stream::CodedStream;
use crate::{
    domain::{output::OutputSource, time::Format},
    media::{
        clock::ShowClock,
        encode::{Encode, Profile},
        link::Feed,
        pipeline::Failure,
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// The raw picture and sound of a source.
pub struct Raw<'a> {
    pub video: &'a Arc<Feed>,
    pub audio: &'a Arc<Feed>,
    /// The picture's format.
    pub project: Format,
}

/// An encode, if it runs. Its lock is held while the encode starts; so concurrent requests get the same one.
type EncodeCell = Arc<Mutex<Weak<Encode>>>;

/// See the module's text.
#[derive(Default)]
pub struct Encodes {
    by_profile: Mutex<HashMap<(OutputSource, Profile), EncodeCell>>,
}

impl Encodes {
    /// The stream of a source in these profiles; its encodes run while it or a clone of it is held. Blocks while an
    /// encoder starts.
    ///
    /// # Errors
    /// When no encoder opens on this machine.
    pub fn stream(
        &self,
        source: &OutputSource,
        raw: &Raw<'_>,
        picture: Profile,
        sound: Profile,
        clock: &ShowClock,
    ) -> Result<CodedStream, Failure> {
        let sound = self.take(source, raw.audio, raw.project, sound, clock)?;
        let picture = self.take(source, raw.video, raw.project, picture, clock)?;
        Ok(CodedStream::encoded(source.to_string(), raw.project.rate, picture, sound))
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.lock().values().filter(|cell| alive(cell)).count()
    }

    fn take(
        &self,
        source: &OutputSource,
        raw: &Arc<Feed>,
        project: Format,
        profile: Profile,
        clock: &ShowClock,
    ) -> Result<Arc<Encode>, Failure> {
        let cell = {
            let mut cells = self.lock();
            // Cells that are being filled are held elsewhere too.
            cells.retain(|_, cell| Arc::strong_count(cell) > 1 || alive(cell));
            cells.entry((source.clone(), profile.clone())).or_default().clone()
        };
        let mut present = cell.lock().unwrap_or_else(PoisonError::into_inner);
        // An input with another device or stream has other feeds.
        if let Some(encode) = present.upgrade().filter(|encode| encode.is_of(raw)) {
            return Ok(encode);
        }
        let encode = Encode::start(raw, project, profile, clock)?;
        *present = Arc::downgrade(&encode);
        Ok(encode)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(OutputSource, Profile), EncodeCell>> {
        self.by_profile.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an encode runs in a cell. One whose lock is held is just being started.
fn alive(cell: &EncodeCell) -> bool {
    cell.try_lock().is_ok_and(|encode| encode.strong_count() > 0)
}
