//! The other side of RTMP: a client that publishes one stream to a server, without any I/O.
//!
//! ```text
//! handshake ─► connect ─► releaseStream, FCPublish, createStream ─► publish ─► Event::Published ─► media
//! ```
//!
//! Refuses to know: sockets, clocks and the origin of media. The caller feeds bytes, polls events, and sends the output.

use super::{
    amf,
    chunk::{ChunkError, Message, Reader},
};
use bytes::Bytes;
use rml_rtmp::{
    chunk_io::ChunkSerializer,
    messages::{MessagePayload, RtmpMessage, UserControlEventType},
    rml_amf0::Amf0Value as Value,
    time::RtmpTimestamp,
};

/// The largest message of a server that is read, in bytes: answers to commands are small.
const LIMIT: usize = 64 * 1024;
/// Length of the handshake's packets (section 5.2.2).
const HANDSHAKE: usize = 1536;
/// Chunk size of what is sent, in bytes.
const CHUNK_SIZE: u32 = 4096;
/// Transactions of the commands, in the order in which they are sent.
const CONNECT: f64 = 1.0;
const RELEASE: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE: f64 = 4.0;
const PUBLISH: f64 = 5.0;

/// What came of the publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The server takes the stream; media may be sent.
    Published,
    /// It does not, or no longer.
    Refused(Refusal),
}

/// What a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The application, or the client altogether (`NetConnection.Connect.Rejected`).
    Connection,
    /// The stream key: unknown, wrong or in use (`NetStream.Publish.BadName`, `Denied`).
    Key,
    /// The stream, for another reason.
    Stream,
}

/// Why a connection is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublisherError {
    /// The first byte is of no RTMP server.
    #[error("the other end does not speak RTMP")]
    Handshake,
    /// The server's chunk stream is damaged.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// A message could not be written; our fault.
    #[error("cannot write a message: {0}")]
    Write(String),
}

/// Names of the stream, as the server gets them.
#[derive(Clone, PartialEq, Eq)]
pub struct Names {
    pub application: String,
    /// `rtmp://host:port/application`.
    pub tc_url: String,
    pub key: String,
}

/// See the module's text. Its first output is the handshake.
pub struct Publisher {
    names: Names,
    /// What came of the handshake; gone once that is complete.
    handshake: Option<Vec<u8>>,
    reader: Reader,
    serializer: ChunkSerializer,
    output: Vec<u8>,
    stream: u32,
    published: bool,
    received: u32,
    acknowledged: u32,
    window: u32,
}

impl Publisher {
    /// A client whose handshake holds these random bytes.
    pub fn new(names: Names, random: [u8; HANDSHAKE - 8]) -> Self {
        let mut output = vec![3, 0, 0, 0, 0, 0, 0, 0, 0];
        output.extend_from_slice(&random);
        Self {
            names,
            handshake: Some(Vec::new()),
            reader: Reader::new(LIMIT),
            serializer: ChunkSerializer::new(),
            output,
            stream: 0,
            published: false,
            received: 0,
            acknowledged: 0,
            window: u32::MAX,
        }
    }

