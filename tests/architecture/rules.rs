//! The rules. Each gives a sentence for every place that breaks it.

use super::{
    files::SourceFile,
    paths::{Named, paths},
    tokens::{Kind, tokens},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which layer may use which. `config` stands in the row of `cli` alone.
const MAY_KNOW: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("protocol", &[]),
    ("tasks", &[]),
    ("media", &["domain", "protocol", "tasks"]),
    ("imaging", &["domain", "protocol", "tasks"]),
    ("lighting", &["domain", "protocol", "tasks"]),
    ("store", &["domain", "protocol", "tasks"]),
    ("app", &["domain", "protocol", "tasks", "media", "imaging", "lighting", "store"]),
    ("server", &["app", "domain", "protocol", "tasks"]),
    ("api", &["app", "domain", "protocol", "tasks"]),
    ("config", &[]),
    (
        "cli",
        &["api", "app", "config", "domain", "imaging", "lighting", "media", "protocol", "server", "store", "tasks"],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Which part of `app` may use which other. Six parts, and the clock that all of them read.
const ROOMS_OF_APP: [(&str, &[&str]); 8] = [
    ("access", &["wall_clock"]),
    ("rooms", &["access", "outbox", "wall_clock"]),
    ("show", &["rooms", "wall_clock"]),
    ("lights", &["show", "wall_clock"]),
    ("imaging", &["access", "outbox", "wall_clock"]),
    ("outbox", &["wall_clock"]),
    ("telemetry", &[]),
    ("wall_clock", &[]),
];

/// The crates that these layers may use beside std.
const FEW_CRATES: [(&str, &[&str]); 2] =
    [("domain", &[]), ("protocol", &["bytes", "h264_reader", "ipnet", "thiserror", "time", "rml_rtmp", "url"])];

/// The one layer that may name a crate: one of this name, or one that begins with it where the word ends in `*`.
const RESTRICTED_CRATES: [(&str, &str); 5] =
    [("gst*", "media"), ("glib", "media"), ("sqlx", "store"), ("object_store", "store"), ("aws_sdk*", "store")];

/// Names without information about the content.
const BANNED_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"];

/// Elements that find and link others, or open addresses that they read in media.
const PLUGS_ITSELF: [&str; 14] = [
    "parsebin",
    "decodebin",
    "decodebin3",
    "uridecodebin",
    "uridecodebin3",
    "urisourcebin",
    "playbin",
    "playbin3",
    "hlsdemux",
    "hlsdemux2",
    "dashdemux",
    "dashdemux2",
    "sdpdemux",
    "souphttpsrc",
];

const LINES: usize = 500;

/// A layer names another one only where the table allows it.
pub fn direction(file: &SourceFile) -> Vec<String> {
    let own = file.layer();
    let Some((_, known)) = MAY_KNOW.iter().find(|(layer, _)| *layer == own) else {
        return vec![format!("{}: nothing says what `{own}` may know; see MAY_KNOW", file.path)];
    };
    let breaks = |named: &Named| {
        let other = named.layer()?;
        if other == own || known.contains(&other) {
            return None;
        }
        let other = if other.is_empty() { "the whole crate".to_owned() } else { format!("`{other}`") };
        Some(sentence(file, named, &format!("`{own}` must not know {other}")))
    };
    paths(file).iter().filter_map(breaks).collect()
}

/// A part of `app` names another one only where the table allows it.
pub fn rooms(file: &SourceFile) -> Vec<String> {
    let module = file.module();
    let [app, own, ..] = module.as_slice() else { return Vec::new() };
    if app != "app" {
        return Vec::new();
    }
    let Some((_, known)) = ROOMS_OF_APP.iter().find(|(room, _)| room == own) else {
        return vec![format!("{}: nothing says what `app::{own}` may know; see ROOMS_OF_APP", file.path)];
    };
    let breaks = |named: &Named| {
        let [_, app, other, ..] = named.parts.as_slice() else { return None };
        let foreign = named.layer() == Some("app") && app == "app" && other != own;
        let room = ROOMS_OF_APP.iter().any(|(room, _)| room == other);
        (foreign && room && !known.contains(&other.as_str()))
            .then(|| sentence(file, named, &format!("`app::{own}` must not know `app::{other}`")))
    };
    paths(file).iter().filter_map(breaks).collect()
}

/// The files and folders of one folder do not import one another in a circle. A module and what lies below it count as
/// one, so parent and child may name each other.
pub fn circles(files: &[SourceFile]) -> Vec<String> {
    let modules: BTreeSet<Vec<String>> = files.iter().map(SourceFile::module).collect();
    // For each folder: which of its members names which other one.
    let mut arrows: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in files {
        let own = file.module();
        for named in paths(file) {
            if named.layer().is_none() {
                continue;
            }
            let mut other = named.parts[1..].to_vec();
            while !other.is_empty() && !modules.contains(&other) {
                other.pop();
            }
            let shared = own.iter().zip(&other).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (own.get(shared), other.get(shared)) {
                arrows.entry(own[..shared].to_vec()).or_default().entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let mut broken = Vec::new();
    for (folder, members) in &arrows {
        let folder = folder.join("/");
        let mut seen = BTreeSet::new();
        for start in members.keys() {
            if let Some(ring) = ring(members, start) {
                let mut sorted = ring.clone();
                sorted.sort();
                if seen.insert(sorted) {
                    broken.push(format!("src/{folder}: {} import one another in a circle", ring.join(" -> ")));
                }
            }
        }
    }
    broken
}

/// The shortest way from a member back to itself.
fn ring(members: &BTreeMap<String, BTreeSet<String>>, start: &String) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![start.clone()]]);
    let mut reached = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in members.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if reached.insert(next.clone()) {
                ways.push_back([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}

/// The planes: the folders of `src/api`.
pub fn planes(files: &[SourceFile]) -> BTreeSet<String> {
    let below = files.iter().filter_map(|file| file.path.strip_prefix("src/api/"));
    below.filter_map(|path| Some(path.split_once('/')?.0.to_owned())).collect()
}

/// A plane does not name another one, and what planes share names none.
pub fn plane(file: &SourceFile, planes: &BTreeSet<String>) -> Vec<String> {
    let module = file.module();
    if module.first().is_none_or(|layer| layer != "api") {
        return Vec::new();
    }
    let own = module.get(1);
    let breaks = |named: &Named| {
        let [_, api, other, ..] = named.parts.as_slice() else { return None };
        if named.layer() != Some("api") || api != "api" || Some(other) == own || !planes.contains(other) {
            return None;
        }
        let who = own.map_or("what planes share".to_owned(), |own| format!("`api::{own}`"));
        Some(sentence(file, named, &format!("{who} must not know `api::{other}`")))
    };
    paths(file).iter().filter_map(breaks).collect()
}

/// The crates that the manifest lists for the program itself.
#[derive(Debug)]
pub struct Dependencies(BTreeSet<String>);

impl Dependencies {
    /// Reads `[dependencies]` of a manifest.
    pub fn of(manifest: &str) -> Self {
        let section = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
        let lines = section.take_while(|line| !line.starts_with('['));
        Self(lines.filter_map(|line| Some(line.split_once('=')?.0.trim().replace('-', "_"))).collect())
    }

    /// Whether a crate is listed.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Foreign crates are named only where they belong.
pub fn foreign(file: &SourceFile, dependencies: &Dependencies) -> Vec<String> {
    let own = file.layer();
    let few_crates = FEW_CRATES.iter().find(|(layer, _)| *layer == own).map(|(_, allowed)| *allowed);
    let breaks = |named: &Named| {
        let first = named.parts.first()?.as_str();
        let restricted = |(word, layer): &&(&str, &str)| {
            *layer != own && word.strip_suffix('*').map_or(first == *word, |start| first.starts_with(start))
        };
        if let Some((_, layer)) = RESTRICTED_CRATES.iter().find(restricted) {
            return Some(sentence(file, named, &format!("only `{layer}` says `{first}`")));
        }
        let allowed = few_crates?;
        let refused = dependencies.has(first) && !allowed.contains(&first);
        refused.then(|| sentence(file, named, &format!("`{own}` must do without the crate `{first}`")))
    };
    paths(file).iter().filter_map(breaks).collect()
}

/// A file is at most 500 lines long.
pub fn length(file: &SourceFile) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > LINES).then(|| format!("{}: {lines} lines, more than {LINES}: split it", file.path))
}

/// Neither a file, nor a folder, nor a module within a file is a drawer for everything.
pub fn names(file: &SourceFile) -> Vec<String> {
    let inside = tokens(&file.text);
    let modules = inside.windows(2).filter_map(|pair| match (&pair[0].kind, &pair[1].kind) {
        (Kind::Name(keyword), Kind::Name(name)) if keyword == "mod" => Some(name.as_str()),
        _ => None,
    });
    let places = file.path.split('/').filter_map(|part| part.split('.').next());
    let modules: Vec<_> = if file.path.ends_with(".rs") { modules.collect() } else { Vec::new() };
    let mut banned: Vec<_> = places.chain(modules).filter(|name| BANNED_NAMES.contains(name)).collect();
    banned.dedup();
    banned.iter().map(|name| format!("{}: `{name}` says nothing about what is in it", file.path)).collect()
}

/// No element that plugs others by itself: what came decides by its first bytes which element reads it, and only our own
/// client opens addresses.
pub fn plugging(file: &SourceFile) -> Vec<String> {
    let words = file.text.lines().enumerate().flat_map(|(at, line)| {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| PLUGS_ITSELF.contains(word)).map(move |word| (at + 1, word))
    });
    words.map(|(line, word)| format!("{}:{line}: `{word}` chooses elements by itself", file.path)).collect()
}

fn sentence(file: &SourceFile, named: &Named, rule: &str) -> String {
    format!("{}:{}: {rule}, but it names `{}`", file.path, named.line, named.text())
}
