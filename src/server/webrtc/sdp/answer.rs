//! An answer as it is sent: declined m-lines are back in their places, parameters of codecs are those that were offered.

use super::{
    format,
    offer::{Line, Offer},
    sections,
};

/// The answer to an offer, from the session's answer to its accepted m-lines. All tracks are in one stream, so that
/// receivers synchronize them.
pub fn write(offer: &Offer, answer: &str) -> String {
    let mut sections = sections(answer);
    let mut out = String::with_capacity(answer.len() + 256);
    for line in sections.next().unwrap_or_default().lines() {
        out.extend([line, "\r\n"]);
    }
    for line in &offer.lines {
        match line {
            Line::Accepted => accepted(offer, sections.next().unwrap_or_default(), &mut out),
            Line::Declined { kind, protocol, mid } => declined((kind, protocol), mid.as_deref(), &mut out),
        }
    }
    out
}

fn accepted(offer: &Offer, section: &str, out: &mut String) {
    let kind = section.strip_prefix("m=").and_then(|media| media.split_whitespace().next()).unwrap_or_default();
    for line in section.lines() {
        let ssrc = line.strip_prefix("a=ssrc:").and_then(|rest| rest.split_once(' '));
        let parameters =
            line.strip_prefix("a=fmtp:").and_then(|rest| rest.split_once(' ')).and_then(|(number, ours)| {
                let answered = format::answered(&offer.formats, number.parse().ok()?, ours, offer.direction)?;
                Some((number, answered))
            });
        match (ssrc, parameters) {
            (Some((ssrc, what)), _) if what.starts_with("msid:") => {
                out.extend(["a=ssrc:", ssrc, " msid:live ", kind]);
            }
            (_, Some((number, answered))) => out.extend(["a=fmtp:", number, " ", &answered]),
            _ if line.starts_with("a=msid:") => out.extend(["a=msid:live ", kind]),
            _ => out.push_str(line),
        }
        out.push_str("\r\n");
    }
}

/// Port 0, one format since there must be one, and no candidates (RFC 3264, section 6). It is in no BUNDLE group.
fn declined((kind, protocol): (&str, &str), mid: Option<&str>, out: &mut String) {
    let is_data = kind == "application";
    let format = if is_data { "webrtc-datachannel" } else { "0" };
    out.extend(["m=", kind, " 0 ", protocol, " ", format, "\r\nc=IN IP4 0.0.0.0\r\n"]);
    if !is_data {
        out.push_str("a=inactive\r\n");
    }
    if let Some(mid) = mid {
        out.extend(["a=mid:", mid, "\r\n"]);
    }
}
