//! Settings as an operator meets them: real files, variables, and the exact lines of errors.

use lumencast::config::{Channel, Config, LogFormat, LogLevel, OutputSource, Pattern, Plan, Rate, Source};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const EXAMPLE: &str = "lumencast.example.toml";

/// A settings file in its own folder.
struct Settings {
    _folder: TempDir,
    path: PathBuf,
}

impl Settings {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("show.toml");
        std::fs::write(&path, text).expect("a file");
        Self { _folder: folder, path }
    }
}

fn variables(set: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    set.iter().map(pair).collect()
}

fn load(text: &str) -> Config {
    let file = Settings::new(text);
    Config::load(Some(&file.path), []).expect("good settings")
}

/// The error line of a file, without the folder's name.
fn refusal(text: &str) -> String {
    refusal_with(text, &[])
}

fn refusal_with(text: &str, set: &[(&str, &str)]) -> String {
    let file = Settings::new(text);
    let error = Config::load(Some(&file.path), variables(set)).expect_err("bad settings");
    let line = error.to_string();
    assert!(!line.contains('\n'), "one line: {line:?}");
    let folder = format!("{}/", file.path.parent().expect("a folder").display());
    line.replace(&folder, "")
}

fn refused_variable(name: &str, value: &str) -> String {
    let error = Config::load(None, variables(&[(name, value)])).expect_err("a bad variable");
    error.to_string()
}

#[test]
fn without_file_and_variables_every_key_has_its_default() {
    let config = Config::load(None, []).expect("defaults");
    assert_eq!(config, Config::default());
    assert_eq!(config.data_dir, Path::new("./data"));
    assert_eq!(config.public_url(), "http://localhost:8080");
    assert_eq!(config.rtmp.listen.to_string(), "0.0.0.0:1935");
    assert_eq!(config.project.fps, Rate { num: 30, den: 1 });
    assert_eq!(
        config.channels,
        [Channel { id: "cg1".into(), width: 1920, height: 1080, fps: Rate { num: 30, den: 1 }, dsk: true }]
    );
    assert_eq!((config.inputs.len(), config.outputs.len()), (0, 0));
}

#[test]
fn the_example_file_is_the_defaults() {
    let config = Config::load(Some(Path::new(EXAMPLE)), []).expect("the example");
    assert_eq!(config, Config::default());
}

#[test]
fn the_example_file_with_everything_uncommented_is_good_too() {
    let text = std::fs::read_to_string(EXAMPLE).expect("the example");
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') => setting,
            _ => line,
        })
        .collect();
    let config = load(&uncommented.join("\n"));
    assert_eq!(config.public_url(), "https://live.example.org");
    assert_eq!(config.inputs.len(), 6);
    assert!(config.lighting.output.len() == 2 && config.lighting.rule.len() == 1);
    assert_eq!(config.graphics[0].fields["name"], "Ada Lovelace");
    assert_eq!(config.outputs[0].number, 1);
    assert!(config.livewing.token.is_some() && config.operator.password.is_some());
    assert!(config.database.url.is_some() && config.objects.s3.is_some() && config.lumely.route.len() == 1);
}

#[test]
fn a_file_sets_tables_and_lists_and_leaves_the_rest_at_its_default() {
    let config = load(
        r#"
        data_dir = "/var/lib/lumencast"
        public_url = "https://live.example.org/"
        log = { format = "json", level = "debug" }
        lumora.plan = "professional"
        [project]
        width = 1280
        height = 720
        fps = 59.94
        [[input]]
        kind = "rtmp"
        key = "cam1"
        [[input]]
        kind = "rtmp"
        key = "cam2"
        label = "Goal"
        latency_ms = 400
        [[input]]
        kind = "pattern"
        pattern = "ball"
        tone_hz = 440
        [[channel]]
        id = "cg1"
        [[channel]]
        id = "wall"
        width = 640
        height = 360
        fps = 25
        [[graphic]]
        id = "score"
        template = "score-bug"
        channels = ["cg1", "wall"]
        fields = { home = 1, away = 0, live = true }
        z = -3
        [[output]]
        number = 2
        source = "input-1"
        url = "rtmps://peer.example.org/live/abc"
        autostart = true
        "#,
    );
    assert_eq!(config.public_url(), "https://live.example.org");
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.log.level, LogLevel::Debug);
    assert_eq!(config.lumora.plan, Plan::Professional);
    let fps = Rate { num: 60000, den: 1001 };
    assert_eq!(config.project.fps, fps);
    assert_eq!(config.http, Config::default().http);

    let labels: Vec<&str> = config.inputs.iter().map(|i| i.label.as_str()).collect();
    assert_eq!(labels, ["cam1", "Goal", "ball"]);
    let rtmp = |key: &str, latency_ms| Source::Rtmp { key: key.into(), latency_ms };
    assert_eq!(config.inputs[0].source, rtmp("cam1", 150));
    assert_eq!(config.inputs[1].source, rtmp("cam2", 400));
    let ball = Source::Pattern { pattern: Pattern::Ball, tone_hz: 440 };
    assert_eq!(config.inputs[2].source, ball);

    let program = &config.channels[0];
    assert_eq!((program.width, program.height), (1280, 720));
    assert_eq!((program.fps, program.dsk), (fps, true));
    let wall = &config.channels[1];
    assert_eq!((wall.width, wall.height, wall.dsk), (640, 360, false));

    let graphic = &config.graphics[0];
    assert_eq!(graphic.channels, ["cg1", "wall"]);
    assert_eq!(graphic.z, -3);
    assert_eq!(graphic.fields["home"], 1);
    assert_eq!(graphic.fields["live"], true);

    let output = &config.outputs[0];
    assert_eq!((output.number, output.autostart), (2, true));
    assert_eq!(output.source, OutputSource::Input(1));
    let url = output.url.as_ref().map(|url| url.expose());
    assert_eq!(url, Some("rtmps://peer.example.org/live/abc"));
}

