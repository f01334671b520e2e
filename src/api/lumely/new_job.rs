//! The body of `POST /jobs`, field by field in the order of the document.
//!
//! ```text
//! fields ─► service, config ─► path ─► size ─► words ─► mask, reference (decoded) ─► scene, place ─► NewJob
//! ```
//!
//! Refuses to know: accounts, whether an upload exists, the price.

use super::{error::Refusal, fields::Fields, pictures};
use crate::{
    app::imaging::jobs::{NewJob, Reference},
    domain::imaging::{Location, Options, Request, Resolution, Service},
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The longest prompt, in characters.
const PROMPT: usize = 2000;
/// The longest id of the client's own, in characters (document).
const OWN_ID: usize = 255;
/// The longest scene setting or part of a place, in characters.
const SETTING: usize = 255;
/// The longest storage path, in bytes.
const PATH: usize = 255;

/// Parses a body.
///
/// # Errors
/// The first invalid field.
pub fn read(mut body: Fields<'_>) -> Result<NewJob, Refusal> {
    let service = service(&mut body)?;
    let config = config(&mut body, service)?;
    let input = path("storage_path", body.needed("storage_path", "the path that POST /api/v1/upload answered.")?)?;
    let resolution = match body.text("resolution")? {
        None => Resolution::default(),
        Some(name) => Resolution::from_id(&name)
            .ok_or_else(|| invalid("resolution", "resolution must be one of: 2K, 4K.".to_owned()))?,
    };
    let prompt = body.short("prompt", PROMPT)?.filter(|prompt| !prompt.trim().is_empty());
    let mask = mask(&mut body, service)?;
    let reference = reference(&mut body, service)?;
    let reference_id = body.short("reference_id", OWN_ID)?;
    let idempotency_key = body.short("idempotency_key", OWN_ID)?;
    if idempotency_key.as_ref().is_some_and(String::is_empty) {
        return Err(invalid("idempotency_key", "idempotency_key must not be empty.".to_owned()));
    }
    let (options, given) = body.object("options")?.map(scene).transpose()?.unzip();
    let (location, place) = body.object("location")?.map(place).transpose()?.unzip();
    let prompt = prompt.unwrap_or_default();
    let options = options.unwrap_or_default();
    Ok(NewJob {
        request: Request { service, config, resolution, prompt, options, location },
        options: given,
        location: place,
        input,
        mask,
        reference,
        reference_id,
        idempotency_key,
    })
}

fn invalid(field: &str, message: String) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), message }
}

/// The service that `service_type` names.
pub fn service_of(id: &str) -> Result<Service, Refusal> {
    let ids = || Service::ALL.map(Service::id).join(", ");
    Service::from_id(id).ok_or_else(|| invalid("service_type", format!("service_type must be one of: {}.", ids())))
}

fn service(body: &mut Fields<'_>) -> Result<Service, Refusal> {
    service_of(&body.needed("service_type", "one of render-enhancement, virtual-staging, design-options, 3d-plans.")?)
}

fn config(body: &mut Fields<'_>, service: Service) -> Result<String, Refusal> {
    let configs = service.configs();
    let id = body.needed("config_id", "a preset of the service, see GET /api/v1/services.")?;
    if !configs.contains(&id.as_ref()) {
        let message = format!("config_id for {} must be one of: {}.", service.id(), configs.join(", "));
        return Err(invalid("config_id", message));
    }
    Ok(id.into_owned())
}

/// A well-formed path; its owner and existence are checked elsewhere.
fn path(field: &'static str, path: Cow<'_, str>) -> Result<String, Refusal> {
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
    };
    let good = path.len() <= PATH && path.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name));
    if good {
        return Ok(path.into_owned());
    }
    Err(invalid(field, format!("{field} must be a path that POST /api/v1/upload answered.")))
}

