//! Uploads while jobs keep every core busy: their checks wait for no job.

use super::client::{Customer, command, quiet, strip};
use crate::support::server::Server;
use futures::future::join_all;
use std::{
    fs,
    time::{Duration, Instant},
};

/// Jobs that are ordered, each of some seconds on both cores.
const JOBS: usize = 6;
/// Pictures that are uploaded meanwhile.
const UPLOADS: usize = 8;
/// How long one may take beside all that on a busy machine.
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn uploads_are_answered_while_jobs_take_all_cores() {
    let _turn = crate::support::turn();
    let server = Server::start(quiet()).await;
    let threads = niceness(server.pid(), "upload-");
    let own = niceness(std::process::id(), "").into_iter().max().expect("this thread");
    assert!(!threads.is_empty() && threads.iter().all(|nice| *nice <= own.max(0)), "{threads:?}, here {own}");

    command(&server, &["account", "create", "studio", "--credits", "100", "--rpm", "100000"]);
    let customer = Customer::of(&server, "studio");
    let picture = strip(1536);
    let path = customer.upload(&picture).await;
    join_all((0..JOBS).map(|_| customer.order(&path))).await;
    customer.until("processing", 1, Duration::from_secs(60)).await;
    for number in 0..UPLOADS {
        let began = Instant::now();
        customer.upload(&picture).await;
        let took = began.elapsed();
        println!("upload {number}: {} ms", took.as_millis());
        assert!(took < LIMIT, "upload {number}: {took:?}");
    }
    let waiting = customer.get("/jobs?status=pending&limit=1").await["total"].as_u64();
    let at_work = customer.get("/jobs?status=processing&limit=1").await["total"].as_u64();
    assert!(waiting.max(at_work) > Some(0), "jobs were done before the uploads were: nothing was tried");
}

/// The nice values of a process's threads whose names begin so.
fn niceness(pid: u32, name: &str) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
    let stats = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    let one = |stat: String| {
        // The name stands in parentheses; from behind it on, the nice value is the 17th field (proc(5)).
        let (head, rest) = stat.rsplit_once(')')?;
        head.split_once('(')?.1.starts_with(name).then(|| rest.split_whitespace().nth(16)?.parse().ok())?
    };
    stats.filter_map(one).collect()
}
