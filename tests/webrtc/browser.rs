//! Chromium as a peer: what it sends and hears.

use super::{chromium::Chromium, fixture::Open};
use lumencast::app::rooms::live::Start;
use lumencast::protocol::packet::Packet;
use std::{sync::mpsc, time::Duration};

const DEADLINE: Duration = Duration::from_secs(40);

// Pages are opened at the endpoint's own address, which answers that GET is not for it: any document of the origin does.

/// Posts an offer and takes the answer. `change` is done to the offer's text.
const EXCHANGE: &str = "async function exchange(pc, url, change) { \
    const offer = await pc.createOffer(); offer.sdp = change(offer.sdp); await pc.setLocalDescription(offer); \
    const r = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: offer.sdp }); \
    const sdp = await r.text(); if (!r.ok) throw new Error(sdp); \
    await pc.setRemoteDescription({ type: 'answer', sdp }); }";

/// A tone of 440 Hz on the left and one of 1320 Hz on the right.
const TONES: &str = "const context = new AudioContext(); const both = context.createChannelMerger(2); \
    [440, 1320].forEach((f, n) => { const o = context.createOscillator(); o.frequency.value = f; \
    const g = context.createGain(); g.gain.value = 0.3; o.connect(g).connect(both, 0, n); o.start(); }); \
    const out = context.createMediaStreamDestination(); out.channelCount = 2; both.connect(out);";

/// Levels in dB at both frequencies, of the left and the right.
const LEVELS: &str = "const ears = new AudioContext(); \
    const listen = stream => { const e = new Audio(); e.srcObject = stream; e.muted = true; e.play(); \
    const split = ears.createChannelSplitter(2); ears.createMediaStreamSource(stream).connect(split); \
    window.analysers = [0, 1].map(n => { const a = ears.createAnalyser(); a.fftSize = 16384; \
    a.smoothingTimeConstant = 0; split.connect(a, n); return a; }); }; \
    window.level = (ear, f) => { if (!window.analysers) return -999; const a = window.analysers[ear]; \
    const bins = new Float32Array(a.frequencyBinCount); a.getFloatFrequencyData(bins); \
    const n = Math.round(f * a.fftSize / ears.sampleRate); return Math.max(-999, ...bins.slice(n - 3, n + 4)); };";

/// Runs a script in a page; `document.body.dataset.done` is set when it is through, or holds what went wrong.
async fn run(page: &mut Chromium, script: &str) {
    let script = format!(
        "((async () => {{ {EXCHANGE} {script} }})().then(() => document.body.dataset.done = 'yes', \
        error => document.body.dataset.done = String(error)), 1)"
    );
    page.number(&script).await;
    page.until("document.body.dataset.done === 'yes'", DEADLINE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_two_ears_of_a_browser_are_heard_apart_in_another() {
    let _turn = crate::support::shared_turn(100);
    let open = Open::endpoint().await;
    let mut publisher = Chromium::open(&open.url("/whep/live/hall")).await;
    let whip = open.url("/whip/live/hall?token=in");
    let send = "const pc = window.pc = new RTCPeerConnection(); \
        pc.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly', streams: [out.stream] });";
    run(&mut publisher, &format!("{TONES} {send} await exchange(pc, '{whip}', sdp => sdp);")).await;
    let mut viewer = Chromium::open(&open.url("/whep/live/hall")).await;
    let whep = open.url("/whep/live/hall");
    let receive = "const pc = window.pc = new RTCPeerConnection(); \
        pc.ontrack = e => { if (e.track.kind === 'audio') listen(new MediaStream([e.track])); }; \
        ['video', 'audio'].forEach(kind => pc.addTransceiver(kind, { direction: 'recvonly' }));";
    let stereo = "sdp => sdp.replace('useinbandfec=1', 'useinbandfec=1;stereo=1')";
    run(&mut viewer, &format!("{LEVELS} {receive} await exchange(pc, '{whep}', {stereo});")).await;
    viewer.until("level(0, 440) > -40 && level(1, 1320) > -40", DEADLINE).await;
    let apart = "level(0, 440) - level(1, 440) > 40 && level(1, 1320) - level(0, 1320) > 40";
    viewer.until(&format!("{apart} && level(0, 440) > -40"), DEADLINE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_sends_three_sizes_is_seen_in_the_largest() {
    let _turn = crate::support::shared_turn(100);
    let open = Open::endpoint().await;
    let (send, keyframes) = mpsc::channel();
    let _listener = open.fixture.live.listen(Start::Now, move |unit| {
        if let Packet::Video { keyframe: true, .. } = unit.packet {
            let _ = send.send(());
        }
    });
    let mut publisher = Chromium::open(&open.url("/whep/live/hall")).await;
    let whip = open.url("/whip/live/hall?token=in");
    // A smaller picture is sent in two sizes by Chromium.
    let draw = "const c = document.createElement('canvas'); c.width = 1280; c.height = 720; \
        const g = c.getContext('2d'); let n = 0; setInterval(() => { g.fillStyle = `hsl(${n++ * 7} 90% 50%)`; \
        g.fillRect(0, 0, 1280, 720); g.fillStyle = 'white'; g.fillRect(n * 5 % 600, 100, 40, 200); }, 33); \
        const pc = window.pc = new RTCPeerConnection(); pc.addTransceiver(c.captureStream(30).getVideoTracks()[0], { \
        direction: 'sendonly', sendEncodings: [{ rid: 'q', scaleResolutionDownBy: 4 }, \
        { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }] });";
    run(&mut publisher, &format!("{draw} await exchange(pc, '{whip}', sdp => sdp);")).await;
    let size = || open.fixture.live.picture().map(|picture| (picture.width, picture.height));
    let end = std::time::Instant::now() + DEADLINE;
    while size() != Some((1280, 720)) {
        assert!(std::time::Instant::now() < end, "{:?}", size());
        tokio::time::sleep(Duration::from_millis(20)).await; // between two looks
    }
    assert!(keyframes.try_iter().count() < 20, "it is not asked all the time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_takes_the_answer_to_an_offer_with_more_than_is_accepted() {
    let _turn = crate::support::shared_turn(100);
    let open = Open::endpoint().await;
    let mut viewer = Chromium::open(&open.url("/whep/live/hall")).await;
    let whep = open.url("/whep/live/hall");
    let script = "const pc = window.pc = new RTCPeerConnection(); \
        ['video', 'audio', 'video', 'audio'].forEach(kind => pc.addTransceiver(kind, { direction: 'recvonly' })); \
        pc.createDataChannel('chat');";
    run(&mut viewer, &format!("{script} await exchange(pc, '{whep}', sdp => sdp);")).await;
    viewer.until("pc.connectionState === 'connected'", DEADLINE).await;
    let directions = "pc.getTransceivers().map(t => t.currentDirection || 'stopped').join()";
    viewer.until(&format!("{directions}.startsWith('recvonly,recvonly')"), DEADLINE).await;
}
