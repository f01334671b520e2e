//! Who makes the pictures: `local` here, `http` at a service with the images-edit API.
//!
//! ```text
//! Task ─► prepare (compressing) ─► Prepared ─► local or http (processing) ─► Made
//! ```

use crate::domain::imaging::Request;

/// All that a job hands over.
#[derive(Debug, Clone)]
pub struct Task {
    /// What is asked for.
    pub request: Request,
    /// The picture, as a file.
    pub input: Vec<u8>,
    /// Where it may be changed, as a file: light where it may.
    pub mask: Option<Vec<u8>>,
    /// What it should look like, as a file.
    pub reference: Option<Vec<u8>>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// A JPEG file.
    pub jpeg: Vec<u8>,
    /// Its pixels in a row.
    pub width: u32,
    /// Its rows.
    pub height: u32,
    /// Who made it: `local` or `http`.
    pub engine: &'static str,
}
