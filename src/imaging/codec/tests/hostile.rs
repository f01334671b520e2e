use super::*;
use proptest::prelude::*;

#[test]
fn files_cut_at_any_place_are_refused() {
    for (format, bytes) in one_of_each() {
        // A JPEG that lacks its end marker alone has lost nothing.
        let cut = if format == Format::Jpeg { bytes.len() - 2 } else { bytes.len() };
        for kept in (0..cut).step_by(7).chain([cut - 1]) {
            assert!(refused(clean(&bytes[..kept])), "{format:?} cut at {kept} of {}", bytes.len());
        }
    }
    // Progressive ones show something early, and are cut all the same.
    let bytes = jpeg(64, 48, true, turbojpeg::Subsamp::None);
    assert!((0..bytes.len() - 2).all(|kept| refused(clean(&bytes[..kept]))));
}

#[test]
fn a_jpeg_without_its_end_marker_is_whole_if_its_last_scan_is() {
    for progressive in [false, true] {
        let bytes = jpeg(64, 48, progressive, turbojpeg::Subsamp::Sub2x2);
        let whole = clean(&bytes).unwrap();
        let bare = &bytes[..bytes.len() - 2];
        for end in [&b""[..], b"\xff", &[0; 40], b"\xff\xd8\xff\xe1\x00\x08thumb", b"\xff\xff\xff\xff"] {
            assert_eq!(clean(&[bare, end].concat()).as_ref(), Ok(&whole), "progressive: {progressive}, {end:?}");
        }
    }
}

#[test]
fn a_jpeg_whose_data_end_early_is_refused_although_its_segments_are_whole() {
    let bytes = jpeg(256, 256, false, turbojpeg::Subsamp::None);
    let cut = [&bytes[..bytes.len() / 2 + 200], &[0xff, 0xd9]].concat();
    assert!(refused(clean(&cut)));
    assert!(matches!(decode(&cut, None), Err(Fault::Unreadable(_))));
    assert!(matches!(shrink_jpeg(&cut, 64, 80), Err(Fault::Unreadable(_))));
}

#[test]
fn a_png_with_a_wrong_checksum_is_refused() {
    let (_, mut bytes) = one_of_each()[1].clone();
    let middle = bytes.len() - 20;
    bytes[middle] ^= 0x10;
    assert!(refused(clean(&bytes)));
}

