//! Fields of a request, read and checked as NestJS with class-validator does: unknown ones are dropped, `null` counts
//! as missing, numbers and flags may be written as text, and all errors are reported at once.
//!
//! ```text
//! let mut input = call.body();
//! let room = input.text("room").at_most(120).like(&ROOM).get();     // Option<String>
//! let name = input.text("name").at_most(100).needed();              // String, empty when missing
//! let fps  = input.whole("fps", 1..=60);                            // Option<i64>
//! input.done()?;                                                    // 400 with all messages, or on
//! ```
//!
//! Refuses to know: which fields there are.

use super::error::ApiError;
use serde_json::{Map, Value};
use std::{fmt::Display, ops::RangeInclusive};

/// The required form of a text.
pub struct Pattern {
    /// As a regular expression between slashes, for people.
    pub shown: &'static str,
    /// Whether a text has this form.
    pub fits: fn(&str) -> bool,
}

/// See the module's text.
#[derive(Debug)]
pub struct Input {
    fields: Map<String, Value>,
    /// The prefix of names in messages: `features.`, `layers.0.`.
    within: String,
    wrong: Vec<String>,
}

impl Input {
    /// Nothing is checked yet.
    pub fn new(fields: Map<String, Value>) -> Self {
        Self { fields, within: String::new(), wrong: Vec::new() }
    }

    /// Whether a field is present.
    pub fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// Notes an error of a field: `rule` follows its name.
    pub fn wrong(&mut self, name: &str, rule: impl Display) {
        self.wrong.push(format!("{}{name} {rule}", self.within));
    }

    /// A text.
    pub fn text<'a>(&'a mut self, name: &'a str) -> Text<'a> {
        let value = match self.take(name) {
            None => None,
            Some(Value::String(text)) if text.contains('\0') => {
                self.wrong(name, "must not contain NUL characters"); // a row cannot either
                return Text { input: self, name, value: None, bad: true };
            }
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.wrong(name, "must be a string");
                return Text { input: self, name, value: None, bad: true };
            }
        };
        Text { input: self, name, value, bad: false }
    }

    /// A text that may be written as a whole number.
    pub fn text_or_number<'a>(&'a mut self, name: &'a str) -> Text<'a> {
        if let Some(Value::Number(number)) = self.fields.get(name) {
            let text = number.to_string();
            self.fields.insert(name.to_owned(), Value::String(text));
        }
        self.text(name)
    }

    /// A boolean.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if text == "true" || text == "1" => Some(true),
            Value::String(text) if text == "false" || text == "0" => Some(false),
            _ => {
                self.wrong(name, "must be a boolean value");
                None
            }
        }
    }

    /// A whole number in a range.
    pub fn whole(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let number = self.number(name)?;
        if number < *range.start() {
            self.wrong(name, format_args!("must not be less than {}", range.start()));
        } else if number > *range.end() {
            self.wrong(name, format_args!("must not be greater than {}", range.end()));
        } else {
            return Some(number);
        }
        None
    }

    /// A whole number in a range, which must be there; the least one when it is not.
    pub fn needed_whole(&mut self, name: &str, range: RangeInclusive<i64>) -> i64 {
        let least = *range.start();
        if !self.has(name) {
            self.wrong(name, "must be an integer number");
            return least;
        }
        self.whole(name, range).unwrap_or(least)
    }

    /// A whole number; outside of the range it is the nearest one within.
    pub fn clamped(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        self.number(name).map(|number| number.clamp(*range.start(), *range.end()))
    }

    /// One of a few numbers.
    pub fn number_of(&mut self, name: &str, choices: &[u32]) -> Option<u32> {
        let number = self.number(name)?;
        let chosen = choices.iter().copied().find(|&choice| i64::from(choice) == number);
        if chosen.is_none() {
            let all: Vec<String> = choices.iter().map(ToString::to_string).collect();
            self.wrong(name, format_args!("must be one of the following values: {}", all.join(", ")));
        }
        chosen
    }

    /// One of a few words.
    pub fn word_of<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.take(name)?;
        let chosen = choices.iter().find(|(choice, _)| word.as_str() == Some(choice)).map(|(_, of)| *of);
        if chosen.is_none() {
            let all: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            self.wrong(name, format_args!("must be one of the following values: {}", all.join(", ")));
        }
        chosen
    }

    /// One of a few words, which must be there.
    pub fn needed_word_of<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        if !self.has(name) {
            // No word is among the choices: the error lists them.
            self.fields.insert(name.to_owned(), Value::Bool(false));
        }
        self.word_of(name, choices)
    }

    /// An object, with `read` for its fields.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Input) -> T) -> Option<T> {
        let Value::Object(fields) = self.take(name)? else {
            self.wrong(name, "must be an object");
            return None;
        };
        Some(self.nested(fields, name, read))
    }

    /// A list of at most `most` objects (at least `least`), with `read` for each.
    pub fn objects<T>(
        &mut self,
        name: &str,
        count: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Input) -> T,
    ) -> Option<Vec<T>> {
        let items = self.list(name, count)?;
        let mut all = Vec::with_capacity(items.len());
        for (number, item) in items.into_iter().enumerate() {
            match item {
                Value::Object(fields) => all.push(self.nested(fields, &format!("{name}.{number}"), &mut read)),
                _ => self.wrong.push(format!("each value in nested property {name} must be either object or array")),
            }
        }
        Some(all)
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str, count: RangeInclusive<usize>) -> Option<Vec<String>> {
        let items = self.list(name, count)?;
        let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.is_none() {
            self.wrong.push(format!("each value in {}{name} must be a string", self.within));
        }
        texts
    }

    /// Whether all fields were valid.
    ///
    /// # Errors
    /// 400 with all errors.
    pub fn done(self) -> Result<(), ApiError> {
        if self.wrong.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.wrong)) }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn number(&mut self, name: &str) -> Option<i64> {
        let number = match self.take(name)? {
            // 30.0 is as whole as 30.
            Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(name, "must be an integer number");
        }
        number
    }

    fn list(&mut self, name: &str, count: RangeInclusive<usize>) -> Option<Vec<Value>> {
        let Value::Array(items) = self.take(name)? else {
            self.wrong(name, "must be an array");
            return None;
        };
        if items.len() < *count.start() {
            self.wrong(name, format_args!("must contain at least {} elements", count.start()));
        } else if items.len() > *count.end() {
            self.wrong(name, format_args!("must contain no more than {} elements", count.end()));
        } else {
            return Some(items);
        }
        None
    }

    fn nested<T>(&mut self, fields: Map<String, Value>, name: &str, read: impl FnOnce(&mut Input) -> T) -> T {
        let mut inner = Self { fields, within: format!("{}{name}.", self.within), wrong: Vec::new() };
        let value = read(&mut inner);
        self.wrong.append(&mut inner.wrong);
        value
    }
}

