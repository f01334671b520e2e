//! The built-in templates: which there are, what fields they take, and drawing one.
//!
//! A template is an SVG file at 1920x1080 with named holes, and a layout function that computes
//! what goes into the holes. It refuses to know about slots, layers and the picture it is keyed
//! over. Values of a caller only ever enter the SVG as escaped text.

use super::error::GraphicsError;
use super::fonts::Fonts;
use super::layout::{self, Holes, Values};
use super::motion::{Motion, Style};
use super::raster::{Anchor, Raster, draw};

/// Something a caller can set on a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name in requests.
    pub id: &'static str,
    /// What it is, in words for an operator.
    pub label: &'static str,
}

/// A built-in template.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// Name in requests.
    pub id: &'static str,
    /// What it is, in words for an operator.
    pub label: &'static str,
    /// The fields it takes; a field that is not given is empty.
    pub fields: &'static [Field],
    style: Style,
    anchor: Anchor,
    svg: &'static str,
    layout: fn(&Fonts, &Values<'_>) -> Holes,
}

const TEMPLATES: [Template; 3] = [
    Template {
        id: "lower-third",
        label: "Lower third: a name and what the person does",
        fields: &[
            Field { id: "name", label: "Name" },
            Field { id: "title", label: "Title or place; its strip is hidden when empty" },
        ],
        style: Style::Rise,
        anchor: Anchor::BottomLeft,
        svg: include_str!("templates/lower-third.svg"),
        layout: layout::lower_third,
    },
    Template {
        id: "full-frame",
        label: "Full-frame card: a headline and up to five lines of text",
        fields: &[Field { id: "headline", label: "Headline" }, Field { id: "body", label: "Text, wrapped on words" }],
        style: Style::Fade,
        anchor: Anchor::Centre,
        svg: include_str!("templates/full-frame.svg"),
        layout: layout::full_frame,
    },
    Template {
        id: "bug",
        label: "Corner bug: a short text that stays on",
        fields: &[Field { id: "text", label: "Text" }],
        style: Style::QuickFade,
        anchor: Anchor::TopRight,
        svg: include_str!("templates/bug.svg"),
        layout: layout::bug,
    },
];

/// All built-in templates.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The template with this id.
///
/// # Errors
/// [`GraphicsError::UnknownTemplate`] naming the id.
pub fn template(id: &str) -> Result<&'static Template, GraphicsError> {
    TEMPLATES.iter().find(|template| template.id == id).ok_or_else(|| GraphicsError::UnknownTemplate(id.to_owned()))
}

impl Template {
    /// Checks field names without drawing.
    ///
    /// # Errors
    /// [`GraphicsError::UnknownField`] naming the first field this template does not have.
    pub fn check<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), GraphicsError> {
        let unknown = names.into_iter().find(|name| !self.fields.iter().any(|field| field.id == *name));
        match unknown {
            None => Ok(()),
            Some(name) => Err(GraphicsError::UnknownField { template: self.id, field: name.to_owned() }),
        }
    }

    /// Draws the graphic for a picture of `width` x `height` pixels, ready to be keyed. The
    /// design keeps its proportions; in a picture that is not 16:9 it keeps to its corner.
    ///
    /// Takes some tens of milliseconds for a large graphic: call it off the media threads.
    ///
    /// # Errors
    /// [`GraphicsError::UnknownField`], [`GraphicsError::Size`]; [`GraphicsError::Broken`] never
    /// happens with the templates as shipped.
    pub fn render(
        &self,
        fonts: &Fonts,
        fields: &[(&str, &str)],
        width: usize,
        height: usize,
    ) -> Result<Raster, GraphicsError> {
        self.check(fields.iter().map(|(name, _)| *name))?;
        let holes = (self.layout)(fonts, &Values::new(fields));
        let broken = |reason| GraphicsError::Broken { template: self.id, reason };
        let svg = fill(self.svg, &holes).map_err(broken)?;
        let tree = fonts.parse(&svg).map_err(|error| broken(error.to_string()))?;
        draw(&tree, self.anchor, width, height)
    }

    /// How this template comes and goes in a project of `num / den` frames per second whose
    /// picture is `height` pixels high.
    pub fn motion(&self, num: u32, den: u32, height: usize) -> Motion {
        Motion::new(self.style, num, den, height)
    }
}

/// Puts the computed pieces into the holes of an SVG text, `{{like-this}}`, in one pass: what
/// was put in is never read again, so braces in a value stay braces.
pub(super) fn fill(svg: &str, holes: &Holes) -> Result<String, String> {
    let mut out = String::with_capacity(svg.len() + 1024);
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("a hole is not closed")?;
        let value =
            holes.iter().find(|(hole, _)| *hole == name).ok_or_else(|| format!("nothing fills the hole `{name}`"))?;
        out.push_str(before);
        out.push_str(&value.1);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_template_is_named() {
        let error = template("lower-fourth").unwrap_err();
        assert_eq!(error, GraphicsError::UnknownTemplate("lower-fourth".into()));
        assert!(error.to_string().contains("lower-fourth"));
    }

    #[test]
    fn an_unknown_field_is_named_with_its_template() {
        let fonts = Fonts::system().unwrap();
        let error = template("bug").and_then(|bug| bug.render(&fonts, &[("colour", "red")], 640, 360)).unwrap_err();
        assert_eq!(error, GraphicsError::UnknownField { template: "bug", field: "colour".into() });
    }

    #[test]
    fn a_value_cannot_reach_another_hole() {
        let holes: Holes = vec![("a", "{{b}}".into()), ("b", "secret".into())];
        assert_eq!(fill("<{{a}}>", &holes).unwrap(), "<{{b}}>");
        assert!(fill("{{c}}", &holes).unwrap_err().contains("`c`"));
        assert!(fill("{{c", &holes).is_err());
    }

    #[test]
    fn hostile_values_are_drawn_as_text() {
        let fonts = Fonts::system().unwrap();
        let hostile = "</text><rect width='1920' height='1080'/>&lt;{{name}}\u{0}\u{202e}";
        for template in templates() {
            let fields: Vec<_> = template.fields.iter().map(|f| (f.id, hostile)).collect();
            let plain: Vec<_> = template.fields.iter().map(|f| (f.id, "plain")).collect();
            let drawn = template.render(&fonts, &fields, 640, 360).unwrap();
            let other = template.render(&fonts, &plain, 640, 360).unwrap();
            if template.id != "full-frame" {
                assert!(drawn.height <= other.height + 4, "{}", template.id);
            }
            assert_ne!(drawn.y, other.y, "{}", template.id);
        }
    }
}