#[test]
fn bombs_are_refused_by_their_heads() {
    let mut png = png(&[0; 3], 1, 1, ExtendedColorType::Rgb8);
    png[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let mut jpeg = small_jpeg();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let mut gif = gif(8, 8, 1);
    gif[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let webp = extended_webp(&webp(8, 8), 16_000, 16_000, 0, &[]);
    for bytes in [&png, &jpeg, &gif, &webp] {
        for result in [probe(bytes).map(drop), decode(bytes, Some(64)).map(drop), clean(bytes).map(drop)] {
            assert!(matches!(&result, Err(Fault::TooLarge(text)) if text.contains("50 megapixels")), "{result:?}");
        }
    }
}

#[test]
fn a_frame_larger_than_its_screen_is_no_way_around_the_limit() {
    let mut bytes = gif(8, 8, 1);
    let frame = bytes.iter().rposition(|byte| *byte == 0x2c).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert!(clean(&bytes).is_err() && decode(&bytes, None).is_err());
    // A small canvas with large pixels in it.
    let bytes = extended_webp(&webp(600, 600), 8, 8, 0, &[]);
    assert!(clean(&bytes).is_err());
}

#[test]
fn whatever_lies_behind_a_picture_is_cut_off() {
    let rests: [&[u8]; 8] = [
        b"PK\x03\x04\x14\0",
        b"<html><script>alert(1)</script>",
        b"<?php system($_GET[0]);",
        b"\x7fELF",
        b"x",
        &[0; 700],
        b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x0cmdat\xff\xff\xff\xff",
        b"\0\0\x30\x0a\x10\0\0\0Image_UTC_Data1700000000000SEFHj\0\0\0\x01\0\0\0\x0c\0\0\0SEFT",
    ];
    for (format, bytes) in one_of_each() {
        let bare = clean(&bytes).unwrap();
        for rest in rests {
            assert_eq!(clean(&[&bytes, rest].concat()).as_ref(), Ok(&bare), "{format:?} {rest:?}");
        }
    }
}

#[test]
fn a_profile_is_inflated_no_further_than_a_profile_may_be_large() {
    let chunk = |length: usize| {
        let mut icc = vec![0; length];
        icc[36..40].copy_from_slice(b"acsp");
        let mut body = b"name\0\0".to_vec();
        let mut coder = flate2::write::ZlibEncoder::new(&mut body, flate2::Compression::best());
        std::io::Write::write_all(&mut coder, &icc).unwrap();
        coder.finish().unwrap();
        with_chunk(&one_of_each()[1].1, b"iCCP", &body)
    };
    assert!(holds(&clean(&chunk(1000)).unwrap().bytes, b"iCCP"));
    for bomb in [chunk(colour::MAX_PROFILE + 1), chunk(100_000_000)] {
        for result in [clean(&bomb).map(drop), decode(&bomb, None).map(drop)] {
            assert!(matches!(&result, Err(Fault::Unreadable(text)) if text.contains("profile")), "{result:?}");
        }
    }
    // One that is broken says nothing about the pixels, and goes.
    let broken = with_chunk(&one_of_each()[1].1, b"iCCP", b"name\0\0 no zlib data");
    assert!(!holds(&clean(&broken).unwrap().bytes, b"iCCP") && decode(&broken, None).is_ok());
}

#[test]
fn pictures_that_show_too_little_are_refused() {
    for (width, height) in [(64, 64), (64, 1280), (1280, 64), (16_000, 800)] {
        assert_eq!(admit_size(width, height), Ok(()), "{width} x {height}");
    }
    for (width, height) in [(63, 64), (64, 63), (1, 1), (1281, 64), (100, 2001)] {
        assert!(matches!(admit_size(width, height), Err(Fault::Unsuitable(_))), "{width} x {height}");
    }
}

#[test]
fn scripts_in_notes_go_with_the_notes_and_scripts_in_pixels_are_refused() {
    let script = b"<script>alert(1)</script>";
    for bytes in [with_segment(&small_jpeg(), 0xfe, script), with_chunk(&one_of_each()[1].1, b"tEXt", script)] {
        assert!(!holds(&clean(&bytes).unwrap().bytes, script));
    }
    // Uncompressed pixels that spell it.
    let mut bytes = png(&[0; 3], 1, 1, ExtendedColorType::Rgb8);
    bytes = with_chunk(&bytes, b"PLTE", b"<script>1;");
    assert!(clean(&bytes).is_err());
}

#[test]
fn a_gif_that_is_a_script_too_is_refused() {
    let mut bytes = gif(10_799, 2, 1);
    assert!(clean(&bytes).is_ok());
    // 10799 is "/*" in the file; a colour of the frame's palette closes it.
    let frame = bytes.windows(5).position(|window| window == [0x2c, 0, 0, 0, 0]).unwrap();
    assert!(bytes[frame + 9] & 0x80 != 0, "the frame has a palette");
    bytes[frame + 10..frame + 13].copy_from_slice(b"*/=");
    assert!(matches!(clean(&bytes), Err(Fault::Unreadable(text)) if text.contains("script")));
}

/// Nothing here may panic, whatever it answers.
fn all_of_it(bytes: &[u8]) {
    let _ = (probe(bytes), decode(bytes, Some(40)), decode_mask(bytes, 9, 9), clean(bytes), shrink_jpeg(bytes, 20, 80));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_behind_any_signature_never_panic(
        which in 0usize..5,
        body in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let signs: [&[u8]; 5] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\x40\0\0\0WEBP", b"GIF89a", b""];
        all_of_it(&[signs[which], &body].concat());
    }

    #[test]
    fn changed_files_never_panic_and_what_passes_decodes(
        which in 0usize..5,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut files: Vec<Vec<u8>> = one_of_each().into_iter().map(|(_, bytes)| bytes).collect();
        files.push(turned_jpeg(6));
        let mut bytes = files.swap_remove(which);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        all_of_it(&bytes);
        if let Ok(cleaned) = clean(&bytes) {
            let probed = probe(&cleaned.bytes).unwrap();
            prop_assert_eq!((probed.width, probed.height), (cleaned.width, cleaned.height));
            prop_assert!(decode(&cleaned.bytes, Some(64)).is_ok());
        }
    }
}
