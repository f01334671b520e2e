//! Fields of a body, taken by name and checked for what they are. Null is as good as missing; of a name that comes
//! more than once the last counts; unknown names are passed over.
//!
//! Refuses to know: which fields there are.

use super::{
    error::Refusal,
    tree::{self, ENTRIES, Entries, Node, NotRead},
};
use serde_json::Number;
use std::borrow::Cow;

/// The fields of an object.
#[derive(Debug)]
pub struct Fields<'a> {
    /// Prefix of the names in errors, e.g. `options.`.
    within: String,
    entries: Entries<'a>,
}

impl<'a> Fields<'a> {
    /// Those of a body.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn of(body: &'a [u8]) -> Result<Self, Refusal> {
        let entries = tree::object(body).map_err(|why| match why {
            NotRead::Syntax(text) => Refusal::NotJson(format!("The body is not valid JSON: {text}.")),
            NotRead::TooMany => Refusal::NotJson(format!("The body must have at most {ENTRIES} fields.")),
            NotRead::NoObject => Refusal::NotJson("The body must be a JSON object, {…}.".to_owned()),
        })?;
        Ok(Self { within: String::new(), entries })
    }

    fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let mut last = None;
        for (known, node) in &mut self.entries {
            if known == name {
                last = Some(std::mem::replace(node, Node::Null));
            }
        }
        last.filter(|node| *node != Node::Null)
    }

    fn wrong(&self, name: &str, must: &str) -> Refusal {
        let field = format!("{}{name}", self.within);
        Refusal::Invalid { message: format!("{field} must be {must}."), field }
    }

    /// A text of any length.
    pub fn text(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            // Databases do not take it, and no text needs it.
            Some(Node::Text(text)) if text.contains('\0') => Err(self.wrong(name, "a text without NUL characters")),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// A text of at most so many characters.
    pub fn short(&mut self, name: &str, most: usize) -> Result<Option<String>, Refusal> {
        let text = self.text(name)?;
        if text.as_ref().is_some_and(|text| text.chars().nth(most).is_some()) {
            return Err(self.wrong(name, &format!("at most {most} characters long")));
        }
        Ok(text.map(Cow::into_owned))
    }

    /// A text that is not empty; `hint` describes its purpose in the error when it is missing.
    pub fn needed(&mut self, name: &'static str, hint: &str) -> Result<Cow<'a, str>, Refusal> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::Missing { field: name, message: format!("{name} is required: {hint}") })
    }

    /// One line of 1 to `most` characters; blanks around it are dropped.
    pub fn label(&mut self, name: &str, most: usize) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let label = text.trim();
        if label.is_empty() || label.chars().nth(most).is_some() || label.contains(char::is_control) {
            return Err(self.wrong(name, &format!("one line of 1 to {most} characters")));
        }
        Ok(Some(label.to_owned()))
    }

    /// True or false.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Flag(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    /// A number from `-most` to `most`, as it came.
    pub fn number(&mut self, name: &str, most: i32) -> Result<Option<Number>, Refusal> {
        let Some(node) = self.take(name) else { return Ok(None) };
        let number = match node {
            Node::Whole(number) => Some(Number::from(number)),
            Node::Fraction(number) => Number::from_f64(number),
            _ => None,
        };
        let within = |number: &Number| number.as_f64().is_some_and(|number| number.abs() <= f64::from(most));
        number.filter(within).map(Some).ok_or_else(|| self.wrong(name, &format!("a number from -{most} to {most}")))
    }

    /// The fields of an object within.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Object(entries)) => Ok(Some(Self { within: format!("{}{name}.", self.within), entries })),
            Some(Node::Passed) => Err(self.wrong(name, &format!("an object of at most {ENTRIES} fields"))),
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Result<Option<Vec<Cow<'a, str>>>, Refusal> {
        let list = match self.take(name) {
            None => return Ok(None),
            Some(Node::List(list)) => list,
            Some(Node::Passed) => return Err(self.wrong(name, &format!("a list of at most {ENTRIES} strings"))),
            Some(_) => return Err(self.wrong(name, "a list of strings")),
        };
        let text = |node| match node {
            Node::Text(text) => Ok(text),
            _ => Err(self.wrong(name, "a list of strings")),
        };
        list.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(found: Result<impl std::fmt::Debug, Refusal>) -> String {
        match found {
            Err(Refusal::Invalid { message, .. } | Refusal::Missing { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn null_is_missing_and_the_last_of_a_name_counts() {
        let mut fields = Fields::of(br#"{"a":"1","b":null,"a":"2"}"#).expect("an object");
        assert_eq!(fields.text("a").expect("a text").as_deref(), Some("2"));
        assert_eq!((fields.text("b").ok(), fields.flag("c").ok()), (Some(None), Some(None)));
    }

    #[test]
    fn lengths_are_counted_in_characters_to_the_letter() {
        let body = format!("{{\"a\":\"{0}\",\"b\":\"{0}ü\",\"c\":\"{0}\",\"d\":\" {0} \"}}", "ü".repeat(255));
        let mut fields = Fields::of(body.as_bytes()).expect("an object");
        assert_eq!(fields.short("a", 255).expect("a text").map(|text| text.chars().count()), Some(255));
        assert_eq!(wrong(fields.short("b", 255)), "b must be at most 255 characters long.");
        assert_eq!(wrong(fields.label("c", 254)), "c must be one line of 1 to 254 characters.");
        assert_eq!(fields.label("d", 255).expect("a text").map(|text| text.chars().count()), Some(255));
    }

    #[test]
    fn what_is_of_another_kind_is_told_by_its_whole_name() {
        let body = br#"{"a":5,"b":"yes","c":{"d":91,"e":[1]},"f":["x",2],"g":"a\u0000b","h":1e3,"i":-90.0}"#;
        let mut fields = Fields::of(body).expect("an object");
        assert_eq!(wrong(fields.text("a")), "a must be a string.");
        assert_eq!(wrong(fields.flag("b")), "b must be true or false.");
        let mut within = fields.object("c").expect("an object").expect("is there");
        assert_eq!(wrong(within.number("d", 90)), "c.d must be a number from -90 to 90.");
        assert_eq!(wrong(within.text("e")), "c.e must be a string.");
        assert_eq!(wrong(fields.texts("f")), "f must be a list of strings.");
        assert_eq!(wrong(fields.text("g")), "g must be a text without NUL characters.");
        assert_eq!(wrong(fields.number("h", 180)), "h must be a number from -180 to 180.");
        assert_eq!(fields.number("i", 90).expect("a number").and_then(|number| number.as_f64()), Some(-90.0));
        assert_eq!(wrong(fields.needed("z", "the last letter.")), "z is required: the last letter.");
    }
}
