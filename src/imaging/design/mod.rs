//! The service design-options.

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
};
use crate::domain::imaging::Request;

/// Another style and other colours, in a picture of the same size.
///
/// # Errors
/// [`Fault::Stopped`].
pub fn design(picture: Picture, _mask: Option<&Plane>, _reference: Option<&Picture>, _request: &Request, stop: &Stop) -> Result<Picture, Fault> {
    stop.check()?;
    Ok(picture)
}
