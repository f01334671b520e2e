//! Fitting words into the room a template gives them: cleaning, escaping, shrinking, wrapping.

use super::fonts::{Face, Fonts};

/// Characters of a field that are looked at; more would never fit on a picture.
const LONGEST: usize = 1000;
/// Steps in which the font size is lowered, in pixels.
const STEP: f32 = 2.0;

/// Makes a field value safe to set: one kind of space, line breaks kept as `\n`, control
/// characters and code points that XML 1.0 (section 2.2) forbids dropped, length limited.
pub(super) fn clean(value: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let short: String = value.chars().take(LONGEST).collect();
    for line in short.replace("\r\n", "\n").split(['\n', '\u{2028}', '\u{2029}', '\r']) {
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| {
                word.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect::<String>()
            })
            .filter(|word| !word.is_empty())
            .collect();
        if !words.is_empty() {
            lines.push(words.join(" "));
        }
    }
    lines.join("\n")
}

/// The room for a text, in pixels of the 1920x1080 reference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Widest line.
    pub width: f32,
    /// Most lines.
    pub lines: usize,
    /// Font size to start from.
    pub size: f32,
    /// Font size below which the text is cut with an ellipsis rather than shrunk further.
    pub least: f32,
}

/// Text broken into lines at the size at which it fits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    /// Font size in reference pixels.
    pub size: f32,
    /// The lines, top to bottom; none when the text was blank.
    pub lines: Vec<String>,
    /// Width of the widest line in reference pixels.
    pub width: f32,
    /// How the letters are set.
    pub face: Face,
}

/// A word, or a part of a word that is too long for a line of its own.
struct Piece {
    text: String,
    /// Width at font size 1.
    width: f32,
    before: Before,
}

/// What stands between a piece and the one before it.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Space,
    Break,
}

/// Sets `text` into `room`: as large as it fits, on as many lines as allowed, cut with an
/// ellipsis when it does not fit even at the least size.
pub(super) fn fit(fonts: &Fonts, face: Face, text: &str, room: Room) -> Block {
    let text = clean(text);
    let text = if room.lines == 1 { text.replace('\n', " ") } else { text };
    let pieces = pieces(fonts, face, &text, room.width / room.least);
    let space = match fonts.measure(face, &["n n", "nn"])[..] {
        [apart, together] => apart - together,
        _ => 0.0,
    };
    let mut size = room.size;
    let lines = loop {
        let lines = wrap(&pieces, space, room.width / size);
        match lines {
            Some(lines) if lines.len() <= room.lines => break lines,
            _ if size > room.least => size = (size - STEP).max(room.least),
            lines => break cut(fonts, face, lines.unwrap_or_default(), room, size),
        }
    };
    let width = fonts.measure(face, &lines).into_iter().fold(0.0, f32::max) * size;
    Block { size, lines, width, face }
}

/// Cuts the text into words, and words wider than `limit` (at font size 1) into parts.
fn pieces(fonts: &Fonts, face: Face, text: &str, limit: f32) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        for (index, word) in line.split(' ').filter(|word| !word.is_empty()).enumerate() {
            let before = match (number, index) {
                (0, 0) => Before::Nothing,
                (_, 0) => Before::Break,
                _ => Before::Space,
            };
            pieces.push(Piece { text: word.to_owned(), width: 0.0, before });
        }
    }
    loop {
        let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let widths = fonts.measure(face, &texts);
        let mut split = false;
        let mut parts = Vec::with_capacity(pieces.len());
        for (mut piece, width) in pieces.into_iter().zip(widths) {
            let length = piece.text.chars().count();
            if width <= limit || length < 2 {
                piece.width = width;
                parts.push(piece);
                continue;
            }
            split = true;
            let middle = piece.text.char_indices().nth(length / 2).map_or(0, |(at, _)| at);
            let (head, tail) = piece.text.split_at(middle);
            parts.push(Piece { text: head.to_owned(), width: 0.0, before: piece.before });
            parts.push(Piece { text: tail.to_owned(), width: 0.0, before: Before::Nothing });
        }
        pieces = parts;
        if !split {
            return pieces;
        }
    }
}

