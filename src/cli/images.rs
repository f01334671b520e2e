//! Builds the services of image jobs.

use crate::{
    api::lumely,
    app::{
        access::auth::Auth,
        imaging::{
            accounts::Accounts,
            callers::Callers,
            hooks::{Hooks, JobWebhooks},
            jobs::Jobs,
            keys::ImageKeys,
            results::Results,
            sweep::Sweeper,
            tokens::{self, Tokens},
            uploads::Uploads,
            worker,
        },
        outbox::{Sender, WebhookDispatcher},
    },
    config::{self, Config},
    domain::imaging::Service,
    imaging::{
        engine::{Choice, Engines, Route, http},
        upscale::Weights,
    },
    protocol::guard::Guard,
    store::{Objects, S3, Store},
    tasks,
};
use anyhow::{Context, anyhow, bail};
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// All services of the plane that run in the server.
pub struct Images {
    pub plane: lumely::LumelyState,
    pub results: Results,
    /// Notified of each job that waits for a worker.
    pub waiting: Arc<Notify>,
    dispatcher: WebhookDispatcher,
    sweeper: Sweeper,
}

impl Images {
    /// Opens the stored data.
    ///
    /// # Errors
    /// When rows or objects cannot be read.
    pub async fn open(config: &Config, store: &Store, operator: Auth) -> anyhow::Result<Self> {
        let objects = objects(config)?;
        let guard = Arc::new(guard(config)?);
        let accounts = Accounts::open(store).await?;
        let keys = ImageKeys::new(store);
        let settings = tokens::Settings {
            secret: config.lumely.jwt_secret.as_ref().map(|secret| secret.expose().to_owned()),
            jwks_url: config.lumely.jwks_url.clone(),
            audience: config.lumely.jwt_audience.clone(),
        };
        let callers = Callers::new(accounts.clone(), keys.clone(), Tokens::new(settings)?, operator);
        let uploads = Uploads::new(objects.clone())?;
        let waiting = Arc::new(Notify::new());
        let results = Results::new(objects.clone());
        let public_url = config.public_url();
        let wording = public_url.clone();
        let job_webhooks = JobWebhooks::new(store, move |event, job| lumely::delivery(event, job, &wording));
        let dispatcher =
            WebhookDispatcher::new(store.outbox(), [Arc::new(job_webhooks) as Arc<dyn Sender>], guard.clone());
        let days = u64::from(config.lumely.keep_days);
        let keep = (days > 0).then(|| Duration::from_secs(days * 24 * 3600));
        let sweeper = Sweeper::new(store, objects, dispatcher.clone(), keep);
        let plane = lumely::LumelyState::new(lumely::Parts {
            jobs: Jobs::new(store, uploads.clone(), waiting.clone()),
            hooks: Hooks::new(store, guard),
            accounts,
            callers,
            uploads,
            keys,
            public_url,
        });
        Ok(Self { plane, results, waiting, dispatcher, sweeper })
    }

    /// Starts the background tasks, until they are stopped.
    pub fn start(&self, stop: &CancellationToken) {
        let (dispatcher, sweeper) = (self.dispatcher.clone(), self.sweeper.clone());
        let (stopped, until) = (stop.clone(), stop.clone());
        tasks::restarting("webhooks", move || dispatcher.clone().run(stopped.clone()));
        tasks::restarting("image-sweep", move || sweeper.clone().run(until.clone()));
    }
}

/// Opens the objects.
///
/// # Errors
/// When the folder cannot be made, or the bucket's settings are invalid.
pub fn objects(config: &Config) -> anyhow::Result<Objects> {
    match &config.objects.s3 {
        None => Objects::folder(&config.data_dir.join("objects")).context("objects"),
        Some(config::S3 { endpoint, region, bucket, access_key, secret_key }) => Objects::s3(&S3 {
            endpoint: endpoint.clone(),
            region: region.clone(),
            bucket: bucket.clone(),
            access_key: access_key.expose().to_owned(),
            secret_key: secret_key.expose().to_owned(),
            path_style: true,
        })
        .context("objects.s3"),
    }
}

/// Opens the rows.
///
/// # Errors
/// When they cannot be opened.
pub async fn store(config: &Config) -> anyhow::Result<Store> {
    let url = config.database.url.as_ref().map(|url| url.expose());
    Ok(Store::open_with(&config.data_dir, url).await?)
}

/// The rows, where there are any: a question makes no database.
///
/// # Errors
/// When they cannot be opened.
pub async fn existing_store(config: &Config) -> anyhow::Result<Option<Store>> {
    let there = config.database.url.is_some() || Store::is_in(&config.data_dir)?;
    Ok(if there { Some(store(config).await?) } else { None })
}

/// The engines that make the pictures.
///
/// # Errors
/// A route of a service or preset that does not exist.
pub fn engines(config: &Config) -> anyhow::Result<Engines> {
    let lumely = &config.lumely;
    let weights = Weights::load(&lumely.weights);
    if weights.is_none() {
        tracing::info!(folder = %lumely.weights.display(), "no weights: pictures are enlarged along their edges");
    }
    let edit = lumely.http.as_ref().map(|edit| {
        http::Http::new(http::Settings {
            url: edit.url.clone(),
            api_key: edit.api_key.as_ref().map(|key| key.expose().to_owned()),
            model: edit.model.clone(),
            timeout: Duration::from_secs(edit.timeout_s.into()),
        })
    });
    let routes = lumely.route.iter().zip(0..).map(|(entry, index)| route(entry, index));
    let routes = routes.collect::<anyhow::Result<_>>()?;
    Ok(Engines::new(weights, edit.transpose()?, routes, choice(lumely.engine)))
}

fn route(route: &config::Route, index: usize) -> anyhow::Result<Route> {
    let service = Service::from_id(&route.service)
        .ok_or_else(|| anyhow!("lumely.route.{index}.service: there is no service {:?}", route.service))?;
    if let Some(preset) = route.config.as_ref().filter(|preset| !service.configs().contains(&preset.as_str())) {
        bail!("lumely.route.{index}.config: {} has no preset {preset:?}", service.id());
    }
    Ok(Route { service, config: route.config.clone(), choice: choice(route.engine) })
}

fn choice(engine: config::Engine) -> Choice {
    match engine {
        config::Engine::Local => Choice::Local,
        config::Engine::Http => Choice::Http,
    }
}

/// The limits of the workers of this machine.
pub fn workers(config: &Config) -> worker::Settings {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = if config.lumely.workers == 0 { cores } else { config.lumely.workers as usize };
    worker::Settings { jobs, memory: u64::from(config.lumely.memory_mb) * 1_000_000 }
}

/// The guard of outbound connections.
fn guard(config: &Config) -> anyhow::Result<Guard> {
    Guard::allowing(&config.ingest.allow_hosts)
        .map_err(|rule| anyhow!("ingest.allow_hosts: {:?} is no host, address or network", rule.0))
}
