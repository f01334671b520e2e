//! The other side of RTMP: a client that publishes one stream to a server, without any I/O.
//!
//! ```text
//! handshake ─► connect ─► releaseStream, FCPublish, createStream ─► publish ─► Event::Published ─► media
//! ```
//!
//! Refuses to know: sockets, clocks and the origin of media. The caller feeds bytes, polls events, and sends the output.

use super::{
    amf,
    chunk::ChunkError,
    link::{Link, LinkError, WriteError, object, text},
};
use bytes::Bytes;
use rml_rtmp::{messages::MessagePayload, rml_amf0::Amf0Value as Value, time::RtmpTimestamp};

/// The largest message of a server that is read, in bytes: answers to commands are small.
const LIMIT: usize = 64 * 1024;
/// Length of the handshake's packets (section 5.2.2).
const HANDSHAKE: usize = 1536;
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
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<LinkError> for PublisherError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Chunk(error) => error.into(),
            LinkError::Write(error) => error.into(),
        }
    }
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
    link: Link,
    stream: u32,
    published: bool,
}

impl Publisher {
    /// A client whose handshake holds these random bytes.
    pub fn new(names: Names, random: [u8; HANDSHAKE - 8]) -> Self {
        // A server that says nothing of acknowledgements gets none.
        let mut link = Link::new(LIMIT, u32::MAX);
        link.raw(&[3, 0, 0, 0, 0, 0, 0, 0, 0]);
        link.raw(&random);
        Self { names, handshake: Some(Vec::new()), link, stream: 0, published: false }
    }

    /// Processes received bytes.
    ///
    /// # Errors
    /// [`PublisherError`], after which the connection is of no more use.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), PublisherError> {
        let Some(shaken) = &mut self.handshake else { return Ok(self.link.feed(bytes)?) };
        let had = shaken.len();
        shaken.extend_from_slice(bytes);
        if shaken[0] != 3 {
            return Err(PublisherError::Handshake);
        }
        // The server's packet is sent back as soon as it is there; what it makes of ours does not matter.
        if let (true, Some(packet)) = (had <= HANDSHAKE, shaken.get(1..=HANDSHAKE)) {
            self.link.raw(packet);
        }
        let end = 1 + 2 * HANDSHAKE;
        if shaken.len() < end {
            return Ok(());
        }
        let rest = shaken.split_off(end);
        self.handshake = None;
        self.connect()?;
        Ok(self.link.feed(&rest)?)
    }

    /// The bytes to send; empty when there are none.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.link.take_output()
    }

    /// The next event, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`PublisherError`], after which the connection is of no more use.
    pub fn poll(&mut self) -> Result<Option<Event>, PublisherError> {
        while let Some(message) = self.link.next()? {
            // Others are media and data that nothing here asked for.
            if message.kind == 20
                && let Some(event) = self.answer(&message.body)?
            {
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
        let payload = MessagePayload { timestamp, type_id: kind, message_stream_id: self.stream, data };
        Ok(self.link.write(&payload)?)
    }

    /// Takes leave: the stream is over.
    ///
    /// # Errors
    /// [`PublisherError::Write`].
    pub fn close(&mut self) -> Result<(), PublisherError> {
        if self.published {
            self.published = false;
            self.link.command(0, "FCUnpublish", 0.0, Value::Null, vec![text(&self.names.key)])?;
            let stream = Value::Number(f64::from(self.stream));
            self.link.command(0, "deleteStream", 0.0, Value::Null, vec![stream])?;
        }
        Ok(())
    }

    fn connect(&mut self) -> Result<(), PublisherError> {
        self.link.enlarge_chunks()?;
        let properties = [
            ("app", text(&self.names.application)),
            ("type", text("nonprivate")),
            ("flashVer", text("FMLE/3.0 (compatible; Lumencast)")),
            ("tcUrl", text(&self.names.tc_url)),
        ];
        Ok(self.link.command(0, "connect", CONNECT, object(properties), Vec::new())?)
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
                let arguments = vec![text(&self.names.key), text("live")];
                self.link.command(stream, "publish", PUBLISH, Value::Null, arguments)?;
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
        let key = || vec![text(&self.names.key)];
        self.link.command(0, "releaseStream", RELEASE, Value::Null, key())?;
        self.link.command(0, "FCPublish", FC_PUBLISH, Value::Null, key())?;
        Ok(self.link.command(0, "createStream", CREATE, Value::Null, Vec::new())?)
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
}