    /// Processes received bytes.
    ///
    /// # Errors
    /// [`PublisherError`], after which the connection is of no more use.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), PublisherError> {
        let Some(shaken) = &mut self.handshake else { return self.feed_chunks(bytes) };
        let had = shaken.len();
        shaken.extend_from_slice(bytes);
        if shaken[0] != 3 {
            return Err(PublisherError::Handshake);
        }
        // The server's packet is sent back as soon as it is there; what it makes of ours does not matter.
        if let (true, Some(packet)) = (had <= HANDSHAKE, shaken.get(1..=HANDSHAKE)) {
            self.output.extend_from_slice(packet);
        }
        let end = 1 + 2 * HANDSHAKE;
        if shaken.len() < end {
            return Ok(());
        }
        let rest = shaken.split_off(end);
        self.handshake = None;
        self.connect()?;
        self.feed_chunks(&rest)
    }

    fn feed_chunks(&mut self, bytes: &[u8]) -> Result<(), PublisherError> {
        self.reader.feed(bytes);
        self.received = self.received.wrapping_add(bytes.len() as u32);
        if self.received.wrapping_sub(self.acknowledged) >= self.window {
            self.acknowledged = self.received;
            self.send(0, RtmpMessage::Acknowledgement { sequence_number: self.received })?;
        }
        Ok(())
    }

    /// The bytes to send; empty when there are none.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// The next event, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`PublisherError`], after which the connection is of no more use.
    pub fn poll(&mut self) -> Result<Option<Event>, PublisherError> {
        while let Some(message) = self.reader.next()? {
            if let Some(event) = self.message(&message)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// A message of picture (9), sound (8) or data (18) as FLV has it, at its time in milliseconds. Ignored before the
    /// publish.
    ///
    /// # Errors
    /// [`PublisherError::Write`] for one above 16 MiB.
    pub fn media(&mut self, kind: u8, timestamp: u32, body: &[u8]) -> Result<(), PublisherError> {
        if !self.published {
            return Ok(());
        }
        let data = match kind {
            // What a file calls `onMetaData` is sent to a server as a call that sets it.
            18 => [&[2, 0, 13][..], b"@setDataFrame", body].concat().into(),
            _ => Bytes::copy_from_slice(body),
        };
        let timestamp = RtmpTimestamp::new(timestamp);
        self.write(&MessagePayload { timestamp, type_id: kind, message_stream_id: self.stream, data })
    }

    /// Takes leave: the stream is over.
    ///
    /// # Errors
    /// [`PublisherError::Write`].
    pub fn close(&mut self) -> Result<(), PublisherError> {
        if self.published {
            self.published = false;
            let key = Value::Utf8String(self.names.key.clone());
            self.command(0, "FCUnpublish", 0.0, Value::Null, vec![key])?;
            let stream = Value::Number(f64::from(self.stream));
            self.command(0, "deleteStream", 0.0, Value::Null, vec![stream])?;
        }
        Ok(())
    }

    fn connect(&mut self) -> Result<(), PublisherError> {
        let size = self.serializer.set_max_chunk_size(CHUNK_SIZE, RtmpTimestamp::new(0)).map_err(write_error)?;
        self.output.extend_from_slice(&size.bytes);
        let text = |text: &str| Value::Utf8String(text.to_owned());
        let properties = [
            ("app", text(&self.names.application)),
            ("type", text("nonprivate")),
            ("flashVer", text("FMLE/3.0 (compatible; Lumencast)")),
            ("tcUrl", text(&self.names.tc_url)),
        ];
        let object = Value::Object(properties.map(|(name, value)| (name.to_owned(), value)).into());
        self.command(0, "connect", CONNECT, object, Vec::new())
    }

    fn message(&mut self, message: &Message) -> Result<Option<Event>, PublisherError> {
        let number = message.body.first_chunk().copied().map(u32::from_be_bytes);
        match message.kind {
            1 => self.reader.set_chunk_size(number.unwrap_or(0))?,
            2 => self.reader.abort(number.unwrap_or(0)),
            // A ping request: event 6 and a timestamp.
            4 => {
                if let Some([0, 6, a, b, c, d]) = message.body.first_chunk().copied() {
                    let timestamp = Some(RtmpTimestamp::new(u32::from_be_bytes([a, b, c, d])));
                    let event_type = UserControlEventType::PingResponse;
                    let pong = RtmpMessage::UserControl { event_type, stream_id: None, buffer_length: None, timestamp };
                    self.send(0, pong)?;
                }
            }
            5 => self.window = number.unwrap_or(u32::MAX).max(64 * 1024),
            20 => return self.answer(&message.body),
            17 => return self.answer(message.body.strip_prefix(&[0]).unwrap_or(&message.body)),
            _ => {}
        }
        Ok(None)
    }

    fn answer(&mut self, body: &[u8]) -> Result<Option<Event>, PublisherError> {
        let mut values = amf::values(body).into_iter();
        let Some(Value::Utf8String(name)) = values.next() else { return Ok(None) };
        let transaction = values.next().and_then(Value::get_number).unwrap_or(0.0);
        let (_, argument) = (values.next(), values.next());
        match name.as_str() {
            "_result" if transaction == CONNECT => self.create()?,
            "_result" if transaction == CREATE => {
                self.stream = argument.and_then(Value::get_number).map_or(1, |stream| stream as u32);
                let stream = self.stream;
                let arguments = vec![Value::Utf8String(self.names.key.clone()), Value::Utf8String("live".to_owned())];
                self.command(stream, "publish", PUBLISH, Value::Null, arguments)?;
            }
            "_error" if transaction == CONNECT => return Ok(Some(Event::Refused(Refusal::Connection))),
            "_error" if transaction == CREATE => return Ok(Some(Event::Refused(Refusal::Stream))),
            "_error" if transaction == PUBLISH => return Ok(Some(Event::Refused(Refusal::Key))),
            "onStatus" => return Ok(self.status(argument)),
            _ => {}
        }
        Ok(None)
    }

    fn create(&mut self) -> Result<(), PublisherError> {
        let key = || vec![Value::Utf8String(self.names.key.clone())];
        let (release, publish) = (key(), key());
        self.command(0, "releaseStream", RELEASE, Value::Null, release)?;
        self.command(0, "FCPublish", FC_PUBLISH, Value::Null, publish)?;
        self.command(0, "createStream", CREATE, Value::Null, Vec::new())
    }

    fn status(&mut self, information: Option<Value>) -> Option<Event> {
        let mut properties = information.and_then(Value::get_object_properties)?;
        let mut text = |name: &str| properties.remove(name).and_then(Value::get_string).unwrap_or_default();
        let (level, code) = (text("level"), text("code"));
        match code.as_str() {
            "NetStream.Publish.Start" => {
                self.published = true;
                Some(Event::Published)
            }
            "NetStream.Publish.BadName" | "NetStream.Publish.Denied" => Some(Event::Refused(Refusal::Key)),
            "NetConnection.Connect.Rejected" | "NetConnection.Connect.InvalidApp" => {
                Some(Event::Refused(Refusal::Connection))
            }
            _ if level == "error" => Some(Event::Refused(Refusal::Stream)),
            _ => None,
        }
    }

    fn command(
        &mut self,
        stream: u32,
        name: &str,
        transaction: f64,
        object: Value,
        arguments: Vec<Value>,
    ) -> Result<(), PublisherError> {
        self.send(
            stream,
            RtmpMessage::Amf0Command {
                command_name: name.to_owned(),
                transaction_id: transaction,
                command_object: object,
                additional_arguments: arguments,
            },
        )
    }

    fn send(&mut self, stream: u32, message: RtmpMessage) -> Result<(), PublisherError> {
        let payload = message.into_message_payload(RtmpTimestamp::new(0), stream).map_err(write_error)?;
        self.write(&payload)
    }

    fn write(&mut self, payload: &MessagePayload) -> Result<(), PublisherError> {
        let packet = self.serializer.serialize(payload, false, false).map_err(write_error)?;
        self.output.extend_from_slice(&packet.bytes);
        Ok(())
    }
}

fn write_error(error: impl std::fmt::Display) -> PublisherError {
    PublisherError::Write(error.to_string())
}
