//! Words of a prompt: terms of a table, and whether a "no" applies to them.
//!
//! ```text
//! prompt ─► tokens (words and breaks) ─► terms of a table ─► affirmed or denied
//! ```
//!
//! Refuses to know: the meaning of terms.

use super::table::{OTHERWISE, Table};

/// A prompt is read only up to this many characters: a bound on work.
const LONGEST: usize = 8_000;

/// Words that deny what follows.
const DENIALS: &[&str] = &["no", "not", "without", "never", "avoid", "dont", "exclude", "remove", "minus", "nothing"];

/// How many words a denial reaches.
const REACH: usize = 4;

/// A text as words; breaks of sentences and lists are "," tokens of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<String>);

/// A term that stands in a text: its place, its number of tokens, its row in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Index of its first token.
    pub start: usize,
    /// Index behind its last token.
    pub end: usize,
    /// Row of the table.
    pub row: usize,
}

impl Text {
    /// Lower case, hyphens and underscores as spaces, apostrophes left out.
    pub fn of(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut word = String::new();
        for letter in text.chars().take(LONGEST).flat_map(char::to_lowercase) {
            if letter.is_alphanumeric() {
                word.push(letter);
            } else if !matches!(letter, '\'' | '’') {
                if !word.is_empty() {
                    tokens.push(std::mem::take(&mut word));
                }
                if matches!(letter, ',' | '.' | ';' | ':' | '!' | '?' | '\n' | '(' | ')')
                    && tokens.last().is_some_and(|last| last != ",")
                {
                    tokens.push(",".to_owned());
                }
            }
        }
        if !word.is_empty() {
            tokens.push(word);
        }
        Self(tokens)
    }

    /// One token; empty outside.
    pub fn token(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    /// The number of tokens of `phrase` at `start`, the last one with or without a plural s; `None` when it is not
    /// there.
    fn stands(&self, start: usize, phrase: &str) -> Option<usize> {
        let mut count = 0;
        let mut parts = phrase.split(' ').peekable();
        while let Some(part) = parts.next() {
            let token = self.token(start + count);
            let plural = parts.peek().is_none() && token.strip_suffix('s') == Some(part);
            // Apostrophes are not in tokens, so a part is compared without its own.
            if !plural && !part.chars().filter(|letter| *letter != '\'').eq(token.chars()) {
                return None;
            }
            count += 1;
        }
        Some(count)
    }

    /// The longest row of the table that stands at `start`.
    pub fn term_at<T>(&self, start: usize, table: Table<T>) -> Option<Found> {
        let rows = table.iter().enumerate();
        rows.filter_map(|(row, (phrase, _))| Some(Found { start, end: start + self.stands(start, phrase)?, row }))
            .max_by_key(|found| found.end)
    }

    /// All terms of the table in the order of the text, the longest at each place, without those that mean another
    /// thing in their phrase.
    pub fn terms<T>(&self, table: Table<T>) -> Vec<Found> {
        let mut all = Vec::new();
        let mut index = 0;
        while index < self.0.len() {
            if let Some(count) = OTHERWISE.iter().find_map(|phrase| self.stands(index, phrase)) {
                index += count;
            } else if let Some(found) = self.term_at(index, table) {
                index = found.end;
                all.push(found);
            } else {
                index += 1;
            }
        }
        all
    }

    /// Whether a denial applies to the term. It ends at a break, "but" and "with"; at "and" too, unless the words
    /// before it are of the same table ("no rain and fog", but "no rain and warm light"); a list that ends in "or" is
    /// denied as a whole.
    pub fn denied<T>(&self, found: Found, table: Table<T>) -> bool {
        let mut reach = REACH;
        let mut index = found.start;
        while index > 0 && reach > 0 {
            index -= 1;
            match self.token(index) {
                "but" | "with" | "only" | "just" => return false,
                "," if !self.list_goes_on(index) => return false,
                "and" if !self.terms(table).iter().any(|other| other.end == index) => return false,
                "," | "and" | "or" | "nor" => reach += 1,
                token if DENIALS.contains(&token) => return true,
                _ => reach -= 1,
            }
        }
        false
    }

    /// Whether the part behind the break at `index` has an "or" before it ends, or is itself followed by one.
    fn list_goes_on(&self, index: usize) -> bool {
        let mut behind = self.0.iter().skip(index + 1).take(8);
        behind.any(|token| token == "or" || token == "nor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::wishes::table::WEATHERS;

    fn said(text: &str) -> Vec<&'static str> {
        let text = Text::of(text);
        let terms = text.terms(WEATHERS).into_iter().filter(|found| !text.denied(*found, WEATHERS));
        terms.map(|found| WEATHERS[found.row].0).collect()
    }

    #[test]
    fn a_no_reaches_its_own_words_and_ends_with_the_sentence() {
        assert_eq!(said("a house in the snow"), ["snow"]);
        assert_eq!(said("no snow"), Vec::<&str>::new());
        assert_eq!(said("No snow, but fog please"), ["fog"]);
        assert_eq!(said("without any heavy rain"), Vec::<&str>::new());
        assert_eq!(said("no snow, rain or fog"), Vec::<&str>::new());
        assert_eq!(said("no rain and fog"), Vec::<&str>::new());
        assert_eq!(said("no people and fog"), ["fog"]);
        assert_eq!(said("don't show rain. Sunny!"), ["sunny"]);
    }

    #[test]
    fn words_in_phrases_that_mean_another_thing_are_not_taken() {
        assert_eq!(said("a snow-white rain shower under clouds"), ["cloud"]);
        assert_eq!(said("blue-sky over it"), ["blue sky"]);
    }
}
