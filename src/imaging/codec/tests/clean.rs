use super::*;

const PLACE: &[u8] = b"53.3411 north";
const PROFILE: [u8; 40] = *b"....................................acsp";

/// Cleaned, and the pixels are what they were.
fn cleaned(bytes: &[u8]) -> Cleaned {
    let cleaned = clean(bytes).unwrap();
    assert_eq!(decode(&cleaned.bytes, None), decode(bytes, None));
    assert_eq!(clean(&cleaned.bytes).as_ref(), Ok(&cleaned), "a clean file stays as it is");
    cleaned
}

#[test]
fn a_jpeg_loses_place_texts_and_thumbnail_and_keeps_its_turn_and_profile() {
    let mut bytes = turned_jpeg(6);
    bytes = with_segment(&bytes, 0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", PLACE].concat());
    bytes = with_segment(&bytes, 0xed, &[b"Photoshop 3.0\0", PLACE].concat());
    bytes = with_segment(&bytes, 0xfe, PLACE);
    bytes = with_segment(&bytes, 0xe2, &[b"ICC_PROFILE\0\x01\x01", &PROFILE[..]].concat());
    bytes = with_segment(&bytes, 0xe2, &[b"MPF\0", PLACE].concat());
    // EXIF of a telephone: the turn, and a place behind it.
    let block = [exif::block(turn(6)).unwrap().as_slice(), PLACE].concat();
    bytes = with_segment(&bytes, 0xe1, &[b"Exif\0\0", block.as_slice()].concat());
    let cleaned = cleaned(&bytes);
    assert!(!holds(&cleaned.bytes, PLACE) && !holds(&cleaned.bytes, b"adobe") && !holds(&cleaned.bytes, b"MPF"));
    assert!(holds(&cleaned.bytes, &PROFILE));
    assert_eq!((cleaned.format, cleaned.width, cleaned.height), (Format::Jpeg, 32, 48));
}

#[test]
fn a_png_loses_texts_times_and_unknown_chunks_and_keeps_its_turn() {
    let (_, mut bytes) = one_of_each()[1].clone();
    let block = [exif::block(turn(3)).unwrap().as_slice(), PLACE].concat();
    let notes: [(&[u8; 4], &[u8]); 6] = [
        (b"tEXt", PLACE),
        (b"zTXt", PLACE),
        (b"iTXt", PLACE),
        (b"tIME", b"1234567"),
        (b"pRVt", PLACE),
        (b"eXIf", &block),
    ];
    for (kind, body) in notes {
        bytes = with_chunk(&bytes, kind, body);
    }
    bytes = with_chunk(&bytes, b"gAMA", &45_455u32.to_be_bytes());
    let cleaned = cleaned(&bytes);
    assert!(!holds(&cleaned.bytes, PLACE) && !holds(&cleaned.bytes, b"tIME") && holds(&cleaned.bytes, b"gAMA"));
    assert!(near(corners(&decode(&cleaned.bytes, None).unwrap()), [WHITE, BLUE, GREEN, RED]));
}

#[test]
fn a_webp_loses_exif_and_xmp_and_keeps_its_turn_and_profile() {
    let block = [exif::block(turn(6)).unwrap().as_slice(), PLACE].concat();
    let more: [(&[u8; 4], &[u8]); 3] = [(b"EXIF", &block), (b"XMP ", PLACE), (b"note", PLACE)];
    let plain = webp(48, 32);
    let with_profile = [&plain[..12], b"ICCP\x28\0\0\0", &PROFILE, &plain[12..]].concat();
    let cleaned = cleaned(&extended_webp(&with_profile, 48, 32, 0x2c, &more));
    assert!(!holds(&cleaned.bytes, PLACE) && !holds(&cleaned.bytes, b"XMP ") && holds(&cleaned.bytes, &PROFILE));
    assert_eq!((cleaned.width, cleaned.height), (32, 48));
}

#[test]
fn a_gif_loses_comments_and_application_data_and_all_but_its_first_frame() {
    let bytes = gif(48, 32, 2);
    let at = 13 + if bytes[10] & 0x80 == 0 { 0 } else { 3 << ((bytes[10] & 7) + 1) };
    let comment = [&[0x21, 0xfe, PLACE.len() as u8], PLACE, &[0]].concat();
    let xmp = [b"!\xff\x0bXMP DataXMP", &[PLACE.len() as u8][..], PLACE, &[0]].concat();
    let noted = [&bytes[..at], &comment, &xmp, &bytes[at..]].concat();
    let cleaned = cleaned(&noted);
    assert!(!holds(&cleaned.bytes, PLACE) && cleaned.bytes.len() < bytes.len());
    assert!(near(corners(&decode(&cleaned.bytes, None).unwrap()), [RED, GREEN, BLUE, WHITE]));
}

#[test]
fn a_clean_file_of_every_format_passes_and_says_what_it_is() {
    for (format, bytes) in one_of_each() {
        let cleaned = cleaned(&bytes);
        assert_eq!((cleaned.format, cleaned.width, cleaned.height), (format, 48, 32));
    }
}

#[test]
fn a_second_picture_behind_a_jpeg_is_dropped() {
    let first = turned_jpeg(6);
    let bare = clean(&first).unwrap().bytes;
    for rest in [&small_jpeg()[..], &[&[0; 64], &small_jpeg()[..]].concat()] {
        assert_eq!(cleaned(&[&first, rest].concat()).bytes, bare);
    }
}

#[test]
fn heads_that_cameras_get_wrong_are_put_right() {
    let whole = small_jpeg();
    let mut odd = whole.clone();
    odd[11] = 3; // no such version of JFIF
    let scan = odd.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let length = usize::from(odd[scan + 3]);
    odd[scan + length - 1..scan + 2 + length].copy_from_slice(&[0, 0, 0]);
    assert!(decode(&odd, None).is_err(), "the decoder warns of it");
    assert_eq!(decode(&clean(&odd).unwrap().bytes, None), decode(&whole, None));
}

#[test]
fn a_profile_that_is_none_is_left_out() {
    let bytes = with_segment(&small_jpeg(), 0xe2, b"ICC_PROFILE\0\x01\x01PK\x03\x04 an archive of some kind or other");
    assert!(!holds(&cleaned(&bytes).bytes, b"an archive"));
}