#[test]
fn variables_go_over_the_file_and_are_read_as_the_type_of_their_key() {
    let file = Settings::new("[http]\nlisten = \"127.0.0.1:1\"\n[hls]\nwindow = 9\n");
    let set = variables(&[
        ("LUMENCAST_HTTP__LISTEN", "127.0.0.1:8081"),
        ("LUMENCAST_HLS__ENABLED", "false"),
        ("LUMENCAST_PROJECT__FPS", "29.97"),
        ("LUMENCAST_RTMP__MAX_CONNECTIONS", "7"),
        ("LUMENCAST_OPERATOR__PASSWORD", "0012345"),
        ("LUMENCAST_INPUT", r#"[{kind = "rtmp", key = "a"}, {kind = "pattern"}]"#),
        ("LUMENCAST_PUBLIC_URL", ""),
        ("LUMENCAST_CONFIG", "show.toml"),
        ("PATH", "/bin"),
    ]);
    let config = Config::load(Some(&file.path), set).expect("good settings");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.public_url(), "http://localhost:8081");
    assert!(!config.hls.enabled);
    assert_eq!(config.hls.window, 9);
    assert_eq!((config.project.fps.num, config.project.fps.den), (30000, 1001));
    assert_eq!(config.rtmp.max_connections, 7);
    let password = config.operator.password.as_ref().map(|p| p.expose());
    assert_eq!(password, Some("0012345"));
    assert_eq!(config.inputs.len(), 2);
    assert_eq!(config.inputs[1].label, "bars");
}

#[test]
fn a_bare_date_in_the_fields_of_a_graphic_is_its_text() {
    let config =
        load("[[graphic]]\nid = \"g\"\ntemplate = \"countdown\"\nfields = { to = 2030-01-01T20:15:00Z, n = [1.5, 2] }");
    assert_eq!(config.graphics[0].fields["to"], "2030-01-01T20:15:00Z");
    assert_eq!(config.graphics[0].fields["n"][0], 1.5);
}

#[test]
fn a_variable_for_a_whole_table_is_refused_even_beside_one_for_its_key() {
    let set = variables(&[("LUMENCAST_HTTP", "8080"), ("LUMENCAST_HTTP__LISTEN", "127.0.0.1:1")]);
    for set in [set.clone(), set.into_iter().rev().collect()] {
        let error = Config::load(None, set).expect_err("a table is no text");
        let line = "environment: LUMENCAST_HTTP: needs a table, not \"8080\"";
        assert_eq!(error.to_string(), line);
    }
}

#[test]
fn frame_rates_may_be_whole_decimal_or_a_fraction() {
    for (written, num, den) in [
        ("25", 25, 1),
        ("29.97", 30000, 1001),
        ("23.976", 24000, 1001),
        ("\"30000/1001\"", 30000, 1001),
        ("\"50\"", 50, 1),
    ] {
        let config = load(&format!("project.fps = {written}"));
        assert_eq!(config.project.fps, Rate { num, den }, "{written}");
    }
}

#[test]
fn a_file_that_is_missing_or_not_toml_is_named_with_the_place() {
    let error = Config::load(Some(Path::new("no/such.toml")), []).expect_err("no file");
    assert_eq!(error.to_string(), "no/such.toml: cannot be read: No such file or directory (os error 2)");
    assert_eq!(refusal("[http]\nlisten = 0.0.0.0:8080\n"), "show.toml:2:13: not TOML: invalid float, expected nothing");
}

