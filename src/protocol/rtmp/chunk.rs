//! RTMP chunks to messages (RTMP 1.0, section 5.3), with bounds on what a peer can make us hold.
//!
//! Refuses to know: the content of messages. The caller must apply a Set Chunk Size or an Abort before it asks for the
//! next message.

use bytes::{Buf, Bytes, BytesMut};
use std::collections::HashMap;

/// Chunk streams one peer may use. Encoders use fewer than ten.
const MAX_STREAMS: usize = 64;
/// The largest buffer reserved for a message before its bytes have come.
const MAX_RESERVE: usize = 256 * 1024;
/// A 24-bit time field of this value means that 32 bits follow (section 5.3.1.3).
const EXTENDED: u32 = 0x00ff_ffff;

/// Why a chunk stream cannot be read on. The peer is at fault each time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// A declared length, or the sum of unfinished messages, is above the limit.
    #[error("a message of {length} bytes is above the limit of {limit}")]
    TooLarge { length: usize, limit: usize },
    /// A header that builds on a previous one came first on its chunk stream.
    #[error("chunk stream {0} continues what never began")]
    NoPrevious(u32),
    /// A new message began before the one on the same chunk stream was complete.
    #[error("chunk stream {0} began a message within a message")]
    Unfinished(u32),
    /// More chunk streams than any encoder needs.
    #[error("too many chunk streams")]
    TooManyStreams,
    /// A chunk size outside of 1 to 2^31-1 bytes (section 5.4.1).
    #[error("{0} is not a chunk size")]
    ChunkSize(u32),
}

/// A complete message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Milliseconds on the peer's clock, wrapping at 2^32.
    pub timestamp: u32,
    /// The message type id (section 5.4 and 7.1).
    pub kind: u8,
    /// The message stream it belongs to.
    pub stream: u32,
    /// The payload.
    pub body: Bytes,
}

/// The state of one chunk stream: its last header and the message in the making.
#[derive(Debug, Default)]
struct Stream {
    timestamp: u32,
    /// The last time field: absolute after a type 0 header, a delta after types 1 and 2.
    field: u32,
    extended: bool,
    length: usize,
    kind: u8,
    message_stream: u32,
    body: BytesMut,
}

/// Puts chunks together.
#[derive(Debug)]
pub struct Reader {
    chunk_size: usize,
    limit: usize,
    streams: HashMap<u32, Stream>,
    input: BytesMut,
    /// The chunk being read: its chunk stream and how many bytes of it are to come.
    current: Option<(u32, usize)>,
    /// Bytes held in unfinished messages.
    held: usize,
}

