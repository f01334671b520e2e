//! Pushing to RTMP servers that work, come late, die, stay silent or cannot work.

mod live;
#[path = "support/turn.rs"]
mod turn;

use live::{H264, H265, Live, packets, run, wait_for};
use lumencast::{
    domain::output::{LinkState, OutputSource},
    media::output::{push::Push, stream::CodedStream},
};
use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

type Reports = Arc<Mutex<Vec<(LinkState, Option<String>)>>>;

fn push(live: &Live, stream: &CodedStream, url: &str) -> (Push, Reports) {
    let reports = Reports::default();
    let (seen, stream) = (reports.clone(), stream.clone());
    let report = move |state, error| seen.lock().unwrap().push((state, error));
    (
        Push::start(OutputSource::Program, move || Some(stream.clone()), url.into(), &live.clock, report).unwrap(),
        reports,
    )
}

fn wait_for_state(reports: &Reports, state: LinkState, seconds: u64) {
    wait_for(&format!("{state:?} in {reports:?}"), seconds, || {
        reports.lock().unwrap().iter().any(|r| r.0 == state).then_some(())
    });
}

fn states(reports: &Reports) -> Vec<LinkState> {
    let mut states: Vec<_> = reports.lock().unwrap().iter().map(|r| r.0).collect();
    states.dedup();
    states
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn url(port: u16) -> String {
    format!("rtmp://127.0.0.1:{port}/live/secret-key")
}

/// An RTMP server for one publisher that writes what it gets into a file.
struct Server {
    process: Child,
    file: PathBuf,
}

impl Server {
    fn start(port: u16, file: PathBuf) -> Self {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-listen", "1", "-i", &url(port), "-c", "copy", "-y"]).arg(&file);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_listener(port);
        Self { process, file }
    }

    /// Waits until the publisher has gone and the file is closed.
    fn finish(mut self) -> PathBuf {
        wait_for("the server to end", 10, || self.process.try_wait().unwrap());
        std::mem::take(&mut self.file)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Looks in the kernel's table: a connection would be taken for the publisher.
fn wait_for_listener(port: u16) {
    let row = format!(":{port:04X} 00000000:0000 0A");
    wait_for("a listener", 10, || std::fs::read_to_string("/proc/net/tcp").unwrap().contains(&row).then_some(()));
}

/// Every picture decodes, and none is missing between the first and the last.
fn assert_continuous(file: &Path, at_least: usize) {
    let decoding = run("ffmpeg", &["-nostdin", "-v", "error", "-f", "null", "-", "-i"], file);
    assert_eq!(String::from_utf8_lossy(&decoding.stderr), "");
    let pictures = packets(file, "v");
    assert!(pictures.len() >= at_least, "{} pictures", pictures.len());
    for pair in pictures.windows(2) {
        let step = pair[1].0 - pair[0].0;
        assert!((step - 1.0 / 30.0).abs() < 0.002, "{step} s between pictures at {}", pair[0].0);
    }
    let sound = packets(file, "a");
    for pair in sound.windows(2) {
        let step = pair[1].0 - pair[0].0;
        assert!((step - 1024.0 / 48_000.0).abs() < 0.003, "{step} s between sounds at {}", pair[0].0);
    }
    assert!((sound[0].0 - pictures[0].0).abs() < 0.025, "{:?} {:?}", sound[0], pictures[0]);
}

#[test]
fn what_arrives_is_whole_and_in_step() {
    let _turn = turn::shared_turn(30);
    let (folder, live, port) = (tempfile::tempdir().unwrap(), Live::start(H264, true), free_port());
    let server = Server::start(port, folder.path().join("got.mkv"));
    let (push, reports) = push(&live, &live.stream, &url(port));
    assert_eq!(push.url(), format!("rtmp://127.0.0.1:{port}/live/***"));
    wait_for_state(&reports, LinkState::Live, 5);
    live.run_for(3.0);
    let stats = push.stats(1);
    assert!(stats.fps > 25.0 && stats.bytes > 10_000 && stats.dropped == 0 && stats.uptime_s > 2.5, "{stats:?}");
    let stopping = Instant::now();
    push.stop();
    assert!(stopping.elapsed() < Duration::from_millis(1500), "stopping took {:?}", stopping.elapsed());
    assert_continuous(&server.finish(), 80);
    assert_eq!(states(&reports), [LinkState::Connecting, LinkState::Live]);
}

#[test]
fn a_server_that_comes_later_is_found() {
    let _turn = turn::shared_turn(30);
    let (folder, live, port) = (tempfile::tempdir().unwrap(), Live::start(H264, true), free_port());
    let (push, reports) = push(&live, &live.stream, &url(port));
    wait_for_state(&reports, LinkState::Reconnecting, 5);
    let said = reports.lock().unwrap().iter().find_map(|r| r.1.clone()).unwrap();
    assert!(!said.is_empty() && !said.contains("secret"), "{said}");
    println!("{said}");
    let server = Server::start(port, folder.path().join("got.mkv"));
    wait_for_state(&reports, LinkState::Live, 12);
    live.run_for(2.0);
    push.stop();
    assert_continuous(&server.finish(), 45);
    assert_eq!(states(&reports), [LinkState::Connecting, LinkState::Reconnecting, LinkState::Live]);
}

#[test]
fn a_server_that_dies_is_connected_to_again() {
    let _turn = turn::shared_turn(30);
    let (folder, live, port) = (tempfile::tempdir().unwrap(), Live::start(H264, true), free_port());
    let first = Server::start(port, folder.path().join("first.mkv"));
    let (push, reports) = push(&live, &live.stream, &url(port));
    wait_for_state(&reports, LinkState::Live, 5);
    live.run_for(0.5);
    drop(first);
    wait_for_state(&reports, LinkState::Reconnecting, 5);
    let second = Server::start(port, folder.path().join("second.mkv"));
    wait_for("the second life", 12, || {
        (states(&reports).iter().filter(|s| **s == LinkState::Live).count() == 2).then_some(())
    });
    live.run_for(2.0);
    push.stop();
    assert_continuous(&second.finish(), 45);
}

#[test]
fn a_silent_server_times_out_and_stopping_does_not_wait_for_it() {
    let _turn = turn::shared_turn(30);
    let live = Live::start(H264, true);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (push, reports) = push(&live, &live.stream, &url(listener.local_addr().unwrap().port()));
    let _silent: (TcpStream, _) = listener.accept().unwrap();
    wait_for_state(&reports, LinkState::Reconnecting, 10);
    assert!(push.stats(1).dropped > 0, "what finds no room is dropped and counted");
    println!("{reports:?}");
    let _again = listener.accept().unwrap();
    let stopping = Instant::now();
    push.stop();
    assert!(stopping.elapsed() < Duration::from_millis(1500), "stopping took {:?}", stopping.elapsed());
    assert_eq!(states(&reports), [LinkState::Connecting, LinkState::Reconnecting]);
}

/// The text of the first failure of a push to a destination.
fn failure(live: &Live, url: &str) -> String {
    let (push, reports) = push(live, &live.stream, url);
    wait_for_state(&reports, LinkState::Reconnecting, 12);
    push.stop();
    let texts: Vec<_> = reports.lock().unwrap().iter().filter_map(|report| report.1.clone()).collect();
    texts.into_iter().next().unwrap()
}

#[test]
fn each_kind_of_failure_has_its_own_sentence() {
    let _turn = turn::shared_turn(30);
    let live = Live::start(H264, true);
    let answering = |answer: &'static [u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let _ = std::io::Write::write_all(&mut socket.unwrap(), answer);
            }
        });
        port
    };
    let [hangs_up, speaks_http] = [answering(b""), answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")];
    for (url, text) in [
        (url(free_port()), "The server refuses connections"),
        ("rtmp://no-such-host.invalid/live/secret-key".to_owned(), "The host of the destination was not found"),
        (url(hangs_up), "The server closed the connection before it took the stream"),
        (url(speaks_http), "The other end is no RTMP server"),
        (url(hangs_up).replace("rtmp:", "rtmps:"), "The server closed the connection before it took the stream"),
        (url(speaks_http).replace("rtmp:", "rtmps:"), "The server has no certificate that can be trusted"),
    ] {
        assert_eq!(failure(&live, &url), text, "{url}");
    }
}

