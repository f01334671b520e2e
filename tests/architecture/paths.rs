//! Tokens to the paths they name, as seen from the root of the crate.

use super::{
    files::SourceFile,
    tokens::{Kind, Token, tokens},
};

/// A path that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its parts. The first is `crate` for what is our own, else whatever the file wrote.
    pub parts: Vec<String>,
    pub line: usize,
}

impl Named {
    /// The layer it leads to, if it leads into our own sources. The empty text is the root of the crate, from which
    /// everything can be reached.
    pub fn layer(&self) -> Option<&str> {
        let own = self.parts.first().is_some_and(|first| matches!(first.as_str(), "crate" | "lumencast"));
        own.then(|| self.parts.get(1).filter(|part| *part != "*").map_or("", String::as_str))
    }

    /// As it would be written.
    pub fn text(&self) -> String {
        self.parts.join("::")
    }
}

/// Every path of a file: of `use` declarations, and those of two parts and more anywhere else.
pub fn paths(file: &SourceFile) -> Vec<Named> {
    let tokens = tokens(&file.text);
    let mut walk = Walk { tokens: &tokens, at: 0, module: file.module(), blocks: Vec::new(), found: Vec::new() };
    walk.file();
    walk.found
}

struct Walk<'a> {
    tokens: &'a [Token],
    at: usize,
    module: Vec<String>,
    /// For each open brace, whether it is a module's.
    blocks: Vec<bool>,
    found: Vec<Named>,
}

impl Walk<'_> {
    fn file(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            let after = self.at + 1;
            match &token.kind {
                Kind::Name(word) if word == "use" => {
                    self.at = after;
                    self.tree(Vec::new());
                }
                Kind::Name(word) if word == "mod" && matches!(self.kind(after + 1), Some(Kind::Sign('{'))) => {
                    if let Some(Kind::Name(name)) = self.kind(after) {
                        self.module.push(name.clone());
                        self.blocks.push(true);
                    }
                    self.at = after + 2;
                }
                Kind::Name(word) if word == "extern" && self.word(after) == Some("crate") => {
                    let name = self.word(after + 1).unwrap_or_default().to_owned();
                    self.name(vec![name], token.line);
                    self.at = after + 2;
                }
                Kind::Name(_) => self.inline(),
                Kind::Sign('{') => {
                    self.blocks.push(false);
                    self.at = after;
                }
                Kind::Sign('}') => {
                    if self.blocks.pop() == Some(true) {
                        self.module.pop();
                    }
                    self.at = after;
                }
                _ => self.at = after,
            }
        }
    }

    /// A path in the middle of code. One name alone is no path.
    fn inline(&mut self) {
        let line = self.tokens[self.at].line;
        let mut parts = Vec::new();
        while let Some(Kind::Name(name)) = self.kind(self.at) {
            parts.push(name.clone());
            self.at += 1;
            if self.kind(self.at) != Some(&Kind::Separator) {
                break;
            }
            self.at += 1;
        }
        if parts.len() > 1 {
            self.name(parts, line);
        }
    }

    /// What follows `use`, or stands in its braces; `before` is what leads there.
    fn tree(&mut self, before: Vec<String>) {
        let mut parts = before;
        let mut line = self.tokens.get(self.at).map_or(0, |token| token.line);
        while let Some(token) = self.tokens.get(self.at) {
            match &token.kind {
                Kind::Separator => self.at += 1,
                Kind::Name(word) if word == "as" => self.at += 2,
                Kind::Name(word) => {
                    line = token.line;
                    // `{self, …}` is what stands before the brace.
                    if word != "self" || parts.is_empty() {
                        parts.push(word.clone());
                    }
                    self.at += 1;
                }
                Kind::Sign('*') => {
                    parts.push("*".to_owned());
                    self.at += 1;
                }
                Kind::Sign('{') => {
                    self.at += 1;
                    while !matches!(self.kind(self.at), None | Some(Kind::Sign('}'))) {
                        self.tree(parts.clone());
                        if self.kind(self.at) == Some(&Kind::Sign(',')) {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                Kind::Sign(_) => break,
            }
        }
        if self.kind(self.at) == Some(&Kind::Sign(';')) {
            self.at += 1;
        }
        self.name(parts, line);
    }

    fn name(&mut self, parts: Vec<String>, line: usize) {
        let mut parts = parts.into_iter().peekable();
        let mut from = None;
        while let Some(word) = parts.next_if(|part| matches!(part.as_str(), "self" | "super")) {
            let from = from.get_or_insert_with(|| self.module.clone());
            if word == "super" {
                from.pop();
            }
        }
        let parts = match from {
            Some(module) => std::iter::once("crate".to_owned()).chain(module).chain(parts).collect(),
            None => parts.collect(),
        };
        self.found.push(Named { parts, line });
    }

    fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.kind(at) {
            Some(Kind::Name(name)) => Some(name),
            _ => None,
        }
    }
}
