//! HLS as a player reads it (RFC 8216): playlists are followed, segments fetched whole and handed to the demuxer.
//!
//! The best variant is taken, with a sound rendition of its own where it has one. A discontinuity ends the run; the next
//! one goes on at the same segment. Segments in AES-128 are decrypted ([`super::hls_key`]). Live playlists are begun three segments before their end.
//!
//! Refuses to know: what is in the segments, and how a connection is made.

use super::{
    End, Puller,
    feeder::Feeder,
    hls_key::{Encryption, Keys},
    web::{Part, Web, peer},
};
use crate::media::ingest::demux::Pace;
use bytes::Bytes;
use futures::future::try_join_all;
use m3u8_rs::{AlternativeMediaType, MasterPlaylist, MediaPlaylist, MediaSegment, Playlist, VariantStream};
use std::{
    cell::Cell,
    future::pending,
    time::{Duration, Instant},
};
use url::Url;

/// The longest playlist in bytes.
pub(super) const PLAYLIST: usize = 4_000_000;
/// The longest segment in bytes.
const SEGMENT: usize = 128_000_000;
/// Segments before the end at which a live stream is begun (RFC 8216, 6.3.3).
const BEHIND: usize = 3;
/// How often in a row a segment or a playlist may fail.
const FAILURES: u32 = 4;
/// Between two looks at a playlist, at least and at most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(5));

/// The position in a presentation; it outlives a run.
#[derive(Default)]
pub(super) struct Position {
    tracks: Vec<Track>,
    /// Whether it was seen to be live: segments that remain when it is over are not played again.
    was_live: bool,
}

/// One media playlist.
struct Track {
    url: Url,
    /// The media sequence number of the next segment.
    next: Option<u64>,
}

