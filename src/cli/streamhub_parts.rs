//! Builds the services of the StreamHub plane.

use crate::{
    app::{
        access::{join::JoinTokens, passwords::Passwords, room_access::RoomAccess},
        rooms::{
            Rooms, StreamSelector, app_removal,
            apps::Apps,
            cameras::Cameras,
            hls::{HlsRooms, Published},
            ingress::{Ingresses, PullRequest, PullState, PullTap, Puller},
            journal::{self, Journal},
            snapshots::{SnapFault, SnapshotCache, Snapshots},
            stream_log::StreamLog,
        },
        show::{conductor::ShowHandle, inputs},
    },
    config::{Config, Secrets},
    domain::output::OutputSource,
    media::{
        decode::snapshot,
        engine::Engine,
        ingest::pull::{self, PullNews},
    },
    protocol::guard::Guard,
    server::media_access::{self, MediaAccess},
    store::Store,
    tasks,
};
use futures::future::BoxFuture;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A source that cannot be pulled for the same reason is logged again after so long.
const REPEAT: Duration = Duration::from_secs(600);

/// All running services of the plane.
pub struct StreamHubParts {
    pub apps: Apps,
    pub tokens: JoinTokens,
    pub rooms: Rooms,
    pub ingresses: Ingresses,
    pub cameras: Cameras,
    pub log: StreamLog,
    pub journal: journal::Following,
    pub snapshot_cache: SnapshotCache,
    pub media_access: Arc<MediaAccess>,
    /// The shared queue for password checks.
    pub passwords: Passwords,
}

impl StreamHubParts {
    /// Opens the stored data, and starts background work.
    ///
    /// # Errors
    /// When rows cannot be read.
    pub async fn open(
        config: &Config,
        secrets: &Secrets,
        store: &Store,
        engine: &Arc<Engine>,
        show: &ShowHandle,
        puller: Puller,
    ) -> anyhow::Result<Self> {
        let apps = Apps::open(store).await?;
        let tokens = JoinTokens::new(&config.streamhub.livekit_api_key, secrets.livekit_api_secret.expose());
        let (journal, numbers) = Journal::open(store).await?;
        let (rooms, events) = Rooms::new(engine.clock().clone(), numbers);
        let (journal, log) = (journal.follow(events), StreamLog::new(store));
        engine.set_rooms(rooms.downgrade());
        rooms.add_program("program", "program-main", "pgm", OutputSource::Program, engine.program_live());
        inputs::follow(show, &rooms, engine.clone());
        let passwords = Passwords::default();
        let ingresses = Ingresses::new(store, apps.clone(), rooms.clone(), puller).with_passwords(passwords.clone());
        let cameras = Cameras::new(store, apps.clone());
        let (of_apps, of_rooms, pulled, seen) = (apps.clone(), rooms.clone(), ingresses.clone(), cameras.clone());
        tasks::restarting("departed", move || {
            app_removal::follow(of_apps.clone(), of_rooms.clone(), pulled.clone(), seen.clone())
        });
        ingresses.resume().await?;
        let snapshots: Arc<dyn Snapshots> = Arc::new(Camera(rooms.clone()));
        let snapshot_cache = SnapshotCache::new(config.data_dir.join("snapshots"), snapshots.clone());
        let media_access = MediaAccess::new(media_access::Parts {
            apps: apps.clone(),
            room_access: RoomAccess::new(Arc::new(apps.clone()), tokens.clone()),
            rooms: rooms.clone(),
            cameras: cameras.clone(),
            ingresses: ingresses.clone(),
            hls: HlsRooms::new(
                engine.clone(),
                rooms.clone(),
                Published { program: config.hls.enabled, streams: config.hls.streams },
            ),
            log: log.clone(),
            snapshots,
        });
        Ok(Self { apps, tokens, rooms, ingresses, cameras, log, journal, snapshot_cache, media_access, passwords })
    }
}

/// How long a picture may take.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(3);

/// Takes pictures of streams.
struct Camera(Rooms);

impl Snapshots for Camera {
    fn take<'a>(
        &'a self,
        app: &'a str,
        room: &'a str,
        identity: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<u8>, SnapFault>> {
        Box::pin(async move {
            let selector =
                identity.map_or(StreamSelector::Auto, |identity| StreamSelector::Stream(identity.to_owned()));
            // The publisher's own stream is used: the stream that follows it would have to be made first.
            let publisher = self
                .0
                .streams(app)
                .into_iter()
                .rev()
                .find(|stream| stream.room == room && identity.is_none_or(|identity| identity == stream.identity));
            let live = match publisher {
                Some(stream) => stream.live,
                None if self.0.is_live(room, &selector) => self.0.live(app, room, &selector),
                // Without a publisher no picture is waited for.
                None => return Err(SnapFault::Nothing),
            };
            let taken = tokio::task::spawn_blocking(move || snapshot::snapshot(&live, SNAPSHOT_TIMEOUT)).await;
            let failed = |text: String| SnapFault::Failed(text);
            match taken.map_err(|error| failed(error.to_string()))? {
                Ok(jpeg) => Ok(jpeg.to_vec()),
                Err(snapshot::SnapFault::NoPicture) => Err(SnapFault::Nothing),
                Err(broken) => Err(failed(broken.to_string())),
            }
        })
    }
}

/// Pulls URL ingresses, where the guard allows it.
///
/// # Errors
/// An invalid rule of `ingest.allow_hosts`.
pub fn puller(config: &Config) -> anyhow::Result<Puller> {
    let guard = Guard::allowing(&config.ingest.allow_hosts)
        .map_err(|rule| anyhow::anyhow!("ingest.allow_hosts: {:?} is no host, address or network", rule.0))?;
    let guard = Arc::new(guard);
    Ok(Arc::new(move |request: PullRequest, tap: PullTap| {
        let (states, ingress) = (tap.clone(), request.ingress);
        let failing = Mutex::new(None::<(String, Instant)>);
        let pull = pull::start(
            request.spec,
            guard.clone(),
            move |packet| tap.take(packet),
            move |news| {
                states.set_state(match news {
                    PullNews::Buffering => PullState::Connecting,
                    PullNews::Publishing => {
                        failing.lock().unwrap_or_else(PoisonError::into_inner).take();
                        PullState::Publishing
                    }
                    PullNews::Error { text, blame } => {
                        let mut failing = failing.lock().unwrap_or_else(PoisonError::into_inner);
                        let known = failing.as_ref().is_some_and(|(why, at)| *why == text && at.elapsed() < REPEAT);
                        if !known {
                            tracing::warn!(ingress, ?blame, "a source cannot be pulled now: {text}");
                            *failing = Some((text.clone(), Instant::now()));
                        }
                        PullState::Failed(text)
                    }
                    PullNews::Complete => PullState::Complete,
                });
            },
        );
        Ok(Box::new(pull.map_err(|failure| failure.text)?))
    }))
}