fn whole(number: f64) -> Option<i64> {
    // Far within what both kinds of number hold exactly.
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// A text that is being checked.
pub struct Text<'a> {
    input: &'a mut Input,
    name: &'a str,
    value: Option<String>,
    /// Whether an error was noted already.
    bad: bool,
}

impl Text<'_> {
    /// At most this many characters.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        let long = self.value.as_ref().is_some_and(|text| text.chars().count() > most);
        self.check(!long, || format!("must be shorter than or equal to {most} characters"))
    }

    /// Of a certain form.
    #[must_use]
    pub fn like(self, pattern: &Pattern) -> Self {
        let fits = self.value.as_ref().is_none_or(|text| (pattern.fits)(text));
        self.check(fits, || format!("must match {} regular expression", pattern.shown))
    }

    /// A condition; when it fails, `rule` follows the name.
    #[must_use]
    pub fn that(self, fits: impl FnOnce(&str) -> bool, rule: &str) -> Self {
        let fits = self.value.as_ref().is_none_or(|text| fits(text));
        self.check(fits, || rule.to_owned())
    }

    /// The text, if it is present and valid.
    pub fn get(self) -> Option<String> {
        self.value.filter(|_| !self.bad)
    }

    /// The text, which must be present and not empty.
    pub fn needed(self) -> String {
        if self.bad {
            return String::new();
        }
        match self.value {
            Some(text) if !text.is_empty() => text,
            there => {
                self.input.wrong(self.name, "should not be empty");
                if there.is_none() {
                    self.input.wrong(self.name, "must be a string");
                }
                String::new()
            }
        }
    }

    fn check(mut self, good: bool, rule: impl FnOnce() -> String) -> Self {
        if !good {
            self.input.wrong(self.name, rule());
            self.bad = true;
        }
        self
    }
}

#[cfg(test)]
mod tests;
