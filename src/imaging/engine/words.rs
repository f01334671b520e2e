//! A request in sentences, for engines with a language model: the meaning of the service and its preset, the scene
//! settings, the place, and the caller's prompt in full.

use crate::domain::imaging::{Location, Request, Service};

/// The whole prompt.
pub fn prompt(request: &Request) -> String {
    let preset = request.config.replace('-', " ");
    let mut lines = vec![match request.service {
        Service::RenderEnhancement => format!(
            "Enhance this architectural picture ({preset}) to photographic quality: believable light, materials and \
             detail. Keep geometry, framing and everything that is built exactly as it is."
        ),
        Service::VirtualStaging => format!(
            "Furnish this room as a {preset}. Keep walls, floor, windows, doors, light and perspective exactly as they \
             are; add furniture that stands on the floor in the right scale and casts matching shadows."
        ),
        Service::DesignOptions => format!(
            "Show this {preset} in another design: change materials, colours and style. Keep geometry and framing \
             exactly as they are."
        ),
        Service::Plans3d => format!(
            "Turn this floor plan of a {preset} building into a shaded three-dimensional view from above at an angle, \
             with all walls, doors and windows where the plan has them."
        ),
    }];
    let options = &request.options;
    let settings = [
        ("Lighting", &options.lighting),
        ("Weather", &options.weather),
        ("Season", &options.season),
        ("People", &options.crowd),
        ("Camera", &options.camera),
        ("Style", &options.style),
        ("Flooring", &options.flooring),
        ("Landscaping", &options.landscaping),
    ];
    lines.extend(settings.iter().filter_map(|(name, value)| Some(format!("{name}: {}.", value.as_ref()?))));
    if let Some(place) = request.location.as_ref().and_then(place) {
        lines.push(format!("It stands in {place}; follow what is built there."));
    }
    if !request.prompt.trim().is_empty() {
        lines.push(request.prompt.clone());
    }
    lines.join("\n")
}

fn place(location: &Location) -> Option<String> {
    let Location { description, city, region, country, latitude, longitude } = location;
    let named = [description, city, region, country];
    let mut parts: Vec<String> = Vec::new();
    for part in named.into_iter().flatten() {
        if !parts.iter().any(|known| known.contains(part.as_str())) {
            parts.push(part.clone());
        }
    }
    if let (Some(latitude), Some(longitude)) = (latitude, longitude) {
        parts.push(format!("{latitude:.4}, {longitude:.4}"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::imaging::{Options, Resolution};

    #[test]
    fn the_prompt_goes_in_full_after_the_settings() {
        let request = Request {
            service: Service::VirtualStaging,
            config: "living-room".to_owned(),
            resolution: Resolution::TwoK,
            prompt: "Two armchairs, no rug".to_owned(),
            options: Options { lighting: Some("warm".to_owned()), ..Options::default() },
            location: Some(Location {
                description: Some("Grafton Street, Dublin".to_owned()),
                city: Some("Dublin".to_owned()),
                country: Some("Ireland".to_owned()),
                ..Location::default()
            }),
        };
        let text = prompt(&request);
        assert!(text.starts_with("Furnish this room as a living room."), "{text}");
        assert!(text.contains("Lighting: warm.") && text.contains("in Grafton Street, Dublin, Ireland;"), "{text}");
        assert!(text.ends_with("\nTwo armchairs, no rug"), "{text}");
    }
}
