//! A JSON body read without copying its long texts: they stay in the bytes that came unless they have escapes.
//!
//! Bodies here are shallow and short but for one text, a picture of megabytes. So that no body costs much more memory
//! than it has bytes, an object or a list has at most [`ENTRIES`] entries and what is nested deeper than anything
//! documented is passed over.
//!
//! Refuses to know: which fields there are.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
    /// A list or an object too deep to matter.
    Deep,
}

/// Why a body is not an object that can be read.
#[derive(Debug, PartialEq, Eq)]
pub enum NotRead {
    /// It is no JSON, or too many entries; why and where.
    Syntax(String),
    /// It is JSON of another kind.
    NoObject,
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
            return Ok(Node::Deep);
        }
        let mut list = Vec::new();
        while let Some(node) = from.next_element_seed(Self(self.0 + 1))? {
            room(list.len())?;
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        if self.0 >= LEVELS {
            while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Deep);
        }
        let mut entries = Vec::new();
        while let Some(name) = from.next_key::<String>()? {
            room(entries.len())?;
            entries.push((name, from.next_value_seed(Self(self.0 + 1))?));
        }
        Ok(Node::Object(entries))
    }
}

fn room<E: Error>(entries: usize) -> Result<(), E> {
    if entries < ENTRIES { Ok(()) } else { Err(E::custom(format_args!("more than {ENTRIES} entries"))) }
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
        assert_eq!((&deep[0].1, &deep[1].1), (&Node::Deep, &Node::Deep));
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
    fn a_body_of_many_entries_is_refused_and_a_deep_one_is_no_danger() {
        let wide = |n: usize| format!("{{\"a\":[{}]}}", vec!["0"; n].join(","));
        assert!(object(wide(ENTRIES).as_bytes()).is_ok());
        assert!(
            matches!(object(wide(ENTRIES + 1).as_bytes()), Err(NotRead::Syntax(why)) if why.contains("64 entries"))
        );
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(object(deep.as_bytes()), Err(NotRead::Syntax(_))));
    }
}
