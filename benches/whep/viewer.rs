//! A viewer that costs little: a whole session, but what it is sent is only counted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Input, Output, Rtc, RtcConfig,
    change::SdpAnswer,
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
};
use tokio::net::UdpSocket;

/// So many RTP packets are decrypted, so that the session knows its streams and reports on them.
const TASTED: u64 = 40;

/// What came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub packets: u64,
    pub bytes: u64,
    pub lost: u64,
}

/// A viewer's count.
pub type Count = Arc<Mutex<Seen>>;

/// All that came to all.
pub fn total(audience: &[Count]) -> Seen {
    let seen = audience.iter().map(|count| *count.lock().unwrap_or_else(PoisonError::into_inner));
    seen.fold(Seen::default(), |a, b| Seen {
        packets: a.packets + b.packets,
        bytes: a.bytes + b.bytes,
        lost: a.lost + b.lost,
    })
}

/// Watches an address from now on.
pub async fn connect(url: &str) -> Count {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(1 << 20);
    let mut rtc = RtcConfig::new().clear_codecs().enable_opus(true, false).enable_h264(true).build(Instant::now());
    rtc.add_local_candidate(Candidate::host(socket.local_addr().expect("an address"), "udp").expect("a candidate"));
    let mut changes = rtc.sdp_api();
    changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    changes.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    let (offer, pending) = changes.apply().expect("an offer");
    let request = reqwest::Client::new().post(url).header("content-type", "application/sdp");
    let response = request.body(offer.to_sdp_string()).send().await.expect("a response");
    assert_eq!(response.status(), 201);
    let answer = SdpAnswer::from_sdp_string(&response.text().await.expect("a body")).expect("an answer");
    rtc.sdp_api().accept_answer(pending, answer).expect("an accepted answer");
    let count = Count::default();
    tokio::spawn(watch(rtc, socket, count.clone()));
    while total(std::slice::from_ref(&count)).packets == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    count
}

async fn watch(mut rtc: Rtc, socket: UdpSocket, count: Count) {
    let local = socket.local_addr().expect("an address");
    let (mut room, mut highest) = (vec![0; 2048], HashMap::<u32, u16>::new());
    loop {
        let until = loop {
            match rtc.poll_output().expect("a session") {
                Output::Timeout(at) => break at,
                Output::Transmit(transmit) => drop(socket.try_send_to(&transmit.contents, transmit.destination)),
                Output::Event(_) => {}
            }
        };
        let received = tokio::time::timeout_at(until.into(), async {
            loop {
                let (length, source) = socket.recv_from(&mut room).await.expect("a datagram");
                let data = &room[..length];
                let media = data[0] >= 128 && !(64..96).contains(&(data[1] & 0x7f));
                if !media {
                    return (length, source);
                }
                let mut seen = count.lock().unwrap_or_else(PoisonError::into_inner);
                let sequence = u16::from_be_bytes([data[2], data[3]]);
                let ssrc = u32::from_be_bytes([data[8], data[9], data[10], data[11]]);
                if let Some(last) = highest.insert(ssrc, sequence) {
                    seen.lost += u64::from(sequence.wrapping_sub(last).wrapping_sub(1)).min(1000);
                }
                seen.packets += 1;
                seen.bytes += length as u64;
                if seen.packets < TASTED {
                    return (length, source);
                }
            }
        });
        let input = match received.await {
            Ok((length, source)) => match Receive::new(Protocol::Udp, source, local, &room[..length]) {
                Ok(receive) => Input::Receive(Instant::now(), receive),
                Err(_) => continue,
            },
            Err(_) => Input::Timeout(Instant::now()),
        };
        rtc.handle_input(input).expect("a session");
    }
}
