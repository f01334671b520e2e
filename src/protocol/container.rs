//! What a fetched resource is, by its first bytes. Pure.
//!
//! Names and content types mislead: playlists come from `/get.php?id=3` as `text/html`, transport streams from `.m3u8`.
//! Only the bytes decide which reader a resource gets; what is not in this list is refused with its name.
//!
//! Sources: ISO/IEC 13818-1 (transport and program streams), ISO/IEC 14496-12 4.2 (boxes), RFC 8794 (EBML), Adobe FLV 10.1
//! annex E, RFC 3533 (Ogg), RFC 8216 4.3.1.1 (`#EXTM3U`), RFC 2046 5.1.1 (multipart), ISO/IEC 13818-7 (ADTS), id3.org.
//!
//! Refuses to know: how a container is read, names, content types.

use std::fmt;

/// As many bytes are enough to recognise each container.
pub const ENOUGH: usize = 2048;

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// MPEG transport stream with packets of 188, 192 or 204 bytes.
    TransportStream,
    /// MPEG program stream (VOB, MPG), of MPEG-1 or MPEG-2.
    ProgramStream,
    /// MP4, fragmented or not, and QuickTime.
    Mp4,
    /// Matroska and WebM.
    Matroska,
    /// Flash Video.
    Flv,
    /// Ogg.
    Ogg,
    /// AVI.
    Avi,
    /// JPEG pictures, one behind the other.
    Jpeg,
    /// A multipart message, e.g. of JPEG pictures.
    Multipart,
    /// AAC in ADTS frames.
    Adts,
    /// MPEG audio, layers 1 to 3.
    MpegAudio,
    /// An HLS playlist.
    Playlist,
    /// Something that no media comes from here, by the name that people know it by.
    Other(&'static str),
    /// None of these.
    Unknown,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TransportStream => "an MPEG transport stream",
            Self::ProgramStream => "an MPEG program stream",
            Self::Mp4 => "MP4",
            Self::Matroska => "Matroska",
            Self::Flv => "FLV",
            Self::Ogg => "Ogg",
            Self::Avi => "AVI",
            Self::Jpeg => "JPEG",
            Self::Multipart => "a multipart message",
            Self::Adts => "AAC",
            Self::MpegAudio => "MPEG audio",
            Self::Playlist => "an HLS playlist",
            Self::Other(name) => name,
            Self::Unknown => "of an unknown format",
        })
    }
}

/// Recognises a resource by its first bytes. With fewer than [`ENOUGH`], unless it is no longer, a later call may know
/// more.
pub fn recognise(head: &[u8]) -> Container {
    if is_plain(head) {
        return text(head).unwrap_or(Container::Unknown);
    }
    let tagged = id3(head);
    let (body, is_tagged) = (head.get(tagged..).unwrap_or_default(), tagged > 0);
    binary(body, is_tagged).or_else(|| text(head)).unwrap_or(Container::Unknown)
}

/// The length of the ID3v2 tag that a file begins with, 0 without one.
fn id3(head: &[u8]) -> usize {
    match head {
        [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] if (a | b | c | d) & 0x80 == 0 => {
            let size = [a, b, c, d].iter().fold(0_usize, |size, byte| size << 7 | usize::from(**byte));
            let footer = if flags & 0x10 == 0 { 0 } else { 10 };
            10 + size + footer
        }
        _ => 0,
    }
}

