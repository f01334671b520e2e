//! The service 3d-plans.

use super::{
    Fault, Stop,
    picture::{Picture, Plane},
};
use crate::domain::imaging::Request;

/// Not there yet.
pub fn draw(picture: &Picture, _: &Request, _: u32, _: &Stop) -> Result<Picture, Fault> {
    Ok(picture.clone())
}
