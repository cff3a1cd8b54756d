//! What goes wrong, how it is told, and what is tried again.

use std::net::TcpListener;
use std::time::Duration;

use rookery_llm::double::{Double, Script};
use rookery_llm::{Config, ErrorKind, LlmError, ModelConfig, ProviderConfig};
use serde_json::json;

use crate::{hello, model, model_of};

/// The error that this answer ends in, and how often it was asked for.
async fn failing(script: Script) -> (LlmError, usize) {
    let server = Double::playing([script]).await;
    let error = model(&server).chat(hello()).await.expect_err("a failure");
    (error, server.requests().len())
}

async fn check(script: Script, kind: ErrorKind, tries: usize) {
    let (error, tried) = failing(script).await;
    assert_eq!((error.kind, tried), (kind, tries), "{error}");
    assert_eq!(error.attempts as usize, tries, "{error}");
}

fn complaint(status: u16, code: &str, message: &str) -> Script {
    Script::json(status, &json!({ "error": { "message": message, "type": code, "code": code } }))
}

#[tokio::test]
async fn failures_are_told_apart_and_only_passing_ones_retried() {
    let limited = |retry_after| ErrorKind::RateLimited { retry_after };
    let server = ErrorKind::Server { retry_after: None };
    let minute = Some(Duration::from_mins(1));
    check(Script::status(429), limited(None), 4).await;
    check(Script::status(429).header("Retry-After", "60"), limited(minute), 1).await;
    check(complaint(429, "insufficient_quota", "You exceeded it"), ErrorKind::Quota, 1).await;
    check(complaint(402, "", "Insufficient Balance"), ErrorKind::Quota, 1).await;
    check(complaint(403, "", "no"), ErrorKind::Forbidden, 1).await;
    check(complaint(404, "model_not_found", "The model `x`"), ErrorKind::UnknownModel, 1).await;
    check(complaint(404, "", "model \"x\" not found, try pulling it"), ErrorKind::UnknownModel, 1)
        .await;
    check(complaint(400, "context_length_exceeded", "too long"), ErrorKind::ContextTooLong, 1)
        .await;
    check(complaint(422, "", "no such field"), ErrorKind::Invalid, 1).await;
    check(Script::status(404).send("<html>"), ErrorKind::WrongAddress, 1).await;
    check(Script::status(502).send("Bad Gateway"), server, 4).await;
    check(complaint(503, "", "Loading model"), ErrorKind::Loading, 4).await;
    check(complaint(200, "rate_limit_exceeded", "slowly"), limited(None), 4).await;
    check(Script::status(200).send("<html>"), ErrorKind::Protocol, 1).await;
    check(Script::json(200, &json!({})), ErrorKind::Protocol, 1).await;
    check(Script::status(200).send("{\"choices\"").cut(), ErrorKind::CutOff, 4).await;
    check(Script::stream().say("half").cut(), ErrorKind::CutOff, 4).await;
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = Double::saying("stolen").await;
    let script = Script::status(307).header("Location", elsewhere.base_url());
    check(script, ErrorKind::WrongAddress, 1).await;
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn trying_again_helps() {
    let busy = Script::status(503);
    let server = Double::playing([
        busy.clone(),
        Script::status(200).cut(),
        busy,
        Script::stream().say("a").done(),
    ])
    .await;
    let model = model(&server);
    assert_eq!(model.chat(hello()).await.unwrap().text, "a");
    assert_eq!((model.spending().requests, model.spending().failed), (4, 3));
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_costs_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut provider = ProviderConfig::new("p", format!("http://{closed}/v1"));
    provider.longest_wait = Duration::ZERO;
    provider.attempts = 2;
    let models = vec![ModelConfig::new("m", "p", "m")];
    let model = model_of(Config { providers: vec![provider], models });
    let error = model.chat(hello()).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Refused, 2), "{error:?}");
    assert!(error.is_passing());
    assert_eq!(model.spending().usage.prompt, 0, "nothing was read");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_once() {
    let after = Duration::from_millis(100);
    let server = Double::playing([Script::status(200).stall()]).await;
    let mut config = server.config();
    config.providers[0].reply_timeout = after;
    let error = model_of(config).chat(hello()).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Stalled { after }, 1));
    server.hung_up(1).await;
}

#[tokio::test]
async fn what_is_no_http_is_not_the_protocol() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        tokio::io::AsyncReadExt::read(&mut stream, &mut request).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail ready\r\n\r\n").await.unwrap();
    });
    let models = vec![ModelConfig::new("m", "p", "m")];
    let providers = vec![ProviderConfig::new("p", base_url)];
    let error = model_of(Config { providers, models }).chat(hello()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
    server.await.unwrap();
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_secret() {
    let secret = "correct-horse-battery";
    let header = "x-staple-value";
    let message =
        format!("Incorrect API key provided: {secret}, or header {header} (sk-proj-1234)");
    for script in [
        complaint(401, "invalid_api_key", &message),
        complaint(200, "", &message),
        Script::status(500).send(&message),
    ] {
        let server = Double::playing([script]).await;
        let mut config = server.config();
        config.providers[0].key = Some(secret.into());
        config.providers[0].headers.insert("x-team".to_owned(), header.into());
        let shown = format!("{config:?}");
        let model = model_of(config);
        let error = model.chat(hello()).await.unwrap_err();
        let shown = format!(
            "{shown} {model:?} {:?} {error} {error:?} {}",
            model.provider(),
            error.person()
        );
        for secret in [secret, header, "sk-proj", "Bearer"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(error.person().contains("Incorrect API key"), "{}", error.person());
    }
}