impl Position {
    /// Whether a run can go on here.
    pub fn is_underway(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// Reads the playlist that was found at a URL.
    pub fn open(&mut self, url: Url, text: &[u8]) -> Result<(), End> {
        self.tracks = match m3u8_rs::parse_playlist_res(text) {
            Ok(Playlist::MediaPlaylist(_)) => vec![Track { url, next: None }],
            Ok(Playlist::MasterPlaylist(master)) => chosen(&url, &master)?,
            Err(_) => return Err(peer("the playlist cannot be read")),
        };
        Ok(())
    }
}

/// The variant with the most bits among those with a picture we know, and its sound.
fn chosen(base: &Url, master: &MasterPlaylist) -> Result<Vec<Track>, End> {
    let known = |variant: &&VariantStream| {
        let codecs = variant.codecs.as_deref().unwrap_or("avc1");
        !variant.is_i_frame && ["avc", "hvc1", "hev1", "vp09"].iter().any(|known| codecs.contains(known))
    };
    let any = || master.variants.iter().filter(|variant| !variant.is_i_frame).max_by_key(|variant| variant.bandwidth);
    let best = master.variants.iter().filter(known).max_by_key(|variant| variant.bandwidth).or_else(any);
    let best = best.ok_or_else(|| peer("the playlist names no stream"))?;
    let sound = best.audio.as_ref().and_then(|group| {
        let of_group = || {
            let ours = |media: &&m3u8_rs::AlternativeMedia| {
                media.media_type == AlternativeMediaType::Audio && media.group_id == *group
            };
            master.alternatives.iter().filter(ours)
        };
        of_group().find(|media| media.default).or_else(|| of_group().next())?.uri.clone()
    });
    let track = |uri: &str| {
        let url = base.join(uri).map_err(|_| peer("the playlist names something that is no URL"))?;
        Ok(Track { url, next: None })
    };
    std::iter::once(best.uri.as_str()).chain(sound.as_deref()).map(track).collect()
}

/// One run: from here to the end, or to the next discontinuity.
pub(super) async fn play(puller: &mut Puller, web: &Web) -> Result<End, End> {
    let mut position = std::mem::take(&mut puller.hls);
    let output = puller.output(Pace::Clock, false);
    let (running, feeders) = if position.tracks.len() > 1 {
        let (running, feeders) = Feeder::start_two(output.clone())?;
        (running, feeders.to_vec())
    } else {
        let (running, feeder) = Feeder::start(output.clone(), None)?;
        (running, vec![feeder])
    };
    let (goes, was_live) = (Cell::new(false), Cell::new(position.was_live));
    let follow = |(track, feeder): (_, &Feeder)| follow(web, track, feeder.clone(), &goes, &was_live);
    let following = async {
        match try_join_all(position.tracks.iter_mut().zip(&feeders).map(follow)).await {
            Ok(_) => pending().await, // the segments that were handed over come out first
            Err(end) => end,
        }
    };
    let end = tokio::select! {
        end = puller.watch(&running, Pace::Clock) => end,
        end = following => end,
    };
    position.was_live = was_live.get();
    let end = match end {
        End::Finished(_) if goes.get() => End::Goes,
        End::Finished(_) if position.was_live => End::Finished(Pace::Live),
        end => end,
    };
    let goes_on = match end {
        End::Goes => true,
        End::Failed { .. } => output.packets() > 0,
        End::Finished(_) | End::Unwanted => false,
    };
    if !goes_on {
        position.tracks.clear();
    }
    puller.hls = position;
    Ok(end)
}

/// Hands over one playlist's segments, to its end or to a discontinuity.
async fn follow(
    web: &Web,
    track: &mut Track,
    feeder: Feeder,
    goes: &Cell<bool>,
    was_live: &Cell<bool>,
) -> Result<(), End> {
    let (mut fetched, mut failures, mut fed) = (Fetched::default(), 0, false);
    loop {
        let looked = Instant::now();
        let (base, list) = match load(web, &track.url).await {
            Ok(found) => found,
            Err(end) => {
                failures = again(failures, end).await?;
                continue;
            }
        };
        if !list.end_list {
            was_live.set(true);
        } else if was_live.get() && track.next.is_none() {
            return Err(peer("the stream has ended"));
        }
        let (first, count) = (list.media_sequence, list.segments.len() as u64);
        let begin = if list.end_list { first } else { first + count.saturating_sub(BEHIND as u64) };
        let next = track.next.get_or_insert(begin);
        if *next > first + count {
            // The server restarted its media sequence numbers.
            track.next = None;
            goes.set(true);
            feeder.end()?;
            return Ok(());
        }
        *next = (*next).max(first); // what is gone is gone
        while let Some(segment) = next.checked_sub(first).and_then(|at| list.segments.get(at as usize)) {
            if segment.discontinuity && fed {
                goes.set(true);
                feeder.end()?;
                return Ok(());
            }
            feeder.wanted().await;
            match fetch(web, &base, &list, (*next - first) as usize, &mut fetched).await {
                Ok(pieces) => {
                    for bytes in pieces {
                        feeder.push(bytes)?;
                    }
                }
                Err(end) => {
                    failures = again(failures, end).await?;
                    break;
                }
            }
            (*next, failures, fed) = (*next + 1, 0, true);
        }
        if *next >= first + count {
            if list.end_list {
                feeder.end()?;
                return Ok(());
            }
            let pause = Duration::from_secs(list.target_duration) / 2;
            tokio::time::sleep(pause.clamp(LOOKS.0, LOOKS.1).saturating_sub(looked.elapsed()).max(LOOKS.0)).await;
        }
    }
}

/// Waits before something that failed is tried again; passes the failure on when it failed too often.
async fn again(failures: u32, end: End) -> Result<u32, End> {
    if failures + 1 >= FAILURES {
        return Err(end);
    }
    tokio::time::sleep(Duration::from_millis(250) * (failures + 1)).await;
    Ok(failures + 1)
}

async fn load(web: &Web, url: &Url) -> Result<(Url, MediaPlaylist), End> {
    let (base, text) = web.read(url, None, PLAYLIST).await?;
    match m3u8_rs::parse_media_playlist_res(&text) {
        Ok(list) => Ok((base, list)),
        Err(_) => Err(peer("the playlist cannot be read")),
    }
}

/// What was fetched for the segments before and still holds.
#[derive(Default)]
struct Fetched {
    /// The init section.
    map: Option<(Url, Option<Part>)>,
    keys: Keys,
}

/// A segment, and before it what initialises it when that changed.
async fn fetch(
    web: &Web,
    base: &Url,
    list: &MediaPlaylist,
    at: usize,
    fetched: &mut Fetched,
) -> Result<Vec<Bytes>, End> {
    let Some(segment) = list.segments.get(at) else { return Ok(Vec::new()) };
    let encryption = Encryption::at(base, &list.segments, at, list.media_sequence + at as u64)?;
    let key = match &encryption {
        Some(encryption) => Some(fetched.keys.get(web, &encryption.url).await?),
        None => None,
    };
    let plain = |encryption: Option<&Encryption>, bytes: Bytes| match encryption.zip(key.as_ref()) {
        Some((encryption, key)) => encryption.decrypt(key, &bytes),
        None => Ok(bytes),
    };
    let join = |uri: &str| base.join(uri).map_err(|_| peer("the playlist names something that is no URL"));
    let mut pieces = Vec::new();
    // It holds until another one is named; the parser reports it only for the segment behind its tag.
    if let Some(wanted) = list.segments.get(..=at).and_then(|until| until.iter().rev().find_map(|s| s.map.as_ref())) {
        let range = wanted.byte_range.as_ref().map(|range| part(range.offset.unwrap_or(0), range.length));
        let place = (join(&wanted.uri)?, range);
        if fetched.map.as_ref() != Some(&place) {
            let bytes = web.read(&place.0, range, SEGMENT).await?.1;
            pieces.push(plain(encryption.as_ref().and_then(Encryption::of_map), bytes)?);
            fetched.map = Some(place);
        }
    }
    let range = segment.byte_range.as_ref().map(|range| part(offset(&list.segments, at), range.length));
    let bytes = web.read(&join(&segment.uri)?, range, SEGMENT).await?.1;
    pieces.push(plain(encryption.as_ref(), bytes)?);
    Ok(pieces)
}

fn part(from: u64, length: u64) -> Part {
    Part { from, to: Some(from.saturating_add(length).saturating_sub(1)) }
}

/// Where a segment's part of its resource begins: as stated, or behind the segment before it (RFC 8216, 4.3.2.2).
fn offset(segments: &[MediaSegment], at: usize) -> u64 {
    let (mut begin, mut at) = (0_u64, at);
    while let Some(segment) = segments.get(at) {
        let Some(range) = &segment.byte_range else { break };
        if let Some(offset) = range.offset {
            return begin.saturating_add(offset);
        }
        let before = at.checked_sub(1).and_then(|at| segments.get(at)).filter(|before| before.uri == segment.uri);
        let Some(length) = before.and_then(|before| Some(before.byte_range.as_ref()?.length)) else { break };
        begin = begin.saturating_add(length);
        at -= 1;
    }
    begin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("http://a.example/live/master.m3u8?token=x").unwrap()
    }

