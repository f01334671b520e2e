//! `lumencast serve`: puts the parts together, runs them, takes them down.

use super::{
    Paths, demo,
    images::{self, Images},
    lights,
    listeners::Listeners,
    setup, signals,
    streamhub_parts::{self, StreamHubParts},
    worker,
};
use crate::{
    api::{livewing, lume, lumely, lumora, operator, streamhub},
    app::{
        access::{auth::Auth, keys::KeyService},
        lights::mqtt,
        rooms::intake::Intake,
        show::{
            conductor::{self, ShowHandle},
            inputs, survey,
        },
        telemetry::Telemetry,
    },
    config::{Config, Plan, Secrets},
    domain::{command::Command, show::Show},
    media::{engine::Engine, output::recover},
    server::{self, http, webrtc},
    store::FolderLock,
    tasks::{self, VitalTaskEnded},
};
use anyhow::{Context, bail};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use warp::Filter;

/// The exit code when a task that the server cannot do without has ended: `EX_SOFTWARE` of sysexits(3).
pub(super) const EXIT_VITAL_TASK_ENDED: u8 = 70;
/// How long such a server may take to finish its files; beyond that they are finished at the next start.
const ORDERLY: Duration = Duration::from_secs(15);
/// The server's nice value, from 19 (last) to -20 (first).
const PRIORITY: i32 = -10;

/// Runs the server until it is stopped.
///
/// # Errors
/// Why it cannot start, in one line.
pub fn run(mut config: Config, paths: Paths, demo: bool) -> anyhow::Result<()> {
    if demo {
        demo::apply_demo_defaults(&mut config);
    }
    super::log(&config);
    raise_priority();
    setup::check_outputs(&config)?;
    let show = Show::new(setup::show(&config)?);
    // Before anything in the folder is touched: a second server would take what the first one records for leftovers.
    let _folder = FolderLock::server(&config.data_dir, super::VERSION)?;
    if let Some(fault) = survey::survey()?.fault() {
        bail!(fault);
    }
    let runtime = super::runtime()?;
    let done = runtime.block_on(serve(config, paths, show, demo));
    // What a broken task has left blocking must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn serve(config: Config, paths: Paths, show: Show, demo: bool) -> anyhow::Result<()> {
    let stopped = signals::stopped()?;
    let mut watcher = tasks::watch();
    let listeners = Listeners::bind(&config).await?;
    let secrets = Secrets::open(&config)?;
    announce(&secrets);
    let store = images::store(&config).await?;
    let _one_server = store.one_server().await?;
    let keys = KeyService::new(&store);
    let process = PrometheusBuilder::new().install_recorder().context("metrics")?;
    operator::describe();
    let recordings = setup::recordings(&config);
    setup::make_folder(&recordings)?;
    // Looked for before anything records, so that only what an earlier run left is finished.
    let left = recover::unfinished(&recordings).context("recordings")?;
    recover::finish_all(left, |_, _| {})?; // it logs the outcome

    let (reports, inbox) = mpsc::unbounded_channel();
    let lights = lights::open(&config, &store).await?;
    let engine = Arc::new(Engine::start(setup::engine(&config, lights.frames()), reports)?);
    let hand = engine.clone();
    let show = conductor::spawn(show, move |order| hand.order(order), inbox);
    lights::follow(&config, &lights, &show, &engine)?;
    let figures = engine.clone();
    let telemetry = Telemetry::new(move || figures.stats());
    let shutdown = CancellationToken::new();

    let parts =
        StreamHubParts::open(&config, &secrets, &store, &engine, &show, streamhub_parts::puller(&config)?).await?;
    let Listeners { limiters, .. } = &listeners;
    let webrtc =
        webrtc::WebRtcEndpoint::open(setup::webrtc(&config, limiters.webrtc.clone()), parts.media_access.clone()).await;
    let webrtc =
        webrtc.with_context(|| format!("webrtc.udp {}, webrtc.tcp {}", config.webrtc.udp, config.webrtc.tcp))?;
    let auth = Auth::new(&store, secrets.operator_password.expose(), secrets.jwt_secret.expose().as_bytes());
    let auth = auth.with_passwords(parts.passwords.clone());
    let images = Images::open(&config, &store, auth.clone()).await?;
    let plan = match config.lumora.plan {
        Plan::Standard => lumora::Plan::Standard,
        Plan::Professional => lumora::Plan::Professional,
    };
    let mut figures =
        operator::OperatorState::new(show.clone(), telemetry.clone(), Some(process)).with_lights(lights.clone());
    if let Some(token) = &config.metrics.token {
        figures = figures.with_token(token.expose());
    }
    let lume_state = lume::LumeState::new(lights.clone(), lights::prompt(&config)?, shutdown.clone())
        .with_operator(auth.clone())
        .limited_by(&listeners.limiters.http.limiter);
    let routes = lumora::routes(lumora::LumoraState::new(show.clone(), keys.clone(), plan))
        .or(operator::health_routes(figures.clone()))
        .unify()
        .or(lumely::routes(images.plane.clone()))
        .unify()
        .or(lume::routes(lume_state))
        .unify()
        .or(server::images::routes(images.results.clone()))
        .unify()
        .or(server::hls::routes(parts.media_access.clone()))
        .unify()
        .or(streamhub::snapshot_routes(parts.snapshot_cache.clone()))
        .unify()
        .or(webrtc.routes())
        .unify()
        .or(server::livekit::routes())
        .unify()
        .or(server::mjpeg::routes(parts.media_access.clone(), parts.rooms.clone(), shutdown.clone()))
        .unify()
        .or(server::camera::routes(parts.media_access.clone(), server::camera::Settings::default(), shutdown.clone()))
        .unify()
        .or(streamhub::routes(streamhub::StreamHubState::new(streamhub::Parts {
            apps: parts.apps.clone(),
            auth,
            keys: keys.clone(),
            tokens: parts.tokens.clone(),
            rooms: parts.rooms.clone(),
            ingresses: parts.ingresses.clone(),
            cameras: parts.cameras.clone(),
            log: parts.log.clone(),
            snapshot_cache: parts.snapshot_cache.clone(),
            urls: setup::urls(&config),
        })))
        .unify()
        .or(server::pages::routes())
        .unify();
    let metrics = operator::metrics_routes(figures);
    // Where metrics have an address of their own, they have no other.
    let (routes, metrics_server) = match listeners.metrics {
        Some(listener) => (routes.boxed(), Some((listener, metrics))),
        None => (metrics.or(routes).unify().boxed(), None),
    };
    let metrics_server = metrics_server.map(|(listener, metrics)| {
        tasks::vital("metrics", http::serve(listener, metrics, listeners.limiters.metrics, shutdown.clone()))
    });
    let http = http::serve(listeners.http, routes, listeners.limiters.http, shutdown.clone());
    let clock = engine.clone();
    let livewing = livewing::Settings::new(secrets.livewing_token.expose(), move || clock.now());
    let livewing = livewing::Settings { limiter: listeners.limiters.livewing, ..livewing };
    let livewing = livewing::serve(listeners.livewing, livewing, show.clone(), telemetry, shutdown.clone());
    let keys_of_inputs = inputs::by_key(show.clone(), engine.clone());
    let intake = Arc::new(Intake::new(keys_of_inputs, parts.ingresses.clone(), parts.rooms.clone()));
    // An endpoint that ends by itself has broken down; a server that lacks one is worse than one that is started again.
    let (http, livewing) = (tasks::vital("http", http), tasks::vital("livewing", livewing));
    let rtmp = tasks::vital("rtmp", listeners.rtmp.run(intake.clone(), shutdown.clone()));
    let srt = tasks::vital("srt", listeners.srt.run(intake, shutdown.clone()));

    let mqtt = mqtt::start(lights.clone(), lights.client_id(), shutdown.clone());
    images.start(&shutdown);
    let (waiting, until) = (images.waiting.clone(), shutdown.clone());
    let image_worker = config.lumely.in_server.then(|| {
        tasks::restarting("image-worker", move || worker::keep(paths.clone(), waiting.clone(), until.clone()))
    });

    tracing::info!(http = %config.http.listen, rtmp = %config.rtmp.listen, livewing = %config.livewing.listen, "ready");
    start_outputs(&config, &show).await;
    if demo {
        demo::print_instructions(&config, &keys, secrets.livewing_token.expose()).await?;
    }
    let ended = tokio::select! {
        () = stopped => None,
        ended = watcher.vital_task_ended() => Some(ended),
    };

    watcher.closing();
    match &ended {
        None => tracing::info!("shutting down"),
        Some(ended) => {
            tracing::error!(task = ended.task, "shutting down: {ended}");
            end_at_last(ended.clone());
        }
    }
    shutdown.cancel();
    let _ = rtmp.await; // publishers leave first, so that files end with what they sent
    let _ = srt.await;
    if let Some(image_worker) = image_worker {
        let _ = image_worker.await; // its jobs are put back
    }
    let _ = mqtt.await; // it is neither aborted nor does it panic
    lights.close().await;
    tokio::task::spawn_blocking(move || drop(webrtc)).await?; // it waits for its threads
    tokio::task::spawn_blocking(move || engine.shut_down()).await?;
    livewing.abort();
    if let Some(metrics_server) = metrics_server {
        metrics_server.abort();
    }
    http.abort(); // readers that hang on must not hold up the end
    parts.journal.finish().await;
    store.close().await;
    ended.map_or(Ok(()), |ended| Err(ended.into()))
}

