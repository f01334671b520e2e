//! `/api/scenes`: looks under a name, as the device's page saves, lists and applies them. A scene without a spec is the
//! strip as it is now, which is ours.

use super::{
    fields::Fields,
    reply::{self, Answer, Reply},
};
use crate::{
    app::lights::{
        Lights,
        scene_form::{SCENES, Scene},
        scenes::not_found,
    },
    domain::fault::Fault,
};
use serde_json::{Map, Value, json};

/// `GET`: names and ids, as a list.
pub fn list(lights: &Lights) -> Answer {
    let scenes: Vec<Value> =
        lights.scenes().iter().map(|scene| json!({ "id": scene.id, "name": scene.name })).collect();
    Ok(Reply::ok(&scenes))
}

/// `POST`: `spec` is an object, or one as text, as the document of the device has it.
pub async fn save(lights: &Lights, body: &Fields) -> Answer {
    let name = body.text("name", 64)?.unwrap_or_default();
    let id = body.number("id", 0, i64::from(SCENES) - 1)?;
    let scene = lights.save_scene(id, name.trim(), spec(body)?).await?;
    Ok(Reply::ok(&json!({ "success": true, "id": scene.id, "name": scene.name })))
}

fn spec(body: &Fields) -> Result<Option<Map<String, Value>>, Fault> {
    let object = |value: &Value| value.as_object().cloned();
    let spec = match body.value("spec") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => serde_json::from_str(text).ok().as_ref().and_then(object),
        Some(value) => object(value),
    };
    spec.map(Some).ok_or_else(|| Fault::invalid("spec", "Must be an object of settings"))
}

/// `GET` of one.
pub fn read(lights: &Lights, id: &str) -> Answer {
    let id = number(id)?;
    let scene = lights.scenes().into_iter().find(|scene| scene.id == id).ok_or_else(|| not_found(id))?;
    let Scene { id, name, spec } = scene;
    Ok(Reply::ok(&json!({ "id": id, "name": name, "spec": spec })))
}

/// `DELETE` of one.
pub async fn delete(lights: &Lights, id: &str) -> Answer {
    lights.delete_scene(number(id)?).await?;
    Ok(reply::success())
}

/// `POST …/apply`; the body, with a `transition`, may be left out.
pub fn apply(lights: &Lights, id: &str, body: &Fields) -> Answer {
    let lasts = body.transition()?;
    lights.apply_scene(number(id)?, lasts)?;
    Ok(reply::success())
}

fn number(id: &str) -> Result<u8, Fault> {
    let digits = id.bytes().all(|byte| byte.is_ascii_digit());
    let number = id.parse().ok().filter(|number| digits && *number < SCENES);
    number.ok_or_else(|| Fault::invalid("id", format!("Must be between 0 and {}", SCENES - 1)))
}
