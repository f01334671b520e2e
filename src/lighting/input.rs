//! Stand-in until the input comes in.
use crate::domain::lights::Rgb;
use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};
#[derive(Debug, Clone, PartialEq)]
pub struct SacnInputSpec {
    pub listen: SocketAddr,
    pub universe: u16,
    pub count: u8,
    pub start_channel: u16,
    pub unicast: bool,
}
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InputStatus {
    pub receiving: bool,
    pub packets: u64,
    pub source: Option<String>,
    pub priority: Option<u8>,
}
pub struct SacnInput {}
impl SacnInput {
    pub fn open(_spec: SacnInputSpec, _led_count: u16, _began: Instant) -> io::Result<Self> {
        Ok(Self {})
    }
    pub fn copy_frame(&self, _now: Duration, _out: &mut [Rgb]) -> bool {
        false
    }
    pub fn status(&self, _now: Duration) -> InputStatus {
        InputStatus::default()
    }
}
