//! The server's messages: RTMP to bytes.
//!
//! Refuses to know: when to send a message.

use super::link::{Link, WriteError, object, text};
use rml_rtmp::messages::{PeerBandwidthLimitType, RtmpMessage, UserControlEventType};
use rml_rtmp::rml_amf0::Amf0Value as Value;

/// Bytes after which a peer should acknowledge, and after which we do.
pub(super) const WINDOW: u32 = 2_500_000;
/// The codecs we take, as Enhanced RTMP announces them.
const PICTURES: [&str; 5] = ["avc1", "hvc1", "av01", "vp09", "vp08"];
const SOUNDS: [&str; 6] = ["mp4a", "Opus", "ac-3", "ec-3", ".mp3", "fLaC"];
/// `FourCcInfoMask`: it can be decoded.
const CAN_DECODE: f64 = 1.0;
/// `CapsExMask`: several tracks and modifiers are understood.
const EXTENSIONS: f64 = 2.0 + 4.0;

/// Severity of a status.
#[derive(Debug, Clone, Copy)]
pub(super) enum Level {
    Status,
    Error,
}

impl Link {
    /// Accepts a connect command and sets the sizes of both directions (section 7.2.1.1).
    pub(super) fn connected(&mut self, transaction: f64) -> Result<(), WriteError> {
        self.send(0, RtmpMessage::WindowAcknowledgement { size: WINDOW })?;
        let limit_type = PeerBandwidthLimitType::Dynamic;
        self.send(0, RtmpMessage::SetPeerBandwidth { size: WINDOW, limit_type })?;
        self.enlarge_chunks()?;
        let properties = object([
            ("fmsVer", text("FMS/3,0,1,123")),
            ("capabilities", Value::Number(31.0)),
            ("fourCcList", Value::StrictArray(PICTURES.into_iter().chain(SOUNDS).map(text).collect())),
            ("videoFourCcInfoMap", object(PICTURES.map(|fourcc| (fourcc, Value::Number(CAN_DECODE))))),
            ("audioFourCcInfoMap", object(SOUNDS.map(|fourcc| (fourcc, Value::Number(CAN_DECODE))))),
            ("capsEx", Value::Number(EXTENSIONS)),
        ]);
        let mut information = status(Level::Status, "NetConnection.Connect.Success", "Connection succeeded.");
        // AMF0 also towards a peer that offers AMF3.
        information.push(("objectEncoding", Value::Number(0.0)));
        self.command(0, "_result", transaction, properties, vec![object(information)])
    }

    /// The plain success of a call. Transaction 0 asks for no answer (section 4.1).
    pub(super) fn result(&mut self, transaction: f64, value: Value) -> Result<(), WriteError> {
        if transaction == 0.0 {
            return Ok(());
        }
        self.command(0, "_result", transaction, Value::Null, vec![value])
    }

    /// Reports that a message stream is open.
    pub(super) fn stream_begin(&mut self, stream: u32) -> Result<(), WriteError> {
        self.control(UserControlEventType::StreamBegin, Some(stream), None)
    }

    pub(super) fn on_status(
        &mut self,
        stream: u32,
        level: Level,
        code: &str,
        description: &str,
    ) -> Result<(), WriteError> {
        let information = object(status(level, code, description));
        self.command(stream, "onStatus", 0.0, Value::Null, vec![information])
    }

    /// Some encoders wait for this before they send media.
    pub(super) fn on_fc_publish(&mut self, stream: u32, key: &str) -> Result<(), WriteError> {
        let information = object(status(Level::Status, "NetStream.Publish.Start", key));
        self.command(stream, "onFCPublish", 0.0, Value::Null, vec![information])
    }
}

fn status(level: Level, code: &str, description: &str) -> Vec<(&'static str, Value)> {
    let level = match level {
        Level::Status => "status",
        Level::Error => "error",
    };
    vec![("level", text(level)), ("code", text(code)), ("description", text(description))]
}
