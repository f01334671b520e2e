//! `/api/v2/outputs`: the lamps that the strip goes to. Ours, in the manner of the document. Changes name a destination,
//! so they need the permission for that.

use super::{
    error::Refusal,
    fields::Fields,
    permission::Permission,
    reply::{self, Answer, Reply},
};
use crate::app::lights::{
    Lights,
    output_form::LightOutput,
    outputs::{OutputView, not_found},
};
use serde_json::{Value, json};

/// `GET`: all, in their order.
pub fn list(lights: &Lights) -> Answer {
    let outputs: Vec<Value> = lights.outputs().iter().map(value).collect();
    Ok(Reply::ok(&json!({ "outputs": outputs })))
}

/// `POST`: makes an output (201), or changes the one of this id (200); missing fields stay as they are.
pub async fn put(lights: &Lights, body: Fields, permission: Permission) -> Answer {
    entitled(permission)?;
    let body = body.all();
    let id = body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let led_count = lights.view().controller.led_count;
    let (output, new) = lights.put_output(&id, |known| LightOutput::read(&body, known, led_count)).await?;
    let view = lights.outputs().into_iter().find(|view| view.output.id == id);
    let body = view.as_ref().map_or_else(|| output.value(), value);
    Ok(if new { Reply::ok(&body).created() } else { Reply::ok(&body) })
}

/// `GET` of one.
pub fn read(lights: &Lights, id: &str) -> Answer {
    let view = lights.outputs().into_iter().find(|view| view.output.id == id);
    Ok(Reply::ok(&value(&view.ok_or_else(|| not_found(id))?)))
}

/// `DELETE` of one.
pub async fn delete(lights: &Lights, id: &str, permission: Permission) -> Answer {
    entitled(permission)?;
    lights.delete_output(id).await?;
    Ok(reply::success())
}

fn entitled(permission: Permission) -> Result<(), Refusal> {
    if permission < Permission::Administer { Err(Refusal::NotEntitled("unicast")) } else { Ok(()) }
}

fn value(view: &OutputView) -> Value {
    let OutputView { output, fixed, address, problem } = view;
    let mut value = output.value();
    value["fixed"] = (*fixed).into();
    value["address"] = address.map(|address| address.to_string()).into();
    value["state"] = if problem.is_some() { "waiting" } else { "sending" }.into();
    value["problem"] = problem.clone().into();
    value
}
