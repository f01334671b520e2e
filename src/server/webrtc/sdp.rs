//! Offers, answers and fragments as text: corrections before and after the session description is processed (RFC 8866,
//! RFC 9725, RFC 8840).
//!
//! Refuses to know: codecs' parameters, ICE, sockets.

use super::access::ViewerCodecs;

/// What is wrong with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No session description at all: 400.
    #[error("this is no session description")]
    Malformed,
    /// Valid, but without anything to connect: 422.
    #[error("the offer has no {0}")]
    Lacks(&'static str),
}

/// The direction of media, from the endpoint's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// An offer in the form that the endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// One picture and one sound at most, one way each, no candidates, no layers.
    pub text: String,
    /// The codecs offered.
    pub codecs: ViewerCodecs,
    /// Whether there is a picture or sound in the right direction.
    pub picture: bool,
    pub sound: bool,
    /// Whether data channels are offered.
    pub data: bool,
    /// The peer's ICE user name fragment.
    pub ufrag: String,
}

/// Brings an offer into the endpoint's form. Pictures are declined when `audio_only`.
///
/// # Errors
/// [`Fault`] when it is invalid, or nothing in it can be answered.
pub fn shape(offer: &str, direction: Direction, audio_only: bool) -> Result<Offer, Fault> {
    if !offer.trim_start().starts_with("v=0") {
        return Err(Fault::Malformed);
    }
    let ufrag = attribute(offer, "ice-ufrag").ok_or(Fault::Lacks("a=ice-ufrag"))?.to_owned();
    attribute(offer, "ice-pwd").ok_or(Fault::Lacks("a=ice-pwd"))?;
    attribute(offer, "fingerprint").ok_or(Fault::Lacks("a=fingerprint"))?;
    let mut shaped =
        Offer { text: String::new(), codecs: codecs(offer), picture: false, sound: false, data: false, ufrag };
    for section in sections(offer) {
        let kind = section.strip_prefix("m=").and_then(|line| line.split_whitespace().next());
        let refused = section.split_whitespace().nth(1) == Some("0") && !section.contains("a=bundle-only");
        let wanted = match kind {
            Some("video") => !audio_only && !refused && !shaped.picture && goes(section, direction),
            Some("audio") => !refused && !shaped.sound && goes(section, direction),
            Some("application") => {
                shaped.data = true;
                false
            }
            _ => false,
        };
        shaped.picture |= wanted && kind == Some("video");
        shaped.sound |= wanted && kind == Some("audio");
        let media = matches!(kind, Some("video" | "audio"));
        for line in section.lines().filter(|line| kept(line)) {
            let is_direction = matches!(line, "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive");
            if media && is_direction {
                continue;
            }
            shaped.text.push_str(line);
            shaped.text.push_str("\r\n");
        }
        if media {
            shaped.text.push_str(match (wanted, direction) {
                (false, _) => "a=inactive\r\n",
                (true, Direction::In) => "a=sendonly\r\n",
                (true, Direction::Out) => "a=recvonly\r\n",
            });
        }
    }
    if !shaped.picture && !shaped.sound {
        return Err(Fault::Lacks(match direction {
            Direction::In => "media to receive",
            Direction::Out => "media to send",
        }));
    }
    Ok(shaped)
}

/// Whether a line is kept: an ICE lite agent needs no candidates of the peer, and simulcast layers are not accepted.
fn kept(line: &str) -> bool {
    let dropped =
        ["a=candidate:", "a=end-of-candidates", "a=remote-candidates:", "a=simulcast:", "a=rid:", "a=ssrc-group:SIM"];
    !line.trim().is_empty() && !dropped.iter().any(|start| line.starts_with(start))
}

/// The part before the first m-line, then one part for each.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text.trim_start());
    std::iter::from_fn(move || {
        let text = rest?;
        let next = text.find("\nm=").map(|at| at + 1);
        rest = next.and_then(|at| text.get(at..));
        text.get(..next.unwrap_or(text.len()))
    })
}

fn goes(section: &str, direction: Direction) -> bool {
    let says = |attribute| section.lines().any(|line| line.trim_end() == attribute);
    let other = match direction {
        Direction::In => "a=recvonly",
        Direction::Out => "a=sendonly",
    };
    !says(other) && !says("a=inactive")
}

fn codecs(offer: &str) -> ViewerCodecs {
    let has = |codec: &str| {
        let lines = offer.lines().filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '));
        lines
            .filter(move |(_, name)| name.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case(codec)))
            .count()
            > 0
    };
    let whole = offer.lines().any(|line| line.starts_with("a=fmtp:") && line.contains("packetization-mode=1"));
    ViewerCodecs { h264: has("H264") && whole, vp8: has("VP8"), vp9: has("VP9"), opus: has("opus") }
}

fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim_end().strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
}

/// The body of a PATCH (RFC 8840, section 9): the peer's credentials; its candidates are of no use to an ICE lite
/// agent, which answers on whatever pair the peer tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    pub ufrag: Option<String>,
    pub pwd: Option<String>,
}

