//! An offer in the form that the endpoint answers: what it declines is taken out before the session sees it.

use super::{
    super::access::ViewerCodecs,
    Direction, Fault, attribute, attributes,
    format::{self, Format},
    sections,
};

/// The only transport here (RFC 5764); a peer behind a TCP candidate names it all the same.
const PROTOCOL: &str = "UDP/TLS/RTP/SAVPF";
/// Hashes of certificates that can be compared (RFC 8122, section 5).
const HASH: &str = "sha-256";

/// What a credential allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    pub picture: bool,
    pub sound: bool,
}

impl Allowed {
    /// Picture and sound.
    pub const ALL: Self = Self { picture: true, sound: true };
}

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The m-lines that are accepted: one picture and one sound at most, one way each, no candidates. Credentials and
    /// fingerprint stand in the part before them.
    pub text: String,
    /// The codecs of the accepted m-lines.
    pub codecs: ViewerCodecs,
    /// The name (`a=mid`) of the accepted picture.
    pub picture: Option<String>,
    pub sound: bool,
    /// Whether data channels are offered.
    pub data: bool,
    /// The peer's ICE user name fragment.
    pub ufrag: String,
    pub direction: Direction,
    /// Every m-line that was offered, in order.
    pub(super) lines: Vec<Line>,
    /// Parameters of the payload types of accepted m-lines.
    pub(super) formats: Vec<Format>,
}

/// The fate of an offered m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Accepted,
    Declined { kind: String, protocol: String, mid: Option<String> },
}

/// Brings an offer into the endpoint's form. Of several pictures or sounds the first that can be used is accepted.
///
/// # Errors
/// [`Fault`] when it is invalid, nothing in it can be answered, or it has pictures and none can be used.
pub fn shape(offer: &str, direction: Direction, allowed: Allowed) -> Result<Offer, Fault> {
    if !offer.trim_start().starts_with("v=0") {
        return Err(Fault::Malformed);
    }
    attribute(offer, "ice-ufrag").ok_or(Fault::Lacks("a=ice-ufrag"))?; // before anything is said of its codecs
    let mut sections = sections(offer);
    let session = sections.next().unwrap_or_default();
    let media: Vec<&str> = sections.collect();
    let picture = choose(&media, direction, "video", |codecs| codecs.h264 || codecs.vp8 || codecs.vp9);
    let sound = choose(&media, direction, "audio", |codecs| codecs.opus);
    let data = media.iter().position(|section| kind(section) == "application");
    if picture == Choice::Unusable {
        return Err(Fault::NoVideoCodec);
    }
    let (picture_at, sound_at) = (picture.index().filter(|_| allowed.picture), sound.index().filter(|_| allowed.sound));
    if picture_at.or(sound_at).is_none() {
        return Err(match (picture, sound, direction) {
            (Choice::At(_), ..) | (_, Choice::At(_), _) => Fault::NotAllowed,
            (_, Choice::Unusable, _) => Fault::NoAudioCodec,
            (.., Direction::In) => Fault::Lacks("media to receive"),
            (.., Direction::Out) => Fault::Lacks("media to send"),
        });
    }
    let accepted = |at: usize| [picture_at, sound_at, data].contains(&Some(at));
    let kept: Vec<&str> =
        media.iter().enumerate().filter(|(at, _)| accepted(*at)).map(|(_, section)| *section).collect();
    if kept.len() > 1 && !attributes(session, "group").any(|group| group.starts_with("BUNDLE")) {
        return Err(Fault::Lacks("a=group:BUNDLE"));
    }
    let (head, ufrag) = head(session, &kept, offer)?;
    let mut shaped = Offer {
        text: head,
        codecs: ViewerCodecs::default(),
        picture: picture_at.and_then(|at| attribute(media.get(at)?, "mid")).map(str::to_owned),
        sound: sound_at.is_some(),
        data: data.is_some(),
        ufrag,
        direction,
        lines: Vec::new(),
        formats: Vec::new(),
    };
    for (at, section) in media.iter().enumerate() {
        if !accepted(at) {
            shaped.lines.push(declined(section));
            continue;
        }
        shaped.lines.push(Line::Accepted);
        if Some(at) != data {
            let codecs = format::codecs(section);
            shaped.formats.extend(format::formats(section));
            let all = &mut shaped.codecs;
            (all.h264, all.vp8, all.vp9) = (all.h264 | codecs.h264, all.vp8 | codecs.vp8, all.vp9 | codecs.vp9);
            all.opus |= codecs.opus;
        }
        let direction = (Some(at) != data).then_some(direction);
        rewrite(section, direction, Some(at) == picture_at, &mut shaped.text);
    }
    Ok(shaped)
}

/// Which m-line of a kind is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// None of them goes in the right direction.
    None,
    /// None of them has a codec that can be used.
    Unusable,
    At(usize),
}

impl Choice {
    fn index(self) -> Option<usize> {
        match self {
            Self::At(at) => Some(at),
            Self::None | Self::Unusable => None,
        }
    }
}

