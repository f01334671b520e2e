//! What an answer says: m-lines in the offer's order, parameters that were offered, and refusals in one sentence.

use super::{
    client::{Kind, Offering},
    fixture::Open,
};
use reqwest::{Method, Response, header};

async fn post(open: &Open, path: &str, offer: &str) -> Response {
    let request = reqwest::Client::new().post(open.url(path)).header(header::CONTENT_TYPE, "application/sdp");
    request.body(offer.to_owned()).send().await.unwrap()
}

/// The m-lines of a description, each with its attributes.
fn media(description: &str) -> Vec<String> {
    description.split("\r\nm=").skip(1).map(str::to_owned).collect()
}

/// An offer whose video is in another codec: the payload types stay.
fn in_codec(offer: &str, codec: &str) -> String {
    let line = |line: &str| match line {
        _ if line.contains("H264/90000") || line.contains("VP8/90000") => {
            format!("{} {codec}/90000", line.split(' ').next().unwrap())
        }
        _ if line.starts_with("a=fmtp:") && line.contains("packetization-mode") => String::new(),
        _ => line.to_owned(),
    };
    offer.lines().map(line).filter(|line| !line.is_empty()).map(|line| line + "\r\n").collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_cannot_be_taken_as_it_is_meant_gets_one_sentence() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    let (publishing, watching) = (Offering::new(Kind::PUBLISHER), Offering::new(Kind::VIEWER));
    let (whip, whep) = ("/whip/live/hall?token=in", "/whep/live/hall");
    let (offer, view) = (publishing.offer.to_sdp_string(), watching.offer.to_sdp_string());
    let high_422 = |offer: &str| {
        let mut out = in_codec(offer, "X");
        out = out.replacen(" X/90000", " H264/90000", 1);
        let number = out.split("a=rtpmap:").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let map = format!("a=rtpmap:{number} H264/90000\r\n");
        out.replace(&map, &format!("{map}a=fmtp:{number} packetization-mode=1;profile-level-id=7a001f\r\n"))
    };
    let cases = [
        (whip, in_codec(&offer, "AV1"), 406, "none of the offered video codecs"),
        (whep, in_codec(&view, "H265"), 406, "none of the offered video codecs"),
        (whip, high_422(&offer), 406, "none of the offered video codecs"),
        (whep, high_422(&view), 406, "none of the offered video codecs"),
        (whip, offer.replace("sha-256", "sha-384"), 422, "SHA-256"),
        (whip, offer.replace("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"), 422, "ICE lite"),
        (whip, offer.replace("a=mid:", "a=xyz:"), 422, "no valid description"),
        (whip, offer.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 zz:"), 422, "no valid description"),
        (whep, view.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), 406, "none of the offered"),
    ];
    for (path, offer, status, text) in cases {
        let response = post(&open, path, &offer).await;
        assert_eq!(response.status(), status, "{text}: {offer}");
        let problem: serde_json::Value = response.json().await.unwrap();
        let message = problem["error"]["message"].as_str().unwrap();
        assert!(message.contains(text) && message.len() < 160, "{message}");
        assert!(!["0x", "Error", "{", "Some("].iter().any(|raw| message.contains(raw)), "{message}");
        assert!(!open.fixture.live.is_live(), "no publisher is let in or evicted for it");
    }
    let response = post(
        &open,
        "/whip/live/hall?token=eye",
        &Offering::new(Kind { picture: false, ..Kind::PUBLISHER }).offer.to_sdp_string(),
    )
    .await;
    assert_eq!(response.status(), 403, "sound, where pictures alone may be sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_without_the_streams_codec_is_refused_and_one_in_the_midst_of_it_is_ended() {
    use super::{client::ClientEvent, fixture::Feeder};
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    let kind = Kind { h264: false, ..Kind::VIEWER };
    let mut early = super::client::Client::to(&open.url(""), "/whep/live/hall", kind).await;
    early.until(|event| matches!(event, ClientEvent::Connected)).await;
    let _other = Feeder::start(&open.fixture.other, 0, 30, true);
    early.until(|event| matches!(event, ClientEvent::Gone)).await;
    let _feeder = Feeder::start(&open.fixture.live, 0, 30, true);
    let response = Offering::new(kind).post(&open.url("/whep/live/hall")).await;
    assert_eq!(response.status(), 406);
    assert!(response.text().await.unwrap().contains("in a video codec that the offer does not have"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declined_m_lines_come_back_in_their_places_and_accepted_ones_carry_the_transport() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    let offer = Offering::new(Kind::VIEWER).offer.to_sdp_string();
    let lines = media(&offer);
    let with_mid = |line: &str, mid: &str| {
        let own = line.lines().find(|line| line.starts_with("a=mid:")).unwrap().to_owned();
        format!("m={}\r\n", line.trim_end().replace(&own, &format!("a=mid:{mid}")))
    };
    let head = offer.split("m=").next().unwrap();
    let head: String = head.lines().filter(|line| !line.starts_with("a=group")).map(|l| format!("{l}\r\n")).collect();
    let av1 = in_codec(&with_mid(&lines[0], "0"), "AV1");
    let text = format!(
        "{head}a=group:BUNDLE 0 1 2 3\r\n{av1}{}{}{}",
        with_mid(&lines[0], "1"),
        with_mid(&lines[1], "2"),
        with_mid(&lines[0], "3")
    );
    let response = post(&open, "/whep/live/hall", &text).await;
    let status = response.status();
    let answer = response.text().await.unwrap();
    assert_eq!(status, 201, "{answer}");
    let answered = media(&answer);
    let says = |n: usize, what: &str| answered[n].contains(what);
    assert_eq!(answered.len(), 4, "{answer}");
    for (n, line) in answered.iter().enumerate() {
        let accepted = [1, 2].contains(&n);
        assert_eq!(!line.starts_with("video 0 "), accepted, "{answer}");
        assert!(says(n, &format!("a=mid:{n}")));
        assert_eq!(says(n, "a=ice-ufrag:"), accepted);
        assert_eq!(says(n, "a=candidate:"), n == 1, "on the first accepted one: {answer}");
    }
    assert!(answer.contains("a=group:BUNDLE 1 2\r\n") && !answer.contains("a=ice-lite"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn levels_and_parameters_of_sound_are_answered() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    let offer = Offering::new(Kind::PUBLISHER).offer.to_sdp_string();
    let asked = |fmtp: &str, from: &str| offer.replace(from, fmtp);
    let answer = post(&open, "/whip/live/hall?token=in", &offer).await.text().await.unwrap();
    assert!(answer.contains("profile-level-id=42e034") && answer.contains("level-asymmetry-allowed=1"), "{answer}");
    assert!(answer.contains("stereo=1") && answer.contains("useinbandfec=1") && !answer.contains("usedtx"), "{answer}");
    let same = asked("", "level-asymmetry-allowed=1;");
    let answer = post(&open, "/whip/live/hall?token=in", &same).await.text().await.unwrap();
    let levels: Vec<_> = answer.split("profile-level-id=").skip(1).filter_map(|rest| rest.get(4..6)).collect();
    assert!(levels.len() > 2 && levels.iter().all(|level| *level == "1f"), "{answer}");
    let more = asked("useinbandfec=1;usedtx=1;maxaveragebitrate=96000", "useinbandfec=1");
    let answer = post(&open, "/whip/live/hall?token=in", &more).await.text().await.unwrap();
    assert!(answer.contains(";usedtx=1;maxaveragebitrate=96000\r\n"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preflight_request_is_granted_what_it_asks_for() {
    let _turn = crate::support::shared_turn(20);
    let open = Open::endpoint().await;
    for path in ["/whip/live/hall", "/whep/live/hall", "/whip/r/00000000000000000000000000000000"] {
        let request = reqwest::Client::new().request(Method::OPTIONS, open.url(path));
        let request = request.header("origin", "https://studio.example");
        let response = request.header("access-control-request-headers", "x-trace, if-match").send().await.unwrap();
        let says = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((response.status().as_u16(), says("access-control-allow-origin").as_str()), (204, "*"));
        for method in ["PATCH", "DELETE"] {
            assert!(says("access-control-allow-methods").contains(method) && says("allow").contains(method));
        }
        for name in ["Authorization", "Content-Type", "If-Match", "x-trace"] {
            assert!(says("access-control-allow-headers").contains(name), "{name}");
        }
    }
}
