//! Secrets on a real disk: made once, kept, closed to others.

use super::*;
use std::fs;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn settings(data_dir: &Path) -> Config {
    Config { data_dir: data_dir.to_owned(), ..Config::default() }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn the_first_start_makes_the_secrets_in_a_closed_file_and_says_so() {
    let folder = folder();
    let data_dir = folder.path().join("new/data");
    let secrets = Secrets::open(&settings(&data_dir)).expect("secrets");
    assert_eq!(secrets.created, ["livewing_token", "operator_password", "livekit_api_secret", "jwt_secret"]);
    assert_eq!(secrets.file, data_dir.join("secrets.toml"));
    assert!(!secrets.was_exposed);
    assert_eq!(mode(&data_dir), 0o700);
    assert_eq!(mode(&secrets.file), 0o600);
    assert_eq!(secrets.livewing_token.expose().len(), 43);
    assert_eq!(secrets.operator_password.expose().len(), 23);
    let text = fs::read_to_string(&secrets.file).expect("the file");
    assert!(text.contains(secrets.livewing_token.expose()));
    assert!(text.contains(secrets.operator_password.expose()));
    let left: Vec<_> = fs::read_dir(&data_dir).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing but the file: {left:?}");
}

#[test]
fn a_later_start_finds_the_same_secrets_and_another_folder_has_others() {
    let (one, two) = (folder(), folder());
    let first = Secrets::open(&settings(one.path())).expect("secrets");
    let again = Secrets::open(&settings(one.path())).expect("secrets");
    assert_eq!(again.livewing_token, first.livewing_token);
    assert_eq!(again.operator_password, first.operator_password);
    assert!(again.created.is_empty());
    let other = Secrets::open(&settings(two.path())).expect("secrets");
    assert_ne!(other.livewing_token, first.livewing_token);
    assert_ne!(other.operator_password, first.operator_password);
}

#[test]
fn configured_secrets_are_taken_and_not_written() {
    let folder = folder();
    let mut config = settings(&folder.path().join("data"));
    config.livewing.token = Some(Secret::new("configured-token"));
    let secrets = Secrets::open(&config).expect("secrets");
    assert_eq!(secrets.livewing_token.expose(), "configured-token");
    assert_eq!(secrets.created, ["operator_password", "livekit_api_secret", "jwt_secret"]);
    let text = fs::read_to_string(&secrets.file).expect("the file");
    assert!(!text.contains("livewing"), "{text}");

    config.data_dir = folder.path().join("other");
    config.operator.password = Some(Secret::new("configured-password"));
    config.streamhub.livekit_api_secret = Some(Secret::new("configured-secret-of-tokens"));
    config.streamhub.jwt_secret = Some(Secret::new("configured-secret-of-logins"));
    let secrets = Secrets::open(&config).expect("secrets");
    assert_eq!(secrets.operator_password.expose(), "configured-password");
    assert!(!config.data_dir.exists(), "nothing to keep, nothing made");
}

#[test]
fn a_secret_missing_from_the_file_is_added_and_everything_else_stays() {
    let folder = folder();
    let file = folder.path().join("secrets.toml");
    fs::write(&file, "livewing_token = \"mine\"\nlater = \"kept\"\n").expect("a file");
    let secrets = Secrets::open(&settings(folder.path())).expect("secrets");
    assert_eq!(secrets.livewing_token.expose(), "mine");
    assert_eq!(secrets.created, ["operator_password", "livekit_api_secret", "jwt_secret"]);
    let kept = read(&file).expect("the file");
    assert_eq!(kept["livewing_token"].as_str(), Some("mine"));
    assert_eq!(kept["later"].as_str(), Some("kept"));
}

#[test]
fn a_file_that_others_may_read_is_closed_and_reported_once() {
    let folder = folder();
    let first = Secrets::open(&settings(folder.path())).expect("secrets");
    fs::set_permissions(&first.file, Permissions::from_mode(0o644)).expect("chmod");
    let exposed = Secrets::open(&settings(folder.path())).expect("secrets");
    assert!(exposed.was_exposed);
    assert_eq!(mode(&exposed.file), 0o600);
    assert_eq!(exposed.livewing_token, first.livewing_token);
    let closed = Secrets::open(&settings(folder.path())).expect("secrets");
    assert!(!closed.was_exposed);
}

#[test]
fn starts_at_the_same_time_agree_on_the_secrets() {
    let folder = folder();
    let config = settings(folder.path());
    let all: Vec<Secrets> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| Secrets::open(&config).expect("secrets"))).collect();
        let join = |start: std::thread::ScopedJoinHandle<Secrets>| start.join().expect("no panic");
        starts.into_iter().map(join).collect()
    });
    let creators = all.iter().filter(|s| !s.created.is_empty()).count();
    assert_eq!(creators, 1);
    for secrets in &all {
        assert_eq!(secrets.livewing_token, all[0].livewing_token);
        assert_eq!(secrets.operator_password, all[0].operator_password);
    }
}

#[test]
fn what_a_crash_left_half_written_does_no_harm() {
    let folder = folder();
    let beside = folder.path().join("secrets.toml.new");
    fs::write(&beside, "livewing_tok").expect("a file");
    let secrets = Secrets::open(&settings(folder.path())).expect("secrets");
    assert_eq!(secrets.created.len(), 4);
    assert_eq!(mode(&secrets.file), 0o600);
    assert!(!beside.exists());
}

#[test]
fn a_broken_file_is_refused_in_one_line_that_repeats_no_secret() {
    let folder = folder();
    let file = folder.path().join("secrets.toml");
    for (text, line) in [
        ("livewing_token = \"topsecret", "is not TOML; mend it, or move it away to get new secrets"),
        ("operator_password = 271828", "operator_password: needs text in quotes"),
        ("livewing_token = \"\"", "livewing_token: needs text in quotes"),
    ] {
        fs::write(&file, text).expect("a file");
        let error = Secrets::open(&settings(folder.path())).expect_err("a broken file");
        assert_eq!(error.to_string(), format!("{}: {line}", file.display()));
        assert_eq!(fs::read_to_string(&file).expect("the file"), text);
    }
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let below = file.join("data");
    let error = Secrets::open(&settings(&below)).expect_err("no folder");
    assert_eq!(
        error.to_string(),
        format!("{}: cannot make the data folder: Not a directory (os error 20)", below.display())
    );
}
