//! `/api/v2/rules`: what of the show segments follow. Ours, in the manner of the document.

use super::{
    fields::Fields,
    reply::{self, Answer, Reply},
};
use crate::{
    app::lights::{Lights, forms},
    domain::{fault::Fault, lights::Rule},
};
use serde_json::{Map, Value, json};

/// What of a rule stays when it gets another `when`: the rest is its answer to the old one.
const LASTING: [&str; 3] = ["id", "segment", "priority"];

/// `GET`: all, in their order.
pub fn list(lights: &Lights) -> Answer {
    let rules: Vec<Value> = lights.rules().iter().map(forms::rule_value).collect();
    Ok(Reply::ok(&json!({ "rules": rules })))
}

/// `POST`.
pub async fn create(lights: &Lights, body: Fields) -> Answer {
    let rule = forms::rule(&Value::Object(body.all()))?;
    let id = rule.id.clone();
    let exists = || Fault::conflict("rule_exists", "id", format!("There is a rule {id} already; change it with PUT"));
    let (rule, _) = lights.put_rule(&id, |known| known.map_or(Ok(rule), |_| Err(exists()))).await?;
    Ok(Reply::ok(&forms::rule_value(&rule)).created())
}

/// `GET` of one.
pub fn read(lights: &Lights, id: &str) -> Answer {
    let rule = lights.rules().into_iter().find(|rule| rule.id == id);
    let rule = rule.ok_or_else(|| Fault::not_found("not_found", "id", format!("There is no rule {id}")))?;
    Ok(Reply::ok(&forms::rule_value(&rule)))
}

/// `PUT` of one: missing fields stay as they are; a missing rule is made.
pub async fn put(lights: &Lights, id: &str, body: Fields) -> Answer {
    let body = body.all();
    if body.get("id").is_some_and(|said| said != id) {
        return Err(Fault::invalid("id", "Must be the id of the path").into());
    }
    let merged = |known: Option<&Rule>| {
        let mut whole = match known.map(forms::rule_value) {
            Some(Value::Object(whole)) => whole,
            _ => Map::new(),
        };
        if body.contains_key("when") {
            whole.retain(|key, _| LASTING.contains(&key.as_str()));
        }
        whole.extend(body);
        whole.insert("id".to_owned(), id.into());
        forms::rule(&Value::Object(whole))
    };
    let (rule, new) = lights.put_rule(id, merged).await?;
    let body = forms::rule_value(&rule);
    Ok(if new { Reply::ok(&body).created() } else { Reply::ok(&body) })
}

/// `DELETE` of one.
pub async fn delete(lights: &Lights, id: &str) -> Answer {
    lights.delete_rule(id).await?;
    Ok(reply::success())
}
