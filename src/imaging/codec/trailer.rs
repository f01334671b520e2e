//! What may stand behind the end of a picture: nothing, zeros, and behind a JPEG what cameras and telephones are known
//! to put there. All of it is left out of what is stored; anything else makes the file a wolf in a sheep's clothing.
//!
//! Refuses to know: the formats themselves.

use super::{Fault, Format, file};

/// Looks at the bytes behind the end.
///
/// # Errors
/// [`Fault::Unreadable`] where they are of no known kind.
pub fn admit(format: Format, mut rest: &[u8]) -> Result<(), Fault> {
    loop {
        let padding = rest.iter().take_while(|byte| **byte == 0).count();
        let bare = rest.get(padding..).unwrap_or_default();
        if bare.is_empty() {
            return Ok(());
        }
        let length = if format == Format::Jpeg { jpeg_trailer(rest, bare) } else { None };
        match length.and_then(|length| rest.get(length..)) {
            Some(after) if after.len() < rest.len() => rest = after,
            _ => return Err(Fault::Unreadable("there is foreign data behind the end of the picture".into())),
        }
    }
}

/// The length of a known trailer at the start of `rest`; `bare` is the same without leading zeros.
fn jpeg_trailer(rest: &[u8], bare: &[u8]) -> Option<usize> {
    // A film begins with its length, which may begin with zeros.
    film(rest)
        // The second picture of a multi-picture file: a preview, a gain map, another view.
        .or_else(|| Some(rest.len() - bare.len() + file::jpeg_end(bare)?))
        .or_else(|| samsung(rest))
}

/// A motion photo's film: boxes from `ftyp` on.
fn film(rest: &[u8]) -> Option<usize> {
    if rest.get(4..8)? != b"ftyp" {
        return None;
    }
    let mut at = 0usize;
    while let Some(head) = rest.get(at..at.checked_add(8)?) {
        let length = u32::from_be_bytes(head.get(..4)?.try_into().ok()?) as usize;
        if length == 0 || !matches!(&head[4..], b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"uuid") {
            break;
        }
        let length = match length {
            1 => usize::try_from(u64::from_be_bytes(rest.get(at + 8..at + 16)?.try_into().ok()?)).ok()?,
            short => short,
        };
        at = at.checked_add(length.max(8))?;
        if at > rest.len() {
            return None;
        }
    }
    Some(at)
}

/// Samsung's block of extras: its directory `SEFH` … , the directory's length, `SEFT` at the very end.
fn samsung(rest: &[u8]) -> Option<usize> {
    let (before, _) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
    if !rest.ends_with(b"SEFT") {
        return None;
    }
    let length = u32::from_le_bytes(rest.get(before.len()..before.len() + 4)?.try_into().ok()?) as usize;
    let directory = before.get(before.len().checked_sub(length)?..)?;
    directory.starts_with(b"SEFH").then_some(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMSUNG: &[u8] = b"\0\0\x30\x0a\x10\0\0\0Image_UTC_Data1700000000000SEFHj\0\0\0\x01\0\0\0\x0c\0\0\0SEFT";
    const FILM: &[u8] = b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x0cmdat\xff\xff\xff\xff";

    #[test]
    fn what_cameras_put_behind_a_jpeg_is_taken() {
        for rest in [&b""[..], &[0; 700], FILM, SAMSUNG] {
            assert_eq!(admit(Format::Jpeg, rest), Ok(()), "{rest:?}");
        }
        assert_eq!(admit(Format::Jpeg, &[FILM, SAMSUNG].concat()), Ok(()));
    }

    #[test]
    fn anything_else_behind_a_picture_is_refused() {
        for rest in [&b"PK\x03\x04"[..], b"<script>", b"%PDF-1.4", b"<?php ", b"MZ", b"\0\0\0x", &FILM[..20]] {
            assert!(matches!(admit(Format::Jpeg, rest), Err(Fault::Unreadable(_))), "{rest:?}");
        }
        assert!(admit(Format::Jpeg, &[FILM, b"PK\x03\x04"].concat()).is_err());
        assert!(admit(Format::Png, FILM).is_err() && admit(Format::Gif, b";").is_err());
        assert_eq!(admit(Format::Png, &[0; 3]), Ok(()));
    }
}
