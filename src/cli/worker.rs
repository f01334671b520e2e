//! `lumencast worker`: image jobs alone, on this machine or for servers elsewhere that share database and objects.
//!
//! ```text
//! serve ─ stdin: a byte a job ─► worker (15 nicer, memory capped) ─► rows, objects
//! ```
//!
//! The server runs one beside itself: in a process of its own a picture that breaks a decoder, or eats all memory,
//! costs its job and nothing that is on air.

use super::{Paths, images};
use crate::{app::imaging::worker::Worker, config::Config, store::FolderLock, tasks};
use anyhow::Context;
use rustix::process::{
    Resource, Rlimit, Signal, getpriority_process, set_parent_process_death_signal, setpriority_process, setrlimit,
};
use std::{process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

/// How far the worker's nice value is behind that of the process that started it: the server has 28 times its weight
/// (1.25 for each step), and where the server could raise its own, jobs still go on beside other processes' work.
const BEHIND_THE_SERVER: i32 = 15;
/// What the process may take beside its jobs' memory, in bytes.
const BESIDE_JOBS: u64 = 512 * 1024 * 1024;
/// Pauses before a worker that ended by itself is started again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A worker that ran this long was a good one: the next pause is short again.
const GOOD_RUN: Duration = Duration::from_secs(60);
/// How long a worker may take to put its jobs back.
const GRACE: Duration = Duration::from_secs(5);

/// Works until it is stopped; `beside` a server also when that ends.
///
/// # Errors
/// Why it cannot start, in one line.
pub fn run(config: &Config, beside: bool) -> anyhow::Result<()> {
    super::log(config);
    let _folder = FolderLock::beside(&config.data_dir, super::VERSION)?;
    // Before there are threads: they inherit it. Without it live media would share its cores evenly with pictures.
    let own = getpriority_process(None).context("the priority cannot be read")?;
    setpriority_process(None, (own + BEHIND_THE_SERVER).min(19)).context("the priority cannot be lowered")?;
    let most = u64::from(config.lumely.memory_mb) * 1_000_000 + BESIDE_JOBS;
    setrlimit(Resource::Data, Rlimit { current: Some(most), maximum: Some(most) }).context("memory")?;
    if beside {
        set_parent_process_death_signal(Some(Signal::TERM)).context("the server's end")?;
    }
    let runtime = super::runtime()?;
    let done = runtime.block_on(async {
        let store = images::store(config).await?;
        let name = format!("{}-{}", host(), std::process::id());
        let worker =
            Worker::new(&store, images::objects(config)?, images::engines(config)?, &name, images::workers(config));
        let (waiting, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let (signal, stopping) = (super::signals::stopped()?, stop.clone());
        tokio::spawn(async move {
            signal.await;
            stopping.cancel();
        });
        if beside {
            tokio::spawn(follow(waiting.clone(), stop.clone()));
        }
        tracing::info!(name, jobs = images::workers(config).jobs, "works on image jobs");
        worker.run(waiting, stop).await;
        store.close().await;
        Ok(())
    });
    // Neither a read of standard input nor abandoned pixels hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// Each byte of the server is a job; its end is the end.
async fn follow(waiting: Arc<Notify>, stop: CancellationToken) {
    let (mut server, mut bytes) = (tokio::io::stdin(), [0; 64]);
    while server.read(&mut bytes).await.is_ok_and(|count| count > 0) {
        waiting.notify_one();
    }
    stop.cancel();
}

fn host() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// Keeps a worker beside the server until it is stopped, and wakes it for each job.
pub async fn keep(paths: Paths, waiting: Arc<Notify>, stop: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    while !stop.is_cancelled() {
        let began = std::time::Instant::now();
        match start(&paths) {
            Ok(child) => watch(child, &waiting, &stop).await,
            Err(error) => tracing::error!("no worker for image jobs: {error:#}"),
        }
        if stop.is_cancelled() {
            return;
        }
        let down = tasks::down("image-worker");
        pause = if began.elapsed() > GOOD_RUN { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tracing::warn!(seconds = pause.as_secs(), "the worker for image jobs ended; another one is started");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        down.up_again();
    }
}

fn start(paths: &Paths) -> anyhow::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["worker", "--beside"]);
    if let Some(file) = &paths.config {
        command.arg("--config").arg(file);
    }
    if let Some(data) = &paths.data {
        command.arg("--data").arg(data);
    }
    Ok(command.stdin(Stdio::piped()).kill_on_drop(true).spawn()?)
}

async fn watch(mut child: Child, waiting: &Notify, stop: &CancellationToken) {
    let mut line = child.stdin.take();
    loop {
        tokio::select! {
            ended = child.wait() => {
                if let Ok(status) = ended {
                    tracing::warn!("the worker for image jobs: {status}");
                }
                return;
            }
            () = waiting.notified() => {
                if let Some(line) = &mut line {
                    let _ = line.write_all(&[1]).await; // its end is noticed above
                }
            }
            () = stop.cancelled() => break,
        }
    }
    drop(line);
    let _ = tokio::time::timeout(GRACE, child.wait()).await; // dropped, it is killed
}
