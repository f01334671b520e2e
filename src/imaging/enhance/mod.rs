//! The service render-enhancement.

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
};
use crate::domain::imaging::Request;

/// Not there yet.
pub fn enhance(picture: Picture, _: Option<&Plane>, _: &Request, _: &Stop) -> Result<Picture, Fault> {
    Ok(picture)
}
