//! The checker itself: made-up sources that break a rule are caught, and those that only look like it are not.

use super::{
    files::SourceFile,
    paths::paths,
    rules::{self, Dependencies},
};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

fn direction(path: &str, text: &str) -> Vec<String> {
    rules::direction(&file(path, text))
}

fn foreign(path: &str, text: &str) -> Vec<String> {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\nbytes = \"1\"\nrml_rtmp = \"0.8\"\n\
                    tokio = { version = \"1\" }\ngst-app = \"1\"\n[dev-dependencies]\nproptest = \"1\"\n";
    rules::foreign(&file(path, text), &Dependencies::of(manifest))
}

#[test]
fn a_nested_use_tree_is_read_to_its_leaves() {
    let source =
        "use crate::{\n    domain::{time::{Slot, Rate as R}, show},\n    media::{self, link::*},\n};\nuse std::fmt;";
    let read: Vec<_> = paths(&file("src/app/bus.rs", source)).iter().map(|named| (named.text(), named.line)).collect();
    let expected = [
        ("crate::domain::time::Slot", 2),
        ("crate::domain::time::Rate", 2),
        ("crate::domain::show", 2),
        ("crate::media", 3),
        ("crate::media::link::*", 3),
        ("std::fmt", 5),
    ];
    assert_eq!(read, expected.map(|(path, line)| (path.to_owned(), line)));
}

#[test]
fn super_and_self_are_counted_from_the_module_they_stand_in() {
    let text = "use super::stats;\nuse self::inner::X;\nmod tests { use super::*; fn f() { super::super::y::z(); } }\nuse super::q;";
    let read: Vec<_> = paths(&file("src/media/mixer/mod.rs", text)).iter().map(|named| named.text()).collect();
    let expected = ["media::stats", "media::mixer::inner::X", "media::mixer::*", "media::y::z", "media::q"];
    assert_eq!(read, expected.map(|path| format!("crate::{path}")));
}

#[test]
fn the_domain_that_looks_outward_is_caught_and_named_with_its_line() {
    let broken = direction("src/domain/show/mod.rs", "use std::fmt;\nuse crate::app::show::bus::Bus;");
    let sentence = "src/domain/show/mod.rs:2: `domain` must not know `app`, but it names `crate::app::show::bus::Bus`";
    assert_eq!(broken, [sentence]);
}

#[test]
fn every_wrong_direction_is_caught() {
    let wrong = [
        ("src/protocol/mp4.rs", "use crate::domain::time::Slot;"),
        ("src/media/link.rs", "use crate::store::Store;"),
        ("src/media/link.rs", "fn f() { crate::app::show::bus::publish() }"),
        ("src/media/link.rs", "use super::super::app::bus;"),
        ("src/store/keys.rs", "use crate::{domain::time, media::link};"),
        ("src/app/bus.rs", "use crate::api::limits;"),
        ("src/app/bus.rs", "use crate::server;"),
        ("src/server/hls.rs", "use crate::media::output;"),
        ("src/server/hls.rs", "use crate::api::mask;"),
        ("src/api/lumora/map.rs", "use crate::store::Keys;"),
        ("src/api/lumora/map.rs", "type X = Vec<crate::media::link::Feed>;"),
        ("src/app/bus.rs", "use crate::config::Config;"),
        ("src/config/mod.rs", "use crate::domain::time::Rate;"),
        ("src/main.rs", "use lumencast::config::Config;"),
        ("src/app/bus.rs", "use crate::*;"),
        ("src/app/bus.rs", "pub use crate as everything;"),
        ("src/newcomer/mod.rs", ""),
    ];
    for (path, text) in wrong {
        assert_eq!(direction(path, text).len(), 1, "{path}: {text}");
    }
}

