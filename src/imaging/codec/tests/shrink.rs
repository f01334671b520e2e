use super::*;
use turbojpeg::Subsamp;

#[test]
fn a_small_jpeg_has_the_colours_of_the_large_one_at_the_wished_size() {
    for subsamp in [Subsamp::Sub2x2, Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub1x2] {
        for (edge, size) in [(60, (60, 45)), (33, (33, 25)), (160, (160, 120))] {
            let small = shrink_jpeg(&jpeg(160, 120, false, subsamp), edge, 92).unwrap();
            let picture = decode(&small, None).unwrap();
            assert_eq!((picture.width(), picture.height()), size, "{subsamp:?}");
            // Lanczos overshoots beside such edges, colour at half resolution most.
            let (made, expected) = (corners(&picture), [RED, GREEN, BLUE, WHITE]);
            let off = made.iter().flatten().zip(expected.iter().flatten()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off <= Some(14), "{subsamp:?} {made:?}");
        }
    }
}

#[test]
fn a_small_jpeg_is_what_decoding_and_resizing_give_but_for_coding() {
    // A slope shows where colour planes are shifted against light.
    let pixels: Vec<u8> =
        (0..150).flat_map(|y| (0..200).flat_map(move |x| [x as u8, y as u8, 255 - x as u8])).collect();
    let large = encode_jpeg(&Picture::from_rgb8(200, 150, &pixels).unwrap(), 95).unwrap();
    let expected = decode(&large, Some(71)).unwrap();
    let made = decode(&shrink_jpeg(&large, 71, 95).unwrap(), None).unwrap();
    assert_eq!((made.width(), made.height()), (71, 53));
    let worst = made.data.iter().zip(&expected.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 0.05, "{worst}");
}

#[test]
fn a_jpeg_never_grows_and_stands_upright_without_a_turn_left_in_it() {
    let small = shrink_jpeg(&turned_jpeg(6), 4000, 90).unwrap();
    let picture = decode(&small, None).unwrap();
    assert_eq!((picture.width(), picture.height()), (32, 48));
    assert!(near(corners(&picture), [BLUE, RED, WHITE, GREEN]));
    assert!(!holds(&small, b"Exif"));
}

#[test]
fn grey_and_ink_jpegs_shrink_and_a_profile_stays() {
    let profile = *b"ICC_PROFILE\0\x01\x01....................................acsp";
    let grey = with_segment(&jpeg(64, 48, false, Subsamp::Gray), 0xe2, &profile);
    let small = shrink_jpeg(&grey, 32, 90).unwrap();
    assert!(holds(&small, &profile));
    assert!(near(corners(&decode(&small, None).unwrap()), [[87; 3], [131; 3], [56; 3], [240; 3]]));
    let pixels = [RED[0], RED[1], RED[2], 255].repeat(64 * 48);
    let format = turbojpeg::PixelFormat::CMYK;
    let image = turbojpeg::Image { pixels: pixels.as_slice(), width: 64, pitch: 256, height: 48, format };
    let inks = turbojpeg::compress(image, 95, Subsamp::None).unwrap().to_vec();
    assert!(near(corners(&decode(&shrink_jpeg(&inks, 32, 90).unwrap(), None).unwrap()), [RED; 4]));
}

#[test]
fn only_jpegs_are_shrunk_so() {
    assert!(matches!(shrink_jpeg(&webp(8, 8), 4, 80), Err(Fault::Unreadable(_))));
}
