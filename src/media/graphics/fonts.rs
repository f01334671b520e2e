//! The fonts of the machine, read once, and the widths of words set in them.
//!
//! Knows nothing of templates. Every generic family is pointed at one sans family, so that a
//! template never depends on a family that happens to be installed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use resvg::usvg::{self, fontdb};

use super::error::GraphicsError;
use super::xml::escape;

/// Families looked for first, in this order; then any name with "Sans" in it, then anything.
const PREFERRED: [&str; 7] = ["DejaVu Sans", "Noto Sans", "Open Sans", "Liberation Sans", "Inter", "Roboto", "Arial"];

/// Font files are held in memory, so a machine with a large collection is read only up to this
/// many bytes, the likely ones first.
const BUDGET: u64 = 96 << 20;
/// Folders nested deeper than this are not searched (also ends symbolic link circles).
const DEPTH: usize = 6;
/// Widths are measured at this size in pixels and scaled from there.
const MEASURED_AT: f32 = 100.0;

/// How a piece of text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    /// CSS weight, 100 to 900.
    pub weight: u16,
    /// Extra space between letters, as a part of the font size.
    pub spacing: f32,
    /// Horizontal scale, 1.0 for the letters as drawn; below 1 gives a narrow, denser line.
    pub narrow: f32,
}

/// The fonts that templates are drawn with.
#[derive(Debug)]
pub struct Fonts {
    database: Arc<fontdb::Database>,
    family: String,
}

impl Fonts {
    /// The machine's fonts: read at the first call, shared afterwards.
    ///
    /// # Errors
    /// [`GraphicsError::NoFont`] when the usual font folders hold no readable font.
    pub fn system() -> Result<Arc<Self>, GraphicsError> {
        static SYSTEM: OnceLock<Result<Arc<Fonts>, GraphicsError>> = OnceLock::new();
        SYSTEM
            .get_or_init(|| {
                let mut folders = vec![PathBuf::from("/usr/share/fonts"), PathBuf::from("/usr/local/share/fonts")];
                if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
                    folders.extend([home.join(".local/share/fonts"), home.join(".fonts")]);
                }
                Self::from_folders(&folders).map(Arc::new)
            })
            .clone()
    }

    /// The fonts found under these folders; folders and files that cannot be read are passed over.
    ///
    /// # Errors
    /// [`GraphicsError::NoFont`] when there is none.
    pub fn from_folders(folders: &[PathBuf]) -> Result<Self, GraphicsError> {
        let mut files = Vec::new();
        for folder in folders {
            collect(folder, DEPTH, &mut files);
        }
        files.sort_by_cached_key(|(path, _)| (likeliness(path), path.clone()));
        let mut database = fontdb::Database::new();
        let mut left = BUDGET;
        for (path, size) in files {
            if size > left {
                continue;
            }
            if let Ok(data) = std::fs::read(&path) {
                left = left.saturating_sub(data.len() as u64);
                database.load_font_data(data);
            }
        }
        Self::from_database(database)
    }

    fn from_database(mut database: fontdb::Database) -> Result<Self, GraphicsError> {
        let families: Vec<String> = database
            .faces()
            .filter(|face| !face.monospaced)
            .chain(database.faces())
            .filter_map(|face| face.families.first().map(|(name, _)| name.clone()))
            .collect();
        let family = PREFERRED
            .iter()
            .find_map(|wanted| families.iter().find(|family| family == wanted))
            .or_else(|| families.iter().find(|family| family.contains("Sans")))
            .or_else(|| families.first())
            .cloned()
            .ok_or(GraphicsError::NoFont)?;
        database.set_sans_serif_family(&family);
        // usvg's last resort for an unknown family is the serif one.
        database.set_serif_family(&family);
        database.set_monospace_family(&family);
        Ok(Self { database: Arc::new(database), family })
    }

    /// Name of the family that text is set in.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Reads an SVG text with these fonts.
    pub(super) fn parse(&self, svg: &str) -> Result<usvg::Tree, usvg::Error> {
        let options = usvg::Options {
            fontdb: Arc::clone(&self.database),
            font_family: self.family.clone(),
            ..usvg::Options::default()
        };
        usvg::Tree::from_str(svg, &options)
    }

    /// Widths of each text in pixels at font size 1, in the order given; 0 for blank texts.
    pub(super) fn measure<S: AsRef<str>>(&self, face: Face, texts: &[S]) -> Vec<f32> {
        use std::fmt::Write;
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" font-family="sans-serif" font-size="{MEASURED_AT}" font-weight="{}" letter-spacing="{}">"#,
            face.weight,
            face.spacing * MEASURED_AT,
        );
        for (index, text) in texts.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(svg, r#"<text id="t{index}">{}</text>"#, escape(text.as_ref()));
        }
        svg.push_str("</svg>");
        let tree = self.parse(&svg).ok();
        let width = |index: usize| {
            let node = tree.as_ref()?.node_by_id(&format!("t{index}"))?;
            Some(node.bounding_box().width() / MEASURED_AT * face.narrow)
        };
        (0..texts.len()).map(|index| width(index).unwrap_or(0.0)).collect()
    }
}

