//! Capture: the path of every device, with a picture and a tone made here in the device's place; and the devices' own
//! pipelines as far as they can be built without a device.

use crate::collector::wait_for;
use lumencast::{
    domain::{
        capture::{CameraFormat, CaptureSpec, PictureDevice, SoundDevice},
        source::{Signal, SourceId},
        time::{Format, Rate},
    },
    media::{
        clock::ShowClock,
        ingest::{capture, source::Source},
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const PROJECT: Format = Format { width: 640, height: 360, rate: Rate { num: 30, den: 1 } };

fn source() -> (Arc<Source>, ShowClock) {
    gst::init().unwrap();
    let clock = ShowClock::start();
    let (latency, hold) = (Duration::from_millis(100), Duration::from_secs(1));
    (Source::new(SourceId(1), "capture".into(), clock.clone(), PROJECT, latency, hold), clock)
}

#[test]
fn frames_and_sound_of_a_device_reach_the_source_in_the_projects_format() {
    let _turn = crate::support::shared_turn(30);
    let (source, clock) = source();
    let spec = CaptureSpec { picture: Some(PictureDevice::Test { frames: None }), sound: Some(SoundDevice::Test) };
    let capture = capture::start(&source, &clock, PROJECT, &spec).unwrap();
    wait_for("50 frames", || (source.measure().frames >= 50).then_some(()));
    let stats = source.measure();
    assert_eq!((stats.width, stats.height), (320, 240), "the device's own size");
    assert_eq!(source.health().signal, Signal::Ok);
    assert!(source.health().has_audio);
    let peak = wait_for("a tone", || Some(source.measure().peak_db[0]).filter(|peak| *peak > -30.0));
    assert!(peak < 0.1, "{peak}");
    // 25 frames a second of the device fill 30 slots: one of six is shown twice, none is lost.
    assert_eq!(stats.dropped, 0);
    assert!(stats.repeated * 4 <= stats.frames, "{} repeated of {}", stats.repeated, stats.frames);
    let begun = Instant::now();
    drop(capture);
    wait_for("the signal to go", || (source.health().signal != Signal::Ok).then_some(()));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_device_that_goes_away_is_opened_again() {
    let _turn = crate::support::shared_turn(30);
    let (source, clock) = source();
    let spec = CaptureSpec { picture: Some(PictureDevice::Test { frames: Some(10) }), sound: None };
    let _capture = capture::start(&source, &clock, PROJECT, &spec).unwrap();
    wait_for("frames of a third run", || (source.measure().frames >= 25).then_some(()));
}

#[test]
fn a_device_that_is_not_there_is_tried_again_and_lets_go_at_once() {
    let _turn = crate::support::shared_turn(30);
    let (source, clock) = source();
    let device = "/dev/video-that-is-not-there".to_owned();
    let picture = PictureDevice::V4l2 { device, format: CameraFormat::Raw, size: Some((640, 480)), rate: Some(30) };
    let spec = CaptureSpec { picture: Some(picture), sound: Some(SoundDevice::Test) };
    let capture = capture::start(&source, &clock, PROJECT, &spec).unwrap();
    wait_for("sound, which does not need the camera", || {
        Some(source.measure().peak_db[0]).filter(|peak| *peak > -30.0)
    });
    assert_eq!(source.measure().frames, 0);
    drop(capture);
    wait_for("the capture to let go of the source", || (Arc::strong_count(&source) == 1).then_some(()));
}

#[test]
fn every_kind_of_device_has_a_pipeline_and_wrong_settings_are_named() {
    gst::init().unwrap();
    let camera = |format| {
        let device = "/dev/video0".to_owned();
        Some(PictureDevice::V4l2 { device, format, size: Some((1280, 720)), rate: None })
    };
    let card = |number, connection: &str, mode: &str| {
        Some(PictureDevice::Decklink { number, connection: connection.into(), mode: mode.into() })
    };
    let embedded = |number| Some(SoundDevice::Decklink { number, connection: "embedded".into() });
    let alsa = Some(SoundDevice::Alsa { device: "hw:1,0".into() });
    for (picture, sound) in [
        (camera(CameraFormat::Raw), None),
        (camera(CameraFormat::Jpeg), alsa.clone()),
        (camera(CameraFormat::H264), None),
        (card(0, "sdi", "1080i50"), embedded(0)),
        (card(3, "hdmi", "auto"), None),
        (card(1, "auto", "720p60"), embedded(2)),
        (None, alsa),
    ] {
        let spec = CaptureSpec { picture, sound };
        capture::check(PROJECT, &spec).unwrap_or_else(|failure| panic!("{spec:?}: {}", failure.text));
    }
    for (picture, word) in [(card(0, "usb", "auto"), "usb"), (card(0, "sdi", "8000p1"), "8000p1"), (None, "nothing")] {
        let failure = capture::check(PROJECT, &CaptureSpec { picture, sound: None }).unwrap_err();
        assert!(failure.text.contains(word), "{}", failure.text);
    }
}