#[test]
fn stopping_while_it_connects_loses_no_descriptor() {
    let _turn = turn::shared_turn(30);
    let live = Live::start(H264, true);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let round = |after: Duration| {
        let (push, reports) = push(&live, &live.stream, &url(port));
        wait_for_state(&reports, LinkState::Connecting, 5);
        let _accepted = (!after.is_zero()).then(|| silent.accept().unwrap());
        std::thread::park_timeout(after); // how far the connection comes is the case, not a result
        push.stop();
    };
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    round(Duration::from_millis(100));
    let before = count();
    for n in 0..20 {
        round(Duration::from_millis(n % 5 * 30));
        // Connections that were made and not accepted would be taken for the next one.
        silent.set_nonblocking(true).unwrap();
        while silent.accept().is_ok() {}
        silent.set_nonblocking(false).unwrap();
    }
    wait_for(&format!("as many descriptors as before, {before}, not {}", count()), 5, || {
        (count() <= before).then_some(())
    });
}

#[test]
fn a_failing_destination_costs_the_other_nothing() {
    let _turn = turn::shared_turn(30);
    let (folder, live, port) = (tempfile::tempdir().unwrap(), Live::start(H264, true), free_port());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::start(port, folder.path().join("got.mkv"));
    let (good, reports) = push(&live, &live.stream, &url(port));
    let (hung, _) = push(&live, &live.stream, &url(silent.local_addr().unwrap().port()));
    let (refused, refusals) = push(&live, &live.stream, &url(free_port()));
    wait_for_state(&reports, LinkState::Live, 5);
    wait_for_state(&refusals, LinkState::Reconnecting, 5);
    live.run_for(6.0);
    let stats = good.stats(1);
    assert_eq!(stats.dropped, 0);
    good.stop();
    hung.stop();
    refused.stop();
    assert_continuous(&server.finish(), 170);
}

