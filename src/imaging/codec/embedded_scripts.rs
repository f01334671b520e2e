//! Signs that a well-formed picture is also a text that a program could execute.
//!
//! Refuses to know: what is behind the picture ([`super::trailer`]), what its parts are.

use super::{Fault, Format};

/// Lower case. Long enough that the pixels of a true picture hold them once in a hundred thousand large files at most.
const SIGNS: [&[u8]; 7] = [b"<script", b"<?php ", b"<?php\n", b"<?php\r", b"<!doctype", b"<html>", b"%pdf-1."];

/// Scans a cleaned file.
///
/// # Errors
/// [`Fault::Unreadable`] where a script or a document is in it.
pub fn admit(format: Format, bytes: &[u8]) -> Result<(), Fault> {
    let found = bytes.iter().enumerate().any(|(at, byte)| {
        matches!(byte, b'<' | b'%') && {
            let here = bytes.get(at..).unwrap_or_default();
            SIGNS.iter().any(|sign| here.get(..sign.len()).is_some_and(|text| text.eq_ignore_ascii_case(sign)))
        }
    });
    if found || (format == Format::Gif && is_script(bytes)) {
        return Err(Fault::Unreadable("there is a script or a document within the picture".into()));
    }
    Ok(())
}

/// A GIF with a size that opens a comment (`GIF89a/*`, `GIF89a=/*`) that is closed later is also a valid script. As a
/// real size that is above ten thousand pixels, in a format that is not used for such pictures.
fn is_script(bytes: &[u8]) -> bool {
    let opens = bytes.get(6..11).is_some_and(|size| size.windows(2).any(|pair| pair == b"/*"));
    opens && bytes.windows(2).skip(11).any(|pair| pair == b"*/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_in_any_case_and_at_any_place() {
        for text in [&b"\x89PNG..<ScRiPt>"[..], b"..<?php system", b"%PDF-1.7", b"<!DOCTYPE html>"] {
            assert!(admit(Format::Png, text).is_err(), "{text:?}");
        }
        assert_eq!(admit(Format::Png, b"a < b, 100 % of <p>, <?xpacket"), Ok(()));
    }

    #[test]
    fn a_gif_that_reads_as_a_script_is_refused() {
        assert!(admit(Format::Gif, b"GIF89a/*\x01\0\0\0\0....*/=1;alert(1)//;").is_err());
        assert!(admit(Format::Gif, b"GIF89a=/*\0\0\0\0....*/1;").is_err());
        assert_eq!(admit(Format::Gif, b"GIF89a\x10\0\x10\0\0\0\0....*/..;"), Ok(()));
    }
}
