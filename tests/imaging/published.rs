//! JWTs with published keys: accepted while the keys are published, by their id, and never by another algorithm.

use crate::web::Web;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use lumencast::app::imaging::tokens::{Settings, Tokens};
use serde_json::{Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

/// A fresh Ed25519 key: its private half as DER, its public half as JWK.
fn key(id: &str) -> (Vec<u8>, Value) {
    let openssl = |args: &[&str], input: &[u8]| {
        let mut child =
            Command::new("openssl").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("openssl");
        child.stdin.take().expect("its input").write_all(input).expect("written");
        child.wait_with_output().expect("openssl ends").stdout
    };
    let private = openssl(&["genpkey", "-algorithm", "ed25519", "-outform", "DER"], b"");
    let public = openssl(&["pkey", "-inform", "DER", "-pubout", "-outform", "DER"], &private);
    // The public key is the end of its DER form (RFC 8410).
    let x = URL_SAFE_NO_PAD.encode(&public[public.len() - 32..]);
    (private, json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": x }))
}

fn token(private: &[u8], id: &str, claims: Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(id.to_owned());
    encode(&header, &claims, &EncodingKey::from_ed_der(private)).expect("a token")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

#[tokio::test]
async fn a_token_is_believed_by_its_published_key_alone_and_only_while_it_is_in_force() {
    let ((private, public), (unauthenticated, _)) = (key("one"), key("two"));
    let published = json!({ "keys": [public] }).to_string();
    let web = Web::answering(vec![(200, "content-type: application/json\r\n", published.clone())]).await;
    let settings = |audience: Option<&str>| Settings {
        secret: None,
        jwks_url: Some(web.url.clone()),
        audience: audience.map(str::to_owned),
    };
    let tokens = Tokens::new(settings(None)).expect("a client");
    let claims = json!({ "sub": "anna", "exp": now() + 600, "aud": "authenticated" });
    let good = token(&private, "one", claims.clone());
    assert_eq!(tokens.subject(&good).await.as_deref(), Some("anna"));
    assert_eq!(tokens.subject(&good).await.as_deref(), Some("anna"));
    assert_eq!(web.asked().await.len(), 1, "keys are fetched once");

    assert_eq!(tokens.subject(&token(&unauthenticated, "one", claims.clone())).await, None);
    assert_eq!(tokens.subject(&token(&private, "two", claims.clone())).await, None);
    assert_eq!(tokens.subject(&token(&private, "one", json!({ "sub": "anna", "exp": now() - 60 }))).await, None);
    assert_eq!(tokens.subject(&token(&private, "one", json!({ "sub": "anna" }))).await, None, "it must end some day");
    // A public key is no secret: signing with it by HS256 opens nothing.
    let forged = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(published.as_bytes()));
    assert_eq!(tokens.subject(&forged.expect("a token")).await, None);
    assert_eq!(tokens.subject("nonsense").await, None);

    let strict = Tokens::new(settings(Some("authenticated"))).expect("a client");
    assert_eq!(strict.subject(&good).await.as_deref(), Some("anna"));
    let elsewhere = json!({ "sub": "anna", "exp": now() + 600, "aud": "other" });
    assert_eq!(strict.subject(&token(&private, "one", elsewhere)).await, None);
}
