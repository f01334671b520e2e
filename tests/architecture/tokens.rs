//! Rust source to the tokens that paths are made of. Comments, strings, characters, numbers and lifetimes fall away.

/// A token and the line it is on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword; `r#type` is `type`.
    Name(String),
    /// `::`
    Separator,
    /// Any other sign.
    Sign(char),
}

/// The tokens of a file.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { rest: text, line: 1 };
    let mut found = Vec::new();
    while let Some(token) = reader.next() {
        found.push(token);
    }
    found
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Token> {
        loop {
            let first = self.rest.chars().next()?;
            let line = self.line;
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.skip(comment(self.rest));
            } else if let Some(length) = literal(self.rest) {
                self.skip(length);
            } else if first.is_alphabetic() || first == '_' {
                let raw = self.rest.strip_prefix("r#").is_some_and(|rest| rest.starts_with(is_name));
                self.skip(if raw { 2 } else { 0 });
                let length = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
                let name = self.rest[..length].to_owned();
                self.skip(length);
                return Some(Token { kind: Kind::Name(name), line });
            } else if first.is_ascii_digit() {
                self.skip(self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("::") {
                self.skip(2);
                return Some(Token { kind: Kind::Separator, line });
            } else {
                self.skip(first.len_utf8());
                if !first.is_whitespace() {
                    return Some(Token { kind: Kind::Sign(first), line });
                }
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at(bytes);
        self.line += gone.matches('\n').count();
        self.rest = rest;
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of the block comment at the start; they nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            match rest.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => return at,
            }
        }
        if depth == 0 {
            return at;
        }
    }
}

/// Length of the string, character or lifetime at the start, if there is one.
fn literal(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - body.len();
    if prefix > 1 {
        return None; // a name such as `bb`
    }
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let content = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = content.find(&end).map_or(content.len(), |at| at + end.len());
        return Some(prefix + 1 + hashes + 1 + length);
    }
    if body.starts_with('"') {
        return Some(prefix + quoted(body, '"'));
    }
    let after = body.strip_prefix('\'')?;
    let mut chars = after.chars();
    let first = chars.next()?;
    if first == '\\' || chars.next() == Some('\'') {
        return Some(prefix + quoted(body, '\''));
    }
    // A lifetime: the name goes with its mark.
    Some(prefix + 1 + after.find(|c| !is_name(c)).unwrap_or(after.len()))
}

/// Length of what is between two quotes, with both.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
