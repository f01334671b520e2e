//! With a key, the Anthropic API is called, and its answer is applied.

use crate::{
    fixture::{Fixture, fixture},
    service::{Reply, Service},
};
use lumencast::{
    app::lights::{
        prompt::{Prompt, PromptError},
        settings::SettingsChange,
    },
    domain::lights::{Effect, Palette},
};
use std::time::Duration;

/// The tests' key.
pub const KEY: &str = "sk-ant-test-0123456789";

/// Lights with the key in their settings.
pub async fn fixture_with_key() -> Fixture {
    let fixture = fixture().await;
    let (key, model) = (Some(KEY.to_owned()), Some("claude-test".to_owned()));
    fixture.set(SettingsChange { ai_api_key: key, ai_model: model, ..SettingsChange::default() }).await;
    fixture
}

fn prompt(service: &Service) -> Prompt {
    Prompt::new(&service.url, Duration::from_secs(10)).unwrap()
}

#[tokio::test]
async fn a_prompt_goes_to_the_messages_api_with_key_model_and_all_that_lights_can_do() {
    let service = Service::that(Reply::text(r#"{"effect":"ocean?"}"#)).await;
    let fixture = fixture_with_key().await;
    let _ = prompt(&service).ask(&fixture.lights, "like a stormy sea").await;
    let asked = service.asked();
    assert_eq!(asked.len(), 1, "one prompt, one request");
    let asked = &asked[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v1/messages"));
    let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("x-api-key"), Some(KEY));
    assert_eq!(header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(asked.body["model"], "claude-test");
    assert!(asked.body["max_tokens"].as_u64().is_some_and(|most| most > 0));
    assert_eq!(asked.body["messages"], serde_json::json!([{"role": "user", "content": "like a stormy sea"}]));
    let system = asked.body["system"].as_str().expect("a system prompt");
    for effect in Effect::ALL {
        assert!(system.contains(&format!("- {} (", effect.id())), "{}", effect.id());
    }
    for palette in Palette::ALL {
        assert!(system.contains(&format!("{} = {}", palette.number(), palette.name())));
    }
    assert!(system.contains("The lights now: effect rainbow, speed 128"), "{system}");
}

#[tokio::test]
async fn what_the_model_says_is_done_to_segment_0_and_the_brightness() {
    let fenced = "Here you are:\n```json\n{\"effect\": \"comet\", \"speed\": 255, \"intensity\": 10, \
                  \"primaryColor\": [1, 2, 3], \"secondaryColor\": \"#040506\", \"palette\": 2, \"brightness\": 99}\n```";
    let service = Service::that(Reply::text(fenced)).await;
    let fixture = fixture_with_key().await;
    let answer = prompt(&service).ask(&fixture.lights, "a comet").await.unwrap();
    assert_eq!(answer.message, "Lights updated successfully!");
    assert_eq!(answer.spec.speed, Some(200), "the range of prompts ends there");
    let view = fixture.lights.view();
    let look = view.segments[0].look;
    assert_eq!((look.effect, look.speed, look.intensity), (Some(Effect::Comet), 200, 10));
    assert_eq!((look.primary, look.secondary, look.palette), ([1, 2, 3], [4, 5, 6], Palette::Ocean));
    assert_eq!(view.controller.brightness, 99);
}

#[tokio::test]
async fn several_texts_are_read_as_one_and_other_parts_passed_over() {
    let parts = r#"{"content":[{"type":"thinking","thinking":"{\"effect\":\"rain\"}"},
        {"type":"text","text":"{\"effect\":"},{"type":"text","text":"\"wave\"}"}]}"#;
    let service = Service::that(Reply::raw(200, parts)).await;
    let fixture = fixture_with_key().await;
    let answer = prompt(&service).ask(&fixture.lights, "a wave").await.unwrap();
    assert_eq!(answer.spec.effect, Some(Effect::Wave));
}

#[tokio::test]
async fn a_gateway_below_a_path_is_asked_there_and_no_address_is_refused() {
    let service = Service::that(Reply::text(r#"{"speed":5}"#)).await;
    let fixture = fixture_with_key().await;
    let gateway = Prompt::new(&format!("{}/anthropic/", service.url), Duration::from_secs(10)).unwrap();
    gateway.ask(&fixture.lights, "very slow").await.unwrap();
    assert_eq!(service.asked()[0].path, "/anthropic/v1/messages");
    for url in ["", "api.anthropic.com", "ftp://api.anthropic.com", "http://"] {
        assert!(matches!(Prompt::new(url, Duration::from_secs(1)), Err(PromptError::Setup(_))), "{url}");
    }
}
