//! A JSON body read without copying its long texts: they stay in the bytes that came unless they have escapes.
//!
//! Bodies here are shallow and short but for one text, a picture of megabytes. So that no body costs much more memory
//! than it has bytes, an object or a list has at most [`ENTRIES`] entries and what is nested deeper than anything
//! documented is passed over.
//!
//! Refuses to know: which fields there are.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// The most entries of an object or a list.
pub const ENTRIES: usize = 64;
/// Levels that are kept: the body, its objects and lists, and what is in those.
const LEVELS: u8 = 2;

/// The entries of an object as they came.
pub type Entries<'a> = Vec<(String, Node<'a>)>;

/// A value of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    Null,
    Flag(bool),
    Whole(i64),
    Fraction(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Entries<'a>),
    /// A list or an object too deep to matter, or with too many entries.
    Passed,
}

/// Why a body is not an object that can be read.
#[derive(Debug, PartialEq, Eq)]
pub enum NotRead {
    /// It is no JSON; why and where.
    Syntax(String),
    /// It is JSON of another kind.
    NoObject,
    /// It has more than [`ENTRIES`] fields.
    TooMany,
}

/// The object that a body is. Nothing but blanks is an empty one.
pub fn object(body: &[u8]) -> Result<Entries<'_>, NotRead> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let syntax = |error: serde_json::Error| NotRead::Syntax(error.to_string());
    let mut reader = serde_json::Deserializer::from_slice(body);
    let node = Level(0).deserialize(&mut reader).map_err(syntax)?;
    reader.end().map_err(syntax)?;
    match node {
        Node::Object(entries) => Ok(entries),
        Node::Passed => Err(NotRead::TooMany),
        _ => Err(NotRead::NoObject),
    }
}

/// How deep a value is.
#[derive(Clone, Copy)]
struct Level(u8);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        #[allow(clippy::cast_precision_loss, reason = "no field takes a number of this size")]
        Ok(i64::try_from(number).map_or(Node::Fraction(number as f64), Node::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Node::Fraction(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        if self.0 >= LEVELS {
            while from.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::Passed);
        }
        let mut list = Vec::new();
        while list.len() < ENTRIES {
            let Some(node) = from.next_element_seed(Self(self.0 + 1))? else { return Ok(Node::List(list)) };
            list.push(node);
        }
        if from.next_element::<IgnoredAny>()?.is_none() {
            return Ok(Node::List(list));
        }
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::Passed)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        if self.0 >= LEVELS {
            while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Passed);
        }
        let mut entries = Vec::new();
        while entries.len() < ENTRIES {
            let Some(name) = from.next_key::<String>()? else { return Ok(Node::Object(entries)) };
            entries.push((name, from.next_value_seed(Self(self.0 + 1))?));
        }
        if from.next_entry::<IgnoredAny, IgnoredAny>()?.is_none() {
            return Ok(Node::Object(entries));
        }
        while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Node::Passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_escapes_are_not_copied() {
        let body = br#"{"plain":"abc","escaped":"a\/b","deep":{"a":{"b":1},"c":["x"]}}"#;
        let entries = object(body).expect("an object");
        assert!(matches!(&entries[0].1, Node::Text(Cow::Borrowed("abc"))));
        assert!(matches!(&entries[1].1, Node::Text(Cow::Owned(text)) if text == "a/b"));
        let Node::Object(deep) = &entries[2].1 else { panic!("{entries:?}") };
        assert_eq!((&deep[0].1, &deep[1].1), (&Node::Passed, &Node::Passed));
    }

    #[test]
    fn what_is_no_object_is_told() {
        assert_eq!(object(b" \n"), Ok(Vec::new()));
        for text in ["[]", "5", "null", "\"x\""] {
            assert_eq!(object(text.as_bytes()), Err(NotRead::NoObject), "{text}");
        }
        for text in ["{", "{\"a\":1}x", "{a:1}", "\u{feff}{}", "{\"a\":1e999}"] {
            assert!(matches!(object(text.as_bytes()), Err(NotRead::Syntax(_))), "{text}");
        }
        assert!(matches!(object(b"{\"a\":\"\xff\"}"), Err(NotRead::Syntax(_))));
    }

    #[test]
    fn what_has_too_many_entries_is_passed_over_and_depth_is_no_danger() {
        let list = |n: usize| format!("[{}]", vec!["0"; n].join(","));
        let object_of =
            |n: usize| format!("{{{}}}", (0..n).map(|i| format!("\"k{i}\":0")).collect::<Vec<_>>().join(","));
        let body = format!("{{\"a\":{},\"b\":{},\"c\":{}}}", list(ENTRIES), list(ENTRIES + 1), object_of(100));
        let entries = object(body.as_bytes()).expect("an object");
        assert!(matches!(&entries[0].1, Node::List(list) if list.len() == ENTRIES));
        assert_eq!((&entries[1].1, &entries[2].1), (&Node::Passed, &Node::Passed));
        assert_eq!(object(object_of(ENTRIES).as_bytes()).map(|entries| entries.len()), Ok(ENTRIES));
        assert_eq!(object(object_of(ENTRIES + 1).as_bytes()), Err(NotRead::TooMany));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let entries = object(deep.as_bytes()).expect("an object");
        assert_eq!(entries[0].1, Node::List(vec![Node::Passed]));
    }
}