impl Reader {
    /// A reader that takes messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { chunk_size: 128, limit, streams: HashMap::new(), input: BytesMut::new(), current: None, held: 0 }
    }

    /// Changes the largest message taken, in bytes.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Applies the peer's Set Chunk Size.
    ///
    /// # Errors
    /// [`ChunkError::ChunkSize`] when the size is 0 or has its top bit set.
    pub fn set_chunk_size(&mut self, size: u32) -> Result<(), ChunkError> {
        if size == 0 || size > i32::MAX as u32 {
            return Err(ChunkError::ChunkSize(size));
        }
        self.chunk_size = size as usize;
        Ok(())
    }

    /// Applies the peer's Abort: the unfinished message of a chunk stream is dropped.
    pub fn abort(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            self.held -= stream.body.len();
            stream.body.clear();
        }
    }

    /// Takes bytes off the wire. Call [`next`](Self::next) until it has no more before feeding again.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next complete message, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// A [`ChunkError`] after which the connection is of no more use.
    #[expect(clippy::should_implement_trait, reason = "errors and later input make it no iterator")]
    pub fn next(&mut self) -> Result<Option<Message>, ChunkError> {
        loop {
            let (id, left) = match self.current {
                Some(current) => current,
                None => match self.begin_chunk()? {
                    Some(current) => current,
                    None => return Ok(None),
                },
            };
            let Some(stream) = self.streams.get_mut(&id) else {
                return Err(ChunkError::NoPrevious(id));
            };
            let taken = left.min(self.input.len());
            if stream.body.is_empty() {
                stream.body.reserve(stream.length.min(MAX_RESERVE));
            }
            stream.body.extend_from_slice(&self.input[..taken]);
            self.input.advance(taken);
            self.held += taken;
            if self.held > self.limit {
                return Err(ChunkError::TooLarge { length: self.held, limit: self.limit });
            }
            if taken < left {
                self.current = Some((id, left - taken));
                return Ok(None);
            }
            self.current = None;
            if stream.body.len() == stream.length {
                self.held -= stream.length;
                return Ok(Some(Message {
                    timestamp: stream.timestamp,
                    kind: stream.kind,
                    stream: stream.message_stream,
                    body: std::mem::take(&mut stream.body).freeze(),
                }));
            }
        }
    }

    /// Reads a chunk header once all of it is there; the stream and how many bytes follow.
    fn begin_chunk(&mut self) -> Result<Option<(u32, usize)>, ChunkError> {
        let mut rest = &self.input[..];
        let Some((format, id)) = basic_header(&mut rest) else {
            return Ok(None);
        };
        let Some(head) = MessageHeader::read(format, &mut rest) else {
            return Ok(None);
        };
        let known = self.streams.len();
        let stream = match self.streams.entry(id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            // Some encoders begin chunk stream 2 with a header of type 1: message stream 0, a delta from time 0.
            std::collections::hash_map::Entry::Vacant(_) if format > 1 => {
                return Err(ChunkError::NoPrevious(id));
            }
            std::collections::hash_map::Entry::Vacant(_) if known >= MAX_STREAMS => {
                return Err(ChunkError::TooManyStreams);
            }
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(Stream::default()),
        };
        let begins = stream.body.is_empty();
        if !begins && format != 3 {
            return Err(ChunkError::Unfinished(id));
        }
        let extended = head.field.map_or(stream.extended, |field| field == EXTENDED);
        let mut field = head.field.unwrap_or(stream.field);
        if extended {
            let Some((bytes, after)) = rest.split_first_chunk::<4>() else {
                return Ok(None);
            };
            let value = u32::from_be_bytes(*bytes);
            // Some encoders leave the extended time out of type 3 chunks: then these bytes are payload.
            if format != 3 || value == stream.field {
                field = value;
                rest = after;
            }
        }
        let length = head.length.unwrap_or(stream.length);
        if length > self.limit {
            return Err(ChunkError::TooLarge { length, limit: self.limit });
        }
        stream.extended = extended;
        stream.field = field;
        stream.length = length;
        stream.kind = head.kind.unwrap_or(stream.kind);
        stream.message_stream = head.message_stream.unwrap_or(stream.message_stream);
        if format == 0 {
            stream.timestamp = field;
        } else if begins {
            // A type 3 chunk that begins a message repeats the last field, even an absolute one (section 5.3.1.2.4).
            stream.timestamp = stream.timestamp.wrapping_add(field);
        }
        let size = (length - stream.body.len()).min(self.chunk_size);
        let used = self.input.len() - rest.len();
        self.input.advance(used);
        Ok(Some((id, size)))
    }
}

/// The format and the chunk stream id (section 5.3.1.1).
fn basic_header(rest: &mut &[u8]) -> Option<(u8, u32)> {
    let [first] = take(rest)?;
    let id = match first & 0x3f {
        0 => u32::from(take::<1>(rest)?[0]) + 64,
        1 => u32::from(u16::from_le_bytes(take(rest)?)) + 64,
        id => u32::from(id),
    };
    Some((first >> 6, id))
}

/// The fields a chunk brings itself; the others stay as they were (section 5.3.1.2).
#[derive(Default)]
struct MessageHeader {
    field: Option<u32>,
    length: Option<usize>,
    kind: Option<u8>,
    message_stream: Option<u32>,
}

impl MessageHeader {
    fn read(format: u8, rest: &mut &[u8]) -> Option<Self> {
        let mut head = Self::default();
        if format <= 2 {
            let [a, b, c] = take(rest)?;
            head.field = Some(u32::from_be_bytes([0, a, b, c]));
        }
        if format <= 1 {
            let [a, b, c, kind] = take(rest)?;
            head.length = Some(u32::from_be_bytes([0, a, b, c]) as usize);
            head.kind = Some(kind);
        }
        if format == 0 {
            head.message_stream = Some(u32::from_le_bytes(take(rest)?));
        }
        Some(head)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}
