use super::*;
use turbojpeg::{PixelFormat, Subsamp};

#[test]
fn every_format_is_known_by_its_content_and_decodes_to_its_colours() {
    for (format, bytes) in one_of_each() {
        assert_eq!(probe(&bytes), Ok(Probe { format, width: 48, height: 32 }));
        let picture = decode(&bytes, None).unwrap();
        assert_eq!((picture.width(), picture.height()), (48, 32));
        assert!(near(corners(&picture), [RED, GREEN, BLUE, WHITE]), "{format:?} {:?}", corners(&picture));
    }
}

#[test]
fn jpegs_stand_upright_by_each_of_the_eight_turns() {
    let expected = [
        [RED, GREEN, BLUE, WHITE],
        [GREEN, RED, WHITE, BLUE],
        [WHITE, BLUE, GREEN, RED],
        [BLUE, WHITE, RED, GREEN],
        [RED, BLUE, GREEN, WHITE],
        [BLUE, RED, WHITE, GREEN],
        [WHITE, GREEN, BLUE, RED],
        [GREEN, WHITE, RED, BLUE],
    ];
    for (number, expected) in (1..=8).zip(expected) {
        let bytes = turned_jpeg(number);
        let size = if number < 5 { (48, 32) } else { (32, 48) };
        for edge in [None, Some(24)] {
            let picture = decode(&bytes, edge).unwrap();
            assert!(near(corners(&picture), expected), "EXIF {number}");
            let part = if edge.is_some() { 2 } else { 1 };
            assert_eq!((picture.width() * part, picture.height() * part), size);
        }
        let probed = probe(&bytes).unwrap();
        assert_eq!((probed.width, probed.height), size);
    }
}

#[test]
fn pngs_and_webps_stand_upright_too() {
    let block = exif::block(turn(6)).unwrap();
    let png = with_chunk(&one_of_each()[1].1, b"eXIf", &block);
    let webp = extended_webp(&webp(48, 32), 48, 32, 0x08, &[(b"EXIF", &block)]);
    for bytes in [png, webp] {
        let picture = decode(&bytes, None).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 48));
        assert!(near(corners(&picture), [BLUE, RED, WHITE, GREEN]));
    }
}

#[test]
fn pictures_come_no_larger_than_wished_and_never_larger_than_they_are() {
    for (_, bytes) in one_of_each() {
        let picture = decode(&bytes, Some(25)).unwrap();
        assert_eq!((picture.width(), picture.height()), (25, 17));
        assert_eq!(decode(&bytes, Some(500)).unwrap().width(), 48);
    }
}

#[test]
fn what_is_transparent_lies_over_white() {
    let pixels: Vec<u8> = [255, 0, 0, 0, 255, 0, 0, 128, 255, 0, 0, 255, 0, 0, 0, 128].to_vec();
    let picture = decode(&png(&pixels, 4, 1, ExtendedColorType::Rgba8), None).unwrap();
    assert_eq!(picture.to_rgb8(), [255, 255, 255, 255, 127, 127, 255, 0, 0, 127, 127, 127]);
    let grey = decode(&png(&[0, 0, 0, 255], 2, 1, ExtendedColorType::La8), None).unwrap();
    assert_eq!(grey.to_rgb8(), [255, 255, 255, 0, 0, 0]);
}

#[test]
fn sixteen_bits_and_grey_are_read() {
    let deep: Vec<u8> = [0u16, 32_768, 65_535].into_iter().flat_map(u16::to_ne_bytes).collect();
    assert_eq!(decode(&png(&deep, 1, 1, ExtendedColorType::Rgb16), None).unwrap().to_rgb8(), [0, 128, 255]);
    assert_eq!(decode(&png(&deep, 3, 1, ExtendedColorType::L16), None).unwrap().to_rgb8()[3..6], [128; 3]);
    assert_eq!(decode(&png(&[7, 200], 2, 1, ExtendedColorType::L8), None).unwrap().to_rgb8(), [7, 7, 7, 200, 200, 200]);
}

