//! The pages for people: start page, player, and their assets. Built from `web/`, embedded in the binary.

use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{Method, StatusCode, header},
    path::Tail,
    reply::Response,
};

#[derive(rust_embed::Embed)]
#[folder = "web/dist/"]
struct Files;

/// Scripts and styles come from here alone; media may also be a blob, which players use. WebSockets are named by
/// scheme: not every browser counts them as `'self'`. Framing is not restricted: the player may stand in any page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; connect-src 'self' ws: wss:; worker-src 'self'; base-uri 'none'; form-action 'none'";

/// `/`, `/play/{app}/{room}`, `/embed/{app}/{room}`, `/publish/{app}/{room}` and `/assets/…`. Player and embedded
/// player are one page, which tells them apart by its own address.
pub fn routes() -> BoxedFilter<(Response,)> {
    let method = warp::method;
    let start = warp::path::end().and(method()).map(|method| answer(&method, || page("index.html")));
    let two = |name: &'static str, file: &'static str| {
        let path = warp::path(name).and(warp::path::param::<String>()).and(warp::path::param::<String>());
        path.and(warp::path::end()).and(method()).map(move |_, _, method| answer(&method, || page(file)))
    };
    let (play, embed, publish) = (two("play", "play.html"), two("embed", "play.html"), two("publish", "publish.html"));
    let assets = warp::path("assets").and(warp::path::tail()).and(method());
    let assets = assets.map(|tail: Tail, method| answer(&method, || asset(tail.as_str())));
    start.or(play).unify().or(embed).unify().or(publish).unify().or(assets).unify().boxed()
}

/// What is there, for a method that reads it; else 405 with the methods that do (RFC 9110, 15.5.6).
fn answer(method: &Method, found: impl FnOnce() -> Response) -> Response {
    if matches!(*method, Method::GET | Method::HEAD) {
        return found();
    }
    let reply = warp::reply::with_status("Only GET and HEAD\n", StatusCode::METHOD_NOT_ALLOWED);
    warp::reply::with_header(reply, header::ALLOW, "GET, HEAD").into_response()
}

fn page(name: &str) -> Response {
    let Some(file) = Files::get(name) else {
        let text = "The pages were not built into this binary: run `make web` and build again.\n";
        return warp::reply::with_status(text, StatusCode::NOT_FOUND).into_response();
    };
    let reply = warp::reply::html(file.data.into_owned());
    let reply = warp::reply::with_header(reply, header::CACHE_CONTROL, "no-cache");
    let reply = warp::reply::with_header(reply, header::CONTENT_SECURITY_POLICY, POLICY);
    warp::reply::with_header(reply, header::X_CONTENT_TYPE_OPTIONS, "nosniff").into_response()
}

fn asset(name: &str) -> Response {
    let Some(file) = Files::get(&format!("assets/{name}")) else {
        return warp::reply::with_status("Not found\n", StatusCode::NOT_FOUND).into_response();
    };
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    let reply = warp::reply::with_header(Response::new(file.data.into_owned().into()), header::CONTENT_TYPE, kind);
    // Names carry a hash of their content.
    let reply = warp::reply::with_header(reply, header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    // A worker has the policy of its own script, not of the page.
    let reply = warp::reply::with_header(reply, header::CONTENT_SECURITY_POLICY, POLICY);
    warp::reply::with_header(reply, header::X_CONTENT_TYPE_OPTIONS, "nosniff").into_response()
}
