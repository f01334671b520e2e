//! A sentence cut into words, numbers and breaks. Refuses to know: what words mean.

use crate::domain::lights::Rgb;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// Small letters, without apostrophes, American spelling of "colour".
    Word(String),
    Number {
        value: f32,
        percent: bool,
    },
    /// `#rgb` or `#rrggbb`.
    Color(Rgb),
    /// A mark that ends a thought.
    Break,
}

/// Cuts a sentence. Signs that mean nothing part words, as blanks do.
pub fn tokens(text: &str) -> Vec<Token> {
    let text: String = text.to_lowercase().chars().filter(|c| !matches!(c, '\'' | '’')).collect();
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            'a'..='z' => {
                let word = run(rest, |c| c.is_alphabetic());
                found.push(Token::Word(word.replace("colour", "color")));
                word.len()
            }
            '0'..='9' => {
                let (token, taken) = number(rest);
                found.extend(token);
                taken
            }
            '#' => {
                let digits = run(&rest[1..], |c| c.is_ascii_alphanumeric());
                found.extend(hex(digits).map(Token::Color));
                1 + digits.len()
            }
            '.' | ',' | ';' | '!' | '?' | '\n' => {
                found.push(Token::Break);
                1
            }
            other => other.len_utf8(),
        };
        rest = &rest[taken..];
    }
    found
}

/// Three or six digits of a colour.
pub fn hex(digits: &str) -> Option<Rgb> {
    let digit = |at: usize| digits.get(at..=at).and_then(|digit| u8::from_str_radix(digit, 16).ok());
    match digits.len() {
        3 => Some([digit(0)? * 17, digit(1)? * 17, digit(2)? * 17]),
        6 => Some([digit(0)? * 16 + digit(1)?, digit(2)? * 16 + digit(3)?, digit(4)? * 16 + digit(5)?]),
        _ => None,
    }
}

/// A number and the percent sign or word behind it.
fn number(text: &str) -> (Option<Token>, usize) {
    let mut taken = run(text, |c| c.is_ascii_digit()).len();
    if let Some(behind) = text[taken..].strip_prefix('.') {
        let fraction = run(behind, |c| c.is_ascii_digit()).len();
        taken += if fraction > 0 { 1 + fraction } else { 0 };
    }
    let value = text[..taken].parse::<f32>().ok();
    let behind = text[taken..].trim_start_matches(' ');
    let blanks = text.len() - taken - behind.len();
    let sign = ["%", "percent"].into_iter().find(|sign| behind.starts_with(sign));
    let token = value.map(|value| Token::Number { value, percent: sign.is_some() });
    (token, taken + sign.map_or(0, |sign| blanks + sign.len()))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}
