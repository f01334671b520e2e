//! A camera in another language, and curl.

use super::device::number;
use super::fixture::{Fixture, TIMEOUT, soon};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// A camera that sends the number of pictures in its arguments; made in Python without any library.
fn python(fixture: &Fixture, arguments: &[&str]) -> Child {
    Command::new("timeout")
        .args(["60", "python3", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/camera.py")])
        .arg(fixture.address.to_string())
        .args(arguments)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python3")
}

#[tokio::test]
async fn curl_reads_what_a_python_camera_sends() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut curl = Command::new("timeout")
        .args(["60", "curl", "--silent", "--no-buffer", "--max-time", "50", &fixture.http("/live/live/yard/mjpeg")])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("curl");
    fixture.until_viewers("live-yard", 1).await;
    let mut camera = python(&fixture, &["wsk_yard", "yard", "40", "25"]);
    let mut out = BufReader::new(camera.stdout.take().expect("stdout")).lines();
    let ready = soon(out.next_line()).await.unwrap().expect("a line");
    assert!(ready.contains(r#""streamId":"live-yard/yard""#), "{ready}");

    let mut body = BufReader::new(curl.stdout.take().expect("stdout"));
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    let mut line = String::new();
    while pictures.last().is_none_or(|last| number(last) != 40) {
        line.clear();
        soon(body.read_line(&mut line)).await.unwrap();
        if let Some(length) = line.trim_end().strip_prefix("Content-Length: ") {
            let mut picture = vec![0; length.parse().expect("a length")];
            line.clear();
            soon(body.read_line(&mut line)).await.unwrap();
            soon(body.read_exact(&mut picture)).await.unwrap();
            pictures.push(picture);
        }
    }
    // The camera makes picture n of its number and n * 50 more bytes of value n.
    for picture in &pictures {
        let n = number(picture);
        let mut expected = vec![0xff, 0xd8];
        expected.extend(n.to_be_bytes());
        expected.extend(vec![n as u8; n as usize * 50]);
        expected.extend([0xff, 0xd9]);
        assert_eq!(*picture, expected);
    }
    let numbers: Vec<_> = pictures.iter().map(|picture| number(picture)).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    assert!(numbers.len() >= 30, "{} pictures of 40 came at 25 a second: {numbers:?}", numbers.len());
    let status = tokio::time::timeout(TIMEOUT, camera.wait()).await.expect("the camera ends").unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn a_python_camera_hears_that_its_key_was_taken_back() {
    let _turn = crate::turn::turn();
    let fixture = Fixture::open().await;
    let mut camera = python(&fixture, &["wsk_yard", "yard", "100000", "50"]);
    let mut out = BufReader::new(camera.stdout.take().expect("stdout")).lines();
    soon(out.next_line()).await.unwrap().expect("ready");
    fixture.until_streams(1).await;
    fixture.revoke("wsk_yard");
    assert_eq!(soon(out.next_line()).await.unwrap().as_deref(), Some("close 4401 key revoked"));
    assert!(soon(camera.wait()).await.unwrap().success());
}
