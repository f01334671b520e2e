//! The rules. Each gives a sentence for every place that breaks it.

use super::{
    files::SourceFile,
    paths::{Named, paths},
    tokens::{Kind, tokens},
};
use std::collections::{BTreeMap, BTreeSet};

/// Who may know whom. `config` stands in the row of `cli` alone.
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

/// All that these layers may use beside std.
const FRUGAL: [(&str, &[&str]); 2] =
    [("domain", &[]), ("protocol", &["bytes", "h264_reader", "ipnet", "thiserror", "rml_rtmp", "url"])];

/// The one layer that may say a word: a crate of this name, or one that begins with it where the word ends in `*`.
const SAID_ONLY_BY: [(&str, &str); 5] =
    [("gst*", "media"), ("glib", "media"), ("sqlx", "store"), ("object_store", "store"), ("aws_*", "store")];

/// Names that say nothing about what is inside.
const DRAWERS: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"];

const LINES: usize = 500;

/// A layer names another one only if it may know it.
pub fn direction(file: &SourceFile) -> Vec<String> {
    let own = file.layer();
    let Some((_, known)) = MAY_KNOW.iter().find(|(layer, _)| *layer == own) else {
        return vec![format!("{}: nobody has said what `{own}` may know; see MAY_KNOW", file.path)];
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

/// The folders of `src/media` do not name each other in a circle.
pub fn circles(files: &[SourceFile]) -> Vec<String> {
    let of = |file: &SourceFile| file.module().get(1).cloned().filter(|_| file.layer() == "media");
    let folders: BTreeSet<String> = files.iter().filter_map(of).collect();
    let mut arrows = BTreeMap::<(String, String), String>::new();
    for file in files {
        let Some(own) = of(file) else { continue };
        for named in paths(file) {
            let [_, _, other, ..] = named.parts.as_slice() else { continue };
            if named.layer() == Some("media") && *other != own && folders.contains(other) {
                let told = sentence(file, &named, &format!("`media::{other}` leads back to `media::{own}`"));
                arrows.entry((own.clone(), other.clone())).or_insert(told);
            }
        }
    }
    let leads = |from: &str, to: &str| {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(at) = open.pop() {
            let next = arrows.keys().filter(|(a, _)| a == at).map(|(_, b)| b.as_str());
            open.extend(next.filter(|b| seen.insert(b)).collect::<Vec<_>>());
        }
        seen.contains(to)
    };
    arrows.iter().filter(|((own, other), _)| leads(other, own)).map(|(_, told)| told.clone()).collect()
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
    let frugal = FRUGAL.iter().find(|(layer, _)| *layer == own).map(|(_, allowed)| *allowed);
    let breaks = |named: &Named| {
        let first = named.parts.first()?.as_str();
        let said = |(word, layer): &&(&str, &str)| {
            *layer != own && word.strip_suffix('*').map_or(first == *word, |start| first.starts_with(start))
        };
        if let Some((_, layer)) = SAID_ONLY_BY.iter().find(said) {
            return Some(sentence(file, named, &format!("only `{layer}` says `{first}`")));
        }
        let allowed = frugal?;
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
    let mut drawers: Vec<_> = places.chain(modules).filter(|name| DRAWERS.contains(name)).collect();
    drawers.dedup();
    drawers.iter().map(|name| format!("{}: `{name}` says nothing about what is in it", file.path)).collect()
}

fn sentence(file: &SourceFile, named: &Named, rule: &str) -> String {
    format!("{}:{}: {rule}, but it names `{}`", file.path, named.line, named.text())
}
