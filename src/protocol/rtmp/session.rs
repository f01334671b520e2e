//! One publisher's RTMP connection: handshake, commands and media, without any I/O.
//!
//! Refuses to know: permissions to publish. It asks with [`Event::Publish`] and waits for [`Session::grant`] or
//! [`Session::refuse`]; a connection has one publish at a time and never plays.

use super::{
    amf,
    chunk::{ChunkError, Message},
    link::{Link, LinkError, WriteError},
    reply::{Level, WINDOW},
    tag::TagError,
    unpack::Unpacker,
};
use crate::protocol::packet::{MediaKind, Packet};
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::rml_amf0::Amf0Value as Value;
use std::collections::VecDeque;

/// The largest message before a publish is granted, in bytes: commands are small, and unknown peers get little memory.
const COMMAND_LIMIT: usize = 16 * 1024;
/// Message streams one connection may create; encoders need one.
const MAX_STREAMS: u32 = 16;

/// Why a connection ends. All but [`Reply`](Self::Reply) are the peer's doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The first bytes are not an RTMP handshake.
    #[error("no RTMP handshake: {0}")]
    Handshake(String),
    /// The chunk stream is damaged or above a limit.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// Commands out of order or in excess; an answer may wait in the output.
    #[error("{0}")]
    Protocol(&'static str),
    /// An answer could not be written; our fault.
    #[error(transparent)]
    Reply(#[from] WriteError),
}

impl From<LinkError> for SessionError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Chunk(error) => error.into(),
            LinkError::Write(error) => error.into(),
        }
    }
}

/// An event that the caller must act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The peer wants to publish. Nothing further is read until it is granted or refused.
    Publish {
        /// Without slashes at its ends and without a query, e.g. `live`.
        app: String,
        /// Without its query; may be empty.
        key: String,
        /// The value of `password` in the query of the key or of the application, still percent-encoded.
        password: Option<String>,
    },
    /// Media of a granted publish.
    Packet(Packet),
    /// A tag that could not be read. The session goes on.
    Unreadable(TagError),
    /// Picture or sound is of a codec that is not known, by its name; the other one may be. Comes once for each codec.
    Unsupported { kind: MediaKind, codec: String },
    /// The publisher ended its publish; it may begin another one.
    Finished,
}

/// Why a publish is refused or ended, as the publisher gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The key is unknown or taken: `NetStream.Publish.BadName`, which encoders show as a wrong stream key.
    BadName,
    /// The server cannot take it now: `NetStream.Publish.Rejected`.
    Rejected,
    /// It began but cannot go on (codec, eviction): `NetStream.Publish.Failed`.
    Failed,
}

impl Denial {
    /// The status code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadName => "NetStream.Publish.BadName",
            Self::Rejected => "NetStream.Publish.Rejected",
            Self::Failed => "NetStream.Publish.Failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    New,
    Connected,
    Asking { stream: u32, key: String },
    Publishing { stream: u32 },
    Refused,
}

/// The server side of one connection. Feed bytes, then poll until there is no event, then send the output.
pub struct Session {
    /// Gone once the handshake is complete.
    handshake: Option<Handshake>,
    link: Link,
    max_message: usize,
    state: State,
    app: String,
    password: Option<String>,
    streams: u32,
    unpacker: Unpacker,
    /// Events of a message that has several.
    events: VecDeque<Event>,
    /// The codecs of picture and sound that were reported as not known.
    unsupported: [Option<String>; 2],
}

impl Session {
    /// A session that accepts messages of at most `max_message` bytes once a publish is granted.
    pub fn new(max_message: usize) -> Self {
        Self {
            handshake: Some(Handshake::new(PeerType::Server)),
            link: Link::new(COMMAND_LIMIT.min(max_message), WINDOW),
            max_message,
            state: State::New,
            app: String::new(),
            password: None,
            streams: 0,
            unpacker: Unpacker::default(),
            events: VecDeque::new(),
            unsupported: [None, None],
        }
    }

