//! The real llama-server with the smallest model.
//!
//! Structure and protocol, never wording. They need both in the cache, `ROOKERY_CACHE` or `~/.cache/rookery`, and say how to get them where they are missing.

mod client;

use std::{env, path::PathBuf, time::Duration};

use rookery_local_model::{Cache, LocalServer, Phase, ServerSettings, Sources, State, catalogue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const KEY: &str = "smollm2-135m";

fn cache() -> Cache {
    let root = env::var_os("ROOKERY_CACHE").map_or_else(
        || PathBuf::from(env::var_os("HOME").expect("HOME is set")).join(".cache/rookery"),
        PathBuf::from,
    );
    Cache::new(root)
}

/// A server that is ready, and its address.
async fn start() -> (LocalServer, String) {
    let cache = cache();
    let spec = catalogue().iter().find(|it| it.key == KEY).expect("the catalogue has it");
    assert!(
        matches!(cache.state(spec), State::Ready | State::Unverified),
        "these tests need the weights of {KEY}; get them with `rookery models pull {KEY}`"
    );
    let weights = cache.pull(KEY, Sources::PackagesOnly, &|_| {}).await.expect("is in the cache");
    let program = cache
        .server(None, Sources::PackagesOnly, &|_| {
            panic!("these tests need llama-server; get it with `rookery models pull {KEY}`")
        })
        .await
        .expect("llama-server is in the cache");
    let settings =
        ServerSettings { threads: 1, context_per_slot: 512, ..ServerSettings::default() };
    let server =
        LocalServer::start(&program.path, &weights, &spec.flags, settings).expect("a port is free");
    let base_url = ready(&server).await;
    (server, base_url)
}

async fn ready(server: &LocalServer) -> String {
    let mut state = server.state();
    let waiting = state.wait_for(|it| matches!(it, Phase::Ready { .. } | Phase::Failed { .. }));
    let phase = tokio::time::timeout(Duration::from_mins(2), waiting).await;
    match phase.expect("in two minutes").expect("is supervised").clone() {
        Phase::Ready { base_url } => base_url,
        other => panic!("{other:?}"),
    }
}

async fn post(base_url: &str, path: &str, body: &str) -> std::io::Result<(String, String)> {
    let host = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let mut stream = TcpStream::connect(host).await?;
    let request = format!(
        "POST /v1{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("has a head");
    Ok((head.to_owned(), body.to_owned()))
}

const QUESTION: &str = r#"{"model":"local","max_tokens":8,"temperature":0,"seed":1,
    "messages":[{"role":"user","content":"Say hello to the zanzibar7 rook."}]}"#;

#[tokio::test]
async fn it_answers_and_keeps_no_prompt_and_stops() {
    let (server, base_url) = start().await;
    let (head, body) = post(&base_url, "/chat/completions", QUESTION).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let answer: serde_json::Value = serde_json::from_str(&body).expect("is JSON");
    assert_eq!(answer["model"], "local");
    assert!(answer["usage"]["completion_tokens"].as_u64().unwrap() > 0, "{body}");
    let log = server.log_tail().join("\n");
    assert!(!log.is_empty() && !log.contains("zanzibar7"), "{log}");
    server.stop().await;
    assert!(post(&base_url, "/chat/completions", QUESTION).await.is_err(), "it still answers");
}

#[tokio::test]
async fn context_is_divided_among_the_slots() {
    let (server, base_url) = start().await;
    let long = "word ".repeat(600);
    let body = format!(r#"{{"max_tokens":1,"messages":[{{"role":"user","content":"{long}"}}]}}"#);
    let (head, body) = post(&base_url, "/chat/completions", &body).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    let answer: serde_json::Value = serde_json::from_str(&body).expect("is JSON");
    assert_eq!(answer["error"]["n_ctx"], 512, "{body}");
    server.stop().await;
}
