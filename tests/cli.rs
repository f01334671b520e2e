//! The command line, as a person or a script uses it.

use std::{
    net::{TcpListener, UdpSocket},
    path::Path,
    process::{Command, Output},
};

fn lumencast(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .args(arguments)
        .arg("--data")
        .arg(data)
        // Ports chosen by the system.
        .env("LUMENCAST_HTTP__LISTEN", "127.0.0.1:0")
        .env("LUMENCAST_RTMP__LISTEN", "127.0.0.1:0")
        .env("LUMENCAST_LIVEWING__LISTEN", "127.0.0.1:0")
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_key_is_printed_alone_listed_without_its_secret_and_revoked_by_its_id() {
    let data = tempfile::tempdir().unwrap();
    let made = lumencast(data.path(), &["key", "create", "--plane", "lumora", "--label", "Stream Deck"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let key = text(&made.stdout);
    assert_eq!(key.trim_end().len(), 58);
    assert!(key.starts_with("lumora_live_sk_") && key.ends_with('\n') && key.lines().count() == 1, "{key}");

    let list = text(&lumencast(data.path(), &["key", "list"]).stdout);
    let row = list.lines().find(|line| line.contains("Stream Deck")).expect("it is listed");
    assert!(row.contains("valid") && !list.contains(key.trim_end()), "{list}");
    let id = row.split_whitespace().next().unwrap();

    let revoked = lumencast(data.path(), &["key", "revoke", id]);
    assert!(revoked.status.success());
    let list = text(&lumencast(data.path(), &["key", "list"]).stdout);
    assert!(list.lines().any(|line| line.contains(id) && line.contains("revoked")), "{list}");

    let unknown = lumencast(data.path(), &["key", "revoke", "key_unheardof"]);
    assert_eq!(unknown.status.code(), Some(2));
    let wording = "lumencast: there is no key key_unheardof; `lumencast key list` shows them\n";
    assert_eq!(text(&unknown.stderr), wording);
}

#[test]
fn keys_and_accounts_are_not_looked_for_in_a_folder_that_does_not_exist() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("typo");
    let commands: [&[&str]; 6] = [
        &["key", "list"],
        &["key", "revoke", "key_533fgog6jqhf"],
        &["key", "create", "--plane", "lumora", "--label", "x"],
        &["account", "list"],
        &["account", "create", "acme"],
        &["account", "topup", "acme", "1"],
    ];
    for command in commands {
        let refused = lumencast(&data, command);
        let wording =
            format!("lumencast: {}: there is no such data folder; `lumencast serve` makes it\n", data.display());
        assert_eq!((text(&refused.stderr), refused.status.code()), (wording, Some(2)), "{command:?}");
        assert!(refused.stdout.is_empty() && !data.exists(), "{command:?}");
    }
}

#[test]
fn a_folder_without_a_database_gets_none_from_a_question() {
    let data = tempfile::tempdir().unwrap();
    for (command, code) in
        [(&["key", "list"][..], 0), (&["key", "revoke", "key_unheardof"], 2), (&["account", "list"], 0)]
    {
        let answered = lumencast(data.path(), command);
        assert_eq!(answered.status.code(), Some(code), "{command:?}: {}", text(&answered.stderr));
        assert_eq!(answered.stdout.is_empty(), code != 0, "{command:?}");
        // The lock that keeps two versions off one folder is all there is.
        let left: Vec<_> = std::fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "version.lock"), "{command:?}: {left:?}");
    }
}

#[test]
fn a_data_folder_that_cannot_be_used_is_one_line_with_each_cause_once() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let refused = lumencast(&file, &["serve"]);
    let wording = format!("lumencast: {}: File exists (os error 17)\n", file.display());
    assert_eq!((text(&refused.stderr), refused.status.code()), (wording, Some(2)));

    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("lumencast.db"), "this is no database, though it is long enough".repeat(100)).unwrap();
    let refused = lumencast(&data, &["key", "list"]);
    let told = text(&refused.stderr);
    assert_eq!((told.lines().count(), refused.status.code()), (1, Some(2)), "{told}");
    assert_eq!(told.matches("file is not a database").count(), 1, "{told}");
}

#[test]
fn a_plane_without_keys_is_refused_by_name() {
    let data = tempfile::tempdir().unwrap();
    let refused = lumencast(data.path(), &["key", "create", "--plane", "lume", "--label", "x"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("lume"), "{}", text(&refused.stderr));
}

#[test]
fn the_doctor_names_what_it_found_and_fails_when_a_port_is_taken() {
    let data = tempfile::tempdir().unwrap();
    let well = lumencast(data.path(), &["doctor"]);
    let found = text(&well.stdout);
    assert!(well.status.success(), "{found}{}", text(&well.stderr));
    for part in ["GStreamer 1.", "H.264 encoder: ", "AAC encoder: ", "http.listen", "disk of "] {
        assert!(found.contains(part), "{part} in:\n{found}");
    }
    assert!(!found.contains("MISSING"), "{found}");

    let (taken, taken_udp) = (TcpListener::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let (address, udp) = (taken.local_addr().unwrap().to_string(), taken_udp.local_addr().unwrap().to_string());
    let ill = Command::new(env!("CARGO_BIN_EXE_lumencast"))
        .args(["doctor", "--data"])
        .arg(data.path())
        .env("LUMENCAST_HTTP__LISTEN", &address)
        .env("LUMENCAST_RTMP__LISTEN", "127.0.0.1:0")
        .env("LUMENCAST_LIVEWING__LISTEN", "127.0.0.1:0")
        .env("LUMENCAST_WEBRTC__TCP", "127.0.0.1:0")
        .env("LUMENCAST_WEBRTC__UDP", "127.0.0.1:0")
        .env("LUMENCAST_SRT__LISTEN", &udp)
        .output()
        .unwrap();
    assert_eq!(ill.status.code(), Some(2));
    for taken in [address, udp] {
        let found = text(&ill.stdout);
        assert!(found.lines().any(|l| l.starts_with("MISSING") && l.contains(&taken)), "{found}");
    }
    assert_eq!(text(&ill.stderr), "lumencast: 2 things are missing\n");
}

#[test]
fn devices_lists_what_gstreamer_sees_and_does_not_fail_without_any() {
    let listed = Command::new(env!("CARGO_BIN_EXE_lumencast")).arg("devices").output().unwrap();
    assert!(listed.status.success(), "{}", text(&listed.stderr));
    assert!(!listed.stdout.is_empty());
}

#[test]
fn a_streamhub_key_may_be_confined_to_an_app_that_exists() {
    let data = tempfile::tempdir().expect("a folder");
    let create = |args: &[&str]| lumencast(data.path(), &[&["key", "create", "--label", "x"], args].concat());
    let made = create(&["--plane", "streamhub", "--app", "live"]);
    assert!(made.status.success() && text(&made.stdout).starts_with("sk_"), "{}", text(&made.stderr));
    let list = text(&lumencast(data.path(), &["key", "list"]).stdout);
    assert!(list.contains("streamhub/live"), "{list}");
    let unknown = create(&["--plane", "streamhub", "--app", "nothing"]);
    assert_eq!(text(&unknown.stderr), "lumencast: --app: there is no app \"nothing\"\n");
    let other = create(&["--plane", "lumora", "--app", "live"]);
    assert_eq!(text(&other.stderr), "lumencast: --app: only streamhub has apps\n");
    assert_eq!(other.status.code(), Some(2));
}