impl Fragment {
    /// `None` when it is no fragment: it must contain credentials or candidates.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |line: &str| {
            let mut halves = line.split('=');
            matches!(halves.next(), Some("a" | "m" | "v" | "o" | "s" | "t" | "c" | "b")) && halves.next().is_some()
        };
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let speaks = lines().any(|line| {
            ["a=ice-ufrag:", "a=candidate:", "a=end-of-candidates"].iter().any(|start| line.starts_with(start))
        });
        (speaks && lines().all(known)).then(|| Self {
            ufrag: attribute(text, "ice-ufrag").map(str::to_owned),
            pwd: attribute(text, "ice-pwd").map(str::to_owned),
        })
    }
}

/// An offer with other ICE credentials: the peer's offer for a restart.
pub fn renewed(offer: &str, ufrag: &str, pwd: &str) -> String {
    let mut out = String::with_capacity(offer.len());
    for line in offer.lines() {
        match line {
            _ if line.starts_with("a=ice-ufrag:") => out.extend(["a=ice-ufrag:", ufrag]),
            _ if line.starts_with("a=ice-pwd:") => out.extend(["a=ice-pwd:", pwd]),
            _ => out.push_str(line),
        }
        out.push_str("\r\n");
    }
    out
}

/// The fragment with the endpoint's credentials and candidates, extracted from an answer.
pub fn fragment(answer: &str) -> String {
    let mut out = String::from("a=ice-lite\r\n");
    for name in ["ice-ufrag", "ice-pwd"] {
        if let Some(value) = attribute(answer, name) {
            out.extend(["a=", name, ":", value, "\r\n"]);
        }
    }
    let Some(first) = sections(answer).nth(1) else { return out };
    let says = |line: &&str| {
        ["m=", "a=mid:", "a=candidate:", "a=end-of-candidates"].iter().any(|start| line.starts_with(start))
    };
    for line in first.lines().filter(says) {
        out.extend([line.trim_end(), "\r\n"]);
    }
    out
}

/// An answer with all tracks in one stream, so that receivers synchronize them.
pub fn together(answer: &str) -> String {
    let mut out = String::with_capacity(answer.len());
    let mut kind = "";
    for line in answer.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            kind = media.split_whitespace().next().unwrap_or_default();
        }
        let ssrc = line.strip_prefix("a=ssrc:").and_then(|rest| rest.split_once(' '));
        match ssrc {
            Some((ssrc, what)) if what.starts_with("msid:") => out.extend(["a=ssrc:", ssrc, " msid:live ", kind]),
            _ if line.starts_with("a=msid:") => out.extend(["a=msid:live ", kind]),
            _ => out.push_str(line),
        }
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 00\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n\
        a=mid:0\r\na=sendrecv\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=candidate:1 1 udp 1 \
        x.local 9 typ host\r\na=simulcast:send a;b\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n\
        a=rtpmap:111 opus/48000/2\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=sendonly\r\n";

    #[test]
    fn one_picture_and_one_sound_are_taken_one_way() {
        let offer = shape(OFFER, Direction::In, false).unwrap();
        assert!(offer.picture && offer.sound && !offer.data);
        assert_eq!(offer.codecs, ViewerCodecs { h264: true, opus: true, ..ViewerCodecs::default() });
        let directions: Vec<_> =
            offer.text.lines().filter(|line| line.ends_with("ly") || *line == "a=inactive").collect();
        assert_eq!(directions, ["a=sendonly", "a=sendonly", "a=inactive"]);
        assert!(!offer.text.contains("candidate") && !offer.text.contains("simulcast"));
        let received = shape(OFFER, Direction::Out, true).unwrap();
        assert!(!received.picture && received.sound);
    }

    #[test]
    fn what_cannot_be_answered_is_told() {
        assert_eq!(shape("hello", Direction::In, false), Err(Fault::Malformed));
        assert_eq!(shape("v=0\r\n", Direction::In, false), Err(Fault::Lacks("a=ice-ufrag")));
        let nothing = OFFER.replace("a=sendrecv", "a=recvonly").replace("a=rtpmap:111", "a=recvonly\r\na=rtpmap:111");
        let nothing = nothing.replace("a=sendonly", "a=inactive");
        assert_eq!(shape(&nothing, Direction::In, false), Err(Fault::Lacks("media to receive")));
    }

    #[test]
    fn fragments_are_read_and_others_refused() {
        let text = "a=ice-ufrag:new\r\na=ice-pwd:secret\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n";
        assert_eq!(Fragment::parse(text), Some(Fragment { ufrag: Some("new".into()), pwd: Some("secret".into()) }));
        assert_eq!(Fragment::parse("a=end-of-candidates\r\n"), Some(Fragment { ufrag: None, pwd: None }));
        assert_eq!(Fragment::parse("hello"), None);
        assert_eq!(Fragment::parse("a=mid:0"), None);
        let again = renewed(OFFER, "new", "secret");
        assert!(again.contains("a=ice-ufrag:new\r\na=ice-pwd:secret\r\n") && !again.contains("abcd"));
    }

    #[test]
    fn both_tracks_of_an_answer_are_of_one_stream() {
        let answer = together("m=audio 9 X 1\r\na=msid:x y\r\na=ssrc:7 msid:x y\r\nm=video 9 X 2\r\na=msid:z w\r\n");
        assert_eq!(
            answer,
            "m=audio 9 X 1\r\na=msid:live audio\r\na=ssrc:7 msid:live audio\r\nm=video 9 X 2\r\na=msid:live video\r\n"
        );
    }
}
