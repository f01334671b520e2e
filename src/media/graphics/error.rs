//! What can go wrong when a graphic is drawn, and where the fault lies.

/// A graphic could not be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphicsError {
    /// No built-in template has this id (the caller's fault).
    #[error("there is no built-in template `{0}`")]
    UnknownTemplate(String),
    /// The template exists but has no such field (the caller's fault).
    #[error("template `{template}` has no field `{field}`")]
    UnknownField {
        /// Id of the template.
        template: &'static str,
        /// The field name that was given.
        field: String,
    },
    /// The picture size is zero, or larger than [`super::MAX_SIDE`] on a side (the caller's fault).
    #[error("cannot draw a picture of {width}x{height} pixels")]
    Size {
        /// Requested width in pixels.
        width: usize,
        /// Requested height in pixels.
        height: usize,
    },
    /// Pixel data does not have the length its size asks for (the caller's fault).
    #[error("pixel data has {found} bytes, expected {expected}")]
    Pixels {
        /// Bytes that width and height ask for.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// The machine has no usable font (the operator's fault).
    #[error("no font found on this machine; install one, for example the package fonts-dejavu-core")]
    NoFont,
    /// A built-in template is not readable as SVG (our fault).
    #[error("template `{template}` cannot be drawn: {reason}")]
    Broken {
        /// Id of the template.
        template: &'static str,
        /// The message of the SVG reader.
        reason: String,
    },
}

/// The party that has to act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The client that asked: it must change its request.
    Caller,
    /// The operator of the machine: something is missing on it.
    Operator,
    /// This program.
    Ourselves,
}

impl GraphicsError {
    /// The party that has to act.
    pub fn blame(&self) -> Blame {
        match self {
            Self::UnknownTemplate(_) | Self::UnknownField { .. } | Self::Size { .. } | Self::Pixels { .. } => {
                Blame::Caller
            }
            Self::NoFont => Blame::Operator,
            Self::Broken { .. } => Blame::Ourselves,
        }
    }
}
