//! Offers, answers and fragments as text: corrections before and after the session description is processed (RFC 8866,
//! RFC 9725, RFC 8840).
//!
//! ```text
//! offer ─► shape: one picture, one sound, one way ─► session ─► answer ─► write: every m-line of the offer again
//! ```
//!
//! Refuses to know: ICE, sockets, rooms.

mod answer;
mod format;
mod fragment;
mod offer;

pub use answer::write;
pub use fragment::{Fragment, fragment, renewed};
pub use offer::{Allowed, Offer, shape};

/// What is wrong with an offer. The offer's sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No session description at all: 400.
    #[error("this is no session description")]
    Malformed,
    /// Valid, but without anything to connect: 422.
    #[error("the offer has no {0}")]
    Lacks(&'static str),
    /// Not a description of a WebRTC session: 422.
    #[error("the offer cannot be answered: it is no valid description of a WebRTC session (RFC 8829)")]
    Unanswerable,
    /// No fingerprint is of a hash that is checked here: 422.
    #[error("the offer has no a=fingerprint of SHA-256, the hash that is checked here")]
    Fingerprint,
    /// An ICE lite agent sends no checks, and here none is sent before one came (RFC 8445, section 2.5): 422.
    #[error("the offer is of an ICE lite agent, and here connectivity checks are only answered")]
    IceLite,
    /// Video is offered, but in no codec or profile that is taken or sent here: 406.
    #[error(
        "none of the offered video codecs can be used: H.264 (packetization mode 1, 8 bits, 4:2:0), VP8 and VP9 can"
    )]
    NoVideoCodec,
    /// Only sound is offered, in no codec that is taken or sent here: 406.
    #[error("none of the offered audio codecs can be used: Opus can")]
    NoAudioCodec,
    /// The viewer cannot decode the stream, and no other form of it is made: 406.
    #[error("the stream is in a video codec that the offer does not have; an offer with H.264 would be answered")]
    OtherCodec,
    /// The credential allows none of the offered media: 403.
    #[error("the token does not allow any of the offered media")]
    NotAllowed,
}

/// The direction of media, from the endpoint's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
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

/// The values of an attribute, in order.
fn attributes<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.trim().strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
}

/// The first value of an attribute.
fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    attributes(text, name).next()
}

#[cfg(test)]
mod tests;
