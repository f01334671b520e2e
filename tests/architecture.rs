//! The architecture of the sources: which layer may use which, how long a file may be, forbidden names of modules.
//!
//! Reads every path of every file as Rust would name it (`use` trees, `super::`, paths in the middle of an expression;
//! not comments, not strings) and fails with one sentence for each that breaks a rule. A folder that has no rule fails
//! too, so that a new one is thought about.

mod architecture {
    mod checker;
    pub mod files;
    pub mod paths;
    pub mod rules;
    pub mod tokens;
}

use architecture::{
    files::{SourceFile, read},
    rules::{self, Dependencies},
};

/// Folders of code of our own; everything in them counts, whatever the language.
const CODE: [&str; 6] = ["src", "tests", "benches", "build.rs", "web/src", "web/test"];

fn none(broken: Vec<String>) {
    assert!(broken.is_empty(), "{} rules are broken:\n{}", broken.len(), broken.join("\n"));
}

fn sources() -> Vec<SourceFile> {
    let files = read(&["src"]);
    assert!(files.len() > 100, "only {} files were found below src", files.len());
    files
}

#[test]
fn knowledge_points_one_way() {
    none(sources().iter().flat_map(rules::direction).collect());
}

#[test]
fn planes_do_not_know_one_another() {
    let files = sources();
    let planes = rules::planes(&files);
    for plane in ["livewing", "lumora", "operator"] {
        assert!(planes.contains(plane), "{plane} is no folder of src/api: {planes:?}");
    }
    none(files.iter().flat_map(|file| rules::plane(file, &planes)).collect());
}

#[test]
fn the_rooms_of_app_know_one_another_one_way() {
    none(sources().iter().flat_map(rules::rooms).collect());
}

#[test]
fn nothing_in_a_folder_is_imported_in_a_circle() {
    none(rules::circles(&sources()));
}

#[test]
fn foreign_crates_are_named_only_where_they_belong() {
    let manifest = read(&["Cargo.toml"]);
    let dependencies = Dependencies::of(&manifest[0].text);
    assert!(dependencies.has("gst_app") && dependencies.has("sqlx"), "{dependencies:?}");
    none(sources().iter().flat_map(|file| rules::foreign(file, &dependencies)).collect());
}

#[test]
fn no_file_is_longer_than_500_lines() {
    none(read(&CODE).iter().filter_map(rules::length).collect());
}

#[test]
fn no_module_is_a_drawer_for_everything() {
    none(read(&CODE).iter().flat_map(rules::names).collect());
}

#[test]
fn no_element_plugs_others_by_itself() {
    none(read(&["src", "pipelines"]).iter().flat_map(rules::plugging).collect());
}
