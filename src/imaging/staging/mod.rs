//! The service virtual-staging.

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
};
use crate::domain::imaging::Request;

/// Not there yet.
pub fn stage(
    picture: Picture,
    _: Option<&Plane>,
    _: Option<&Picture>,
    _: &Request,
    _: &Stop,
) -> Result<Picture, Fault> {
    Ok(picture)
}