/// The bytes of a picture in a field.
pub fn picture(field: &'static str, text: Cow<'_, str>) -> Result<Vec<u8>, Refusal> {
    pictures::bytes(text).map_err(|why| invalid(field, format!("{field} {why}.")))
}

fn mask(body: &mut Fields<'_>, service: Service) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(text) = body.text("mask_base64")? else { return Ok(None) };
    if !service.supports_mask() {
        return Err(invalid("mask_base64", format!("{} does not support masks; leave mask_base64 out.", service.id())));
    }
    picture("mask_base64", text).map(Some)
}

fn reference(body: &mut Fields<'_>, service: Service) -> Result<Option<Reference>, Refusal> {
    const BYTES: &str = "reference_image_base64";
    const STORED: &str = "reference_image_storage_path";
    let (bytes, stored) = (body.text(BYTES)?, body.text(STORED)?);
    let given = if bytes.is_some() { BYTES } else { STORED };
    if (bytes.is_some() || stored.is_some()) && !service.supports_reference() {
        let message = format!("{} does not support reference images; leave {given} out.", service.id());
        return Err(invalid(given, message));
    }
    match (bytes, stored) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(invalid(BYTES, format!("Send either {BYTES} or {STORED}, not both."))),
        (Some(text), None) => Ok(Some(Reference::Bytes(picture(BYTES, text)?))),
        (None, Some(text)) => Ok(Some(Reference::Path(path(STORED, text)?))),
    }
}

/// Scene settings: parsed, and the known ones as received.
fn scene(mut fields: Fields<'_>) -> Result<(Options, Value), Refusal> {
    let mut given = Map::new();
    let mut setting = |name: &str| {
        let text = fields.short(name, SETTING)?;
        given.extend(text.clone().map(|text| (name.to_owned(), Value::String(text))));
        Ok(text)
    };
    let options = Options {
        lighting: setting("lighting")?,
        weather: setting("weather")?,
        season: setting("season")?,
        crowd: setting("crowd")?,
        camera: setting("camera")?,
        style: setting("style")?,
        flooring: setting("flooring")?,
        landscaping: setting("landscaping")?,
    };
    Ok((options, Value::Object(given)))
}

