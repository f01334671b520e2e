//! The result of a prompt when the API fails: a clear error, the same lights, and no key anywhere.

use crate::{
    api::{KEY, fixture_with_key},
    fixture::Fixture,
    service::{Reply, Service},
};
use lumencast::{
    app::lights::prompt::{Prompt, PromptError},
    domain::fault::Blame,
};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Sends a prompt, and checks that nothing changed and that the error does not contain the key.
async fn refused(fixture: &Fixture, url: &str, timeout: Duration) -> PromptError {
    let before = fixture.lights.view();
    let prompt = Prompt::new(url, timeout).unwrap();
    let error = prompt.ask(&fixture.lights, "a quiet evening").await.unwrap_err();
    assert_eq!(fixture.lights.view(), before, "{error}");
    for told in [error.message(), format!("{error:?}")] {
        assert!(!told.contains(KEY), "{told}");
    }
    error
}

async fn refused_by(replies: Reply) -> PromptError {
    let service = Service::that(replies).await;
    let error = refused(&fixture_with_key().await, &service.url, Duration::from_secs(10)).await;
    assert_eq!(service.asked().len(), 1, "no second try");
    error
}

#[tokio::test]
async fn the_apis_own_words_are_passed_on_without_the_key() {
    let own = "invalid x-api-key";
    let error = refused_by(Reply::error(401, "authentication_error", own)).await;
    assert_eq!((&error, error.blame()), (&PromptError::Key(own.to_owned()), Blame::Caller));
    let echoed = format!("the key {KEY}\nis not known");
    let error = refused_by(Reply::error(403, "permission_error", &echoed)).await;
    assert_eq!(error, PromptError::Key("the key **** is not known".to_owned()));
    let error = refused_by(Reply::error(429, "rate_limit_error", "slow down")).await;
    assert_eq!((&error, error.blame()), (&PromptError::Busy("slow down".to_owned()), Blame::Peer));
    let error = refused_by(Reply::error(529, "overloaded_error", "Overloaded")).await;
    assert_eq!(error, PromptError::Busy("Overloaded".to_owned()));
    let error = refused_by(Reply::error(404, "not_found_error", "model: claude-test")).await;
    assert_eq!(error.message(), "The AI service refused the prompt (404): model: claude-test");
    let error = refused_by(Reply::error(500, "api_error", "Internal server error")).await;
    assert_eq!(error, PromptError::Failed { status: 500, said: "Internal server error".to_owned() });
    assert_eq!(error.blame(), Blame::Peer);
}

#[tokio::test]
async fn an_error_that_is_not_the_apis_is_named_by_its_status() {
    let error = refused_by(Reply::raw(502, "<html>bad gateway</html>")).await;
    assert_eq!(error, PromptError::Failed { status: 502, said: "Bad Gateway".to_owned() });
    let long = refused_by(Reply::error(400, "invalid_request_error", &"x".repeat(5000))).await;
    assert!(long.message().len() < 400);
}

#[tokio::test]
async fn answers_of_no_use_are_refused() {
    let useless = [
        Reply::raw(200, "<html>hello</html>"),
        Reply::raw(200, r#"{"content":"text"}"#),
        Reply::raw(200, "{}"),
        Reply::text("I cannot do that."),
        Reply::text("{}"),
        Reply::text(r#"{"effect":"lasers","speed":10}"#),
        Reply::text(r#"{"effect":"fire","primaryColor":"blood"}"#),
    ];
    for replies in useless {
        let error = refused_by(replies).await;
        assert!(matches!(error, PromptError::Unusable(_)), "{error:?}");
        assert_eq!(error.blame(), Blame::Peer);
    }
}

#[tokio::test]
async fn an_answer_beyond_all_bounds_is_not_read_to_its_end() {
    let text = format!(r#"{{"effect":"fire"}}{}"#, " ".repeat(70_000));
    assert_eq!(refused_by(Reply::text(&text)).await, PromptError::TooLarge);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Service::that(Reply::text(r#"{"effect":"fire"}"#)).await;
    for status in [302, 307, 308] {
        let location = ("location", format!("{}/v1/messages", elsewhere.url));
        let error = refused_by(Reply { headers: vec![location], ..Reply::raw(status, "") }).await;
        assert!(matches!(error, PromptError::Failed { .. }), "{error:?}");
    }
    assert!(elsewhere.asked().is_empty(), "the key must go nowhere else");
}

#[tokio::test]
async fn a_service_that_hangs_is_left_in_time() {
    let timeout = Duration::from_millis(300);
    let began = Instant::now();
    let service = Service::that(Reply { after: Duration::from_secs(60), ..Reply::text("{}") }).await;
    let fixture = fixture_with_key().await;
    assert_eq!(refused(&fixture, &service.url, timeout).await, PromptError::TimedOut(timeout));
    // A server that takes the connection and sends nothing at all.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    assert_eq!(refused(&fixture, &url, timeout).await, PromptError::TimedOut(timeout));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said_so_without_its_address() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let error = refused(&fixture_with_key().await, &format!("http://{address}"), Duration::from_secs(5)).await;
    assert!(matches!(&error, PromptError::Unreachable(_)), "{error:?}");
    assert!(!error.message().contains(&address.port().to_string()), "{error}");
}
