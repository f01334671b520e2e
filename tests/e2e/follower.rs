//! A reader that follows an HLS playlist as a player does, and writes down how it changes.

use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often the playlist is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What was seen of a media playlist (RFC 8216, section 4.3.3).
#[derive(Debug, Default)]
pub struct Story {
    /// Media sequence numbers of the first segment, one for each look.
    pub sequences: Vec<u64>,
    /// The name of every segment by its number.
    pub segments: BTreeMap<u64, String>,
    /// What should never be: answers that are no playlist, renamed segments, ends, discontinuities.
    pub complaints: Vec<String>,
}

impl Story {
    /// Whether the number of the first segment grew, and never went back.
    pub fn only_grew(&self) -> bool {
        self.sequences.is_sorted() && self.sequences.first() < self.sequences.last()
    }

    fn read(&mut self, playlist: &str) {
        let mut number = None;
        for line in playlist.lines() {
            if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                number = value.trim().parse::<u64>().ok();
                self.sequences.extend(number);
            } else if line == "#EXT-X-ENDLIST" || line == "#EXT-X-DISCONTINUITY" {
                self.complaints.push(line.to_owned());
            } else if !line.starts_with('#') && !line.is_empty() {
                let Some(at) = number else {
                    self.complaints.push(format!("{line} before any number"));
                    continue;
                };
                let name = self.segments.entry(at).or_insert_with(|| line.to_owned());
                if name != line {
                    self.complaints.push(format!("segment {at} was {name} and is {line}"));
                }
                number = Some(at + 1);
            }
        }
        if number.is_none() {
            self.complaints.push(format!("no media sequence in: {playlist}"));
        }
    }
}

/// A follower at work.
pub struct Follower {
    stop: CancellationToken,
    task: JoinHandle<Story>,
}

impl Follower {
    /// Follows a media playlist from now on.
    pub fn start(url: String) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut story = Story::default();
            let mut every = tokio::time::interval(LOOK);
            while !stopped.is_cancelled() {
                every.tick().await;
                let answer = async { reqwest::get(&url).await?.error_for_status()?.text().await };
                match answer.await {
                    Ok(playlist) => story.read(&playlist),
                    Err(error) => story.complaints.push(error.to_string()),
                }
            }
            story
        });
        Self { stop, task }
    }

    /// Ends it and answers what it saw.
    pub async fn end(self) -> Story {
        self.stop.cancel();
        self.task.await.expect("the follower ends")
    }
}
