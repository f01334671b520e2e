//! The services of the StreamHub plane, put together.

use crate::{
    app::{
        admission::BoxFuture,
        apps::Apps,
        cameras::Cameras,
        departed,
        gate::Gate,
        hls::HlsRooms,
        ingress::{Ingresses, Puller},
        inputs,
        intake::input_stream,
        join::JoinTokens,
        rooms::Rooms,
        snapshots::{Album, SnapFault, Snapshots},
        stream_log::StreamLog,
    },
    config::{Config, Secrets},
    domain::source::{SourceId, SourceKind},
    media::engine::Engine,
    server::porter::{self, Porter},
    store::Store,
};
use std::sync::Arc;

/// Everything of the plane that runs.
pub struct Hub {
    pub apps: Apps,
    pub tokens: JoinTokens,
    pub rooms: Rooms,
    pub ingresses: Ingresses,
    pub cameras: Cameras,
    pub log: StreamLog,
    pub album: Album,
    pub porter: Arc<Porter>,
}

impl Hub {
    /// Opens what is kept, and starts what goes on by itself.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub async fn open(
        config: &Config,
        secrets: &Secrets,
        store: &Store,
        engine: &Arc<Engine>,
        puller: Puller,
    ) -> anyhow::Result<Self> {
        let apps = Apps::open(store).await?;
        let tokens = JoinTokens::new(&config.streamhub.livekit_api_key, secrets.livekit_api_secret.expose());
        let (log, numbers) = StreamLog::open(store).await?;
        let rooms = Rooms::new(engine.clock().clone(), numbers);
        log.follow(&rooms);
        //PROGRAM
        let mut places = Vec::new();
        for (input, n) in config.inputs.iter().zip(0..) {
            let id = SourceId(n);
            match super::setup::kind(&input.source) {
                SourceKind::Rtmp { .. } => {
                    let (room, identity) = input_stream(id);
                    if let Some(live) = engine.live(id) {
                        rooms.add_input("live", &room, &identity, live);
                    }
                }
                SourceKind::Stream { stream } => places.push((id, stream)),
                SourceKind::Pattern { .. } => {}
            }
        }
        inputs::spawn(places, &rooms, engine.clone());
        let ingresses = Ingresses::new(store, apps.clone(), rooms.clone(), puller);
        let cameras = Cameras::new(store, apps.clone());
        tokio::spawn(departed::follow(apps.clone(), rooms.clone(), ingresses.clone(), cameras.clone()));
        ingresses.resume().await?;
        let snapshots: Arc<dyn Snapshots> = Arc::new(Camera(rooms.clone()));
        let album = Album::new(config.data_dir.join("snapshots"), snapshots.clone());
        let porter = Porter::new(porter::Parts {
            apps: apps.clone(),
            gate: Gate::new(apps.clone(), tokens.clone()),
            rooms: rooms.clone(),
            cameras: cameras.clone(),
            ingresses: ingresses.clone(),
            hls: HlsRooms::new(engine.clone(), rooms.clone(), config.hls.enabled && config.hls.streams),
            log: log.clone(),
            snapshots,
        });
        Ok(Self { apps, tokens, rooms, ingresses, cameras, log, album, porter })
    }
}

/// Takes pictures of streams.
struct Camera(Rooms);

impl Snapshots for Camera {
    fn take<'a>(
        &'a self,
        _app: &'a str,
        _room: &'a str,
        _identity: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<u8>, SnapFault>> {
        Box::pin(async move { Err(SnapFault::Nothing) })
    }
}
