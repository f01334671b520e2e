use super::*;
use serde_json::json;

fn input(value: Value) -> Input {
    match value {
        Value::Object(fields) => Input::new(fields),
        other => panic!("{other}"),
    }
}

const LOWER: Pattern = Pattern { shown: "/^[a-z]+$/", fits: |text| text.bytes().all(|b| b.is_ascii_lowercase()) };

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut input = input(json!({
        "long": "abcdef", "odd": "A1", "kind": 5, "flag": "maybe", "big": 9, "small": -1, "word": "c", "step": 7,
        "part": 1.5, "list": [1], "rest": {},
    }));
    assert_eq!(input.text("long").at_most(5).get(), None);
    assert_eq!(input.text("odd").like(&LOWER).get(), None);
    assert_eq!(input.text("kind").get(), None);
    assert_eq!(input.text("missing").needed(), "");
    assert_eq!(input.flag("flag"), None);
    assert_eq!(input.whole("big", 0..=8), None);
    assert_eq!(input.whole("small", 0..=8), None);
    assert_eq!(input.whole("part", 0..=8), None);
    assert_eq!(input.word_of("word", &[("a", 1), ("b", 2)]), None);
    assert_eq!(input.number_of("step", &[0, 15, 30]), None);
    assert_eq!(input.texts("list", 0..=3), None);
    assert_eq!(input.texts("rest", 0..=3), None);
    assert_eq!(
        input.wrong,
        [
            "long must be shorter than or equal to 5 characters",
            "odd must match /^[a-z]+$/ regular expression",
            "kind must be a string",
            "missing should not be empty",
            "missing must be a string",
            "flag must be a boolean value",
            "big must not be greater than 8",
            "small must not be less than 0",
            "part must be an integer number",
            "word must be one of the following values: a, b",
            "step must be one of the following values: 0, 15, 30",
            "each value in list must be a string",
            "rest must be an array",
        ]
    );
    assert!(input.done().is_err());
}

#[test]
fn numbers_and_flags_may_be_texts_and_null_is_missing() {
    let mut input = input(json!({ "n": "7", "m": 8.0, "yes": "true", "no": false, "gone": null }));
    assert_eq!(input.whole("n", 0..=9), Some(7));
    assert_eq!(input.whole("m", 0..=9), Some(8));
    assert_eq!(input.flag("yes"), Some(true));
    assert_eq!(input.flag("no"), Some(false));
    assert!(!input.has("gone"));
    assert_eq!(input.text("gone").get(), None);
    assert!(input.done().is_ok());
}

#[test]
fn what_is_nested_is_named_with_where_it_is() {
    let mut input = input(json!({
        "features": { "chat": 3 },
        "layers": [{ "height": 720 }, { "height": 0 }, 4],
    }));
    input.object("features", |inner| inner.flag("chat"));
    let heights = input.objects("layers", 1..=8, |inner| inner.whole("height", 1..=4320));
    assert_eq!(heights, Some(vec![Some(720), None]));
    assert_eq!(
        input.wrong,
        [
            "features.chat must be a boolean value",
            "layers.1.height must not be less than 1",
            "each value in nested property layers must be either object or array",
        ]
    );
}

#[test]
fn clamped_numbers_are_never_refused_for_their_size() {
    let mut input = input(json!({ "limit": 9000, "offset": "-4", "odd": "x" }));
    assert_eq!(input.clamped("limit", 1..=500), Some(500));
    assert_eq!(input.clamped("offset", 0..=i64::MAX), Some(0));
    assert_eq!(input.clamped("odd", 0..=1), None);
    assert_eq!(input.wrong, ["odd must be an integer number"]);
}
