//! What an input may be.

use crate::fixture::input;
use lumencast::domain::{
    capture::{CameraFormat, CaptureSpec, PictureDevice, SoundDevice},
    input::{Input, MAX_LATENCY, PATTERNS},
    source::SourceKind,
};
use std::time::Duration;

fn v4l2(device: &str) -> PictureDevice {
    PictureDevice::V4l2 { device: device.into(), format: CameraFormat::Raw, size: None, rate: None }
}

fn alsa(device: &str) -> SoundDevice {
    SoundDevice::Alsa { device: device.into() }
}

fn card(number: u32) -> PictureDevice {
    PictureDevice::Decklink { number, connection: "sdi".into(), mode: "auto".into() }
}

/// The parameter that is refused, if one is.
fn refused(input: &Input) -> Option<String> {
    input.check().err().map(|fault| fault.subject)
}

fn of(kind: SourceKind) -> Option<String> {
    refused(&Input { kind, ..input("k") })
}

#[test]
fn a_label_is_one_line_and_not_blank() {
    for (label, fits) in
        [("Camera 2", true), ("Ü".repeat(100).as_str(), true), ("", false), ("  ", false), ("a\u{7}b", false)]
    {
        assert_eq!(refused(&Input { label: label.into(), ..input("k") }).is_none(), fits, "{label:?}");
    }
    assert_eq!(refused(&Input { label: "x".repeat(101), ..input("k") }).as_deref(), Some("label"));
}

#[test]
fn a_latency_is_at_most_five_seconds() {
    assert_eq!(refused(&Input { latency: MAX_LATENCY, ..input("k") }), None);
    let longer = MAX_LATENCY + Duration::from_nanos(1);
    assert_eq!(refused(&Input { latency: longer, ..input("k") }).as_deref(), Some("latency"));
}

#[test]
fn keys_streams_and_patterns_have_their_forms() {
    let key = |key: &str| of(SourceKind::Rtmp { key: key.into() });
    assert_eq!((key("Camera_1.a-b"), key(&"k".repeat(64))), (None, None));
    for wrong in ["", ".hidden", "a b", "a/b", "ä", &"k".repeat(65)] {
        assert_eq!(key(wrong).as_deref(), Some("key"), "{wrong:?}");
    }
    let stream = |id: Option<&str>| of(SourceKind::Stream { stream: id.map(str::to_owned) });
    assert_eq!((stream(None), stream(Some("live-studio/anna"))), (None, None));
    for wrong in ["anna", "/anna", "room/"] {
        assert_eq!(stream(Some(wrong)).as_deref(), Some("stream"), "{wrong:?}");
    }
    let pattern = |pattern: &str, tone_hz| of(SourceKind::Pattern { pattern: pattern.into(), tone_hz });
    assert!(PATTERNS.iter().all(|name| pattern(name, 440).is_none() && pattern(name, 0).is_none()));
    assert_eq!(pattern("plaid", 0).as_deref(), Some("pattern"));
    assert_eq!((pattern("bars", 19), pattern("bars", 20_001)), (Some("tone_hz".into()), Some("tone_hz".into())));
}

#[test]
fn a_capture_names_its_devices() {
    let capture = |picture, sound| of(SourceKind::Capture(CaptureSpec { picture, sound }));
    assert_eq!(capture(Some(v4l2("/dev/video0")), Some(alsa("hw:1,0"))), None);
    assert_eq!(capture(Some(card(1)), None), None);
    assert_eq!(capture(None, None).as_deref(), Some("device"));
    assert_eq!(capture(Some(v4l2(" ")), None).as_deref(), Some("device"));
    assert_eq!(capture(None, Some(alsa(""))).as_deref(), Some("device"));
    let asked = |size, rate| {
        let device = "/dev/video0".to_owned();
        capture(Some(PictureDevice::V4l2 { device, format: CameraFormat::Jpeg, size, rate }), None)
    };
    assert_eq!(asked(Some((1280, 720)), Some(60)), None);
    assert_eq!(asked(Some((0, 720)), None).as_deref(), Some("size"));
    assert_eq!(asked(None, Some(241)).as_deref(), Some("rate"));
}

#[test]
fn one_device_is_recognised_in_two_captures() {
    let spec = |picture, sound| CaptureSpec { picture, sound };
    let camera = spec(Some(v4l2("/dev/video0")), None);
    assert!(camera.shares_a_device(&spec(Some(v4l2("/dev/video0")), Some(alsa("hw:0")))));
    assert!(!camera.shares_a_device(&spec(Some(v4l2("/dev/video1")), None)));
    assert!(spec(None, Some(alsa("hw:0"))).shares_a_device(&spec(Some(card(0)), Some(alsa("hw:0")))));
    // A card's sound and its picture are one device.
    let embedded = SoundDevice::Decklink { number: 2, connection: "embedded".into() };
    assert!(spec(Some(card(2)), None).shares_a_device(&spec(None, Some(embedded.clone()))));
    assert!(!spec(Some(card(1)), None).shares_a_device(&spec(None, Some(embedded))));
    assert!(!spec(None, None).shares_a_device(&spec(None, None)));
}
