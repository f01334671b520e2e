//! Credits: no account pays twice and nothing is made unpaid, with concurrent orders and killed processes.

use super::client::{Customer, command, enhancement, quiet, strip};
use crate::support::server::Server;
use futures::future::join_all;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// So that no order is refused for coming too fast.
const RPM: [&str; 2] = ["--rpm", "100000"];

#[tokio::test]
async fn of_200_orders_at_once_exactly_those_that_can_be_paid_are_taken() {
    let _turn = crate::support::turn();
    let server = Server::start(quiet().set("lumely.in_server", false)).await;
    command(&server, &["account", "create", "crowd", "--credits", "100", RPM[0], RPM[1]]);
    let customer = Customer::of(&server, "crowd");
    let path = customer.upload(&strip(128)).await;

    let answers = join_all((0..200).map(|_| customer.post("/jobs", enhancement(&path)))).await;
    let mut statuses: BTreeMap<u16, u32> = BTreeMap::new();
    for (status, body) in &answers {
        *statuses.entry(*status).or_default() += 1;
        if *status == 403 {
            assert_eq!(
                (&body["error"], &body["credits_required"]),
                (&json!("Insufficient credits"), &json!(2)),
                "{body}"
            );
        }
    }
    assert_eq!(statuses, BTreeMap::from([(201, 50), (403, 150)]));
    assert_eq!(customer.get("/credits").await["credits_remaining"], 0);
    assert_eq!(customer.get("/jobs").await["total"], 50);
    let ledger = command(&server, &["account", "ledger", "crowd", "--limit", "1000"]);
    assert_eq!(ledger.lines().filter(|line| line.contains(" charge ")).count(), 50, "{ledger}");

    command(&server, &["account", "topup", "crowd", "10"]);
    let order = || {
        let mut body = enhancement(&path);
        body["idempotency_key"] = json!("once");
        customer.post("/jobs", body)
    };
    let answers = join_all((0..100).map(|_| order())).await;
    let new = answers.iter().filter(|(status, _)| *status == 201).count();
    let same = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!((new, same), (1, 99));
    assert!(answers.iter().all(|(_, body)| body["id"] == answers[0].1["id"]));
    assert_eq!(customer.get("/credits").await["credits_remaining"], 8);
}

#[tokio::test]
async fn a_server_killed_during_50_jobs_finishes_them_all_after_its_return_each_charged_once() {
    let _turn = crate::support::turn();
    let mut server = Server::start(quiet()).await;
    command(&server, &["account", "create", "decoder_queue", "--credits", "100", RPM[0], RPM[1]]);
    let customer = Customer::of(&server, "decoder_queue");
    let path = customer.upload(&strip(128)).await;
    for order in join_all((0..50).map(|_| customer.order(&path))).await {
        assert!(!order.is_empty());
    }
    // In the middle: some are made, some in progress, the others wait.
    customer.until("completed", 3, Duration::from_secs(60)).await;
    server.kill();
    server.launch().await;
    customer.until("completed", 50, Duration::from_secs(180)).await;
    let jobs = customer.get("/jobs?limit=100").await;
    let jobs = jobs["jobs"].as_array().expect("jobs");
    assert!(jobs.iter().all(|job| job["status"] == "completed" && job["credits_used"] == 2), "{jobs:?}");
    let mut urls: Vec<&str> = jobs.iter().filter_map(|job| job["output_image_url"].as_str()).collect();
    urls.sort_unstable();
    urls.dedup();
    assert_eq!(urls.len(), 50);
    assert_eq!(customer.get("/credits").await["credits_remaining"], 0);
    let ledger = command(&server, &["account", "ledger", "decoder_queue", "--limit", "1000"]);
    let rows = |kind: &str| ledger.lines().filter(|line| line.contains(kind)).count();
    assert_eq!((rows(" charge "), rows(" refund ")), (50, 0), "{ledger}");
}
