//! What this machine has: elements, encoders, capture devices, disk.

pub use crate::media::survey::{Device, Survey, devices, free_bytes, survey};