/// A place: parsed, and its known parts as received.
fn place(mut fields: Fields<'_>) -> Result<(Location, Value), Refusal> {
    let mut given = Map::new();
    let mut words = |name: &str| {
        let text = fields.short(name, SETTING)?;
        given.extend(text.clone().map(|text| (name.to_owned(), Value::String(text))));
        Ok(text)
    };
    let (description, city) = (words("description")?, words("city")?);
    let (region, country) = (words("region")?, words("country")?);
    let mut degrees = |name: &str, most| {
        let number = fields.number(name, most)?;
        given.extend(number.clone().map(|number| (name.to_owned(), Value::Number(number))));
        Ok(number.and_then(|number| number.as_f64()))
    };
    let (latitude, longitude) = (degrees("latitude", 90)?, degrees("longitude", 180)?);
    Ok((Location { description, city, region, country, latitude, longitude }, Value::Object(given)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(body: &Value) -> Result<NewJob, String> {
        let text = body.to_string();
        read(Fields::of(text.as_bytes()).expect("an object")).map_err(|refusal| match refusal {
            Refusal::Missing { message, .. } | Refusal::Invalid { message, .. } => message,
            other => panic!("{other:?}"),
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = json!({
            "service_type": "virtual-staging", "config_id": "living-room",
            "storage_path": "5d3a/api_1709654321_a1b2c3d4e5f6.jpg",
        });
        body[name] = value;
        body
    }

    #[test]
    fn the_printed_request_is_understood_whole() {
        let mut body = with("prompt", json!("Modern Scandinavian style with warm lighting"));
        body["resolution"] = json!("4K");
        body["reference_id"] = json!("project-42-room-3");
        body["options"] = json!({ "lighting": "warm", "style": "modern", "mood": "happy", "season": null });
        body["location"] = json!({
            "description": "Grafton Street, Dublin, Ireland", "city": "Dublin", "region": "County Dublin",
            "country": "Ireland", "latitude": 53.3411, "longitude": -6, "planet": "Earth",
        });
        let job = of(&body).expect("a job");
        let request = &job.request;
        assert_eq!((request.service, request.config.as_str()), (Service::VirtualStaging, "living-room"));
        assert_eq!((request.resolution, request.options.style.as_deref()), (Resolution::FourK, Some("modern")));
        let place = request.location.as_ref().expect("a place");
        assert_eq!(
            (place.latitude, place.longitude, place.city.as_deref()),
            (Some(53.3411), Some(-6.0), Some("Dublin"))
        );
        assert_eq!(job.options, Some(json!({ "lighting": "warm", "style": "modern" })));
        assert_eq!(job.location.as_ref().and_then(|place| place.get("longitude")), Some(&json!(-6)));
        assert!(job.location.is_some_and(|place| place.get("planet").is_none()));
        assert_eq!(job.reference_id.as_deref(), Some("project-42-room-3"));
    }

    #[test]
    fn limits_hold_to_the_letter() {
        for (name, most) in [("prompt", 2000), ("reference_id", 255), ("idempotency_key", 255)] {
            assert!(of(&with(name, json!("ä".repeat(most)))).is_ok(), "{name}");
            let message = of(&with(name, json!("ä".repeat(most + 1)))).err();
            assert_eq!(message, Some(format!("{name} must be at most {most} characters long.")));
        }
        assert!(of(&with("location", json!({ "latitude": -90, "longitude": 180.0 }))).is_ok());
        let message = of(&with("location", json!({ "longitude": 180.1 }))).err();
        assert_eq!(message.as_deref(), Some("location.longitude must be a number from -180 to 180."));
    }

    #[test]
    fn paths_that_could_lead_elsewhere_are_refused() {
        for path in
            ["x", "/a", "a/", "a/b/c", "../a", "a/..", "a/../b", "a/.b", "a\\b/c", "a/b?c", "a/ü", "https://a/b"]
        {
            let message = of(&with("storage_path", json!(path))).err();
            let must = "storage_path must be a path that POST /api/v1/upload answered.";
            assert_eq!(message.as_deref(), Some(must), "{path}");
        }
        assert!(of(&with("storage_path", json!("user-uuid/api_123_abc.jpg"))).is_ok());
    }

    #[test]
    fn masks_and_references_go_where_they_are_of_use() {
        let mut plan = with("mask_base64", json!("AAAA"));
        plan["service_type"] = json!("3d-plans");
        plan["config_id"] = json!("residential");
        assert_eq!(of(&plan).err().as_deref(), Some("3d-plans does not support masks; leave mask_base64 out."));
        let mut render = with("reference_image_storage_path", json!("a/b.jpg"));
        render["service_type"] = json!("render-enhancement");
        render["config_id"] = json!("aerial");
        let message = of(&render).expect_err("a refusal");
        assert!(message.starts_with("render-enhancement does not support reference images"), "{message}");
        let mut both = with("reference_image_base64", json!("AAAA"));
        assert!(matches!(of(&both).map(|job| job.reference), Ok(Some(Reference::Bytes(bytes))) if bytes == [0, 0, 0]));
        both["reference_image_storage_path"] = json!("a/b.jpg");
        assert!(of(&both).err().is_some_and(|message| message.ends_with("not both.")));
        let message = of(&with("mask_base64", json!("%%%"))).err();
        assert_eq!(message.as_deref(), Some("mask_base64 is not valid base64."));
    }

    #[test]
    fn a_preset_of_another_service_is_refused_with_those_that_fit() {
        let message = of(&with("config_id", json!("aerial"))).err();
        assert_eq!(
            message.as_deref(),
            Some(
                "config_id for virtual-staging must be one of: living-room, bedroom, kitchen, dining-room, office, \
                 bathroom."
            )
        );
    }
}
