//! The credits and services of an account.

use crate::{golden::assert_golden, server::Server};
use lumencast::store::AccountChange;
use serde_json::{Value, json};

#[tokio::test]
async fn an_ordinary_account_sees_its_credits_and_nothing_of_an_enterprise() {
    let server = Server::open().await;
    let credits = json!({
        "credits_remaining": 60, "credits_total": 60, "plan_id": "basic", "subscription_status": "active",
    });
    assert_eq!(server.get("/credits").await, (200, credits));
    server.job().await;
    let (_, after) = server.get("/credits").await;
    assert_eq!((&after["credits_remaining"], &after["credits_total"]), (&json!(58), &json!(60)));
}

#[tokio::test]
async fn an_enterprise_sees_its_terms_too() {
    let server = Server::open().await;
    let terms = AccountChange {
        plan: Some("enterprise".into()),
        company_name: Some(Some("Acme Architecture".into())),
        credit_price_cents: Some(Some(25)),
        auto_topup_enabled: Some(true),
        monthly_credit_limit: Some(Some(1000)),
        rate_limit_rpm: Some(120),
        allowed_services: Some(Some(json!(["render-enhancement", "virtual-staging"]).to_string())),
        ..AccountChange::default()
    };
    server.change(&server.account, terms).await;
    server.job().await;
    let enterprise = json!({
        "company_name": "Acme Architecture", "credit_price_cents": 25, "currency": "EUR", "auto_topup_enabled": true,
        "monthly_credit_limit": 1000, "credits_used_this_month": 2, "rate_limit_rpm": 120,
        "allowed_services": ["render-enhancement", "virtual-staging"],
    });
    let credits = json!({
        "credits_remaining": 58, "credits_total": 60, "plan_id": "enterprise", "subscription_status": "active",
        "enterprise": enterprise,
    });
    assert_eq!(server.get("/credits").await, (200, credits));
    let (status, body) = server.get("/services").await;
    let ids: Vec<&Value> = body["services"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!((status, ids), (200, vec![&json!("render-enhancement"), &json!("virtual-staging")]));
}

#[tokio::test]
async fn the_services_are_those_of_the_document() {
    let server = Server::open().await;
    let (status, body) = server.get("/services").await;
    assert_eq!(status, 200);
    assert_golden("lumely/services", &body);
}