#[test]
fn jpegs_of_all_samplings_of_grey_and_of_inks_are_read() {
    for subsamp in [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub1x2, Subsamp::Sub4x1] {
        for progressive in [false, true] {
            let picture = decode(&jpeg(64, 48, progressive, subsamp), None).unwrap();
            assert!(near(corners(&picture), [RED, GREEN, BLUE, WHITE]), "{subsamp:?}");
        }
    }
    let grey = decode(&jpeg(64, 48, false, Subsamp::Gray), None).unwrap();
    assert!(near(corners(&grey), [[87; 3], [131; 3], [56; 3], [240; 3]]), "{:?}", corners(&grey));
    // Inks as the light they leave: what the encoder writes with Adobe's mark.
    let pixels: Vec<u8> = fields(64, 48).chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    let image =
        turbojpeg::Image { pixels: pixels.as_slice(), width: 64, pitch: 256, height: 48, format: PixelFormat::CMYK };
    let inks = turbojpeg::compress(image, 95, Subsamp::None).unwrap().to_vec();
    assert!(near(corners(&decode(&inks, None).unwrap()), [RED, GREEN, BLUE, WHITE]));
    assert!(clean(&inks).is_ok_and(|cleaned| decode(&cleaned.bytes, None) == decode(&inks, None)));
}

#[test]
fn four_inks_without_adobes_mark_mean_the_same() {
    let inks = include_bytes!("../../../../media-fixtures/profiles/inks.jpg").to_vec();
    // Brightness, colour differences in fewer samples, and black, as the encoder writes these.
    let pixels: Vec<u8> = fields(64, 48).chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    let image =
        turbojpeg::Image { pixels: pixels.as_slice(), width: 64, pitch: 256, height: 48, format: PixelFormat::CMYK };
    let differences = turbojpeg::compress(image, 95, Subsamp::Sub2x2).unwrap().to_vec();
    for marked in [inks, differences] {
        let at = marked.windows(4).position(|four| four == [0xff, 0xee, 0, 14]).unwrap();
        let unmarked = [&marked[..at], &marked[at + 16..]].concat();
        assert!(decode(&clean(&unmarked).unwrap().bytes, None) == decode(&marked, None));
    }
}

#[test]
fn of_a_gif_the_first_frame_is_shown() {
    let picture = decode(&gif(48, 32, 2), None).unwrap();
    assert!(near(corners(&picture), [RED, GREEN, BLUE, WHITE]));
}

#[test]
fn a_mask_is_lightness_times_opacity_at_the_size_of_the_picture() {
    let pixels = [255, 255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 0, 255, 255, 255, 128];
    let mask = decode_mask(&png(&pixels, 4, 1, ExtendedColorType::Rgba8), 4, 2).unwrap();
    let row: Vec<u8> = mask.data[..4].iter().map(|value| (value * 255.0) as u8).collect();
    assert_eq!(((mask.width(), mask.height()), row), ((4, 2), vec![255, 0, 0, 128]));
    // Turned like the picture that it belongs to.
    let mask = decode_mask(&turned_jpeg(6), 16, 24).unwrap();
    assert_eq!((mask.width(), mask.height()), (16, 24));
    assert!((mask.at(12, 5) - 0.34).abs() < 0.03 && (mask.at(3, 18) - 0.94).abs() < 0.03);
}

#[test]
fn what_is_encoded_decodes_to_the_same() {
    let picture = Picture::from_rgb8(48, 32, &fields(48, 32)).unwrap();
    for quality in [85, 95] {
        let bytes = encode_jpeg(&picture, quality).unwrap();
        assert!(near(corners(&decode(&bytes, None).unwrap()), [RED, GREEN, BLUE, WHITE]));
    }
    assert!(encode_jpeg(&picture, 60).unwrap().len() < encode_jpeg(&picture, 95).unwrap().len());
    assert!(matches!(encode_jpeg(&Picture::new(0, 0), 90), Err(Fault::Engine(_))));
}