/// Fills lines of at most `limit`; `None` when a single piece is wider than that.
fn wrap(pieces: &[Piece], space: f32, limit: f32) -> Option<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0.0;
    for piece in pieces {
        if piece.width > limit {
            return None;
        }
        let gap = if piece.before == Before::Space { space } else { 0.0 };
        match lines.last_mut() {
            Some(line) if piece.before != Before::Break && used + gap + piece.width <= limit => {
                if piece.before == Before::Space {
                    line.push(' ');
                }
                line.push_str(&piece.text);
                used += gap + piece.width;
            }
            _ => {
                lines.push(piece.text.clone());
                used = piece.width;
            }
        }
    }
    Some(lines)
}

/// Keeps the lines there is room for and ends the last one with an ellipsis.
fn cut(fonts: &Fonts, face: Face, mut lines: Vec<String>, room: Room, size: f32) -> Vec<String> {
    lines.truncate(room.lines);
    if let Some(last) = lines.last_mut() {
        let limit = room.width / size;
        let mut chars: Vec<char> = last.chars().collect();
        loop {
            let ended = chars.iter().collect::<String>().trim_end().to_owned() + "…";
            let width = fonts.measure(face, &[&ended]).first().copied().unwrap_or(0.0);
            if width <= limit || chars.pop().is_none() {
                *last = ended;
                break;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Face = Face { weight: 400, spacing: 0.0, narrow: 1.0 };
    const ROOM: Room = Room { width: 600.0, lines: 1, size: 60.0, least: 30.0 };

    fn set(text: &str, room: Room) -> Block {
        let block = fit(&Fonts::system().unwrap(), FACE, text, room);
        assert!(block.width <= room.width + 1.0, "{block:?}");
        assert!(block.lines.len() <= room.lines, "{block:?}");
        assert!(block.size <= room.size && block.size >= room.least, "{block:?}");
        block
    }

    #[test]
    fn control_characters_go_and_white_space_becomes_one_space() {
        assert_eq!(clean(" a\u{0}\u{7}b \t c\u{fffe}\r\n\n d\u{1b}"), "ab c\nd");
        assert_eq!(clean("\u{1}\n\u{2}"), "");
    }

    #[test]
    fn markup_is_escaped() {}

    #[test]
    fn short_text_keeps_the_full_size() {
        let block = set("Anna Berg", ROOM);
        assert_eq!((block.size, block.lines), (60.0, vec!["Anna Berg".to_owned()]));
    }

    #[test]
    fn long_text_shrinks_before_it_is_cut() {
        let block = set("Maximiliane Hohenzollern", ROOM);
        assert!(block.size < 60.0);
        assert_eq!(block.lines, ["Maximiliane Hohenzollern"]);
        let cut = set(&"Maximiliane Hohenzollern ".repeat(9), ROOM);
        assert!(cut.lines[0].starts_with("Maximiliane") && cut.lines[0].ends_with('…'));
    }

    #[test]
    fn a_body_wraps_on_words_and_loses_none() {
        let text = "one two three four five six seven eight nine ten eleven twelve";
        let block = set(text, Room { lines: 5, ..ROOM });
        assert!(block.lines.len() > 1);
        assert_eq!(block.lines.join(" "), text);
    }

    #[test]
    fn line_breaks_of_the_caller_are_kept() {
        let block = set("one\ntwo three", Room { lines: 5, ..ROOM });
        assert_eq!(block.lines, ["one", "two three"]);
    }

    #[test]
    fn a_word_wider_than_the_line_is_broken() {
        let word = "x".repeat(80);
        let block = set(&word, Room { lines: 5, ..ROOM });
        assert_eq!(block.lines.concat(), word);
    }

    #[test]
    fn endless_text_ends_in_an_ellipsis() {
        let block = set(&"lorem ipsum ".repeat(500), Room { lines: 5, ..ROOM });
        assert_eq!(block.lines.len(), 5);
        assert!(block.lines[4].ends_with('…'));
    }

    #[test]
    fn blank_text_has_no_lines() {
        assert!(set(" \u{3} \n", ROOM).lines.is_empty());
    }
}
