//! What both ends of an RTMP connection do alike behind the handshake: chunks in and out, acknowledgements, pings, and
//! the form of commands.
//!
//! Refuses to know: which commands there are, and which end it is. All that is sent but media carries time zero.

use super::chunk::{ChunkError, Message, Reader};
use rml_rtmp::{
    chunk_io::ChunkSerializer,
    messages::{MessagePayload, RtmpMessage, UserControlEventType},
    rml_amf0::Amf0Value as Value,
    time::RtmpTimestamp,
};

/// Chunk size of what is sent, in bytes: every reply fits into one chunk.
const CHUNK_SIZE: u32 = 4096;
/// Acknowledging more often than after so many bytes has no use.
const LEAST_WINDOW: u32 = 64 * 1024;

/// A message could not be written: our fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write a message: {0}")]
pub struct WriteError(String);

/// Why there is no next message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LinkError {
    /// The peer's chunk stream is damaged or above a limit.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// The answer to a ping could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// See the module's text.
pub(super) struct Link {
    reader: Reader,
    serializer: ChunkSerializer,
    output: Vec<u8>,
    /// Bytes received and how many of them are acknowledged; both wrap (section 5.4.3).
    received: u32,
    acknowledged: u32,
    window: u32,
}

impl Link {
    /// A link that reads messages of at most `limit` bytes, and acknowledges after `window` bytes unless the peer sets
    /// another window.
    pub fn new(limit: usize, window: u32) -> Self {
        let (reader, serializer) = (Reader::new(limit), ChunkSerializer::new());
        Self { reader, serializer, output: Vec::new(), received: 0, acknowledged: 0, window }
    }

    /// Reads messages of at most `limit` bytes from now on.
    pub fn set_limit(&mut self, limit: usize) {
        self.reader.set_limit(limit);
    }

    /// Everything to be sent since the last call; empty when there is nothing.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Sends bytes outside of any chunk: the handshake.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    /// Takes received bytes, and acknowledges them where that is due.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.reader.feed(bytes);
        self.received = self.received.wrapping_add(bytes.len() as u32);
        if self.received.wrapping_sub(self.acknowledged) >= self.window {
            self.acknowledged = self.received;
            self.send(0, RtmpMessage::Acknowledgement { sequence_number: self.received })?;
        }
        Ok(())
    }

    /// The next message that is not about the connection itself, or `None` when more bytes are needed. An "AMF3" command
    /// (17) comes as the AMF0 command (20) that it is behind a zero byte in practice.
    pub fn next(&mut self) -> Result<Option<Message>, LinkError> {
        while let Some(mut message) = self.reader.next()? {
            let number = message.body.first_chunk().copied().map(u32::from_be_bytes);
            match message.kind {
                1 => self.reader.set_chunk_size(number.unwrap_or(0))?,
                2 => self.reader.abort(number.unwrap_or(0)),
                // A ping request: event 6 and a timestamp, which is sent back (section 7.1.7).
                4 => {
                    if let Some([0, 6, a, b, c, d]) = message.body.first_chunk().copied() {
                        let timestamp = u32::from_be_bytes([a, b, c, d]);
                        self.control(UserControlEventType::PingResponse, None, Some(timestamp))?;
                    }
                }
                5 => self.window = number.unwrap_or(self.window).max(LEAST_WINDOW),
                17 => {
                    if message.body.first() == Some(&0) {
                        message.body = message.body.slice(1..);
                    }
                    message.kind = 20;
                    return Ok(Some(message));
                }
                _ => return Ok(Some(message)),
            }
        }
        Ok(None)
    }

    /// Sends larger chunks than the 128 bytes that a connection begins with.
    pub fn enlarge_chunks(&mut self) -> Result<(), WriteError> {
        let packet = self.serializer.set_max_chunk_size(CHUNK_SIZE, RtmpTimestamp::new(0)).map_err(failed)?;
        self.output.extend_from_slice(&packet.bytes);
        Ok(())
    }

    /// Sends a user control message (section 7.1.7).
    pub fn control(
        &mut self,
        event_type: UserControlEventType,
        stream: Option<u32>,
        timestamp: Option<u32>,
    ) -> Result<(), WriteError> {
        let timestamp = timestamp.map(RtmpTimestamp::new);
        self.send(0, RtmpMessage::UserControl { event_type, stream_id: stream, buffer_length: None, timestamp })
    }

    /// Sends a command, e.g. a call or its result (section 7.2).
    pub fn command(
        &mut self,
        stream: u32,
        name: &str,
        transaction: f64,
        object: Value,
        arguments: Vec<Value>,
    ) -> Result<(), WriteError> {
        let message = RtmpMessage::Amf0Command {
            command_name: name.to_owned(),
            transaction_id: transaction,
            command_object: object,
            additional_arguments: arguments,
        };
        self.send(stream, message)
    }

    /// Sends a message at time zero.
    pub fn send(&mut self, stream: u32, message: RtmpMessage) -> Result<(), WriteError> {
        let payload = message.into_message_payload(RtmpTimestamp::new(0), stream).map_err(failed)?;
        self.write(&payload)
    }

    /// Sends a message at its own time.
    pub fn write(&mut self, payload: &MessagePayload) -> Result<(), WriteError> {
        let packet = self.serializer.serialize(payload, false, false).map_err(failed)?;
        self.output.extend_from_slice(&packet.bytes);
        Ok(())
    }
}

/// An object of AMF0.
pub(super) fn object<'a>(properties: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let named = properties.into_iter().map(|(name, value)| (name.to_owned(), value));
    Value::Object(named.collect())
}

/// A text of AMF0.
pub(super) fn text(text: &str) -> Value {
    Value::Utf8String(text.to_owned())
}

fn failed(error: impl std::fmt::Display) -> WriteError {
    WriteError(error.to_string())
}
