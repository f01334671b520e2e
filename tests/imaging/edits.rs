//! The engine `http` beside a service that answers as the OpenAI images-edit API does.

use crate::web::{Asked, Web};
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, GrayImage, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use lumencast::{
    domain::imaging::{Options, Request, Resolution, Service},
    imaging::{
        Fault, Stop,
        engine::{Choice, Engines, Made, Route, Task, http, prepare},
    },
};
use std::{sync::Arc, time::Duration};

fn png(pixels: &[u8], width: u32, height: u32, colour: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(pixels, width, height, colour).expect("a PNG file");
    file
}

fn plain(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_pixel(width, height, image::Rgb(colour)), width, height, ExtendedColorType::Rgb8)
}

fn task() -> Task {
    let mask = GrayImage::from_fn(96, 72, |x, _| image::Luma([if x < 48 { 255 } else { 0 }]));
    Task {
        request: Request {
            service: Service::VirtualStaging,
            config: "living-room".to_owned(),
            resolution: Resolution::TwoK,
            prompt: "Two armchairs by the window — no rug".to_owned(),
            options: Options { style: Some("rustic".to_owned()), ..Options::default() },
            location: None,
        },
        input: plain(96, 72, [200, 60, 60]),
        mask: Some(png(&mask, 96, 72, ExtendedColorType::L8)),
        reference: None,
    }
}

fn engines(url: &str, timeout: Duration) -> Engines {
    let settings = http::Settings {
        url: format!("{url}/v1/"),
        api_key: Some("test-key".to_owned()),
        model: "painter".to_owned(),
        timeout,
    };
    let route = Route { service: Service::VirtualStaging, config: None, choice: Choice::Http };
    Engines::new(None, Some(http::Http::new(settings).expect("an engine")), vec![route], Choice::Local)
}

async fn made(web: &Web, timeout: Duration) -> Result<Made, Fault> {
    let (task, stop) = (task(), Stop::default());
    let prepared = prepare(&task, &stop).expect("good pictures");
    engines(&web.url, timeout).make(&task.request, prepared, Arc::new(()), &stop).await
}

fn picture() -> String {
    format!(r#"{{"created":1,"data":[{{"b64_json":"{}"}}]}}"#, STANDARD.encode(plain(96, 72, [20, 200, 40])))
}

/// The content of a part of a form.
fn part<'a>(asked: &'a Asked, name: &str) -> Option<&'a [u8]> {
    let marker = format!("name=\"{name}\"");
    let from = asked.body.windows(marker.len()).position(|window| window == marker.as_bytes())?;
    let rest = &asked.body[from..];
    let start = rest.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let length = rest[start..].windows(4).position(|four| four == b"\r\n--")?;
    Some(&rest[start..start + length])
}

#[tokio::test]
async fn the_service_gets_picture_mask_and_the_whole_prompt_and_its_picture_is_brought_to_size() {
    let web = Web::answering(vec![(200, "", picture())]).await;
    let made = made(&web, Duration::from_secs(20)).await.expect("a picture");
    assert_eq!((made.width, made.height, made.engine), (2048, 1536, "http"));
    let result = image::load_from_memory(&made.jpeg).expect("a JPEG file").to_rgb8();
    let [r, g, b] = result.get_pixel(1000, 700).0;
    assert!(r < 40 && g > 180 && b < 60, "the service's green, not {r} {g} {b}");

    let asked = web.asked().await;
    assert_eq!(asked.len(), 1);
    assert!(asked[0].head.starts_with("post /v1/images/edits "), "{}", asked[0].head);
    assert!(asked[0].head.contains("authorization: bearer test-key"), "{}", asked[0].head);
    let text = |name| String::from_utf8_lossy(part(&asked[0], name).expect(name)).into_owned();
    assert_eq!((text("model").as_str(), text("n").as_str()), ("painter", "1"));
    let prompt = text("prompt");
    assert!(prompt.contains("Style: rustic.") && prompt.ends_with("Two armchairs by the window — no rug"), "{prompt}");
    let sent = image::load_from_memory(part(&asked[0], "image").expect("the picture")).expect("a file").to_rgb8();
    assert_eq!(sent.dimensions(), (96, 72));
    let mask = image::load_from_memory(part(&asked[0], "mask").expect("the mask")).expect("a file").to_rgba8();
    assert_eq!(mask.dimensions(), (96, 72));
    assert_eq!(mask.get_pixel(8, 20).0[3], 0, "it may change what is transparent");
    assert_eq!(mask.get_pixel(80, 20).0[3], 255);
}

#[tokio::test]
async fn what_another_try_may_mend_is_tried_again_and_a_refusal_is_told_in_the_services_words() {
    let busy = (429, "retry-after: 0\r\n", r#"{"error":{"message":"slow down"}}"#.to_owned());
    let web = Web::answering(vec![busy.clone(), (200, "", picture())]).await;
    made(&web, Duration::from_secs(20)).await.expect("a picture at the second try");
    assert_eq!(web.asked().await.len(), 2);

    let web = Web::answering(vec![(400, "", r#"{"error":{"message":"Your\n  prompt is refused"}}"#.to_owned())]).await;
    let refused = made(&web, Duration::from_secs(20)).await;
    let said = "the images service answered 400: Your prompt is refused";
    assert_eq!(refused, Err(Fault::Engine(said.to_owned())));
    assert_eq!(web.asked().await.len(), 1, "a refusal is final");

    let web = Web::answering(vec![busy]).await;
    let given_up = made(&web, Duration::from_secs(20)).await;
    assert_eq!(given_up, Err(Fault::Engine("the images service answered 429: slow down".to_owned())));
    assert_eq!(web.asked().await.len(), 3);

    let web = Web::answering(vec![(200, "", r#"{"data":[{"b64_json":"aGVsbG8="}]}"#.to_owned())]).await;
    assert!(matches!(made(&web, Duration::from_secs(20)).await, Err(Fault::Engine(_))), "text is no picture");
}
