//! The format of a file, and for unsupported ones the probable kind.
//!
//! Refuses to know: names and media types sent with the file; they may be wrong.

use super::super::{Fault, Format};

const TAKEN: &str = "JPEG, PNG, WebP and GIF pictures are taken";

/// The format by content.
pub fn of(bytes: &[u8]) -> Result<Format, Fault> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Format::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Format::Gif),
        [] => Err(Fault::Unreadable(format!("there is no picture; {TAKEN}"))),
        _ => Err(Fault::Unreadable(format!("this is {}; {TAKEN}", name(bytes)))),
    }
}

fn name(bytes: &[u8]) -> &'static str {
    let starts = |sign: &[u8]| bytes.starts_with(sign);
    let brand = bytes.get(4..8).filter(|sign| *sign == b"ftyp").and_then(|_| bytes.get(8..12));
    match brand {
        Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"heim" | b"heis") => return "a HEIC picture",
        Some(b"avif" | b"avis") => return "an AVIF picture",
        Some(_) => return "a film",
        None => {}
    }
    if starts(b"BM") {
        "a BMP picture"
    } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        "a TIFF picture"
    } else if starts(b"\0\0\x01\0") {
        "an icon"
    } else if starts(b"8BPS") {
        "a Photoshop file"
    } else if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL ") {
        "a JPEG XL picture"
    } else if starts(b"\0\0\0\x0cjP  ") {
        "a JPEG 2000 picture"
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        "an archive"
    } else if starts(b"MZ") || starts(b"\x7fELF") {
        "a program"
    } else {
        text_name(bytes)
    }
}

/// Texts by what stands at their beginning, after blanks and a byte order mark.
fn text_name(bytes: &[u8]) -> &'static str {
    let start = String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes)).to_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if start.contains("%pdf-") {
        "a PDF document"
    } else if start.contains("<svg") {
        "an SVG drawing"
    } else if start.starts_with("<!doctype html") || start.contains("<html") || start.contains("<script") {
        "an HTML page"
    } else if start.starts_with("<?xml") {
        "an XML document"
    } else {
        "no picture of a known kind"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_of_files_are_refused_by_their_names_and_with_what_is_taken() {
        let cases: [(&[u8], &str); 10] = [
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>", "SVG"),
            (b"\n <SVG onload=alert(1)>", "SVG"),
            (b"%PDF-1.7\n", "PDF"),
            (b"<!DOCTYPE html><p>", "HTML"),
            (b"BM\x36\0\0\0", "BMP"),
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
            (b"PK\x03\x04", "archive"),
            (b"MZ\x90", "program"),
            (b"hello", "no picture"),
        ];
        for (bytes, named) in cases {
            let Err(Fault::Unreadable(text)) = of(bytes) else { panic!("{named} was taken") };
            assert!(text.contains(named) && text.contains("JPEG, PNG, WebP and GIF"), "{text}");
        }
        assert!(matches!(of(b""), Err(Fault::Unreadable(_))));
    }
}
