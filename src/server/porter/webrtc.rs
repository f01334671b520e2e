//! Publishers over WHIP and viewers over WHEP.

use super::{Porter, pick};
use crate::{
    app::{
        gate,
        live::Wants,
        rooms::{DataMessage, Duplicate, Entry, Rooms, Via, Viewer, ViewerKind},
    },
    protocol::packet::VideoCodec,
    server::{
        mjpeg::Talk,
        webrtc::{Answer, Doorkeeper, Hub, PlayGrant, PublishGrant, Refused, Takes, Visit},
    },
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime},
};
use tokio::sync::broadcast::{self, error::RecvError};

/// Messages that a viewer's data channel may lag behind.
const MESSAGES: usize = 64;

impl Doorkeeper for Porter {
    fn publish(&self, visit: Visit) -> Answer<'_, PublishGrant> {
        Box::pin(async move {
            let (entry, audio_only) = match self.ingress(&visit).await? {
                Some(entry) => (entry, false),
                None => {
                    let token = visit.token.as_deref();
                    let granted = self.parts.gate.publish(&visit.app, &visit.room, token).map_err(refused)?;
                    let entry = Entry {
                        app: granted.app,
                        room: granted.room,
                        identity: granted.identity,
                        name: granted.name,
                        via: Via::Webrtc,
                        ingress: None,
                        duplicate: Duplicate::Replace,
                    };
                    (entry, granted.audio_only)
                }
            };
            let seat = self.parts.rooms.enter(entry).await.map_err(|_| Refused::InUse)?;
            Ok(PublishGrant { seat, audio_only })
        })
    }

    fn play(&self, visit: Visit, _takes: Takes) -> Answer<'_, PlayGrant> {
        Box::pin(async move {
            let viewing = self.parts.gate.play(&visit.app, &visit.room, visit.token.as_deref()).map_err(refused)?;
            let app = self.parts.apps.find(&viewing.app).ok_or(Refused::Unknown)?;
            let pick = pick(visit.stream.as_deref(), visit.layout.as_deref()).ok_or(Refused::Unknown)?;
            let features = &app.config.features;
            let talk = Talk::new(
                viewing.identity.clone(),
                visit.token.as_ref().map(|_| viewing.identity.clone()),
                viewing.may_send && features.chat,
                viewing.may_send && features.reactions,
            );
            let hub = (features.chat || features.reactions)
                .then(|| hub(self.parts.rooms.clone(), viewing.app.clone(), viewing.room.clone(), talk));
            let live = self.parts.rooms.live(&viewing.app, &viewing.room, &pick);
            let viewer = Viewer { identity: viewing.identity, kind: ViewerKind::Whep, hidden: viewing.hidden };
            Ok(PlayGrant {
                source: Arc::new(move |takes| live.view(Wants::web(&codecs(takes)))),
                audio_only: viewing.audio_only,
                guard: Box::new(self.parts.rooms.view(&viewing.app, &viewing.room, viewer)),
                hub,
            })
        })
    }
}

impl Porter {
    /// The place of a WHIP ingress whose key was brought instead of a token.
    async fn ingress(&self, visit: &Visit) -> Result<Option<Entry>, Refused> {
        let Some(key) = visit.token.as_deref() else { return Ok(None) };
        let row = self.parts.ingresses.by_whip_key(key).await.map_err(|error| {
            tracing::error!("a WHIP ingress was not looked up: {error}");
            Refused::Unavailable
        })?;
        let Some(row) = row else { return Ok(None) };
        let room = self.parts.apps.namespaced(&visit.app, &visit.room).map_err(|_| Refused::Unknown)?;
        if row.app != visit.app || row.room != room {
            return Err(Refused::Forbidden);
        }
        Ok(Some(Entry {
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

fn refused(refused: gate::Refused) -> Refused {
    match refused {
        gate::Refused::Unknown => Refused::Unknown,
        gate::Refused::Unauthorized => Refused::Unauthorized,
        gate::Refused::Forbidden => Refused::Forbidden,
    }
}

fn codecs(takes: Takes) -> Vec<VideoCodec> {
    let all = [(takes.h264, VideoCodec::H264), (takes.vp8, VideoCodec::Vp8), (takes.vp9, VideoCodec::Vp9)];
    all.into_iter().filter_map(|(taken, codec)| taken.then_some(codec)).collect()
}

/// The room's messages for one viewer, as long as it has them.
fn hub(rooms: Rooms, app: String, room: String, talk: Talk) -> Hub {
    let (texts, hear) = broadcast::channel::<Arc<str>>(MESSAGES);
    let mut heard = rooms.hear(&app, &room);
    let talk = Arc::new(Mutex::new(talk));
    let listening = talk.clone();
    tokio::spawn(async move {
        while texts.receiver_count() > 0 {
            let message: Arc<DataMessage> = match heard.recv().await {
                Ok(message) => message,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let text = listening.lock().unwrap_or_else(PoisonError::into_inner).heard(&message);
            if let Some(text) = text {
                let _ = texts.send(text.into()); // the viewer may be leaving
            }
        }
    });
    let began = Instant::now();
    let say = move |_label: &str, text: &str| {
        let said = talk.lock().unwrap_or_else(PoisonError::into_inner).said(text, began.elapsed(), SystemTime::now());
        if let Ok(message) = said {
            rooms.say(&app, &room, message);
        }
    };
    Hub { say: Arc::new(say), hear }
}
