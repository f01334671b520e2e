//! Rules over HTTP.

use crate::server::Server;
use serde_json::{Value, json};

const RULES: &str = "/api/v2/rules";

fn on_air() -> Value {
    json!({
        "id": "on-air", "segment": 0, "priority": 3, "when": { "tally": "program", "source": 1 },
        "look": { "effect": "solid", "primaryColor": [255, 0, 0] },
    })
}

#[tokio::test]
async fn rules_are_made_read_changed_and_deleted() {
    let server = Server::open().await;
    let file = server.get(RULES).await["rules"][0].clone();
    assert_eq!((&file["id"], &file["when"]), (&json!("of-the-file"), &json!({ "ambient": "program" })));
    let (status, made) = server.send("POST", RULES, on_air()).await;
    assert_eq!((status, &made["look"]["primaryColor"]), (201, &json!([255, 0, 0])), "{made}");
    assert_eq!(server.get("/api/v2/rules/on-air").await, made);
    assert_eq!(server.get(RULES).await, json!({ "rules": [file, made] }));
    let (status, twice) = server.send("POST", RULES, on_air()).await;
    assert_eq!((status, &twice["error"], &twice["field"]), (409, &json!("rule_exists"), &json!("id")));

    let (status, changed) = server.send("PUT", "/api/v2/rules/on-air", json!({ "priority": 9 })).await;
    let mut expected = made.clone();
    expected["priority"] = json!(9);
    assert_eq!((status, &changed), (200, &expected), "what is not said stays");
    let level = json!({ "when": { "level": "program" }, "floorDb": -40 });
    let (status, other) = server.send("PUT", "/api/v2/rules/on-air", level).await;
    let expected = json!({
        "id": "on-air", "segment": 0, "priority": 9, "when": { "level": "program" }, "floorDb": -40, "ceilingDb": -6,
    });
    assert_eq!((status, &other), (200, &expected), "another trigger has another reaction");

    assert_eq!(server.done("DELETE", "/api/v2/rules/on-air", Value::Null).await, json!({ "success": true }));
    let (status, gone) = server.send("DELETE", "/api/v2/rules/on-air", Value::Null).await;
    assert_eq!((status, &gone["error"], &gone["field"]), (404, &json!("not_found"), &json!("id")));
}

#[tokio::test]
async fn a_put_makes_a_rule_where_there_is_none() {
    let server = Server::open().await;
    let mut rule = on_air();
    rule.as_object_mut().expect("an object").remove("id");
    let (status, made) = server.send("PUT", "/api/v2/rules/new-one", rule).await;
    assert_eq!((status, &made["id"]), (201, &json!("new-one")));
    server.refused("PUT", "/api/v2/rules/new-one", json!({ "id": "another" }), "id").await;
    server.refused("PUT", "/api/v2/rules/a%20b", on_air(), "id").await;
    server.refused("PUT", "/api/v2/rules/half", json!({ "segment": 0 }), "when").await;
    assert_eq!(server.get(RULES).await["rules"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn rules_of_the_settings_file_stay() {
    let server = Server::open().await;
    let path = "/api/v2/rules/of-the-file";
    for (method, body) in [("PUT", json!({ "priority": 1 })), ("DELETE", Value::Null)] {
        let (status, answer) = server.send(method, path, body).await;
        assert_eq!((status, &answer["error"]), (409, &json!("fixed_rule")), "{method}");
    }
    assert_eq!(server.get(path).await["priority"], 0);
}

#[tokio::test]
async fn there_are_64_rules_and_no_more() {
    let server = Server::open().await;
    for n in 1..64 {
        let mut rule = on_air();
        rule["id"] = json!(format!("rule-{n}"));
        assert_eq!(server.send("POST", RULES, rule).await.0, 201, "{n}");
    }
    let (status, refused) = server.send("POST", RULES, on_air()).await;
    assert_eq!((status, &refused["error"], &refused["field"]), (409, &json!("too_many_rules"), &json!("id")));
    assert_eq!(
        server.send("PUT", "/api/v2/rules/rule-7", json!({ "priority": 9 })).await.0,
        200,
        "changing is no more"
    );
    server.done("DELETE", "/api/v2/rules/rule-7", Value::Null).await;
    assert_eq!(server.send("POST", RULES, on_air()).await.0, 201);
}

#[tokio::test]
async fn changes_that_come_together_are_all_kept() {
    let server = Server::open().await;
    server.done("POST", RULES, on_air()).await;
    let path = "/api/v2/rules/on-air";
    let (one, other) = tokio::join!(
        server.send("PUT", path, json!({ "priority": 9 })),
        server.send("PUT", path, json!({ "segment": 5 })),
    );
    assert_eq!((one.0, other.0), (200, 200));
    let rule = server.get(path).await;
    assert_eq!((&rule["priority"], &rule["segment"]), (&json!(9), &json!(5)));
}
