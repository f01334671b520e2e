//! The server's messages: RTMP to bytes.
//!
//! Refuses to know: when to send a message. All messages carry time zero, since nothing of ours is timed media.

use rml_rtmp::chunk_io::ChunkSerializer;
use rml_rtmp::messages::{PeerBandwidthLimitType, RtmpMessage, UserControlEventType};
use rml_rtmp::rml_amf0::Amf0Value as Value;
use rml_rtmp::time::RtmpTimestamp;

/// Chunk size of what we send, in bytes: every reply fits into one chunk.
const CHUNK_SIZE: u32 = 4096;
/// A reply could not be written: our fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write a reply: {0}")]
pub struct ReplyError(String);

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

/// Collects outgoing bytes.
pub(super) struct Writer {
    serializer: ChunkSerializer,
    output: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { serializer: ChunkSerializer::new(), output: Vec::new() }
    }

    /// Everything to be sent since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Bytes outside of any chunk: the handshake.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    pub(super) fn acknowledge(&mut self, received: u32) -> Result<(), ReplyError> {
        self.send(0, RtmpMessage::Acknowledgement { sequence_number: received })
    }

    /// Answers a ping request with its own timestamp (section 7.1.7).
    pub(super) fn pong(&mut self, timestamp: u32) -> Result<(), ReplyError> {
        self.send(0, control(UserControlEventType::PingResponse, None, Some(timestamp)))
    }

    /// Accepts a connect command and sets the sizes of both directions (section 7.2.1.1).
    pub(super) fn connected(&mut self, transaction: f64) -> Result<(), ReplyError> {
        self.send(0, RtmpMessage::WindowAcknowledgement { size: WINDOW })?;
        let limit_type = PeerBandwidthLimitType::Dynamic;
        self.send(0, RtmpMessage::SetPeerBandwidth { size: WINDOW, limit_type })?;
        let packet = self.serializer.set_max_chunk_size(CHUNK_SIZE, RtmpTimestamp::new(0)).map_err(reply_error)?;
        self.output.extend_from_slice(&packet.bytes);
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
        self.command(0, "_result", transaction, properties, object(information))
    }

    /// The plain success of a call. Transaction 0 asks for no answer (section 4.1).
    pub(super) fn result(&mut self, transaction: f64, value: Value) -> Result<(), ReplyError> {
        if transaction == 0.0 {
            return Ok(());
        }
        self.command(0, "_result", transaction, Value::Null, value)
    }

    /// Reports that a message stream is open.
    pub(super) fn stream_begin(&mut self, stream: u32) -> Result<(), ReplyError> {
        self.send(0, control(UserControlEventType::StreamBegin, Some(stream), None))
    }

    pub(super) fn on_status(
        &mut self,
        stream: u32,
        level: Level,
        code: &str,
        description: &str,
    ) -> Result<(), ReplyError> {
        let information = object(status(level, code, description));
        self.command(stream, "onStatus", 0.0, Value::Null, information)
    }

    /// Some encoders wait for this before they send media.
    pub(super) fn on_fc_publish(&mut self, stream: u32, key: &str) -> Result<(), ReplyError> {
        let information = object(status(Level::Status, "NetStream.Publish.Start", key));
        self.command(stream, "onFCPublish", 0.0, Value::Null, information)
    }

    fn command(
        &mut self,
        stream: u32,
        name: &str,
        transaction: f64,
        object: Value,
        argument: Value,
    ) -> Result<(), ReplyError> {
        let message = RtmpMessage::Amf0Command {
            command_name: name.to_owned(),
            transaction_id: transaction,
            command_object: object,
            additional_arguments: vec![argument],
        };
        self.send(stream, message)
    }

    fn send(&mut self, stream: u32, message: RtmpMessage) -> Result<(), ReplyError> {
        let payload = message.into_message_payload(RtmpTimestamp::new(0), stream).map_err(reply_error)?;
        let packet = self.serializer.serialize(&payload, false, false).map_err(reply_error)?;
        self.output.extend_from_slice(&packet.bytes);
        Ok(())
    }
}

fn reply_error(error: impl std::fmt::Display) -> ReplyError {
    ReplyError(error.to_string())
}

fn control(event: UserControlEventType, stream: Option<u32>, timestamp: Option<u32>) -> RtmpMessage {
    RtmpMessage::UserControl {
        event_type: event,
        stream_id: stream,
        buffer_length: None,
        timestamp: timestamp.map(RtmpTimestamp::new),
    }
}

fn status(level: Level, code: &str, description: &str) -> Vec<(&'static str, Value)> {
    let level = match level {
        Level::Status => "status",
        Level::Error => "error",
    };
    vec![("level", text(level)), ("code", text(code)), ("description", text(description))]
}

fn object(properties: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let named = properties.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(named.collect())
}

fn text(text: &str) -> Value {
    Value::Utf8String(text.to_owned())
}