fn binary(body: &[u8], is_tagged: bool) -> Option<Container> {
    let starts = |with: &[u8]| body.starts_with(with);
    let at = |offset: usize, word: &[u8]| body.get(offset..).is_some_and(|rest| rest.starts_with(word));
    Some(match body {
        // A long tag, e.g. with a picture of an album: its end is not there yet.
        [] if is_tagged => Container::MpegAudio,
        _ if is_transport_stream(body) => Container::TransportStream,
        _ if starts(&[0, 0, 1, 0xba]) => Container::ProgramStream,
        _ if is_box(body) => Container::Mp4,
        _ if starts(&[0x1a, 0x45, 0xdf, 0xa3]) => Container::Matroska,
        _ if starts(b"FLV\x01") => Container::Flv,
        _ if starts(b"OggS") => Container::Ogg,
        _ if starts(b"RIFF") && at(8, b"AVI ") => Container::Avi,
        _ if starts(b"RIFF") && at(8, b"WEBP") => Container::Other("a WebP picture"),
        _ if starts(b"RIFF") && at(8, b"WAVE") => Container::Other("a WAV file"),
        _ if starts(&[0xff, 0xd8, 0xff]) => Container::Jpeg,
        _ if starts(b"\x89PNG") => Container::Other("a PNG picture"),
        _ if starts(b"GIF8") => Container::Other("a GIF picture"),
        _ if starts(b"fLaC") => Container::Other("a FLAC file"),
        _ if starts(b"PK\x03\x04") => Container::Other("a ZIP archive"),
        _ if starts(b"\x1f\x8b") => Container::Other("a gzip archive"),
        _ if starts(b"%PDF") => Container::Other("a PDF document"),
        _ if starts(&[0x30, 0x26, 0xb2, 0x75]) => Container::Other("a Windows Media file"),
        _ if starts(&[0, 0, 0, 1]) || starts(&[0, 0, 1]) => Container::Other("a raw video stream"),
        // Syncword, layer 0, a sampling rate that exists.
        [0xff, second, third, ..] if second & 0xf6 == 0xf0 && third >> 2 & 15 < 13 => Container::Adts,
        // Syncword, a layer, a bit rate and a sampling rate that exist.
        [0xff, second, third, ..]
            if second & 0xe0 == 0xe0
                && second & 0x18 != 0x08
                && second & 0x06 != 0
                && third >> 4 != 15
                && third >> 2 & 3 != 3 =>
        {
            Container::MpegAudio
        }
        _ => return None,
    })
}

/// Whether sync bytes stand where packets begin. The first packet may be cut off: up to a packet's length before it is
/// passed over, as long as several follow one another.
fn is_transport_stream(body: &[u8]) -> bool {
    const SYNC: u8 = 0x47;
    [188, 192, 204].iter().any(|length| {
        (0..*length).any(|first| {
            let places: Vec<_> = (first..body.len()).step_by(*length).take(5).collect();
            let wanted = if first == 0 || *length == 192 && first == 4 { 2 } else { 5 };
            let whole = body.len() < 2 * length && first == 0;
            (places.len() >= wanted || whole && body.len() >= 188)
                && places.iter().all(|place| body.get(*place) == Some(&SYNC))
        })
    })
}

/// Whether a box of ISO/IEC 14496-12 or QuickTime begins here that files begin with.
fn is_box(body: &[u8]) -> bool {
    let Some([a, b, c, d, kind @ ..]) = body.get(..8) else { return false };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    const FIRST: [&[u8]; 11] =
        [b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"sidx", b"emsg", b"prft"];
    (length == 1 || length >= 8 || length == 0) && FIRST.contains(&kind)
}

