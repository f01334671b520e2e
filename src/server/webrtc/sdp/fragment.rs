//! Fragments: bodies of PATCH and of its answers (RFC 8840, section 9).

use super::{attribute, sections};

/// The body of a PATCH: the peer's credentials. Its candidates are of no use: they are learnt from its checks.
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
    let mut out = String::new();
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
