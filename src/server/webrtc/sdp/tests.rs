use super::{super::access::ViewerCodecs, *};

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n";
const TRANSPORT: &str = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 00\r\n";
const AV1: &str = "m=video 9 UDP/TLS/RTP/SAVPF 45\r\na=mid:2\r\na=sendonly\r\na=rtpmap:45 AV1/90000\r\n";
const PICTURE: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:96 H264/90000\r\n\
    a=fmtp:96 packetization-mode=1;profile-level-id=42c01f\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\n\
    a=rid:a send\r\na=rid:b send\r\na=simulcast:send a;b\r\n";
const SOUND: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=rtpmap:111 opus/48000/2\r\n";

fn offer(media: &[&str]) -> String {
    format!("{HEAD}{TRANSPORT}{}", media.concat())
}

fn taken(media: &[&str], direction: Direction) -> Result<Offer, Fault> {
    shape(&offer(media), direction, Allowed::ALL)
}

#[test]
fn one_picture_and_one_sound_are_accepted_one_way_and_the_rest_is_left_out() {
    let second = PICTURE.replace("a=mid:0", "a=mid:7");
    let shaped = taken(&[AV1, PICTURE, SOUND, &second], Direction::In).unwrap();
    assert_eq!((shaped.picture.as_deref(), shaped.sound, shaped.data), (Some("0"), true, false));
    assert_eq!(shaped.codecs, ViewerCodecs { h264: true, opus: true, ..ViewerCodecs::default() });
    let directions: Vec<_> = shaped.text.lines().filter(|line| line.ends_with("ly") || *line == "a=sendrecv").collect();
    assert_eq!(directions, ["a=sendonly", "a=sendonly"]);
    assert!(!shaped.text.contains("candidate") && shaped.text.contains("a=simulcast:send a;b"));
    assert!(!shaped.text.contains("AV1") && !shaped.text.contains("a=mid:7"));
    assert!(shaped.text.contains("a=group:BUNDLE 0 1\r\n"), "{}", shaped.text);
    let apart = offer(&[PICTURE, SOUND]).replace("a=group:BUNDLE 0 1 2\r\n", "");
    assert_eq!(shape(&apart, Direction::In, Allowed::ALL), Err(Fault::Lacks("a=group:BUNDLE")));
    let watching = taken(&[PICTURE, SOUND], Direction::Out).unwrap();
    assert!(!watching.text.contains("simulcast") && !watching.text.contains("a=rid"));
    let listening = Allowed { picture: false, sound: true };
    let listening = shape(&offer(&[PICTURE, SOUND]), Direction::Out, listening).unwrap();
    assert_eq!((listening.picture, listening.sound), (None, true));
}