#[test]
fn right_directions_comments_and_strings_are_left_alone() {
    let right = [
        ("src/media/link.rs", "use crate::{domain::time::Slot, protocol::packet::Packet, media::clock};"),
        ("src/app/conductor.rs", "use crate::{app::bus, domain::show::Show, media::engine::Engine, store::Store};"),
        ("src/cli/serve.rs", "use crate::{api::lumora, config::Config, media::engine::Engine};"),
        ("src/domain/mod.rs", "//! See crate::app::bus.\n/* crate::media::x /* crate::api */ crate::store::y */"),
        ("src/domain/a.rs", r####"const A: &str = "crate::app::b"; const B: &str = r#"a "crate::app::b" c"#;"####),
        ("src/domain/a.rs", r#"const A: &[u8] = b"\" crate::app::b"; const C: char = '"'; fn f<'a>(x: &'a str) {}"#),
        ("src/domain/a.rs", "fn f() { Ordering::Relaxed; app::bus::x(); }"),
    ];
    for (path, text) in right {
        assert_eq!(direction(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn code_after_a_string_or_a_character_is_still_read() {
    for before in [r#"'"'"#, r"'\''", r#""\"""#, r##"r"\""##, r####"r##"a"# "##"####, "b'x'", "&'static ()", "'{'"] {
        let text = format!("const A: X = {before};\nuse crate::app::bus;");
        assert_eq!(direction("src/domain/a.rs", &text).len(), 1, "{before}");
    }
}

#[test]
fn planes_are_kept_apart_and_may_use_what_they_share() {
    let files = [file("src/api/lumora/map.rs", ""), file("src/api/livewing/map.rs", ""), file("src/api/mask.rs", "")];
    let planes = rules::planes(&files);
    let broken = |path: &str, text: &str| rules::plane(&file(path, text), &planes).len();
    assert_eq!(broken("src/api/lumora/map.rs", "use crate::api::livewing::wire::Event;"), 1);
    assert_eq!(broken("src/api/lumora/map.rs", "use super::super::livewing;"), 1);
    assert_eq!(broken("src/api/mask.rs", "use super::lumora::map;"), 1);
    assert_eq!(broken("src/api/lumora/map.rs", "use crate::api::{mask, lumora::wire};"), 0);
    assert_eq!(broken("src/cli/serve.rs", "use crate::api::{livewing, lumora};"), 0);
}

#[test]
fn a_room_of_app_that_looks_up_is_caught_and_named_with_its_line() {
    let broken = |path: &str, text: &str| rules::rooms(&file(path, text));
    let sentence = "src/app/access/auth.rs:2: `app::access` must not know `app::rooms`, \
                    but it names `crate::app::rooms::apps::Apps`";
    assert_eq!(broken("src/app/access/auth.rs", "use std::fmt;\nuse crate::app::rooms::apps::Apps;"), [sentence]);
    assert_eq!(broken("src/app/rooms/room.rs", "use crate::app::{access::keys, show::bus};").len(), 1);
    assert_eq!(broken("src/app/outbox.rs", "use super::imaging;").len(), 1);
    assert_eq!(broken("src/app/attic/mod.rs", "").len(), 1);
    assert_eq!(broken("src/app/show/inputs.rs", "use crate::app::{rooms::Rooms, show::bus};"), [""; 0]);
    assert_eq!(broken("src/server/hls.rs", "use crate::app::rooms::Rooms;"), [""; 0]);
}

#[test]
fn files_that_import_each_other_are_caught_and_a_parent_and_its_child_are_not() {
    let circles =
        |files: &[(&str, &str)]| rules::circles(&files.iter().map(|(path, text)| file(path, text)).collect::<Vec<_>>());
    let pair = [("src/app/a.rs", "use super::b::B;"), ("src/app/b.rs", "fn f() { crate::app::a::g() }")];
    assert_eq!(circles(&pair), ["src/app: a -> b import one another in a circle"]);
    let folders = [
        ("src/media/live/mod.rs", ""),
        ("src/media/live/view.rs", "use crate::media::take::x::X;"),
        ("src/media/take/x.rs", ""),
        ("src/media/take/y.rs", "use crate::media::live::Live;"),
        ("src/media/take/mod.rs", ""),
    ];
    assert_eq!(circles(&folders), ["src/media: live -> take import one another in a circle"]);
    let three = [
        ("src/app/a.rs", "use super::b;"),
        ("src/app/b.rs", "use super::c;"),
        ("src/app/c.rs", "use super::a;"),
        ("src/app/d.rs", "use super::a;"),
    ];
    assert_eq!(circles(&three), ["src/app: a -> b -> c import one another in a circle"]);
    let family = [("src/app/a/mod.rs", "use self::b::B;"), ("src/app/a/b.rs", "use super::A;")];
    assert_eq!(circles(&family), [""; 0]);
}

#[test]
fn foreign_crates_in_the_wrong_place_are_caught() {
    let wrong = [
        ("src/domain/time.rs", "use serde::Serialize;"),
        ("src/domain/time.rs", "#[derive(serde::Serialize)] struct X;"),
        ("src/domain/time.rs", "use tokio::time::Instant;"),
        ("src/domain/time.rs", "use bytes::Bytes;"),
        ("src/protocol/mp4.rs", "use tokio::io::AsyncRead;"),
        ("src/app/bus.rs", "use gst::prelude::*;"),
        ("src/app/bus.rs", "fn f() { gst_app::AppSrc::builder(); }"),
        ("src/app/bus.rs", "extern crate gstreamer;"),
        ("src/server/hls.rs", "use glib::object::Cast;"),
        ("src/app/keys.rs", "fn f(e: sqlx::Error) {}"),
        ("src/media/link.rs", "use sqlx::Row;"),
        ("src/app/keys.rs", "use object_store::ObjectStore;"),
    ];
    for (path, text) in wrong {
        assert_eq!(foreign(path, text).len(), 1, "{path}: {text}");
    }
    let right = [
        ("src/domain/time.rs", "use std::fmt; use crate::domain::time; mod tests { use proptest::prelude::*; }"),
        ("src/protocol/mp4.rs", "use bytes::Bytes; use rml_rtmp::sessions::ServerSession;"),
        ("src/media/link.rs", "use gst::prelude::*; use tokio::sync::mpsc;"),
        ("src/store/keys.rs", "sqlx::query!(\"select 1\");"),
        ("src/app/bus.rs", "// gst::init\nconst A: &str = \"sqlx::Error\";"),
    ];
    for (path, text) in right {
        assert_eq!(foreign(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn long_files_and_drawers_are_caught() {
    assert!(rules::length(&file("web/src/play/main.ts", &"x\n".repeat(501))).is_some());
    assert!(rules::length(&file("web/src/play/main.ts", &"x\n".repeat(500))).is_none());
    let drawers = |path: &str, text: &str| rules::names(&file(path, text)).len();
    assert_eq!(drawers("src/app/utils.rs", ""), 1);
    assert_eq!(drawers("src/common/mod.rs", ""), 1);
    assert_eq!(drawers("web/src/helpers.test.ts", ""), 1);
    assert_eq!(drawers("src/app/bus.rs", "pub mod manager { }"), 1);
    assert_eq!(drawers("src/app/bus.rs", "// mod utils\nmod utility; fn common() {}"), 0);
}

#[test]
fn a_circle_of_media_folders_is_caught_and_a_line_is_not() {
    let live = file("src/media/live/mod.rs", "use super::{clock::ShowClock, pipeline::Run};");
    let decode = file("src/media/decode/mod.rs", "use crate::media::live::Live;");
    let clock = file("src/media/clock.rs", "use std::fmt;");
    assert_eq!(rules::circles(&[live, decode, clock]), Vec::<String>::new());
    let live = file("src/media/live/mod.rs", "use super::ingest::grid::Grid;");
    let ingest = file("src/media/ingest/mod.rs", "use crate::media::decode::Decoder;");
    let decode = file("src/media/decode/mod.rs", "use crate::media::live::Live;");
    let sentence = "src/media: decode -> live -> ingest import one another in a circle";
    assert_eq!(rules::circles(&[live, ingest, decode]), [sentence]);
}