#[test]
fn unknown_keys_are_named_with_the_keys_that_are_known_there() {
    assert_eq!(refusal("[log]\nlevle = \"info\"\n"), "show.toml: log.levle: unknown key; known here: format, level");
    assert_eq!(
        refusal("[[output]]\nnumber = 1\nadress = \"x\"\n"),
        "show.toml: output #1.adress: unknown key; known here: number, source, url, autostart"
    );
    assert_eq!(
        refused_variable("LUMENCAST_LOG__COLOUR", "yes"),
        "environment: LUMENCAST_LOG__COLOUR: unknown key; known here: format, level"
    );
    let line = refusal("hpts = 1\n");
    assert!(line.starts_with("show.toml: hpts: unknown key; known here: data_dir, public_url, log,"));
}

#[test]
fn wrong_types_are_said_in_plain_words() {
    for (text, line) in [
        ("project.width = \"wide\"", "project.width: needs a whole number of at least 0, not \"wide\""),
        ("project.width = -2", "project.width: needs a whole number of at least 0, not -2"),
        ("hls.enabled = 1", "hls.enabled: needs true or false, not 1"),
        ("data_dir = 7", "data_dir: needs text in quotes, not 7"),
        ("http = 8080", "http: needs a table, not 8080"),
        ("input = \"cam\"", "input: needs a list, not \"cam\""),
        ("log.level = \"loud\"", "log.level: \"loud\" is not one of error, warn, info, debug, trace"),
        ("project.fps = true", "project.fps: needs a frame rate such as 30, 29.97 or \"30000/1001\", not true"),
    ] {
        assert_eq!(refusal(text), format!("show.toml: {line}"), "{text}");
    }
    assert_eq!(
        refused_variable("LUMENCAST_HLS__WINDOW", "many"),
        "environment: LUMENCAST_HLS__WINDOW: needs a whole number of at least 0, not \"many\""
    );
    assert_eq!(
        refused_variable("LUMENCAST_INPUT", r#"[{kind = "rtmp", key = 5}]"#),
        "environment: LUMENCAST_INPUT #1.key: needs text in quotes, not 5"
    );
    assert_eq!(refused_variable("LUMENCAST_HTTP", "8080"), "environment: LUMENCAST_HTTP: needs a table, not \"8080\"");
}

#[test]
fn a_secret_of_the_wrong_type_is_not_repeated() {
    assert_eq!(refusal("operator.password = 271828\n"), "show.toml: operator.password: needs text in quotes");
    assert_eq!(refusal("livewing.token = \"\"\n"), "show.toml: livewing.token: is empty");
}

#[test]
fn bad_values_are_refused_with_what_is_allowed() {
    for (text, line) in [
        (
            "http.listen = \"localhost\"",
            "http.listen: \"localhost\" is not an address; write IP:port, such as 0.0.0.0:8080 or [::]:8080",
        ),
        (
            "public_url = \"https://example.org/media\"",
            "public_url: \"https://example.org/media\" has a path, and no page or endpoint would be found below it; give it a \
             host name of its own",
        ),
        (
            "public_url = \"live.example.org\"",
            "public_url: \"live.example.org\" is not an address of the web; write http://host:port or https://host",
        ),
        (
            "project.fps = 0",
            "project.fps: 0 is not a frame rate above 0 and at most 120; write 30, 29.97 or \"30000/1001\"",
        ),
        (
            "project.fps = \"fast\"",
            "project.fps: \"fast\" is not a frame rate above 0 and at most 120; write 30, 29.97 or \"30000/1001\"",
        ),
        ("project.width = 1281", "project.width: 1281 is odd; pictures have even sides"),
        ("project.height = 8", "project.height: 8 is not between 16 and 4320"),
        ("hls.window = 2", "hls.window: 2 is not between 3 and 100"),
        ("http.max_connections = 2", "http.max_connections: 2 is not between 16 and 100000"),
        (
            "http.trusted_proxies = [\"10.0.0.0/8\", \"proxy.lan\"]",
            "http.trusted_proxies #2: is no address or network (CIDR)",
        ),
        (
            "http.allowed_origins = [\"https://panel.example.org/page\"]",
            "http.allowed_origins #1: is no origin; write https://host or http://host:port, without a path",
        ),
        ("metrics.token = \"\"", "metrics.token: is empty"),
        ("[[input]]\nkind = \"pattern\"\ntone_hz = 5", "input #1.tone_hz: 5 is not between 20 and 20000"),
        ("[[input]]\nkind = \"rtmp\"\nkey = \"cam 1\"", "input #1.key: \"cam 1\" is not 1 to 64 of A-Z a-z 0-9 . _ -"),
        ("[[output]]\nnumber = 5", "output #1.number: 5 is not between 1 and 4"),
        (
            "[[output]]\nnumber = 1\nurl = \"http://x/secret\"",
            "output #1.url: is not rtmp://host/app/key or rtmps://host/app/key",
        ),
    ] {
        assert_eq!(refusal(text), format!("show.toml: {line}"), "{text}");
    }
}

#[test]
fn keys_of_one_kind_of_input_are_refused_for_the_other_and_missing_ones_are_named() {
    for (entry, line) in [
        ("kind = \"rtmp\"", "input #1.key: missing"),
        ("key = \"cam1\"", "input #1.kind: missing"),
        ("kind = \"sdi\"", "input #1.kind: \"sdi\" is not one of rtmp, pattern, stream, v4l2, decklink, alsa, lights"),
        (
            "kind = \"pattern\"\nlatency_ms = 1",
            "input #1.latency_ms: is for kind = \"rtmp\" and kind = \"stream\" only",
        ),
        ("kind = \"v4l2\"", "input #1.device: missing"),
        ("kind = \"v4l2\"\ndevice = \"/dev/video0\"\nwidth = 640", "input #1.height: missing beside width"),
        ("kind = \"stream\"\nstream = \"nowhere\"", "input #1.stream: is not room/identity"),
        ("kind = \"rtmp\"\nkey = \"a\"\ntone_hz = 1000", "input #1.tone_hz: is for kind = \"pattern\" only"),
    ] {
        let line = format!("show.toml: {line}");
        assert_eq!(refusal(&format!("[[input]]\n{entry}\n")), line);
    }
}

#[test]
fn values_that_do_not_fit_together_are_refused_at_the_key_that_was_set() {
    for (text, line) in [
        (
            "[[input]]\nkind = \"rtmp\"\nkey = \"a\"\n[[input]]\nkind = \"rtmp\"\nkey = \"a\"",
            "input #2.key: \"a\" is taken by input #1 already",
        ),
        ("[[channel]]\nid = \"a\"\n[[channel]]\nid = \"a\"", "channel #2.id: \"a\" is taken by channel #1 already"),
        ("[[output]]\nnumber = 3\n[[output]]\nnumber = 3", "output #2.number: \"3\" is taken by output #1 already"),
        (
            "[[graphic]]\nid = \"g\"\ntemplate = \"ticker\"\nchannels = [\"cg1\", \"cg2\"]",
            "graphic #1.channels #2: no channel \"cg2\"; there is cg1",
        ),
        (
            "[[channel]]\nid = \"wall\"\nwidth = 640\ndsk = true",
            "channel #1.dsk: only a channel with program's format (1920x1080 at 30) can be keyed over it",
        ),
        ("http.listen = \"0.0.0.0:1935\"", "http.listen: 0.0.0.0:1935 is taken by rtmp.listen already"),
        ("metrics.listen = \"0.0.0.0:8080\"", "metrics.listen: 0.0.0.0:8080 is taken by http.listen already"),
        (
            "encode.gop_ms = 4000",
            "encode.gop_ms: 4000 is longer than hls.segment_ms (2000); a segment begins with a key frame",
        ),
        (
            "hls.segment_ms = 1000",
            "hls.segment_ms: 1000 is shorter than encode.gop_ms (2000); a segment begins with a key frame",
        ),
        (
            "encode.gop_ms = 500\nhls.segment_ms = 1000\nhls.part_ms = 1500",
            "hls.part_ms: 1500 is longer than hls.segment_ms (1000)",
        ),
        ("[[output]]\nnumber = 1\nautostart = true", "output #1.autostart: needs a url"),
    ] {
        assert_eq!(refusal(text), format!("show.toml: {line}"), "{text}");
    }
    assert_eq!(
        refusal_with("http.listen = \"0.0.0.0:9000\"", &[("LUMENCAST_RTMP__LISTEN", "127.0.0.1:9000")]),
        "environment: LUMENCAST_RTMP__LISTEN: 127.0.0.1:9000 is taken by http.listen already"
    );
}

#[test]
fn printing_the_settings_does_not_print_secrets() {
    let config = load(
        "livewing.token = \"topsecret\"\noperator.password = \"topsecret\"\n\
         [[output]]\nnumber = 1\nurl = \"rtmp://host/app/topsecret\"\n",
    );
    assert!(!format!("{config:?}").contains("topsecret"));
}
