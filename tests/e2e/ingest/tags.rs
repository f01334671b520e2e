//! A publisher of RTMP that is driven by a test: the tags of a clip, each at its time, with timestamps and in a selection
//! that no real encoder would be asked for.

use crate::support::encoder::Encoder;
use std::{net::SocketAddr, path::Path, process::Command, time::Duration};
use tokio::{task::JoinHandle, time::Instant};

/// What a tag carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sound,
    Picture,
}

/// A tag of a clip.
#[derive(Clone, Debug)]
pub struct Tag {
    pub kind: Kind,
    /// When it is to be sent after the first one, in milliseconds.
    pub due: i64,
    /// Its timestamp in milliseconds.
    pub time: u32,
    pub body: Vec<u8>,
}

/// The tags of a clip in the order in which an encoder sends them. `options` are ffmpeg's for the output, `-c copy` where
/// the clip is to be sent as it is.
pub fn tags_of(clip: &Path, options: &[&str]) -> Vec<Tag> {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-i"])
        .arg(clip)
        .args(options)
        .args(["-flvflags", "no_duration_filesize", "-f", "flv", "pipe:1"])
        .output()
        .expect("ffmpeg starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut tags = Vec::new();
    let mut rest = &made.stdout[13..]; // the file's header and the size of no tag before
    while rest.len() >= 11 {
        let three = |at: usize| u32::from_be_bytes([0, rest[at], rest[at + 1], rest[at + 2]]);
        let (size, time) = (three(1) as usize, three(4) | u32::from(rest[7]) << 24);
        let body = rest[11..11 + size].to_vec();
        let kind = match rest[0] {
            8 => Some(Kind::Sound),
            9 => Some(Kind::Picture),
            _ => None,
        };
        if let Some(kind) = kind {
            tags.push(Tag { kind, due: time.into(), time, body });
        }
        rest = &rest[11 + size + 4..];
    }
    tags
}

/// Publishes tags on a key, each when it is due, then keeps the connection until it is dropped.
pub fn publish(address: SocketAddr, key: &str, tags: Vec<Tag>) -> JoinHandle<()> {
    let key = key.to_owned();
    tokio::spawn(async move {
        let mut encoder = Encoder::asking(address, &key).await;
        let status = encoder.status().await.expect("the endpoint closed");
        assert_eq!(status.code, "NetStream.Publish.Start", "{status:?}");
        let begun = Instant::now();
        for tag in tags {
            tokio::time::sleep_until(begun + Duration::from_millis(tag.due.max(0).unsigned_abs())).await;
            match tag.kind {
                Kind::Sound => encoder.audio(tag.time, tag.body).await,
                Kind::Picture => encoder.video(tag.time, tag.body).await,
            }
        }
        std::future::pending::<()>().await;
    })
}