/// Lists font files and their sizes under `folder`.
fn collect(folder: &Path, depth: usize, files: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        let kind = path.extension().map(|kind| kind.to_string_lossy().to_lowercase());
        if metadata.is_dir() && depth > 0 {
            collect(&path, depth - 1, files);
        } else if matches!(kind.as_deref(), Some("ttf" | "otf" | "ttc")) {
            files.push((path, metadata.len()));
        }
    }
}

/// Order in which files are read: preferred families, other sans, the rest, fixed-width.
fn likeliness(path: &Path) -> u8 {
    let name = path.file_name().map(|name| name.to_string_lossy().replace(['-', ' ', '_'], "")).unwrap_or_default();
    let preferred = |family: &&str| name.starts_with(&family.replace(' ', ""));
    match () {
        () if name.contains("Mono") => 3,
        () if PREFERRED.iter().any(preferred) => 0,
        () if name.contains("Sans") => 1,
        () => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOLD: Face = Face { weight: 700, spacing: 0.0, narrow: 1.0 };

    #[test]
    fn a_machine_without_fonts_is_told_so() {
        let empty = std::env::temp_dir().join("there-are-no-fonts-in-here");
        let error = Fonts::from_folders(&[empty]).unwrap_err();
        assert_eq!(error, GraphicsError::NoFont);
        assert!(error.to_string().contains("fonts-dejavu-core"));
    }

    #[test]
    fn the_family_is_a_proportional_sans() {
        let fonts = Fonts::system().unwrap();
        assert!(!fonts.family().contains("Mono"), "{}", fonts.family());
        assert!(!fonts.family().contains("Serif"), "{}", fonts.family());
    }

    #[test]
    fn longer_text_is_wider_and_narrowing_scales_it() {
        let fonts = Fonts::system().unwrap();
        let widths = fonts.measure(BOLD, &["i", "Anna", "Anna <&> Berg", ""]);
        assert!(widths[0] > 0.1 && widths[0] < widths[1] && widths[1] < widths[2]);
        assert_eq!(widths[3], 0.0);
        let narrow = Face { narrow: 0.5, ..BOLD };
        let half = fonts.measure(narrow, &["Anna"])[0];
        assert!((half * 2.0 - widths[1]).abs() < 1e-3);
    }

    #[test]
    fn a_missing_family_falls_back_to_the_sans_in_use() {
        let fonts = Fonts::system().unwrap();
        let width = |family: &str| {
            let svg = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text id="a" font-family="{family}">Quartz</text></svg>"#
            );
            let tree = fonts.parse(&svg).unwrap();
            tree.node_by_id("a").map(|node| node.bounding_box().width())
        };
        assert!(width("sans-serif").is_some());
        assert_eq!(width("No Such Family"), width("sans-serif"));
    }

    #[test]
    fn emoji_are_drawn_in_their_colours_and_take_their_place() {
        let fonts = Fonts::system().unwrap();
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"64\" font-size=\"48\">\
            <text x=\"4\" y=\"52\" fill=\"white\">\u{1F34E}</text></svg>";
        let tree = fonts.parse(svg).unwrap();
        let mut pixels = resvg::tiny_skia::Pixmap::new(64, 64).unwrap();
        resvg::render(&tree, resvg::tiny_skia::Transform::identity(), &mut pixels.as_mut());
        let red = pixels.pixels().iter().filter(|p| p.red() > 120 && p.green() < 90 && p.blue() < 90).count();
        assert!(red > 200, "an apple is red (package fonts-noto-color-emoji): {red} pixels");
        let widths = fonts.measure(BOLD, &["Anna", "Anna \u{1F34E}"]);
        assert!(widths[1] > widths[0] + 0.5, "{widths:?}");
    }
}