    /// Whether the handshake is complete.
    pub fn is_shaken(&self) -> bool {
        self.handshake.is_none()
    }

    /// Whether a publish is granted and not over.
    pub fn is_publishing(&self) -> bool {
        matches!(self.state, State::Publishing { .. })
    }

    /// Processes received bytes.
    ///
    /// # Errors
    /// [`SessionError::Handshake`] when the peer does not speak RTMP.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let Some(handshake) = &mut self.handshake else {
            return Ok(self.link.feed(bytes)?);
        };
        match handshake.process_bytes(bytes) {
            Ok(HandshakeProcessResult::InProgress { response_bytes }) => {
                self.link.raw(&response_bytes);
                Ok(())
            }
            Ok(HandshakeProcessResult::Completed { response_bytes, remaining_bytes }) => {
                self.link.raw(&response_bytes);
                self.handshake = None;
                Ok(self.link.feed(&remaining_bytes)?)
            }
            Err(error) => Err(SessionError::Handshake(error.to_string())),
        }
    }

    /// The bytes to send; empty when there are none.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.link.take_output()
    }

    /// The next event, or `None` when more bytes or an answer to [`Event::Publish`] are needed.
    ///
    /// # Errors
    /// After any [`SessionError`] send the output and close.
    pub fn poll(&mut self) -> Result<Option<Event>, SessionError> {
        while !matches!(self.state, State::Asking { .. } | State::Refused) {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            let Some(message) = self.link.next()? else {
                return Ok(None);
            };
            if let Some(event) = self.message(message)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Grants the requested publish; does nothing when there is none.
    ///
    /// # Errors
    /// [`SessionError::Reply`].
    pub fn grant(&mut self) -> Result<(), SessionError> {
        let State::Asking { stream, key } = &self.state else {
            return Ok(());
        };
        let stream = *stream;
        self.link.on_fc_publish(stream, key)?;
        self.link.stream_begin(stream)?;
        self.link.on_status(stream, Level::Status, "NetStream.Publish.Start", "Publishing is on.")?;
        self.link.set_limit(self.max_message);
        self.unpacker = Unpacker::default();
        self.unsupported = [None, None];
        self.state = State::Publishing { stream };
        Ok(())
    }

    /// Refuses the requested publish, or ends the running one; does nothing when there is none. Nothing is read any
    /// more: send the output and close.
    ///
    /// # Errors
    /// [`SessionError::Reply`].
    pub fn refuse(&mut self, denial: Denial, description: &str) -> Result<(), SessionError> {
        let (State::Asking { stream, .. } | State::Publishing { stream }) = self.state else {
            return Ok(());
        };
        self.state = State::Refused;
        Ok(self.link.on_status(stream, Level::Error, denial.code(), description)?)
    }

    fn message(&mut self, message: Message) -> Result<Option<Event>, SessionError> {
        match message.kind {
            8 if self.is_publishing() => {
                let packets = self.unpacker.audio(message.timestamp, message.body);
                return Ok(self.media(MediaKind::Sound, packets));
            }
            9 if self.is_publishing() => {
                let packets = self.unpacker.video(message.timestamp, message.body);
                return Ok(self.media(MediaKind::Picture, packets));
            }
            20 => return self.command(message.stream, &message.body),
            // Acknowledgements, bandwidth, data messages and media outside of a publish.
            _ => {}
        }
        Ok(None)
    }

    /// The first event of a media message; the others wait.
    fn media(&mut self, kind: MediaKind, packets: Result<Vec<Packet>, TagError>) -> Option<Event> {
        match packets {
            Ok(packets) => {
                self.events.extend(packets.into_iter().map(Event::Packet));
                self.events.pop_front()
            }
            Err(TagError::Unsupported(codec)) => {
                let reported = &mut self.unsupported[kind as usize];
                let is_new = reported.as_ref() != Some(&codec);
                is_new.then(|| {
                    *reported = Some(codec.clone());
                    Event::Unsupported { kind, codec }
                })
            }
            Err(error) => Some(Event::Unreadable(error)),
        }
    }

    fn command(&mut self, stream: u32, body: &[u8]) -> Result<Option<Event>, SessionError> {
        let mut values = amf::values(body).into_iter();
        let Some(Value::Utf8String(name)) = values.next() else {
            return Err(SessionError::Protocol("a command without a name"));
        };
        let transaction = values.next().and_then(Value::get_number).unwrap_or(0.0);
        let object = values.next();
        match name.as_str() {
            "connect" => self.connect(transaction, object)?,
            "createStream" => {
                self.streams += 1;
                if self.streams > MAX_STREAMS {
                    return Err(SessionError::Protocol("too many message streams"));
                }
                self.link.result(transaction, Value::Number(f64::from(self.streams)))?;
            }
            "releaseStream" | "FCPublish" => self.link.result(transaction, Value::Undefined)?,
            "publish" => return self.publish(stream, values.next()).map(Some),
            "play" | "play2" => {
                let description = "This server takes streams over RTMP and does not play them.";
                let code = "NetStream.Play.Failed";
                self.link.on_status(stream, Level::Error, code, description)?;
                return Err(SessionError::Protocol("the peer wants to play"));
            }
            "FCUnpublish" | "closeStream" => return self.finish(None),
            "deleteStream" => {
                let stream = values.next().and_then(Value::get_number);
                return self.finish(stream);
            }
            _ => {}
        }
        Ok(None)
    }

    fn connect(&mut self, transaction: f64, object: Option<Value>) -> Result<(), SessionError> {
        if self.state != State::New {
            return Err(SessionError::Protocol("a second connect"));
        }
        let app = object
            .and_then(Value::get_object_properties)
            .and_then(|mut properties| properties.remove("app")?.get_string());
        self.password = app.as_deref().and_then(password);
        self.app = without_query(&app.unwrap_or_default()).trim_matches('/').to_owned();
        self.state = State::Connected;
        Ok(self.link.connected(transaction)?)
    }

    fn publish(&mut self, stream: u32, name: Option<Value>) -> Result<Event, SessionError> {
        match self.state {
            State::Connected => {}
            State::New => return Err(SessionError::Protocol("publish before connect")),
            _ => return Err(SessionError::Protocol("a second publish on one connection")),
        }
        let name = name.and_then(Value::get_string).unwrap_or_default();
        let mut key = without_query(&name).trim_matches('/').to_owned();
        let mut app = self.app.clone();
        // An encoder that was given the whole address as its server appends the key to the application; with an address
        // without an application the key is all there is.
        if key.is_empty() {
            let (head, tail) = self.app.rsplit_once('/').unwrap_or(("", &self.app));
            (app, key) = (head.to_owned(), tail.to_owned());
        }
        self.state = State::Asking { stream, key: key.clone() };
        let password = password(&name).or_else(|| self.password.clone());
        Ok(Event::Publish { app, key, password })
    }

    /// Ends the publish, unless another message stream than the publishing one is named.
    fn finish(&mut self, named: Option<f64>) -> Result<Option<Event>, SessionError> {
        let State::Publishing { stream } = self.state else {
            return Ok(None);
        };
        if named.is_some_and(|named| named != f64::from(stream)) {
            return Ok(None);
        }
        self.state = State::Connected;
        self.link.on_status(stream, Level::Status, "NetStream.Unpublish.Success", "Publishing is over.")?;
        Ok(Some(Event::Finished))
    }
}

/// The value of `password` in a name's query.
fn password(name: &str) -> Option<String> {
    let (_, query) = name.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("password=")).map(str::to_owned)
}

fn without_query(name: &str) -> &str {
    name.split_once('?').map_or(name, |(name, _)| name)
}