#[test]
fn what_can_never_work_is_an_error_and_not_tried_again() {
    let _turn = turn::shared_turn(30);
    let live = Live::start(H265, true);
    let (_push, reports) = push(&live, &live.stream, &url(free_port()));
    wait_for_state(&reports, LinkState::Error, 5);
    assert!(reports.lock().unwrap().last().unwrap().1.as_ref().unwrap().contains("H.265"));
    let (_push, reports) = push(&live, &live.stream, "http://127.0.0.1/secret");
    wait_for_state(&reports, LinkState::Error, 5);
    assert!(!format!("{reports:?}").contains("secret"));
}

#[test]
fn sound_that_stops_does_not_hold_up_the_picture() {
    let _turn = turn::shared_turn(30);
    let (folder, live, port) = (tempfile::tempdir().unwrap(), Live::start(H264, true), free_port());
    let sound = lumencast::media::link::Feed::new(lumencast::media::link::Carries::Coded);
    let through = sound.clone();
    let _listener = live.stream.audio.as_ref().unwrap().listen(move |buffer, caps| {
        if buffer.pts().unwrap().mseconds() < 1500 {
            through.push(buffer, caps);
        }
    });
    let mut stream = live.stream.clone();
    stream.audio = Some(sound);
    let server = Server::start(port, folder.path().join("got.mkv"));
    let (push, reports) = push(&live, &stream, &url(port));
    wait_for_state(&reports, LinkState::Live, 5);
    live.run_until(6.0);
    push.stop();
    let file = server.finish();
    let pictures = packets(&file, "v");
    assert!(pictures.last().unwrap().0 > 3.5, "{:?}", pictures.last());
    run("ffmpeg", &["-nostdin", "-v", "error", "-xerror", "-f", "null", "-", "-i"], &file);
}
