//! Files as cameras, telephones and programs write them, through the upload of the built server: what is taken, what is
//! refused and why, the memory that the server has at its highest with each.

use super::{
    client::{Customer, command, quiet, strip},
    memory::Peak,
};
use crate::support::server::Server;
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, GrayImage, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use serde_json::json;
use std::{fs, io::Write, path::PathBuf};

/// Memory that the whole server may have with one of these files, in KiB.
const MOST_KIB: u64 = 250 * 1024;

#[tokio::test]
async fn odd_files_are_taken_or_refused_before_they_are_charged_and_cost_little_memory() {
    let _turn = crate::support::turn();
    let server = Server::start(quiet()).await;
    command(&server, &["account", "set", "default", "--rpm", "100000"]);
    let customer = Customer::of(&server, "default");
    let credits = customer.get("/credits").await;
    let photo = strip(512);
    let taken = profiles().into_iter().chain([
        ("a telephone's trailer behind a JPEG", [&photo[..], &[0; 700], b"Image_UTC_Data1700000000000SEFT"].concat()),
        ("a film behind a JPEG", [&photo[..], b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x0cmdat\xff\xff\xff\xff"].concat()),
        ("an archive behind a JPEG", [&photo[..], b"PK\x03\x04 an archive"].concat()),
        ("a JPEG without its end marker", photo[..photo.len() - 2].to_vec()),
        ("a JPEG of four inks without Adobe's marker", four_inks()),
        ("a PNG of 49 megapixels", large_png()),
        ("64 x 1280 pixels", png(64, 1280)),
    ]);
    for (what, file) in taken {
        let (status, body, kib) = upload(&server, &customer, &file).await;
        println!("| {what} | {} KB | taken | {} MB |", file.len() / 1000, kib / 1024);
        assert_eq!(status, 201, "{what}: {body}");
        assert!(kib < MOST_KIB, "{what}: {kib} KiB");
    }
    let refused = [
        ("a PNG whose profile inflates to 400 MB", profile_bomb(400), "profile"),
        ("a JPEG that ends within its last scan", photo[..photo.len() * 3 / 4].to_vec(), "damaged or cut short"),
        ("63 x 400 pixels", png(63, 400), "at least 64"),
        ("64 x 1281 pixels", png(64, 1281), "20 times as long"),
    ];
    for (what, file, reason) in refused {
        let (status, body, kib) = upload(&server, &customer, &file).await;
        println!("| {what} | {} KB | {} | {} MB |", file.len() / 1000, body["message"], kib / 1024);
        assert_eq!((status, body["error"].as_str()), (400, Some("Invalid image")), "{what}: {body}");
        assert!(body["message"].as_str().is_some_and(|text| text.contains(reason)), "{what}: {body}");
        assert!(kib < MOST_KIB, "{what}: {kib} KiB");
    }
    assert_eq!(customer.get("/credits").await, credits, "nothing was charged");
}

/// Status and body, and the most memory that the server had meanwhile, in KiB. The request itself, in base64 in JSON, is
/// part of it.
async fn upload(server: &Server, customer: &Customer, file: &[u8]) -> (u16, serde_json::Value, u64) {
    let peak = Peak::from_now(server);
    let (status, body) = customer.post("/upload", json!({ "image": STANDARD.encode(file) })).await;
    (status, body, peak.kib())
}

/// A file in the colours of a profile of its own.
fn profile(name: &str) -> Vec<u8> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "media-fixtures", "profiles", name].iter().collect();
    fs::read(path).expect("a fixture")
}

fn profiles() -> Vec<(&'static str, Vec<u8>)> {
    [
        ("Display P3, curves", "display-p3.jpg"),
        ("Display P3, a table", "display-p3-table.webp"),
        ("Adobe RGB", "adobe-rgb.jpg"),
        ("Adobe RGB, a palette", "adobe-rgb-palette.png"),
        ("ProPhoto RGB", "prophoto.png"),
        ("grey, gamma 1.8", "grey-gamma-1.8.jpg"),
        ("four inks by a table", "inks.jpg"),
    ]
    .map(|(what, name)| (what, profile(name)))
    .to_vec()
}

fn four_inks() -> Vec<u8> {
    let marked = profile("inks.jpg");
    let at = marked.windows(4).position(|four| four == [0xff, 0xee, 0, 14]).expect("Adobe's marker");
    [&marked[..at], &marked[at + 16..]].concat()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]));
    PngEncoder::new(&mut file).write_image(&picture, width, height, ExtendedColorType::Rgb8).expect("a PNG");
    file
}

/// 147 MB of pixels.
fn large_png() -> Vec<u8> {
    const SIDE: u32 = 7000;
    let mut file = Vec::new();
    let mut coder = png::Encoder::new(&mut file, SIDE, SIDE);
    coder.set_color(png::ColorType::Rgb);
    coder.set_depth(png::BitDepth::Eight);
    coder.set_compression(png::Compression::Fast);
    let mut writer = coder.write_header().expect("a header");
    writer.write_image_data(&vec![90; SIDE as usize * SIDE as usize * 3]).expect("pixels");
    writer.finish().expect("an end");
    file
}

/// A small picture with a profile of so many MB, all but its head zero.
fn profile_bomb(megabytes: usize) -> Vec<u8> {
    let mut body = b"name\0\0".to_vec();
    let mut coder = flate2::write::ZlibEncoder::new(&mut body, flate2::Compression::new(6));
    let mut piece = vec![0; 1_000_000];
    piece[36..40].copy_from_slice(b"acsp");
    for _ in 0..megabytes {
        coder.write_all(&piece).expect("room");
    }
    coder.finish().expect("room");
    let picture = GrayImage::new(100, 100);
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&picture, 100, 100, ExtendedColorType::L8).expect("a PNG");
    let chunk = img_parts::png::PngChunk::new(*b"iCCP", body.into()).encoder().bytes();
    [&file[..33], &chunk, &file[33..]].concat()
}
