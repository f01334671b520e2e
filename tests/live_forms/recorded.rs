//! Recordings of streams that change their format while they are recorded: what is in all files together.

use super::{
    alone, live,
    media::{Timed, packets, play, until},
    small,
    support::marks::{Clip, Reader, Reading},
};
use lumencast::{
    domain::time::{Rate, ShowTime},
    media::{
        live::{Bridge, Live},
        output::record::{Finished, Recording, Target},
    },
    protocol::packet::Packet,
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

/// Records a stream while publishers send these packets, one after the other.
fn recorded(folder: &Path, parent: &Arc<Live>, publishers: Vec<Vec<Timed>>) -> (Finished, Vec<Reading>) {
    let coded = Bridge::start(parent, Rate { num: 30, den: 1 });
    let came = Arc::new(AtomicUsize::new(0));
    let (counted, last) = (came.clone(), came.clone());
    let at = SystemTime::UNIX_EPOCH;
    let target = Target { folder: folder.to_owned(), stem: "cam".into(), at, fragment_ms: 500, after: None };
    let recording = Recording::start(&coded, target, parent.clock(), |_| {}).expect("a recording");
    // Heard after the recording has it.
    let _pictures = coded.video.listen(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let is_picture = |(_, packet): &&Timed| matches!(packet, Packet::Video { .. });
    let frames: usize = publishers.iter().map(|packets| packets.iter().filter(is_picture).count()).sum();
    for packets in publishers {
        play(parent, packets).join().expect("played");
    }
    until("every picture came", || last.load(Ordering::SeqCst) == frames);
    let finished = recording.stop(Duration::from_secs(10)).expect("whole files");
    assert_eq!(finished.frames, frames as u64);
    let files = std::iter::once(&finished.file).chain(&finished.parts);
    let readings = files.map(|file| Reader::of(folder.join(file)).read()).collect();
    (finished, readings)
}

/// Asserts that a file holds frames `from` to `to` of a source, each once.
fn assert_whole(reading: &Reading, source: u8, (from, to): (u32, u32)) {
    let runs = reading.runs();
    assert_eq!(runs.len(), 1, "{reading}");
    assert_eq!((runs[0].source, runs[0].first_n, runs[0].last_n), (source, from, to), "{reading}");
    assert_eq!(reading.flaws(), (0, 0, 0), "{reading}");
    assert!(reading.undecodable().is_empty(), "{reading}");
}

#[test]
fn a_recording_goes_on_in_another_part_where_the_picture_size_changes() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let clips = [small(1, 2.0), Clip { bframes: 2, ..small(2, 2.0).size(320, 180) }, small(3, 2.0)];
    let publishers = clips.iter().map(packets).collect();
    let (finished, readings) = recorded(folder.path(), &live("cam"), publishers);
    assert_eq!(finished.file, "cam-19700101-000000.mp4");
    assert_eq!(finished.parts, [2, 3].map(|part| format!("cam-19700101-000000-part{part}.mp4")));
    for (clip, reading) in clips.iter().zip(&readings) {
        assert_whole(reading, clip.source, (0, clip.frames() - 1));
        let skew = reading.skew().expect("flashes with beeps");
        assert!(skew.abs() < 25.0, "sound is {skew} ms off\n{reading}");
    }
    assert!(finished.first > ShowTime(0));
}

#[test]
fn a_publisher_of_the_same_format_goes_on_in_the_same_file() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let clip = Clip { gop: 15, ..small(4, 1.0) };
    let (finished, readings) = recorded(folder.path(), &live("cam"), vec![packets(&clip), packets(&clip)]);
    assert_eq!(finished.parts, Vec::<String>::new());
    let marks: Vec<_> = readings[0].marks().map(|(_, source, n)| (source, n)).collect();
    let once: Vec<_> = (0..30).map(|n| (4, n)).collect();
    assert_eq!(marks, [once.clone(), once].concat(), "{}", readings[0]);
}

#[test]
fn sound_that_begins_late_is_in_the_file_from_the_next_key_frame_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let clip = Clip { gop: 15, ..small(5, 5.0) };
    let begins = packets(&clip)[0].0 + Duration::from_millis(2600);
    let is_late = |(at, packet): &Timed| match packet {
        Packet::Audio { .. } => *at >= begins,
        _ => true,
    };
    let late = packets(&clip).into_iter().filter(is_late).collect();
    let (finished, readings) = recorded(folder.path(), &live("cam"), vec![late]);
    assert_eq!(finished.parts.len(), 1);
    // Half a second between key frames.
    let [silent, loud] = [&readings[0], &readings[1]];
    let cut = silent.runs()[0].last_n;
    assert!((75..=95).contains(&cut), "{silent}");
    assert_whole(silent, 5, (0, cut));
    assert_whole(loud, 5, (cut + 1, clip.frames() - 1));
    assert!(silent.skew().is_none() && loud.skew().is_some_and(|skew| skew.abs() < 25.0), "{loud}");
}