/// Ends the process when what a task has left behind keeps it from being taken down in order.
#[expect(unsafe_code, reason = "libraries hang in what they do at exit, so that is passed over")]
fn end_at_last(ended: VitalTaskEnded) {
    std::thread::spawn(move || {
        std::thread::sleep(ORDERLY);
        eprintln!("lumencast: {ended}; not taken down in {} s", ORDERLY.as_secs());
        // SAFETY: it takes a number and does not return.
        unsafe { libc::_exit(EXIT_VITAL_TASK_ENDED.into()) }
    });
}

async fn start_outputs(config: &Config, show: &ShowHandle) {
    for output in &config.outputs {
        let number = output.number;
        let mut commands =
            vec![Command::SetOutputStream { output: number, stream: setup::output_source(output.source) }];
        if let Some(url) = &output.url {
            commands.push(Command::ConfigurePush { output: number, url: url.expose().into() });
        }
        if output.autostart {
            commands.push(Command::StartPush { output: number });
        }
        for command in commands {
            if let Err(fault) = show.command(command).await {
                tracing::error!(output = number, "not configured: {fault}");
            }
        }
    }
}

fn announce(secrets: &Secrets) {
    if secrets.was_exposed {
        tracing::warn!(file = %secrets.file.display(), "others could read the secrets; the file is closed to them now");
    }
    if !secrets.created.is_empty() {
        let made = secrets.created.join(", ");
        tracing::info!(file = %secrets.file.display(), "made at first start: {made}");
    }
}

/// Lets live media go before other processes of the machine where that is allowed (root, or systemd's `LimitNICE`): a
/// slot that a compiler or a backup takes is a lost frame. Before there are threads, which inherit it; threads and
/// processes that work on pictures lower theirs again.
fn raise_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, PRIORITY) {
        tracing::debug!("the server runs at ordinary priority: {error}");
    }
}
