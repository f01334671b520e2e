//! The names of recordings: taken on the disk, each with the marker of a file that is not finished.

use super::Target;
use crate::media::output::recover;
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Makes the file of a later part of a recording and its marker.
pub(super) fn reserve_part(first: &Path, part: usize) -> io::Result<(PathBuf, String)> {
    let stem = first.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let file = format!("{stem}-part{part}.mp4");
    let path = first.with_file_name(&file);
    OpenOptions::new().write(true).create_new(true).open(&path)?;
    if let Err(error) = File::create(recover::marker(&path)) {
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok((path, file))
}

/// Takes the first free name and leaves an empty file and its marker there.
pub(super) fn reserve(target: &Target) -> io::Result<(PathBuf, String)> {
    fs::create_dir_all(&target.folder)?;
    let name = format!("{}-{}", target.stem, utc(target.at));
    for attempt in 1.. {
        let file = if attempt == 1 { format!("{name}.mp4") } else { format!("{name}-{attempt}.mp4") };
        let path = target.folder.join(&file);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(_) => {
                if let Err(error) = File::create(recover::marker(&path)) {
                    let _ = fs::remove_file(&path);
                    return Err(error);
                }
                return Ok((path, file));
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `20261122-153012`; the calendar is the proleptic Gregorian one.
fn utc(at: SystemTime) -> String {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, time) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}{month:02}{:02}-{:02}{:02}{:02}", days + 1, time / 3600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn names_carry_the_utc_time_of_every_kind_of_day() {
        for (seconds, name) in [
            (0, "19700101-000000"),
            (951_782_400, "20000229-000000"),
            (1_795_361_412, "20261122-153012"),
            (1_735_689_599, "20241231-235959"),
            (4_107_542_400, "21000301-000000"),
        ] {
            assert_eq!(utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), name);
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target {
            folder: folder.path().join("recordings"),
            stem: "program".into(),
            at: SystemTime::UNIX_EPOCH,
            fragment_ms: 500,
            after: None,
        };
        let names: Vec<_> = (0..3).map(|_| reserve(&target).unwrap().1).collect();
        let expected = ["", "-2", "-3"].map(|n| format!("program-19700101-000000{n}.mp4"));
        assert_eq!(names, expected);
    }
}