fn choose(media: &[&str], direction: Direction, wanted: &str, usable: impl Fn(ViewerCodecs) -> bool) -> Choice {
    let mut right = media
        .iter()
        .enumerate()
        .filter(|(_, section)| kind(section) == wanted && !is_refused(section) && goes(section, direction))
        .peekable();
    if right.peek().is_none() {
        return Choice::None;
    }
    let found = right.find(|(_, section)| word(section, 2) == PROTOCOL && usable(format::codecs(section)));
    found.map_or(Choice::Unusable, |(at, _)| Choice::At(at))
}

/// The session's part, with the credentials and the fingerprint of the first accepted m-line: all of them share its
/// transport (RFC 9143). Also gives the user name fragment.
fn head(session: &str, kept: &[&str], offer: &str) -> Result<(String, String), Fault> {
    let first = kept.first().copied().unwrap_or_default();
    let value = |name| attribute(first, name).or_else(|| attribute(session, name)).or_else(|| attribute(offer, name));
    let ufrag = value("ice-ufrag").ok_or(Fault::Lacks("a=ice-ufrag"))?;
    let pwd = value("ice-pwd").ok_or(Fault::Lacks("a=ice-pwd"))?;
    if session.lines().any(|line| line.trim() == "a=ice-lite") {
        return Err(Fault::IceLite);
    }
    let near = [first, session, offer].into_iter().find(|part| attribute(part, "fingerprint").is_some());
    let mut hashes = attributes(near.ok_or(Fault::Lacks("a=fingerprint"))?, "fingerprint");
    let digest = hashes.find_map(|value| {
        let (hash, digest) = value.split_once(' ')?;
        hash.eq_ignore_ascii_case(HASH).then_some(digest.trim())
    });
    let digest = digest.ok_or(Fault::Fingerprint)?;
    let mut head = String::new();
    for line in session.lines().map(str::trim).filter(|line| !line.is_empty() && !is_transport(line)) {
        if !line.starts_with("a=group:") {
            head.extend([line, "\r\n"]);
        }
    }
    head.push_str("a=group:BUNDLE");
    for mid in kept.iter().filter_map(|section| attribute(section, "mid")) {
        head.extend([" ", mid]);
    }
    head.push_str("\r\n");
    head.extend(["a=ice-ufrag:", ufrag, "\r\na=ice-pwd:", pwd, "\r\na=fingerprint:", HASH, " ", digest, "\r\n"]);
    if let Some(setup) = value("setup") {
        head.extend(["a=setup:", setup, "\r\n"]);
    }
    Ok((head, ufrag.to_owned()))
}

/// An accepted m-line with its direction, and without what belongs to the transport; layers are kept where they are
/// received.
fn rewrite(section: &str, direction: Option<Direction>, is_picture: bool, out: &mut String) {
    let layers = is_picture && direction == Some(Direction::In);
    for line in section.lines().map(str::trim).filter(|line| !line.is_empty() && !is_transport(line)) {
        let is_direction = matches!(line, "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive");
        let is_layer = ["a=simulcast:", "a=rid:"].iter().any(|start| line.starts_with(start));
        // Layers by SSRC alone are of a draft that was given up; their first SSRC counts.
        let is_old_layer = line.starts_with("a=ssrc-group:SIM");
        if (direction.is_some() && is_direction) || (is_layer && !layers) || is_old_layer {
            continue;
        }
        out.extend([line, "\r\n"]);
    }
    match direction {
        Some(Direction::In) => out.push_str("a=sendonly\r\n"),
        Some(Direction::Out) => out.push_str("a=recvonly\r\n"),
        None => {}
    }
}

/// Whether a line is written anew for all m-lines, or of no use: the peer's candidates are learnt from its checks.
fn is_transport(line: &str) -> bool {
    let starts = [
        "a=candidate:",
        "a=end-of-candidates",
        "a=remote-candidates:",
        "a=ice-ufrag:",
        "a=ice-pwd:",
        "a=fingerprint:",
        "a=setup:",
    ];
    starts.iter().any(|start| line.starts_with(start))
}

fn declined(section: &str) -> Line {
    let mid = attribute(section, "mid").map(str::to_owned);
    Line::Declined { kind: kind(section).to_owned(), protocol: word(section, 2).to_owned(), mid }
}

fn kind(section: &str) -> &str {
    word(section, 0).strip_prefix("m=").unwrap_or_default()
}

/// A word of the m-line.
fn word(section: &str, n: usize) -> &str {
    section.lines().next().and_then(|line| line.split_whitespace().nth(n)).unwrap_or_default()
}

/// Whether the peer itself has given it up (RFC 8829, section 5.2.1).
fn is_refused(section: &str) -> bool {
    word(section, 1) == "0" && !section.lines().any(|line| line.trim() == "a=bundle-only")
}

fn goes(section: &str, direction: Direction) -> bool {
    let says = |attribute| section.lines().any(|line| line.trim() == attribute);
    let other = match direction {
        Direction::In => "a=recvonly",
        Direction::Out => "a=sendonly",
    };
    !says(other) && !says("a=inactive")
}
