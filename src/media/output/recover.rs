//! Fragmented recordings made into ordinary files: when they are stopped, or at the next start after a crash.
//!
//! While a recording runs, `NAME.mp4.part` lies beside `NAME.mp4`. A marker found at start-up means a fragmented file
//! whose last fragment may be cut off. Finishing it copies no media, so it takes neither time nor space: a cut-off
//! fragment is removed, an index of all others is appended, and then one write of 16 bytes makes everything between the
//! file's head and that index one `mdat`. Before that write the file is still the fragmented one, after it an ordinary
//! one: a crash in between only means doing it again. A recording that is stopped is finished in the same way.
//!
//! Refuses to know: GStreamer. Blocks; call it from a thread of its own.

use crate::protocol::mp4::{self, Fragment};
use crate::tasks;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// What the marker's name has more than the file's.
const MARKER: &str = ".part";

/// No index of a fragment, nor a first index, is larger.
const LARGEST_INDEX: u64 = 64 << 20;

/// What became of an unfinished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is an ordinary file now, with so many access units of picture (or frames of sound, if those are more).
    Finished { samples: u64 },
    /// It had been finished already; only the marker was left.
    Whole,
    /// It has no complete fragment; it is kept as `NAME.mp4.broken`.
    Broken,
    /// There is a marker but no file.
    Gone,
}

/// The unfinished recordings of a folder, as of now. Ask before the first recording is started: a running one looks
/// the same. A folder that is not there has none.
///
/// # Errors
/// When the folder cannot be read.
pub fn unfinished(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(file) = path.to_str().and_then(|p| p.strip_suffix(MARKER)).filter(|p| p.ends_with(".mp4")) {
            found.push(PathBuf::from(file));
        }
    }
    found.sort();
    Ok(found)
}

/// Finishes what [`unfinished`] found on a thread of its own and reports the outcome for each file. A file that cannot
/// be finished now (e.g. a full disk) stays as it is for the next start.
///
/// # Errors
/// When there can be no thread.
pub fn finish_all(
    files: Vec<PathBuf>,
    on_file: impl Fn(&Path, &io::Result<Outcome>) + Send + 'static,
) -> io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("recover".into()).spawn(move || {
        for file in files {
            let outcome = tasks::catch_panic("recover", || finish(&file)).unwrap_or_else(|e| Err(io::Error::other(e)));
            let name = file.file_name().unwrap_or_default();
            match &outcome {
                Ok(Outcome::Broken) => tracing::warn!(?name, "recording had no complete fragment; kept as .broken"),
                Ok(outcome) => tracing::info!(?name, ?outcome, "unfinished recording"),
                Err(error) => tracing::error!(?name, %error, "could not finish a recording"),
            }
            on_file(&file, &outcome);
        }
    })
}

/// Finishes one recording and removes its marker. Doing it twice does no harm.
///
/// # Errors
/// When the file or its folder cannot be read or written; nothing is lost then.
pub fn finish(path: &Path) -> io::Result<Outcome> {
    let outcome = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::Gone,
        Err(error) => return Err(error),
        Ok(mut file) => match survey(&mut file)? {
            Survey::Whole => Outcome::Whole,
            Survey::Hopeless => Outcome::Broken,
            Survey::Cut(cut) => match mp4::whole_index(&cut.moov, &cut.fragments, cut.end) {
                Ok((index, samples)) if samples > 0 => {
                    rewrite(&mut file, &cut, &index)?;
                    Outcome::Finished { samples }
                }
                Ok(_) => Outcome::Broken,
                Err(error) => {
                    tracing::warn!(%error, "the index of a recording is damaged");
                    Outcome::Broken
                }
            },
        },
    };
    if outcome == Outcome::Broken {
        fs::rename(path, with(path, ".broken"))?;
    }
    match fs::remove_file(marker(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(outcome)
}

/// The marker of a recording that is not finished.
pub fn marker(path: &Path) -> PathBuf {
    with(path, MARKER)
}

/// A file's name with something appended.
fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

enum Survey {
    Whole,
    Hopeless,
    Cut(Cut),
}

struct Cut {
    /// Where the one `mdat` shall begin: it hides the old index and everything after it up to the new one.
    media: u64,
    moov: Vec<u8>,
    fragments: Vec<Fragment>,
    /// The end of the last whole fragment.
    end: u64,
}

/// Walks over the boxes: `ftyp`, the index (`moov`), then `moof` and `mdat` by turns.
fn survey(file: &mut File) -> io::Result<Survey> {
    let length = file.metadata()?.len();
    let mut at = 0;
    let mut index: Option<(u64, Vec<u8>)> = None;
    let mut fragments: Vec<Fragment> = Vec::new();
    let mut end = 0;
    while at < length {
        let head = read(file, at, 16.min(length - at))?;
        let Some(header) = mp4::header(&head) else { break };
        let next = if header.size == 0 { length } else { at.saturating_add(header.size) };
        match &header.kind {
            b"moov" | b"moof" if next > length || header.size == 0 || header.size > LARGEST_INDEX => break,
            b"moov" if index.is_none() => {
                let data = read(file, at, header.size)?;
                if !mp4::takes_fragments(&data) {
                    return Ok(if next == length { Survey::Whole } else { Survey::Hopeless });
                }
                index = Some((at, data));
            }
            b"moof" if index.is_some() => {
                fragments.push(Fragment { offset: at, data: read(file, at, header.size)? });
            }
            // Only whole fragments: a full disk may leave no room for an index, and then the file must do without.
            b"mdat" if !fragments.is_empty() && next <= length => end = next,
            _ => {}
        }
        at = next;
    }
    Ok(match index {
        Some((media, moov)) => Survey::Cut(Cut { media, moov, fragments, end }),
        None => Survey::Hopeless,
    })
}

fn rewrite(file: &mut File, cut: &Cut, index: &[u8]) -> io::Result<()> {
    file.set_len(cut.end)?;
    file.seek(SeekFrom::Start(cut.end))?;
    file.write_all(index)?;
    file.sync_all()?;
    let mut head = [0, 0, 0, 1, b'm', b'd', b'a', b't', 0, 0, 0, 0, 0, 0, 0, 0];
    head[8..].copy_from_slice(&(cut.end - cut.media).to_be_bytes());
    file.seek(SeekFrom::Start(cut.media))?;
    file.write_all(&head)?;
    file.sync_all()
}

fn read(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(length).read_to_end(&mut data)?;
    Ok(data)
}
