//! The body of an MJPEG stream: `multipart/x-mixed-replace`, one JPEG after another.
//!
//! The boundary is sent right after each picture, not before the next: browsers show a part when it has ended.
//!
//! Refuses to know: where pictures come from.

use super::frames::Frames;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use std::{any::Any, convert::Infallible};

/// The content type of the body.
pub const CONTENT_TYPE: &str = "multipart/x-mixed-replace; boundary=frame";
const FIRST: &[u8] = b"--frame\r\n";
const NEXT: &[u8] = b"\r\n--frame\r\n";

/// Parts as long as the reader takes them. A reader that is slower than the camera gets the newest picture each time.
pub fn body(
    frames: Frames,
    guard: impl Any + Send + Sync,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Sync {
    let parts = stream::unfold((frames, guard), |(mut frames, guard)| async move {
        let jpeg = frames.next().await?;
        Some((part(jpeg), (frames, guard)))
    });
    let first = stream::iter([Bytes::from_static(FIRST)]);
    first.chain(parts.flat_map(stream::iter)).map(Ok)
}

/// Only the head is made for each viewer; the picture is shared by all.
fn part(jpeg: Bytes) -> [Bytes; 3] {
    let head = format!("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
    [head.into(), jpeg, Bytes::from_static(NEXT)]
}
