//! Publishers over WHIP and viewers over WHEP.

use super::{MediaAccess, selector};
use crate::{
    app::{
        access::contract::{AccessRequest, Refusal},
        rooms::{DataMessage, Duplicate, PublishRequest, Rooms, Via, Viewer, ViewerKind, live::StreamForm},
    },
    protocol::packet::VideoCodec,
    server::{
        mjpeg::ChatMember,
        webrtc::{Answer, MessageChannel, PlayGrant, PublishGrant, SessionAccess, ViewerCodecs},
    },
    tasks,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime},
};
use tokio::sync::broadcast::{self, error::RecvError};

/// Messages that a viewer's data channel may lag behind.
const MESSAGES: usize = 64;

impl SessionAccess for MediaAccess {
    fn publish(&self, request: AccessRequest) -> Answer<'_, PublishGrant> {
        Box::pin(async move {
            let (entry, picture, sound) = match self.ingress(&request).await? {
                Some(entry) => (entry, true, true),
                None => {
                    let token = request.credential.as_deref();
                    let granted = self.parts.room_access.publish(&request.app, &request.room, token)?;
                    let entry = PublishRequest {
                        app: granted.app,
                        room: granted.room,
                        identity: granted.identity,
                        name: granted.name,
                        via: Via::Webrtc,
                        ingress: None,
                        duplicate: Duplicate::Replace,
                    };
                    (entry, granted.picture, granted.sound)
                }
            };
            let lease = self.parts.rooms.enter(entry).await?;
            Ok(PublishGrant { lease, picture, sound })
        })
    }

    fn play(&self, request: AccessRequest, _takes: ViewerCodecs) -> Answer<'_, PlayGrant> {
        Box::pin(async move {
            let viewing = self.parts.room_access.play(&request.app, &request.room, request.credential.as_deref())?;
            let selector =
                selector(request.stream.as_deref(), request.layout.as_deref()).ok_or(Refusal::UnknownRoom)?;
            let chat =
                ChatMember::new(viewing.identity.clone(), viewing.sender.clone(), viewing.chat, viewing.reactions);
            let messages = viewing
                .messages
                .then(|| messages(self.parts.rooms.clone(), viewing.app.clone(), viewing.room.clone(), chat));
            let live = self.parts.rooms.live(&viewing.app, &viewing.room, &selector);
            let viewer = Viewer { identity: viewing.identity, kind: ViewerKind::Whep, hidden: viewing.hidden };
            let picture = live.picture().map(|picture| picture.codec);
            Ok(PlayGrant {
                source: Arc::new(move |codecs| live.view(StreamForm::web(&accepted(codecs)))),
                picture,
                audio_only: viewing.audio_only,
                guard: Box::new(self.parts.rooms.view(&viewing.app, &viewing.room, viewer)),
                messages,
            })
        })
    }
}

impl MediaAccess {
    /// The place of a WHIP ingress, for a request with its key instead of a token.
    async fn ingress(&self, request: &AccessRequest) -> Result<Option<PublishRequest>, Refusal> {
        let Some(key) = request.credential.as_deref() else { return Ok(None) };
        let row = self.parts.ingresses.by_whip_key(key).await.map_err(|error| {
            tracing::error!("a WHIP ingress was not looked up: {error}");
            Refusal::Unavailable
        })?;
        let Some(row) = row else { return Ok(None) };
        let room = self.parts.apps.namespaced(&request.app, &request.room).map_err(|_| Refusal::UnknownRoom)?;
        if row.app != request.app || row.room != room {
            return Err(Refusal::Forbidden);
        }
        Ok(Some(PublishRequest {
            app: row.app,
            room: row.room,
            identity: row.identity,
            name: row.name,
            via: Via::Whip,
            ingress: Some(row.id),
            duplicate: Duplicate::Replace,
        }))
    }
}

fn accepted(codecs: ViewerCodecs) -> Vec<VideoCodec> {
    let all = [(codecs.h264, VideoCodec::H264), (codecs.vp8, VideoCodec::Vp8), (codecs.vp9, VideoCodec::Vp9)];
    // A listener gets no picture; none is encoded for it.
    let listens = !all.iter().any(|(taken, _)| *taken);
    all.into_iter().filter_map(|(taken, codec)| (taken || listens).then_some(codec)).collect()
}

/// The room's messages for one viewer, as long as the room has them.
fn messages(rooms: Rooms, app: String, room: String, chat: ChatMember) -> MessageChannel {
    let (texts, messages) = broadcast::channel::<Arc<str>>(MESSAGES);
    let mut room_messages = rooms.messages(&app, &room);
    let chat = Arc::new(Mutex::new(chat));
    let recipient = chat.clone();
    tasks::once("viewer-messages", async move {
        while texts.receiver_count() > 0 {
            let message: Arc<DataMessage> = match room_messages.recv().await {
                Ok(message) => message,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let text = recipient.lock().unwrap_or_else(PoisonError::into_inner).text_for_viewer(&message);
            if let Some(text) = text {
                let _ = texts.send(text.into()); // the viewer may be leaving
            }
        }
    });
    let began = Instant::now();
    let send_message = move |_label: &str, text: &str| {
        let message =
            chat.lock().unwrap_or_else(PoisonError::into_inner).submit(text, began.elapsed(), SystemTime::now());
        if let Ok(message) = message {
            rooms.send_message(&app, &room, message);
        }
    };
    MessageChannel { send_message: Arc::new(send_message), messages }
}
