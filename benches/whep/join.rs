//! One viewer that joins a server that runs, for benches/joins: prints after how many milliseconds the whole of the first
//! key frame was there, and how many packets came twice.

use std::{
    collections::HashSet,
    net::UdpSocket,
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Input, Output, Rtc, RtcConfig,
    change::SdpAnswer,
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
};

/// How long it stays after the first key frame, so that what is sent again would be seen.
const STAY: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(10);

/// Joins an address once. Credentials, certificate and connection are ready before the time begins.
pub fn once(url: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port"); // with the system's receive buffer
    let local = socket.local_addr().expect("an address");
    let mut rtc = RtcConfig::new().clear_codecs().enable_opus(true, false).enable_h264(true).build(Instant::now());
    rtc.add_local_candidate(Candidate::host(local, "udp").expect("a candidate"));
    let mut changes = rtc.sdp_api();
    changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    let (offer, pending) = changes.apply().expect("an offer");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (posted, location, text) = runtime.block_on(async {
        let request = client.post(url).header("content-type", "application/sdp").body(offer.to_sdp_string());
        let posted = Instant::now();
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), 201);
        let location = response.headers()["location"].to_str().expect("a path").to_owned();
        (posted, location, response.text().await.expect("a body"))
    });
    let answered = posted.elapsed();
    let numbers = |wanted: &str| -> HashSet<u8> {
        let maps = text.lines().filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '));
        maps.filter(|(_, name)| name.starts_with(wanted)).filter_map(|(number, _)| number.parse().ok()).collect()
    };
    let (pictures, again) = (numbers("H264/"), numbers("rtx/"));
    rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&text).expect("an answer")).expect("accepted");
    let (mut first, mut whole, mut last, mut twice) = (None, None::<Instant>, None::<u16>, 0);
    while whole.is_none_or(|whole| whole.elapsed() < STAY) {
        assert!(posted.elapsed() < LIMIT, "no picture");
        let Some((length, source, room)) = receive(&mut rtc, &socket) else { continue };
        let data = &room[..length];
        let number = data[1] & 0x7f;
        let is_media = data[0] >= 128 && !(64..96).contains(&number);
        if is_media && again.contains(&number) {
            twice += 1;
        }
        if is_media && pictures.contains(&number) && whole.is_none() {
            first.get_or_insert_with(|| posted.elapsed());
            let sequence = u16::from_be_bytes([data[2], data[3]]);
            assert!(last.is_none_or(|last| last.wrapping_add(1) == sequence), "a packet was lost");
            last = Some(sequence);
            whole = (data[1] >= 128).then(Instant::now);
        }
        if let Ok(receive) = Receive::new(Protocol::Udp, source, local, data) {
            rtc.handle_input(Input::Receive(Instant::now(), receive)).expect("a session");
        }
    }
    let origin = url.split("/whep").next().unwrap_or(url);
    runtime.block_on(async { client.delete(format!("{origin}{location}")).send().await.expect("an end") });
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    eprintln!("answered {:.1} ms, first packet {:.1} ms", ms(answered), ms(first.unwrap_or_default()));
    println!("{:.1} {twice}", whole.map_or(0.0, |whole| ms(whole - posted)));
}

/// Sends what is due and receives one datagram, if one comes before the session's next turn.
fn receive(rtc: &mut Rtc, socket: &UdpSocket) -> Option<(usize, std::net::SocketAddr, [u8; 2048])> {
    let until = loop {
        match rtc.poll_output().expect("a session") {
            Output::Timeout(at) => break at,
            Output::Transmit(transmit) => drop(socket.send_to(&transmit.contents, transmit.destination)),
            Output::Event(_) => {}
        }
    };
    let wait = until.saturating_duration_since(Instant::now()).clamp(Duration::from_micros(200), STAY / 10);
    socket.set_read_timeout(Some(wait)).expect("a timeout");
    let mut room = [0; 2048];
    match socket.recv_from(&mut room) {
        Ok((length, source)) => Some((length, source, room)),
        Err(_) => {
            rtc.handle_input(Input::Timeout(Instant::now())).expect("a session");
            None
        }
    }
}