#[test]
fn an_offer_that_cannot_be_answered_is_refused_with_its_reason() {
    let is = |media: &[&str], fault| assert_eq!(taken(media, Direction::In), Err(fault), "{media:?}");
    assert_eq!(shape("hello", Direction::In, Allowed::ALL), Err(Fault::Malformed));
    is(&[AV1], Fault::NoVideoCodec);
    is(&[SOUND, AV1], Fault::NoVideoCodec);
    is(&[&PICTURE.replace("packetization-mode=1", "packetization-mode=0")], Fault::NoVideoCodec);
    is(&[&PICTURE.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP")], Fault::NoVideoCodec);
    is(&[&SOUND.replace("opus", "PCMU")], Fault::NoAudioCodec);
    is(&[&PICTURE.replace("a=sendrecv", "a=recvonly")], Fault::Lacks("media to receive"));
    is(&[], Fault::Lacks("media to receive"));
    let nothing = Allowed { picture: false, sound: false };
    assert_eq!(shape(&offer(&[SOUND]), Direction::In, nothing), Err(Fault::NotAllowed));
    let other = |from: &str, to: &str| shape(&offer(&[SOUND]).replace(from, to), Direction::In, Allowed::ALL);
    assert_eq!(other("sha-256", "sha-384"), Err(Fault::Fingerprint));
    assert_eq!(other("a=ice-ufrag:abcd\r\n", ""), Err(Fault::Lacks("a=ice-ufrag")));
    assert_eq!(other("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"), Err(Fault::IceLite));
    let both = other("a=fingerprint:", "a=fingerprint:sha-512 11\r\na=fingerprint:").unwrap();
    assert!(both.text.contains("a=fingerprint:sha-256 00\r\n") && !both.text.contains("sha-512"));
}

#[test]
fn the_transport_of_the_first_accepted_m_line_counts() {
    let own = |ufrag: &str| TRANSPORT.replace("abcd", ufrag);
    let text = format!("{HEAD}{AV1}{}{PICTURE}{}{SOUND}", own("refused"), own("first"));
    let shaped = shape(&text, Direction::In, Allowed::ALL).unwrap();
    assert_eq!(shaped.ufrag, "first");
    assert_eq!(shaped.text.matches("a=ice-ufrag:").count(), 1);
    assert!(shaped.text.find("a=ice-ufrag:first") < shaped.text.find("m="), "before the first m-line");
}

#[test]
fn an_answer_has_every_m_line_of_the_offer_in_order() {
    let data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:8\r\n";
    let shaped = taken(&[AV1, PICTURE, data, SOUND, &data.replace(":8", ":9")], Direction::Out);
    assert_eq!(shaped.clone().err(), None);
    let of_session = "v=0\r\na=group:BUNDLE 0 8 1\r\nm=video 9 X 96\r\na=msid:z w\r\n\
        a=fmtp:96 packetization-mode=1;profile-level-id=42e034\r\nm=application 9 Y z\r\na=mid:8\r\n\
        m=audio 9 X 111\r\na=msid:x y\r\na=ssrc:7 msid:x y\r\n";
    let expected = "v=0\r\na=group:BUNDLE 0 8 1\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:2\r\n\
        m=video 9 X 96\r\na=msid:live video\r\na=fmtp:96 packetization-mode=1;profile-level-id=42c01f\r\n\
        m=application 9 Y z\r\na=mid:8\r\n\
        m=audio 9 X 111\r\na=msid:live audio\r\na=ssrc:7 msid:live audio\r\n\
        m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:9\r\n";
    // AV1 is sent only, so it is not among what a viewer can get.
    assert_eq!(write(&shaped.unwrap(), of_session), expected);
}

#[test]
fn parameters_are_answered_as_they_were_offered() {
    let answered = |kind: &str, map: &str, parameters: &str, direction| {
        let line = format!("m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=rtpmap:96 {map}\r\n");
        let shaped = taken(&[&format!("{line}a=fmtp:96 {parameters}\r\n")], direction).unwrap();
        let ours =
            "v=0\r\nm=x 9 X 96\r\na=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034";
        write(&shaped, ours).lines().last().unwrap().strip_prefix("a=fmtp:96 ").unwrap().to_owned()
    };
    let h264 = |parameters: &str| answered("video", "H264/90000", parameters, Direction::In);
    assert_eq!(
        h264("profile-level-id=42e01f; packetization-mode=1;level-asymmetry-allowed=1"),
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034"
    );
    assert_eq!(h264("packetization-mode=1;profile-level-id=42C01F"), "packetization-mode=1;profile-level-id=42C01F");
    assert_eq!(h264("packetization-mode=1;profile-level-id=x"), "packetization-mode=1");
    let opus = |parameters: &str, direction| answered("audio", "opus/48000/2", parameters, direction);
    assert_eq!(opus("minptime=10", Direction::In), "minptime=10;stereo=1;useinbandfec=1");
    let all = "stereo=1;sprop-stereo=1;useinbandfec=0;usedtx=1;maxaveragebitrate=256000;cbr=1";
    let expected = "minptime=10;stereo=1;sprop-stereo=1;useinbandfec=0;usedtx=1;cbr=1;maxaveragebitrate=256000";
    assert_eq!(opus(all, Direction::In), expected);
    assert_eq!(opus(all, Direction::Out), expected);
    assert_eq!(opus("usedtx=maybe;maxaveragebitrate=1", Direction::Out), "minptime=10;useinbandfec=1");
}

#[test]
fn fragments_are_read_and_others_refused() {
    let text = "a=ice-ufrag:new\r\na=ice-pwd:secret\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n";
    assert_eq!(Fragment::parse(text), Some(Fragment { ufrag: Some("new".into()), pwd: Some("secret".into()) }));
    assert_eq!(Fragment::parse("a=end-of-candidates\r\n"), Some(Fragment { ufrag: None, pwd: None }));
    assert_eq!(Fragment::parse("hello"), None);
    assert_eq!(Fragment::parse("a=mid:0"), None);
    let again = renewed(&offer(&[SOUND]), "new", "secret");
    assert!(again.contains("a=ice-ufrag:new\r\na=ice-pwd:secret\r\n") && !again.contains("abcd"));
}
