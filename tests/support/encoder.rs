//! An encoder that is driven by a test, right or wrong.

use bytes::Bytes;
use rml_rtmp::chunk_io::{ChunkDeserializer, ChunkSerializer};
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::messages::RtmpMessage;
use rml_rtmp::rml_amf0::Amf0Value as Value;
use rml_rtmp::time::RtmpTimestamp;
use std::{collections::HashMap, future::Future, net::SocketAddr, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Everything that a test waits for must come within this.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Waits with a deadline.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future).await.expect("waited too long")
}

pub struct Encoder {
    pub socket: TcpStream,
    serializer: ChunkSerializer,
    deserializer: ChunkDeserializer,
}

/// Level, code and description of a status.
#[derive(Debug, PartialEq)]
pub struct Status {
    pub level: String,
    pub code: String,
    pub description: String,
}

impl Encoder {
    pub async fn shaken(address: SocketAddr) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let mut handshake = Handshake::new(PeerType::Client);
        let hello = handshake.generate_outbound_p0_and_p1().unwrap();
        socket.write_all(&hello).await.unwrap();
        let mut reply = [0; 3073];
        soon(socket.read_exact(&mut reply)).await.unwrap();
        let Ok(HandshakeProcessResult::Completed { response_bytes, .. }) = handshake.process_bytes(&reply) else {
            panic!("no handshake");
        };
        socket.write_all(&response_bytes).await.unwrap();
        let (serializer, deserializer) = (ChunkSerializer::new(), ChunkDeserializer::new());
        Self { socket, serializer, deserializer }
    }

    /// Asks to publish on a key of the application `live`, without waiting for an answer.
    pub async fn asking(address: SocketAddr, key: &str) -> Self {
        let mut encoder = Self::shaken(address).await;
        let app = ("app".to_owned(), Value::Utf8String("live".to_owned()));
        let properties = Value::Object(HashMap::from([app]));
        encoder.command(0, "connect", 1.0, properties, vec![]).await;
        encoder.command(0, "createStream", 2.0, Value::Null, vec![]).await;
        let arguments = [key, "live"].map(|text| Value::Utf8String(text.to_owned()));
        encoder.command(1, "publish", 3.0, Value::Null, arguments.to_vec()).await;
        encoder
    }

    /// Publishes on the one good key.
    pub async fn publishing(address: SocketAddr) -> Self {
        let mut encoder = Self::asking(address, "KEY").await;
        let status = encoder.status().await.expect("the endpoint closed");
        assert_eq!(status.code, "NetStream.Publish.Start", "{status:?}");
        encoder
    }

    pub async fn command(&mut self, stream: u32, name: &str, transaction: f64, object: Value, arguments: Vec<Value>) {
        let message = RtmpMessage::Amf0Command {
            command_name: name.to_owned(),
            transaction_id: transaction,
            command_object: object,
            additional_arguments: arguments,
        };
        self.say(0, stream, message).await;
    }

    pub async fn video(&mut self, time: u32, body: impl AsRef<[u8]>) {
        let data = Bytes::copy_from_slice(body.as_ref());
        self.say(time, 1, RtmpMessage::VideoData { data }).await;
    }

    pub async fn audio(&mut self, time: u32, body: impl AsRef<[u8]>) {
        let data = Bytes::copy_from_slice(body.as_ref());
        self.say(time, 1, RtmpMessage::AudioData { data }).await;
    }

    async fn say(&mut self, time: u32, stream: u32, message: RtmpMessage) {
        let payload = message.into_message_payload(RtmpTimestamp::new(time), stream).unwrap();
        let packet = self.serializer.serialize(&payload, false, false).unwrap();
        self.socket.write_all(&packet.bytes).await.unwrap();
    }

    /// The next `onStatus`, or `None` when the endpoint closes instead.
    pub async fn status(&mut self) -> Option<Status> {
        let mut bytes = Vec::new();
        loop {
            while let Some(payload) = self.deserializer.get_next_message(&bytes).unwrap() {
                bytes.clear();
                match payload.to_rtmp_message().unwrap() {
                    RtmpMessage::SetChunkSize { size } => {
                        self.deserializer.set_max_chunk_size(size as usize).unwrap();
                    }
                    RtmpMessage::Amf0Command { command_name, additional_arguments, .. }
                        if command_name == "onStatus" =>
                    {
                        return Some(Status::read(additional_arguments));
                    }
                    _ => {}
                }
            }
            bytes = self.read().await?;
        }
    }

    async fn read(&mut self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 4096];
        match soon(self.socket.read(&mut buffer)).await {
            Ok(0) | Err(_) => None,
            Ok(size) => {
                buffer.truncate(size);
                Some(buffer)
            }
        }
    }

    /// Waits until the endpoint has closed the connection.
    pub async fn closed(&mut self) {
        while self.read().await.is_some() {}
    }
}

impl Status {
    fn read(mut arguments: Vec<Value>) -> Self {
        let information = arguments.pop().unwrap().get_object_properties().unwrap();
        let text = |name: &str| information[name].clone().get_string().unwrap();
        Self { level: text("level"), code: text("code"), description: text("description") }
    }

    pub fn error(code: &str, description: &str) -> Option<Self> {
        Some(Self { level: "error".into(), code: code.into(), description: description.into() })
    }
}