    #[test]
    fn the_best_known_variant_and_its_default_sound_are_chosen() {
        let text = b"#EXTM3U\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"fr\",URI=\"fr.m3u8\"\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",DEFAULT=YES,URI=\"/en.m3u8\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=100,CODECS=\"avc1.640020,mp4a.40.2\",AUDIO=\"a\"\nlow.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=900,CODECS=\"av01.0,mp4a.40.2\",AUDIO=\"a\"\nav1.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=500,CODECS=\"avc1.640020,mp4a.40.2\",AUDIO=\"a\"\nhigh.m3u8\n";
        let mut position = Position::default();
        assert!(position.open(base(), text).is_ok());
        let urls: Vec<_> = position.tracks.iter().map(|track| track.url.as_str()).collect();
        assert_eq!(urls, ["http://a.example/live/high.m3u8", "http://a.example/en.m3u8"]);
        assert!(position.open(base(), b"<html>").is_err());
    }

    #[test]
    fn parts_without_a_beginning_lie_behind_each_other() {
        let text = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n\
            #EXTINF:2,\n#EXT-X-BYTERANGE:100@50\na.ts\n\
            #EXTINF:2,\n#EXT-X-BYTERANGE:30\na.ts\n\
            #EXTINF:2,\n#EXT-X-BYTERANGE:7\na.ts\n\
            #EXTINF:2,\n#EXT-X-BYTERANGE:9\nb.ts\n";
        let list = m3u8_rs::parse_media_playlist_res(text).unwrap();
        let begins: Vec<_> = (0..4).map(|at| offset(&list.segments, at)).collect();
        assert_eq!(begins, [50, 150, 180, 0]);
        assert_eq!(part(150, 30), Part { from: 150, to: Some(179) });
    }
}
