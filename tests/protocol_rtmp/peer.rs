//! An encoder in words, without a network.

use lumencast::protocol::rtmp::session::{Event, Session, SessionError};
use rml_rtmp::chunk_io::{ChunkDeserializer, ChunkSerializer};
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::messages::RtmpMessage;
use rml_rtmp::rml_amf0::Amf0Value as Value;
use rml_rtmp::time::RtmpTimestamp;
use std::collections::HashMap;

pub const MAX_MESSAGE: usize = 100_000;

/// A scripted encoder: it sends messages and reads the answers.
pub struct Peer {
    pub session: Session,
    pub serializer: ChunkSerializer,
    deserializer: ChunkDeserializer,
}

/// A status or result as the encoder sees it: command, level, code, description, message stream.
pub type Answer = (String, String, String, String, u32);

impl Peer {
    pub fn shaken() -> Self {
        let mut session = Session::new(MAX_MESSAGE);
        let mut handshake = Handshake::new(PeerType::Client);
        let hello = handshake.generate_outbound_p0_and_p1().unwrap();
        // In two pieces, as a network may cut it.
        session.feed(&hello[..700]).unwrap();
        session.feed(&hello[700..]).unwrap();
        assert!(!session.is_shaken());
        let reply = handshake.process_bytes(&session.take_output()).unwrap();
        let HandshakeProcessResult::Completed { response_bytes, .. } = reply else {
            panic!("no handshake: {reply:?}");
        };
        session.feed(&response_bytes).unwrap();
        assert!(session.is_shaken());
        let (serializer, deserializer) = (ChunkSerializer::new(), ChunkDeserializer::new());
        Self { session, serializer, deserializer }
    }

    pub fn connected(app: &str) -> Self {
        let mut peer = Self::shaken();
        let app = ("app".to_owned(), Value::Utf8String(app.to_owned()));
        let connect = command("connect", 1.0, Value::Object(HashMap::from([app])), vec![]);
        assert_eq!(peer.say(0, connect), Ok(vec![]));
        peer
    }

    pub fn publishing() -> Self {
        let mut peer = Self::connected("live");
        peer.publish("KEY").unwrap();
        peer.session.grant().unwrap();
        peer.hear();
        peer
    }

    pub fn publish(&mut self, name: &str) -> Result<Vec<Event>, SessionError> {
        let arguments = vec![Value::Utf8String(name.into()), Value::Utf8String("live".into())];
        self.say(1, command("publish", 5.0, Value::Null, arguments))
    }

    pub fn say(&mut self, stream: u32, message: RtmpMessage) -> Result<Vec<Event>, SessionError> {
        self.say_at(0, stream, message)
    }

    pub fn say_at(&mut self, time: u32, stream: u32, message: RtmpMessage) -> Result<Vec<Event>, SessionError> {
        let bytes = self.bytes(time, stream, message);
        self.session.feed(&bytes)?;
        self.events()
    }

    pub fn bytes(&mut self, time: u32, stream: u32, message: RtmpMessage) -> Vec<u8> {
        let payload = message.into_message_payload(RtmpTimestamp::new(time), stream).unwrap();
        self.serializer.serialize(&payload, false, false).unwrap().bytes
    }

    pub fn events(&mut self) -> Result<Vec<Event>, SessionError> {
        let mut events = Vec::new();
        while let Some(event) = self.session.poll()? {
            events.push(event);
        }
        Ok(events)
    }

    pub fn hear(&mut self) -> Vec<(u32, RtmpMessage)> {
        let mut output = self.session.take_output();
        let mut messages = Vec::new();
        while let Some(payload) = self.deserializer.get_next_message(&output).unwrap() {
            output.clear();
            let message = payload.to_rtmp_message().unwrap();
            if let RtmpMessage::SetChunkSize { size } = message {
                self.deserializer.set_max_chunk_size(size as usize).unwrap();
            }
            messages.push((payload.message_stream_id, message));
        }
        messages
    }

    pub fn answers(&mut self) -> Vec<Answer> {
        let commands = self.hear().into_iter().filter_map(|(stream, message)| match message {
            RtmpMessage::Amf0Command { command_name, mut additional_arguments, .. } => {
                let information = additional_arguments.pop()?.get_object_properties()?;
                let text = |name| information.get(name)?.clone().get_string();
                Some((command_name, text("level")?, text("code")?, text("description")?, stream))
            }
            _ => None,
        });
        commands.collect()
    }
}

pub fn command(name: &str, transaction: f64, object: Value, arguments: Vec<Value>) -> RtmpMessage {
    RtmpMessage::Amf0Command {
        command_name: name.into(),
        transaction_id: transaction,
        command_object: object,
        additional_arguments: arguments,
    }
}
