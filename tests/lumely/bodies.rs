//! Bodies of requests: their size and content.

use crate::server::{Server, png, png64, status_and_body};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use image::ImageFormat;
use reqwest::{Body, Method, header};
use serde_json::{Value, json};
use std::io::Cursor;

const LIMIT: usize = 10 * 1024 * 1024;

/// A body of exactly this many bytes that has these fields and an unknown one.
fn padded(fields: &Value, size: usize) -> String {
    let mut body = fields.clone();
    body["pad"] = json!("");
    let empty = body.to_string().len();
    body["pad"] = json!("x".repeat(size - empty));
    body.to_string()
}

/// The same in pieces, without a length.
fn chunked(text: String) -> Body {
    let parts: Vec<Result<Vec<u8>, std::io::Error>> =
        text.into_bytes().chunks(60_000).map(|c| Ok(c.to_vec())).collect();
    Body::wrap_stream(futures::stream::iter(parts))
}

async fn send(server: &Server, path: &str, body: impl Into<Body>) -> (u16, Value) {
    let request = server.request(Method::POST, path).bearer_auth(&server.key).body(body);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    status_and_body(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn a_body_of_10_mb_is_taken_and_one_byte_more_is_refused() {
    let server = Server::open().await;
    let refused = json!({
        "error": "Request body too large",
        "message": "A body may have at most 10 MB (10485760 bytes). Send a smaller or more strongly compressed picture.",
    });
    let fields = json!({ "image": png64() });
    assert_eq!(send(&server, "/upload", padded(&fields, LIMIT)).await.0, 201);
    assert_eq!(send(&server, "/upload", padded(&fields, LIMIT + 1)).await, (400, refused.clone()));
    assert_eq!(send(&server, "/upload", chunked(padded(&fields, LIMIT))).await.0, 201);
    assert_eq!(send(&server, "/upload", chunked(padded(&fields, LIMIT + 1))).await, (400, refused.clone()));
    let order = server.order().await;
    assert_eq!(send(&server, "/jobs", padded(&order, LIMIT)).await.0, 201);
    assert_eq!(send(&server, "/jobs", padded(&order, LIMIT + 1)).await, (400, refused));
}

#[tokio::test]
async fn a_large_body_that_nobody_wants_still_hears_why() {
    let server = Server::strict().await;
    let body = padded(&json!({}), LIMIT);
    let request = server.request(Method::POST, "/upload").body(body.clone());
    assert_eq!(status_and_body(request.send().await.expect("an answer")).await.0, 401);
    let request = server.request(Method::PUT, "/upload").bearer_auth(&server.key).body(body.clone());
    assert_eq!(status_and_body(request.send().await.expect("an answer")).await.0, 405);
    assert_eq!(send(&server, "/upload/x", body).await.0, 404);
}

#[tokio::test]
async fn pictures_of_the_four_kinds_are_kept_however_they_are_written() {
    let server = Server::open().await;
    let picture = image::load_from_memory(&png()).expect("a picture");
    let kinds = [
        (ImageFormat::Jpeg, "image/jpeg", "jpg"),
        (ImageFormat::Png, "image/png", "png"),
        (ImageFormat::WebP, "image/webp", "webp"),
        (ImageFormat::Gif, "image/gif", "gif"),
    ];
    for (format, kind, ending) in kinds {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).expect("a file");
        let file = file.into_inner();
        let code = base64::engine::general_purpose::STANDARD.encode(&file);
        let lines = code.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("letters"));
        for image in [
            code.clone(),
            format!("data:{kind};base64,{code}"),
            lines.collect::<Vec<_>>().join("\r\n"),
            URL_SAFE_NO_PAD.encode(&file),
            // The content decides, not the declared type.
            format!("data:image/png;base64,{code}"),
        ] {
            let (status, body) = server.post("/upload", json!({ "image": image })).await;
            assert_eq!((status, &body["content_type"]), (201, &json!(kind)), "{body}");
            assert!(body["size_bytes"].as_u64().is_some_and(|size| size > 20), "{body}");
            let path = body["storage_path"].as_str().expect("a path");
            assert!(path.ends_with(&format!(".{ending}")), "{path}");
            assert_eq!(body.as_object().expect("an object").len(), 3);
        }
    }
    // PHP writes slashes with a backslash before them.
    let escaped = format!("{{\"image\":\"data:image\\/png;base64,{}\"}}", png64().replace('/', "\\/"));
    assert_eq!(send(&server, "/upload", escaped).await.0, 201);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_in_words() {
    let server = Server::open().await;
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let whole = png();
    for image in [base64(svg), base64(&whole[..whole.len() / 2]), base64(b"%PDF-1.7"), base64(b"GIF89a"), "AAAA".into()]
    {
        let (status, body) = server.post("/upload", json!({ "image": image })).await;
        assert_eq!((status, &body["error"]), (400, &json!("Invalid image")), "{image}");
        let message = body["message"].as_str().expect("a text");
        assert!(message.len() > 20 && message.ends_with('.') && message.starts_with(char::is_uppercase), "{message}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let server = Server::open().await;
    for text in ["{", "[]", "5", "\"x\"", "null", "{\"image\":\"a\"}x", "image=abc"] {
        for path in ["/upload", "/jobs", "/api-keys", "/webhooks"] {
            let (status, body) = send(&server, path, text).await;
            assert_eq!((status, &body["error"]), (400, &json!("Invalid JSON")), "{path} {text}");
        }
    }
    let entries = vec!["0"; 3_000_000].join(",");
    let (status, body) = send(&server, "/upload", format!("{{\"image\":[{entries}]}}")).await;
    assert_eq!((status, &body["error"]), (400, &json!("Invalid image")));
}
