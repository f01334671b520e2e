//! Where the text of each built-in template goes and how far its panels reach, in pixels of the
//! 1920x1080 reference. Colours and shapes are in the SVG files.

use super::fonts::{Face, Fonts};
use super::text::{Block, Room, clean, fit};
use super::xml::escape;

/// What goes into each named hole of a template.
pub(super) type Holes = Vec<(&'static str, String)>;

/// Field values of one graphic; what was not given reads as empty.
pub(super) struct Values<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Values<'a> {
    pub(super) fn new(fields: &[(&'a str, &'a str)]) -> Self {
        Self(fields.to_vec())
    }

    pub(super) fn get(&self, field: &str) -> &'a str {
        let given = self.0.iter().rev().find(|(name, _)| *name == field);
        given.map_or("", |(_, value)| value)
    }
}

/// Height of a capital as a part of the font size, in the sans faces this is drawn with.
const CAPITAL: f32 = 0.73;
/// Graphics keep 5 % off the left and right edges (the graphics safe area of EBU R 95).
const SAFE_LEFT: f32 = 96.0;
const SAFE_RIGHT: f32 = 1824.0;

const BOLD: Face = Face { weight: 700, spacing: 0.0, narrow: 0.88 };
const STRONG: Face = Face { weight: 700, spacing: 0.015, narrow: 0.88 };
const PLAIN: Face = Face { weight: 400, spacing: 0.0, narrow: 0.92 };
const WIDE: Face = Face { weight: 700, spacing: 0.07, narrow: 0.9 };

/// Lines of text with the first baseline at `baseline` and `leading` font sizes between lines.
fn lines(block: &Block, x: f32, baseline: f32, leading: f32) -> String {
    let Block { size, face, .. } = block;
    let line = |(index, line): (usize, &String)| {
        format!(
            r#"<text transform="translate({x} {y}) scale({narrow} 1)" font-size="{size}" font-weight="{weight}" letter-spacing="{spacing}">{text}</text>"#,
            y = baseline + index as f32 * leading * size,
            narrow = face.narrow,
            weight = face.weight,
            spacing = face.spacing * size,
            text = escape(line),
        )
    };
    block.lines.iter().enumerate().map(line).collect()
}

/// Baseline that centres capitals of a single line on `y`.
fn centred(block: &Block, y: f32) -> f32 {
    y + CAPITAL / 2.0 * block.size
}

fn shown(yes: bool) -> String {
    if yes { "inline" } else { "none" }.to_owned()
}

/// A name panel with a title strip under it; each reaches as far as its text needs.
pub(super) fn lower_third(fonts: &Fonts, values: &Values<'_>) -> Holes {
    let room = Room { width: 1400.0, lines: 1, size: 60.0, least: 34.0 };
    let name = fit(fonts, BOLD, values.get("name"), room);
    let room = Room { width: 1340.0, lines: 1, size: 34.0, least: 24.0 };
    let title = fit(fonts, STRONG, values.get("title"), room);
    let (has_name, has_title) = (!name.lines.is_empty(), !title.lines.is_empty());
    let text = SAFE_LEFT + 44.0;
    let name_end = (text + name.width + 66.0).max(560.0);
    let title_end = (text + title.width + 54.0).max(400.0);
    // The title never overhangs the slanted foot of the name panel by a sliver only.
    let close = has_name && (title_end - (name_end - 25.0)).abs() < 24.0;
    let title_end = if close { name_end - 25.0 } else { title_end };
    // One outline around both, so that the shadow has no seam.
    let panel = format!("M96 838H{}l-25 100", name_end + 26.0);
    let strip = format!("H{title_end}l-15 60H96z");
    let (top, foot, outline) = match (has_name, has_title) {
        (true, true) => (838, 996, format!("{panel}v-2{strip}")),
        (true, false) => (838, 938, format!("{panel}H96z")),
        (false, true) => (936, 996, format!("M96 936{strip}")),
        (false, false) => (0, 0, String::new()),
    };
    vec![
        ("name-display", shown(has_name)),
        ("title-display", shown(has_title)),
        ("name-end", name_end.to_string()),
        ("sliver", (name_end + 10.0).to_string()),
        ("title-end", title_end.to_string()),
        ("outline", outline),
        ("accent-top", top.to_string()),
        ("accent-height", (foot - top).to_string()),
        ("name", lines(&name, text, centred(&name, 888.0), 1.0)),
        ("title", lines(&title, text, centred(&title, 967.0), 1.0)),
    ]
}

