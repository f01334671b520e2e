//! The service design-options.

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
};
use crate::domain::imaging::Request;

/// Not there yet.
pub fn design(
    picture: Picture,
    _: Option<&Plane>,
    _: Option<&Picture>,
    _: &Request,
    _: &Stop,
) -> Result<Picture, Fault> {
    Ok(picture)
}
