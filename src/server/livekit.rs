//! LiveKit's signalling, which this server does not have: its SDKs learn that at once instead of hanging.
//!
//! `connect()` opens `/rtc/v1`, asks `/rtc/v1/validate` across origins when that fails, and then tries `/rtc`. A 404 that a
//! page may read ends each of these tries (`livekit-client`, `livekit` for Rust, Python and Go).
//!
//! Refuses to know: tokens and rooms.

use warp::{
    Filter,
    filters::BoxedFilter,
    http::{Method, StatusCode, header},
    reply::{Reply, Response},
};

/// Not LiveKit's sentence for a room that is missing: its SDKs read more into that one.
const SENTENCE: &str =
    "This server has no LiveKit signalling. Its rooms are published to by WHIP and played by WHEP.\n";

/// `/rtc`, `/rtc/v1` and their `validate`; rejects other paths.
pub fn routes() -> BoxedFilter<(Response,)> {
    let rest = warp::path!("rtc").or(warp::path!("rtc" / "validate")).unify();
    let rest = rest.or(warp::path!("rtc" / "v1")).unify().or(warp::path!("rtc" / "v1" / "validate")).unify();
    rest.and(warp::method()).map(answer).boxed()
}

fn answer(method: Method) -> Response {
    let (status, text) = match method {
        Method::OPTIONS => (StatusCode::NO_CONTENT, ""),
        _ => (StatusCode::NOT_FOUND, SENTENCE),
    };
    let reply = warp::reply::with_status(text, status);
    let reply = warp::reply::with_header(reply, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    let reply = warp::reply::with_header(reply, header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
    warp::reply::with_header(reply, header::CACHE_CONTROL, "no-store").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_of_any_origin_reads_that_there_is_no_signalling() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(warp::serve(routes()).incoming(listener).run());
        let client = reqwest::Client::new();
        for path in ["/rtc", "/rtc/validate", "/rtc/v1?access_token=x", "/rtc/v1/validate?access_token=x"] {
            let answer = client.get(format!("{base}{path}")).send().await.unwrap();
            let origin = answer.headers()["access-control-allow-origin"].to_str().unwrap();
            assert_eq!((answer.status().as_u16(), origin), (404, "*"), "{path}");
            let text = answer.text().await.unwrap();
            assert!(text.contains("WHIP") && !text.contains("requested room does not exist"), "{text}");
            let preflight = client.request(reqwest::Method::OPTIONS, format!("{base}{path}")).send().await.unwrap();
            assert_eq!(preflight.status().as_u16(), 204, "{path}");
        }
        let other = client.get(format!("{base}/rtc/v2")).send().await.unwrap();
        assert!(other.status().as_u16() == 404 && other.headers().get("access-control-allow-origin").is_none());
    }
}