/// A headline of up to two lines over a body of up to five, centred in height.
pub(super) fn full_frame(fonts: &Fonts, values: &Values<'_>) -> Holes {
    const LEFT: f32 = 210.0;
    const TIGHT: f32 = 1.14;
    const AIRY: f32 = 1.5;
    let room = Room { width: 1500.0, lines: 2, size: 92.0, least: 60.0 };
    let headline = fit(fonts, BOLD, values.get("headline"), room);
    let room = Room { width: 1500.0, lines: 5, size: 50.0, least: 34.0 };
    let body = fit(fonts, PLAIN, values.get("body"), room);
    let height = |block: &Block, leading: f32| match block.lines.len() {
        0 => 0.0,
        lines => block.size * (CAPITAL + (lines - 1) as f32 * leading),
    };
    let between = match (headline.lines.is_empty(), body.lines.is_empty()) {
        (false, false) => 128.0,
        _ => 0.0,
    };
    let head = height(&headline, TIGHT);
    let total = head + between + height(&body, AIRY);
    let top = (1080.0 - total) / 2.0;
    let body_top = top + head + between;
    let bar = if total > 0.0 { total + 56.0 } else { 0.0 };
    vec![
        ("bar-top", (top - 28.0).to_string()),
        ("bar-height", bar.to_string()),
        ("rule", (top + head + 54.0).to_string()),
        ("rule-display", shown(between > 0.0)),
        ("headline", lines(&headline, LEFT, top + CAPITAL * headline.size, TIGHT)),
        ("body", lines(&body, LEFT, body_top + CAPITAL * body.size, AIRY)),
    ]
}

/// A small panel in the top right corner, as wide as its text.
pub(super) fn bug(fonts: &Fonts, values: &Values<'_>) -> Holes {
    let room = Room { width: 560.0, lines: 1, size: 30.0, least: 20.0 };
    let text = fit(fonts, WIDE, values.get("text"), room);
    let left = SAFE_RIGHT - text.width - 64.0;
    vec![
        ("display", shown(!text.lines.is_empty())),
        ("left", left.to_string()),
        ("foot", (left - 14.0).to_string()),
        ("text", lines(&text, left + 38.0, centred(&text, 86.0), 1.0)),
    ]
}

/// The card for a source that delivers nothing.
pub(super) fn slate(fonts: &Fonts, label: &str) -> Holes {
    let room = Room { width: 1400.0, lines: 2, size: 96.0, least: 56.0 };
    let label = fit(fonts, BOLD, &clean(label), room);
    let notice = Room { width: 1400.0, lines: 1, size: 44.0, least: 44.0 };
    let notice = fit(fonts, WIDE, "NO SIGNAL", notice);
    let middle = |block: &Block, baseline: f32, leading: f32| {
        let widths = fonts.measure(block.face, &block.lines);
        let line = |(index, (line, width)): (usize, (&String, f32))| {
            let one = Block { lines: vec![line.clone()], ..block.clone() };
            let x = 960.0 - width * block.size / 2.0;
            lines(&one, x, baseline + index as f32 * leading * block.size, leading)
        };
        let each = block.lines.iter().zip(widths).enumerate();
        each.map(line).collect::<String>()
    };
    let rows = label.lines.len() as f32;
    let foot = 620.0 + (rows - 1.0).max(0.0) * label.size * 1.14;
    vec![("label", middle(&label, 620.0, 1.14)), ("notice", middle(&notice, foot + 110.0, 1.0))]
}
