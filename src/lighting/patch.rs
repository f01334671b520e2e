//! Stand-in until the patch comes in.
use std::net::{Ipv4Addr, SocketAddr};
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Sacn,
    Artnet,
    Ddp,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourOrder {
    Rgb,
    Grb,
    Bgr,
    Rbg,
    Gbr,
    Brg,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    Unicast(SocketAddr),
    Multicast,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec {
    pub protocol: Protocol,
    pub universe: u16,
    pub channel: u16,
    pub start: u16,
    pub length: u16,
    pub order: ColourOrder,
    pub to: Destination,
    pub priority: u8,
    pub sync: Option<u16>,
    pub interface: Option<Ipv4Addr>,
}
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct PatchError(String);
pub fn check(_outputs: &[OutputSpec], _led_count: u16) -> Result<(), PatchError> {
    Ok(())
}