/// Whether there is nothing but printable ASCII: no container of media begins so.
fn is_plain(head: &[u8]) -> bool {
    head.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

fn text(head: &[u8]) -> Option<Container> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let has = |word: &[u8]| head.windows(word.len()).any(|there| there.eq_ignore_ascii_case(word));
    let starts = |word: &[u8]| head.get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word));
    Some(match head {
        _ if head.starts_with(b"#EXTM3U") => Container::Playlist,
        _ if head.starts_with(b"--") && has(b"content-type:") => Container::Multipart,
        _ if head.starts_with(b"<") && has(b"<MPD") => Container::Other("a DASH manifest"),
        _ if head.starts_with(b"<") && has(b"<SmoothStreamingMedia") => Container::Other("a Smooth Streaming manifest"),
        _ if head.starts_with(b"<") && has(b"<smil") => Container::Other("a SMIL document"),
        _ if starts(b"<!doctype html") || head.starts_with(b"<") && has(b"<html") => Container::Other("a web page"),
        _ if starts(b"<?xml") => Container::Other("an XML document"),
        _ if head.starts_with(b"v=0") && has(b"\no=") => Container::Other("a session description (SDP)"),
        _ if starts(b"[playlist]") => Container::Other("a PLS playlist"),
        _ if starts(b"[reference]") => Container::Other("an ASX playlist"),
        _ if starts(b"rtsptext") => Container::Other("an RTSP redirection"),
        [b'{' | b'[', ..] if head.is_ascii() => Container::Other("JSON"),
        [_, ..] if is_plain(head) => Container::Other("plain text"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packets(length: usize, sync: usize, count: usize) -> Vec<u8> {
        let mut all = vec![0x80; length * count];
        (0..count).for_each(|n| all[n * length + sync] = 0x47);
        all
    }

    #[test]
    fn transport_streams_are_known_by_their_packets_wherever_these_begin() {
        assert_eq!(recognise(&packets(188, 0, 8)), Container::TransportStream);
        assert_eq!(recognise(&packets(192, 4, 8)), Container::TransportStream, "with arrival times");
        assert_eq!(recognise(&packets(204, 0, 8)), Container::TransportStream);
        assert_eq!(recognise(&packets(188, 0, 12)[100..]), Container::TransportStream, "from the middle");
        assert_eq!(recognise(&packets(188, 0, 1)), Container::TransportStream, "a single packet");
        let mut broken = packets(188, 0, 8);
        broken[188] = 0;
        assert_eq!(recognise(&broken), Container::Unknown);
        assert_eq!(recognise(b"Good morning, this is plain text."), Container::Other("plain text"), "G is 0x47");
        assert_eq!(recognise(&[b'G'; 300]), Container::Other("plain text"));
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let known: [(&[u8], Container); 14] = [
            (b"\0\0\0\x1cftypisom", Container::Mp4),
            (b"\0\0\0\x18styp", Container::Mp4),
            (b"\0\0\x02\0moov", Container::Mp4),
            (b"\x1a\x45\xdf\xa3\x01", Container::Matroska),
            (b"FLV\x01\x05\0\0\0\x09", Container::Flv),
            (b"OggS\0\x02", Container::Ogg),
            (b"RIFF\0\0\0\0AVI LIST", Container::Avi),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Container::Jpeg),
            (b"\xff\xf1\x50\x80\x02\x1f\xfc", Container::Adts),
            (b"ID3\x04\0\0\0\0\0\x02ab\xff\xf1\x50\x80", Container::Adts),
            (b"\xff\xfb\x90\x64\0", Container::MpegAudio),
            (b"ID3\x03\0\0\0\x7f\x7f\x7fAPIC", Container::MpegAudio),
            (b"\0\0\x01\xba\x44", Container::ProgramStream),
            (b"\0\0\0\x01\x67\x42", Container::Other("a raw video stream")),
        ];
        for (head, container) in known {
            assert_eq!(recognise(head), container, "{head:?}");
        }
    }

    #[test]
    fn texts_are_known_by_their_words_whatever_they_are_called() {
        let known = [
            ("#EXTM3U\n#EXT-X-VERSION:3\n", Container::Playlist),
            ("\u{feff}\n#EXTM3U\n", Container::Playlist),
            ("--frame\r\nContent-Type: image/jpeg\r\n\r\n", Container::Multipart),
            ("<?xml version='1.0'?>\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'>", Container::Other("a DASH manifest")),
            ("<!DOCTYPE html><title>404</title>", Container::Other("a web page")),
            ("<HTML><body>no", Container::Other("a web page")),
            ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n", Container::Other("a session description (SDP)")),
            ("[playlist]\nFile1=http://", Container::Other("a PLS playlist")),
            ("{\"error\":\"no such stream\"}", Container::Other("JSON")),
            ("Not found\n", Container::Other("plain text")),
            ("", Container::Unknown),
        ];
        for (text, container) in known {
            assert_eq!(recognise(text.as_bytes()), container, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(head in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let _ = recognise(&head).to_string();
        }
    }
}
