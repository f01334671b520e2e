//! What happens in rooms, in the words of callbacks: the event's name, and its data (StreamHub, "Callbacks").

use super::time::iso_of;
use crate::app::rooms::{EndReason, Message, Participant, RoomEvent, RoomFact, StreamFact, Topic};
use serde_json::{Value, json};

/// The name and the data of an event.
pub fn event(event: &RoomEvent) -> (&'static str, Value) {
    let room = event.room.as_str();
    match &event.fact {
        RoomFact::RoomStarted => ("room_started", json!({ "room": room })),
        RoomFact::RoomFinished => ("room_finished", json!({ "room": room })),
        RoomFact::ParticipantJoined(who) => ("participant_joined", participant(room, who)),
        RoomFact::ParticipantLeft(who) => ("participant_left", participant(room, who)),
        RoomFact::IngressStarted { ingress } => ("ingress_started", of_ingress(room, ingress)),
        RoomFact::IngressEnded { ingress } => ("ingress_ended", of_ingress(room, ingress)),
        RoomFact::StreamStarted { stream, .. } => ("stream_started", of_stream(event, stream, None)),
        RoomFact::StreamEnded { stream, reason } => ("stream_ended", of_stream(event, stream, reason.map(word))),
        RoomFact::PushRefused(stream) => ("stream_ended", of_stream(event, stream, Some("unauthorized_rtmp_password"))),
        RoomFact::MessageSent(message) => message_sent(event, message),
    }
}

fn participant(room: &str, who: &Participant) -> Value {
    json!({ "room": room, "participant": { "identity": who.identity, "hidden": who.hidden } })
}

fn of_ingress(room: &str, ingress: &str) -> Value {
    json!({ "room": room, "ingress": { "ingressId": ingress, "roomName": room } })
}

fn of_stream(event: &RoomEvent, stream: &StreamFact, reason: Option<&str>) -> Value {
    let mut data = json!({ "streamId": event.stream_id(), "room": event.room, "type": stream.via.as_str() });
    match &stream.ingress {
        Some(ingress) => data["ingressId"] = json!(ingress),
        None => data["participant"] = json!(stream.identity),
    }
    if let Some(reason) = reason {
        data["reason"] = json!(reason);
    }
    data
}

fn word(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Stopped => "stopped",
        EndReason::AppChanged => "app_changed",
        EndReason::InputChanged => "input_changed",
    }
}

fn message_sent(event: &RoomEvent, message: &Message) -> (&'static str, Value) {
    let (name, topic) = match message.topic {
        Topic::Chat => ("chat_message", "chat"),
        Topic::Reaction => ("reaction", "reaction"),
    };
    let data = json!({
        "room": event.room, "streamId": message.stream_id, "topic": topic, "from": message.from,
        "message": message.text, "reaction": message.reaction, "ts": iso_of(event.at),
    });
    (name, data)
}
