//! Percent escapes in paths. Refuses to know: what a segment means.

/// A segment without its percent escapes (RFC 3986, 2.1); `None` when one is broken or the result is not UTF-8.
pub fn decode(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_are_decoded_and_broken_ones_are_none() {
        assert_eq!(decode("live-demo%2Fcamera-1").as_deref(), Some("live-demo/camera-1"));
        assert_eq!(decode("%C3%BCber+x").as_deref(), Some("über+x"));
        for broken in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
