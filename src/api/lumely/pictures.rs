//! Pictures in bodies: base64 in either alphabet, with blanks or without, padded or not, bare or as a `data:` URL.
//!
//! Refuses to know: whether the bytes are a picture.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::borrow::Cow;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// The accepted types of a `data:` URL; `image/jpg` is a widespread name of JPEG.
const TYPES: [&str; 5] = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/jpg"];

/// Why there are no bytes. The texts complete a sentence that begins with the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoBytes {
    /// The value is empty.
    #[error("is empty")]
    Empty,
    /// The URL has another type.
    #[error("is a data URL of another type; JPEG, PNG, WebP and GIF are supported")]
    Type,
    /// The URL is not declared as base64.
    #[error("is a data URL that is not of the form data:image/…;base64,…")]
    Form,
    /// An address was sent instead of the picture.
    #[error("is an address; send the picture itself as base64")]
    Address,
    /// Another letter, or letters are missing.
    #[error("is not valid base64")]
    Base64,
}

/// The bytes. The text is copied only if it has blanks or the letters of the other alphabet.
pub fn bytes(text: Cow<'_, str>) -> Result<Vec<u8>, NoBytes> {
    let trimmed = text.trim_ascii();
    let lead = trimmed.get(..8).unwrap_or(trimmed).to_ascii_lowercase();
    if lead.starts_with("http://") || lead.starts_with("https://") || lead.starts_with("file:") {
        return Err(NoBytes::Address);
    }
    let begin = if lead.starts_with("data:") { payload(trimmed)? } else { 0 };
    let code = trimmed.get(begin..).unwrap_or_default();
    let plain = |byte: u8| !byte.is_ascii_whitespace() && byte != b'-' && byte != b'_';
    let decoded = if code.bytes().all(plain) {
        BASE64.decode(code)
    } else {
        let mut cleaned = code.as_bytes().to_vec();
        cleaned.retain(|byte| !byte.is_ascii_whitespace());
        for byte in &mut cleaned {
            *byte = match *byte {
                b'-' => b'+',
                b'_' => b'/',
                other => other,
            };
        }
        drop(text);
        BASE64.decode(cleaned)
    };
    match decoded {
        Ok(bytes) if bytes.is_empty() => Err(NoBytes::Empty),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(NoBytes::Base64),
    }
}

/// Where what is encoded begins in a `data:` URL.
fn payload(url: &str) -> Result<usize, NoBytes> {
    let comma = url.bytes().take(256).position(|byte| byte == b',').ok_or(NoBytes::Form)?;
    let head = url.get("data:".len()..comma).ok_or(NoBytes::Form)?.to_ascii_lowercase();
    let mut words = head.split(';').map(str::trim);
    if !words.next().is_some_and(|kind| TYPES.contains(&kind)) {
        return Err(NoBytes::Type);
    }
    if words.next_back() != Some("base64") {
        return Err(NoBytes::Form);
    }
    Ok(comma + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<u8>, NoBytes> {
        bytes(Cow::Borrowed(text))
    }

    #[test]
    fn every_way_to_write_the_same_bytes_is_understood() {
        let whole = vec![0xfb, 0xef, 0xff, 0x00];
        for text in [
            "++//AA==",
            "++//AA",
            "--__AA==",
            "-+_/AA",
            " ++/\r\n/A\tA==\n",
            "data:image/png;base64,++//AA==",
            "DATA:Image/JPEG;charset=utf-8;Base64,--__AA",
            "data:image/jpg;base64, ++//AA==",
        ] {
            assert_eq!(of(text).as_deref(), Ok(whole.as_slice()), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_picture_in_base64_is_told() {
        for (text, why) in [
            ("", NoBytes::Empty),
            (" \n", NoBytes::Empty),
            ("data:image/png;base64,", NoBytes::Empty),
            ("data:image/svg+xml;base64,AAAA", NoBytes::Type),
            ("data:text/html;base64,AAAA", NoBytes::Type),
            ("data:;base64,AAAA", NoBytes::Type),
            ("data:image/png,AAAA", NoBytes::Form),
            ("data:image/png;base64", NoBytes::Form),
            ("data:", NoBytes::Form),
            ("https://127.0.0.1/a.png", NoBytes::Address),
            ("file:///etc/passwd", NoBytes::Address),
            ("AAA$", NoBytes::Base64),
            ("AAAAA", NoBytes::Base64),
            ("AA=A", NoBytes::Base64),
            ("häää", NoBytes::Base64),
        ] {
            assert_eq!(of(text), Err(why), "{text:?}");
        }
    }
}
